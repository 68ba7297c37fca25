"""The desk where every question arrives and is answered, whichever platform it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

import structlog

from bot.commands.declaration import (
    Access,
    Caller,
    Command,
    CommandSet,
    MissingArgument,
    Parameter,
    PlaceAccess,
    Request,
)
from bot.commands.queries import Queries
from bot.commands.throttle import Throttle
from bot.domain.errors import AskerError, NotPermitted, StorageError
from bot.domain.place import Place
from bot.messages.cards.errors import apology, missing_argument_card, refusal, store_away_card
from bot.messages.model import Message
from bot.messages.textual import clean
from bot.ports.meter import Meter
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions
from bot.ports.workers import Suppressions

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Who asked where, as the platform tells it. `private`: nobody but the asker reads that place."""

    place: Place
    caller: Caller
    place_access: PlaceAccess
    private: bool = False


class CommandDispatcher:
    """Answers commands. Never raises: whatever goes wrong becomes a sentence that says what to do."""

    def __init__(  # noqa: PLR0913 — what answers rest on, named at the one place that builds it
        self,
        commands: CommandSet,
        queries: Queries,
        subscriptions: Subscriptions,
        *,
        clock: Clock,
        meter: Meter,
        holds: Suppressions,
    ) -> None:
        self.commands = commands
        self.queries = queries
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._holds = holds
        self._throttle = Throttle()

    async def answer_words(self, asked: CommandContext, command: Command, words: str) -> Message:
        """Answer a typed line; `words` is what follows the command's name."""
        return await self._answer(asked, command, words)

    async def answer_options(self, asked: CommandContext, command: Command, options: Mapping[str, str]) -> Message:
        """Answer arguments given by name, every value as the text a person would type."""
        return await self._answer(asked, command, options)

    def suggest(self, parameter: Parameter, typed: str, *, limit: int = 25) -> list[tuple[str, str]]:
        """Return (label, value) pairs that complete what was typed so far, from memory."""
        if parameter.kind.choices:
            return [(choice, choice) for choice in parameter.kind.choices if choice.startswith(typed.lower())][:limit]
        if parameter.kind.name != "exchange":
            return []
        return [(clean(exchange.name), exchange.id) for exchange in self.queries.exchanges_like(typed)][:limit]

    async def _answer(self, asked: CommandContext, command: Command, given: str | Mapping[str, str]) -> Message:
        started = perf_counter()
        message, result = await self._message(asked, command, given)
        took = perf_counter() - started
        self._meter.count_answer(command.name, asked.place.platform, took, result)
        log.debug("answered", command=command.name, place=str(asked.place), result=result, seconds=round(took, 4))
        return message

    async def _message(
        self, asked: CommandContext, command: Command, given: str | Mapping[str, str]
    ) -> tuple[Message, str]:
        pause = self._throttle.pause(asked.caller.id, asked.place, perf_counter())
        if pause:
            return refusal(f"Too many questions at once. Ask again in {pause:.0f} s."), "throttled"
        try:
            await self._check_rights(asked, command)
            arguments = command.read_words(given) if isinstance(given, str) else command.read_options(given)
            return await command.handler(self._request(asked), **arguments), "ok"
        except MissingArgument as missing:
            return missing_argument_card(str(missing), self._buttons(missing)), "refused"
        except AskerError as error:
            return refusal(str(error)), "refused"
        except StorageError as error:
            log.warning("store away while answering", command=command.name, error=str(error))
            return store_away_card(), "store away"
        except Exception:
            reference = uuid4().hex[:8]
            log.exception("answer failed", command=command.name, reference=reference)
            return apology(reference), "failed"

    async def _check_rights(self, asked: CommandContext, command: Command) -> None:
        if command.access is Access.MEMBER or asked.caller.is_owner:
            return
        if command.access is Access.OWNER:
            raise NotPermitted(f"/{command.name} is for the owner of this bot.")
        if not await asked.caller.may_moderate(asked.place):
            raise NotPermitted(f"/{command.name} is for the people who moderate this place; ask one of them.")

    def _request(self, asked: CommandContext) -> Request:
        return Request(
            place=asked.place,
            caller=asked.caller,
            reach=asked.place_access,
            queries=self.queries,
            subscriptions=self._subscriptions,
            commands=self.commands,
            now=self._clock.now(),
            private=asked.private,
            holds=self._holds,
        )

    def _buttons(self, missing: MissingArgument) -> tuple[tuple[str, str], ...]:
        """Return (label, command line) of the likeliest values of the missing argument, or the way to help."""
        pairs = self.suggest(missing.parameter, "", limit=8)
        if not pairs:
            return ((f"About /{missing.command.name}", f"help {missing.command.name}"),)
        return tuple((label, f"{missing.command.name} {value}") for label, value in pairs)
