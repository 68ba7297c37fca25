"""Answer commands, whichever platform they come from: language, throttle, rights, arguments, handler, errors, timing.

Discord, Telegram and the terminal call `answer_words` or `answer_options`, and render the Message that comes back.
Example: a handler that raises AskerError(“There is no INC-9. …”) becomes a message with that sentence, any other error
an apology with a reference, such as 1f3a09bc, that the log has too. A flood gets one refusal a minute, and NO_ANSWER to
everything else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import structlog

from bot.commands.answer_language import answer_language, deciding_asker_language
from bot.commands.declaration import (
    LEAD_ON,
    Access,
    Caller,
    Command,
    CommandSet,
    MissingArgument,
    Parameter,
    PlaceAccess,
    ReadDocument,
    Request,
)
from bot.commands.missing_arguments import command_line, nearest_exchanges, question
from bot.commands.queries import Queries
from bot.commands.recent_place_settings import RecentPlaceSettings
from bot.commands.suggestions import Suggestion, SuggestionScope
from bot.commands.throttle import Throttle
from bot.domain.errors import AskerError, NotPermitted, StorageError, UnknownExchange
from bot.domain.place import Place, Platform
from bot.domain.place_settings import AnswerAudience
from bot.language.translation import tr, written_in
from bot.messages.cards.errors import apology, refusal, store_away_card
from bot.messages.cards.start import proposal_card
from bot.messages.choice_labels import choice_label
from bot.messages.local_times import in_local_time
from bot.messages.model import Message
from bot.messages.plain_text import clean
from bot.ports.alert_tests import AlertTester
from bot.ports.approvals import Approvals
from bot.ports.drills import Drills
from bot.ports.meter import Meter
from bot.ports.mutes import Mutes
from bot.ports.pending_changes import PendingChanges
from bot.ports.place_exports import PlaceExports
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.proof_checks import ProofChecker
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions
from bot.ports.workers import Suppressions

log = structlog.get_logger()

_MOST_SUGGESTIONS = 25  # Discord shows no more: https://docs.discord.com/developers/interactions/application-commands

NO_ANSWER = Message("")
"""What a flood gets most of the time; platforms send nothing for it. It is recognised as this very object."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Who asked where, as the platform says. `private`: nobody but the asker reads that place.

    `refused_in_private`: nobody but the asker reads a refusal, whatever place it is; so on Discord. `community` is the
    id of the Discord server that the place is in. `pressed`: it was a button; its refusal is read by one person alone.
    `document` fetches a file that came with the command. `asker_language` is the tag of the language that the asker's
    app is in, such as `es-419`; "" where the app does not tell it. `shown_to_asker_alone`: nobody else reads the
    answer, whatever the place has set.
    """

    place: Place
    caller: Caller
    place_access: PlaceAccess
    private: bool = False
    refused_in_private: bool = False
    pressed: bool = False
    community: str = ""
    document: ReadDocument | None = None
    asker_language: str = ""
    shown_to_asker_alone: bool = False


class CommandDispatcher:
    """Answers commands. Never raises: whatever goes wrong becomes a message that says what to do."""

    def __init__(  # noqa: PLR0913 — what answers are made from, named where it is built
        self,
        commands: CommandSet,
        queries: Queries,
        subscriptions: Subscriptions,
        *,
        clock: Clock,
        meter: Meter,
        place_settings: PlaceSettingsStore,
        approvals: Approvals,
        suppressions: Suppressions,
        drills: Drills,
        mutes: Mutes,
        alert_tester: AlertTester,
        pending_changes: PendingChanges,
        place_exports: PlaceExports,
        proof_checker: ProofChecker,
    ) -> None:
        self.commands = commands
        self.queries = queries
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._place_settings = place_settings
        self._approvals = approvals
        self._suppressions = suppressions
        self._drills = drills
        self._mutes = mutes
        self._alert_tester = alert_tester
        self._pending_changes = pending_changes
        self._place_exports = place_exports
        self._proof_checker = proof_checker
        self._throttle = Throttle()
        self._recent_settings = RecentPlaceSettings(place_settings)

    async def answer_words(self, context: CommandContext, command: Command, words: str) -> Message:
        """Answer a typed line; `words` is what follows the command's name."""
        return await self._answer(context, command, words)

    async def answer_options(self, context: CommandContext, command: Command, options: Mapping[str, str]) -> Message:
        """Answer a command whose arguments come by name, every value as the text a person would type."""
        return await self._answer(context, command, options)

    async def answer_text(self, context: CommandContext, answer: Callable[[], Message]) -> Message:
        """Return the answer to what was no command, made in the right language; to a flood what a flood gets."""
        with written_in(await self.language_of(context)):
            throttled = self._throttled(context)
            return throttled[0] if throttled else answer()

    async def language_of(self, context: CommandContext) -> str:
        """Return the code of the language in which somebody is answered, for whoever says more than a command does."""
        if of_asker := deciding_asker_language(context.place.platform, context.asker_language):
            return of_asker  # the store is not asked what the place has set
        settings = await self._recent_settings.of_place(context.place)
        return answer_language(
            context.place.platform, settings.language, context.asker_language, private=context.private
        )

    def suggest(
        self,
        parameter: Parameter,
        typed: str,
        *,
        given: Mapping[str, str] = MappingProxyType({}),
        limit: int = _MOST_SUGGESTIONS,
    ) -> list[Suggestion]:
        """Return (label, value) pairs that complete what was typed so far, from memory. Never raises.

        Labels are in the language in force: `language_of` says in which they should be.
        `given` are the other arguments that were typed already: `/compare binance` is not offered Binance once more.
        """
        typed = _as_typed_in_english(typed)
        if parameter.kind.choices:
            begun = [choice for choice in parameter.kind.choices if choice.startswith(typed.lower())]
            return [(choice_label(choice), choice) for choice in begun[:limit]]
        if parameter.kind.suggest is None:
            return []
        commands = [(command.name, command.description) for command in self.commands]
        scope = SuggestionScope(self.queries, commands, given)
        try:
            pairs = islice(self._untaken(parameter.kind.suggest(scope, typed), given), limit)
            return [(clean(label), value) for label, value in pairs]
        except Exception:  # whoever types goes on without help
            log.exception("suggestions failed", argument=parameter.name)
            return []

    @staticmethod
    def _untaken(suggestions: Iterable[Suggestion], given: Mapping[str, str]) -> Iterator[Suggestion]:
        taken = set(given.values())
        return (pair for pair in suggestions if pair[1] not in taken)

    def admits(self, context: CommandContext) -> bool:
        """Return whether a question that is no command may be answered now, and count it as one."""
        return self._throttled(context) is None

    async def answer_from_memory(self, context: CommandContext, command: Command, words: str) -> Message | None:
        """Return what memory alone answers, for a command that changes nothing; None where it cannot. Never raises."""
        if not command.linkable:
            return None
        try:
            request = replace(self._request(context), queries=self.queries.from_memory())
            with written_in(await self.language_of(context)):
                return await command.handler(request, **_values(command, words))
        except (AskerError, StorageError):
            return None
        except Exception:  # one answer of several that are offered: the others still are
            log.exception("not answered from memory", command=command.name)
            return None

    async def propose(self, context: CommandContext, command: Command, words: str) -> Message:
        """Answer a line that somebody else has made for the caller: it changes nothing until a button is pressed.

        What it leaves out is asked for; a complete one is shown, to be confirmed.
        """

        async def confirm(_: Request, **__: object) -> Message:
            line = command_line(command, command.words_by_name(words))
            return proposal_card(line)

        return await self._answer(context, replace(command, handler=confirm), f"{words} {LEAD_ON}")

    async def answers_asker_alone(self, context: CommandContext, command: Command) -> bool:
        """Return whether a place wants only the asker to read the answer to this command (`/settings answers`).

        Members' questions only: what moderators set is announced as it always is. Telegram answers in a chat of the
        asker's, where a button such as *Unsubscribe* would change that chat.
        """
        is_shared = not context.private and context.place.platform is not Platform.TERMINAL
        if not is_shared or command.access is not Access.MEMBER:
            return False
        if command.about_place and context.place.platform is Platform.TELEGRAM:
            return False
        return (await self._recent_settings.of_place(context.place)).answers is AnswerAudience.PRIVATE

    async def _answer(self, context: CommandContext, command: Command, arguments: str | Mapping[str, str]) -> Message:
        started_s = perf_counter()
        with written_in(await self.language_of(context)):
            message, result = await self._message(context, command, arguments)
            if command.access is not Access.MEMBER or command.about_place:
                self._recent_settings.forget(context.place)
            if message is not NO_ANSWER:
                message = await self._as_place_asks(context, command, message)
        seconds = perf_counter() - started_s
        self._meter.count_answer(command.name, context.place.platform, seconds, result)
        log.debug(
            "command answered", command=command.name, place=str(context.place), result=result, seconds=round(seconds, 4)
        )
        return message

    async def _as_place_asks(self, context: CommandContext, command: Command, answer: Message) -> Message:
        """Return an answer with the times of the place, and for the asker alone where the place wants that."""
        if context.place.platform is Platform.TELEGRAM:  # Discord shows everybody their own times
            answer = in_local_time(answer, (await self._recent_settings.of_place(context.place)).timezone)
        is_for_asker = answer.private or context.shown_to_asker_alone
        if not is_for_asker and await self.answers_asker_alone(context, command):
            answer = replace(answer, private=True)
        return answer

    async def _message(
        self, context: CommandContext, command: Command, arguments: str | Mapping[str, str]
    ) -> tuple[Message, str]:
        """Return the answer, and how it went in a word that `/metrics` counts by."""
        # First of all: the rights may have to be asked of the platform, and that is what a flood must not cause.
        if throttled := self._throttled(context):
            return throttled
        try:
            await self._check_rights(context, command)
            values = _values(command, arguments)
            return await command.handler(self._request(context), **values), "ok"
        except AskerError as error:
            if context.pressed and isinstance(error, MissingArgument) and error.is_guided:
                # The steps of setting up go on in the language of the greeting, whose button began them: until a
                # group has chosen one, that of whoever presses.
                with written_in(await self.language_of(replace(context, private=True))):
                    return self._refused(context, command, arguments, error), "refused"
            return self._refused(context, command, arguments, error), "refused"
        except StorageError as error:
            log.warning("store away while answering", command=command.name, error=str(error))
            return store_away_card(), "store away"
        except Exception:
            # The asker sees a reference and nothing of the error, which may hold what others wrote.
            reference = uuid4().hex[:8]
            log.exception("command failed", command=command.name, reference=reference)
            return apology(reference), "failed"

    def _throttled(self, context: CommandContext) -> tuple[Message, str] | None:
        """Return what a flood gets, and the word for it; None for what is to be answered."""
        if context.place.platform is Platform.TERMINAL:  # its one reader keeps nobody else waiting
            return None
        throttled = self._throttle.check(
            context.caller.id, context.place, perf_counter(), tells_each=context.refused_in_private
        )
        if throttled is None:
            return None
        if not throttled.is_told:
            return NO_ANSWER, "throttled"
        seconds = f"{throttled.seconds:.0f}"
        return refusal(tr("Too many questions at once. Ask again in {seconds} s.", seconds=seconds)), "throttled"

    async def _check_rights(self, context: CommandContext, command: Command) -> None:
        if command.private_only and is_public(context):
            raise NotPermitted(
                tr("{command} works in a private chat with the bot only; send it there.", command=f"/{command.name}")
            )
        if command.access is Access.MEMBER or context.caller.is_owner:
            return
        if command.access is Access.OWNER:
            raise NotPermitted(tr("{command} is for the owner of this bot.", command=f"/{command.name}"))
        # Asked anew each time: whoever has lost the right since the last command must not use it.
        if not await context.caller.may_moderate(context.place):
            raise NotPermitted(
                tr("{command} is for the people who moderate this place; ask one of them.", command=f"/{command.name}")
            )

    def _request(self, context: CommandContext) -> Request:
        return Request(
            place=context.place,
            caller=context.caller,
            place_access=context.place_access,
            queries=self.queries,
            subscriptions=self._subscriptions,
            commands=self.commands,
            now=self._clock.now(),
            private=context.private,
            place_settings=self._place_settings,
            approvals=self._approvals,
            suppressions=self._suppressions,
            drills=self._drills,
            mutes=self._mutes,
            alert_tester=self._alert_tester,
            pending_changes=self._pending_changes,
            place_exports=self._place_exports,
            proof_checker=self._proof_checker,
            community=context.community,
            document=context.document,
            pressed=context.pressed,
        )

    def _refused(
        self, context: CommandContext, command: Command, arguments: str | Mapping[str, str], error: AskerError
    ) -> Message:
        """Return what the asker can put right, with buttons that do so where it is known what may be meant."""
        if isinstance(error, MissingArgument):
            return question(error, self.suggest)
        if isinstance(error, UnknownExchange) and not context.pressed:
            return nearest_exchanges(command, arguments, error, self.queries.names())
        return refusal(str(error))


def _values(command: Command, arguments: str | Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as values; raise BadArgument or MissingArgument.

    Names that are copied from a web page bring zero-width characters along, which nobody sees: without them
    `bin<U+200B>ance` is Binance.
    """
    if isinstance(arguments, str):
        return command.read_words(_as_typed_in_english(arguments))
    return command.read_options({name: _as_typed_in_english(text).strip() for name, text in arguments.items()})


def is_public(context: CommandContext) -> bool:
    """Return whether others read what is asked and answered there: on Discord an answer can be its asker's alone."""
    return context.place.platform is Platform.TELEGRAM and not context.private


_OTHER_KEYS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x130: "I"}


def _as_typed_in_english(text: str) -> str:
    """Return what other keyboards make of what is typed in English: a Chinese one `3％`, a Turkish one `CRİTİCAL`."""
    return clean(text if text.isascii() else text.translate(_OTHER_KEYS))
