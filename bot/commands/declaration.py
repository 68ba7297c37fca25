"""`@command` makes a Command of a handler: from its name, docstring and annotations, the same on every platform.

Example: `async def flows(request, exchange: Annotated[ExchangeName, Arg("…")], window: Annotated[Window, Arg("…")] =
Window.DAY)` is `/flows <exchange> [window]`: a slash command on Discord, an entry of Telegram's menu, a line at the
terminal's prompt. How to add one is in docs/adding-a-command.md.
"""

import inspect
import re
import shlex
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, overload

from bot.commands.arguments import Arg, ArgumentKind, kind_of
from bot.commands.queries import Queries
from bot.domain.errors import BadArgument, echo
from bot.domain.place import Place
from bot.language.name_lists import sentences
from bot.language.translation import tr
from bot.messages.documents import Document
from bot.messages.model import Line, Message
from bot.ports.alert_tests import AlertTester
from bot.ports.approvals import Approvals
from bot.ports.drills import Drills
from bot.ports.mutes import Mutes
from bot.ports.pending_changes import PendingChanges
from bot.ports.place_exports import PlaceExports
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.proof_checks import ProofChecker
from bot.ports.subscriptions import Subscriptions
from bot.ports.workers import Suppressions

LEAD_ON = "?"
"""The last word of a command line that asks to be led through the arguments it leaves out."""


class Access(StrEnum):
    """Who may use a command."""

    MEMBER = "member"
    MODERATOR = "moderator"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked. `may_moderate(place)` asks the platform at that moment; False whenever it cannot be sure.

    `is_person` is False where a chat speaks in its own name: one person may have many channels. `name` is what they
    call themselves, "" where that is not known.
    """

    id: str
    is_owner: bool
    may_moderate: Callable[[Place], Awaitable[bool]]
    is_person: bool = True
    name: str = ""


async def mention_nobody(place: Place, mention: str) -> tuple[str, ...]:
    """Check a mention on a platform that has none for a whole chat: it is left out there, so anybody may ask for it."""
    return ()


async def publish_nowhere(place: Place) -> bool:
    """Return whether messages can be published to those who follow a place: no, on most platforms."""
    return False


@dataclass(frozen=True, slots=True)
class PlaceAccess:
    """What the platform knows of places: which one a name stands for, and which rights the bot lacks there.

    `find(text)` returns the Place behind `@channel`, a chat id or a channel mention, or raises AskerError.
    `missing(place)` returns the names of the rights the bot lacks for posting there, none when all is well.
    `check_mention(place, mention)` raises AskerError where nobody is called so or the caller may not mention them, and
    returns the names of the rights the bot lacks for that mention. `can_publish(place)` returns whether it is an
    announcement channel, whose messages can be published.
    """

    find: Callable[[str], Awaitable[Place]]
    missing: Callable[[Place], Awaitable[tuple[str, ...]]]
    check_mention: Callable[[Place, str], Awaitable[tuple[str, ...]]] = mention_nobody
    can_publish: Callable[[Place], Awaitable[bool]] = publish_nowhere


ReadDocument = Callable[[], Awaitable[Document]]
"""Fetches a file that came with a command, within seconds; raises AskerError where that fails or it is too large.

It is called by the handler: after the rights were checked, so that nobody else makes the bot fetch anything.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler gets: where the command came from, by whom, when, and what the handler may ask and change.

    `private`: nobody but the asker reads that place. `community` is what the place is a part of where it is no chat of
    its own: the id of the Discord server. `document` fetches the file that came with the command, None without one.
    `pressed`: it was a button below a message.
    """

    place: Place
    caller: Caller
    place_access: PlaceAccess
    queries: Queries
    subscriptions: Subscriptions
    place_settings: PlaceSettingsStore
    approvals: Approvals
    suppressions: Suppressions
    drills: Drills
    mutes: Mutes
    alert_tester: AlertTester
    pending_changes: PendingChanges
    place_exports: PlaceExports
    proof_checker: ProofChecker
    commands: "CommandSet"
    now: datetime
    private: bool = False
    community: str = ""
    document: ReadDocument | None = None
    pressed: bool = False


Handler = Callable[..., Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command."""

    name: str
    description: str
    kind: ArgumentKind
    required: bool
    default: Any = None
    ask: str = ""
    explain: Callable[[], tuple[Line, ...]] | None = None

    @property
    def question(self) -> str:
        """Return what is asked where it is left out, in the language in force."""
        if asked := self.ask or self.kind.question:
            return tr(asked)
        # Translators: {name} is the English word in `/flows <exchange> [window]`, for which a value is to be typed.
        return tr("Which {name}?", name=self.name)

    @property
    def is_phrase(self) -> bool:
        """Return whether it may be several words, such as `until it gets worse`."""
        return self.kind.most_words > 1

    def refusal(self, word: str) -> str:
        """Return why a word is not this argument, "" where it is."""
        try:
            self.kind.read(word)
        except BadArgument as refusal:
            return str(refusal)
        return ""


class MissingArgument(BadArgument):
    """An argument was left out that is required, or that is asked for step by step.

    `given` are the arguments so far as they were typed, by name. `is_guided`: the command is gone through step by step.
    """

    def __init__(
        self, command: "Command", parameter: Parameter, given: Mapping[str, str], *, is_guided: bool = False
    ) -> None:
        super().__init__(f"{parameter.question} {command.usage}")
        self.command = command
        self.parameter = parameter
        self.given = given
        self.is_guided = is_guided

    @property
    def still_missing(self) -> Sequence[Parameter]:
        """Return the parameters that are to be asked for, this one first."""
        return [
            parameter
            for parameter in self.command.parameters
            if parameter.name not in self.given and (parameter.required or (self.is_guided and parameter.ask))
        ]


@dataclass(frozen=True, slots=True)
class Command:
    """A command as every platform knows it. `description` is at most 100 characters, `name` is `[a-z0-9_]{1,32}`.

    `linkable`: a deep link may ask it. Anybody can make a link, so one must not change anything for who follows it.
    `takes_document`: a file may be sent with it. `about_place`: the buttons below its answer change the place where it
    is asked, so it has to be answered there. `private_only`: what is sent with it and its answer are nobody else's
    business, so it is answered where the asker alone reads, and refused in a group on Telegram.
    """

    name: str
    description: str
    access: Access
    parameters: tuple[Parameter, ...]
    handler: Handler
    linkable: bool = True
    takes_document: bool = False
    about_place: bool = False
    private_only: bool = False

    @property
    def is_guided(self) -> bool:
        """Return whether it can be gone through step by step: whether it asks for arguments that may be left out."""
        return any(parameter.ask and not parameter.required for parameter in self.parameters)

    @property
    def typed(self) -> Sequence[Parameter]:
        """Return the parameters that people type: all but those that buttons fill in."""
        return [parameter for parameter in self.parameters if not parameter.kind.is_for_buttons]

    @property
    def usage(self) -> str:
        """Return how it is typed: `/flows <exchange> [window]`."""
        words = (f"<{parameter.name}>" if parameter.required else f"[{parameter.name}]" for parameter in self.typed)
        return " ".join((f"/{self.name}", *words))

    def read_words(self, text: str) -> dict[str, Any]:
        """Return the arguments in a typed line; raise BadArgument or MissingArgument.

        Required ones come first, in order. Optional ones follow in any order, recognised by how they are written, or
        one that takes all remaining words. Example: `/subscribe binance $50M early` and `/subscribe binance early $50M`
        are the same.

        A last word `?` asks to be led through what is left out: `/subscribe binance ?` asks for the severity.
        """
        words = split_words(text)
        is_led = self.is_guided and words[-1:] == [LEAD_ON]
        given = self._by_name(words[:-1] if is_led else words)
        if is_led:
            self._check_asked(given)
        kinds = {parameter.name: parameter.kind for parameter in self.parameters}
        return {name: kinds[name].read(word) for name, word in given.items()}

    def _with_phrases(self, words: Sequence[str]) -> Sequence[str]:
        """Join words that are one argument together, the longest phrase first: `until worse`, `4 h`."""
        kinds = [parameter.kind for parameter in self.parameters if parameter.kind.most_words > 1]
        joined: list[str] = []
        while words:
            length = next(
                (
                    length
                    for kind in kinds
                    for length in range(min(kind.most_words, len(words)), 1, -1)
                    if kind.matches(" ".join(words[:length]))
                ),
                1,
            )
            joined.append(" ".join(words[:length]))
            words = words[length:]
        return joined

    def read_options(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments given by name, as texts; raise BadArgument or MissingArgument."""
        for parameter in self.parameters:
            if parameter.required and not options.get(parameter.name):
                raise MissingArgument(self, parameter, {name: text for name, text in options.items() if text})
        return {
            parameter.name: parameter.kind.read(options[parameter.name])
            for parameter in self.parameters
            if options.get(parameter.name)
        }

    def words_by_name(self, text: str) -> dict[str, str]:
        """Return which word of a typed line is which argument; raise BadArgument or MissingArgument.

        A `?` that asks to be led on is none of them.
        """
        words = split_words(text)
        return self._by_name(words[:-1] if self.is_guided and words[-1:] == [LEAD_ON] else words)

    def _by_name(self, words: Sequence[str]) -> dict[str, str]:
        """Return which words are which argument; raise BadArgument or MissingArgument."""
        words = self._with_phrases(words)
        required = [parameter for parameter in self.parameters if parameter.required]
        given = {parameter.name: word for parameter, word in zip(required, words, strict=False)}
        if len(words) < len(required):
            self._check_readable(given)
            raise MissingArgument(self, required[len(words)], given, is_guided=self.is_guided)
        others = words[len(required) :]
        sentence = next((parameter for parameter in self.parameters if parameter.kind.takes_all_words), None)
        if sentence and others:
            marked = self._marked(others)
            text = " ".join(others[len(marked) :])
            return given | marked | ({sentence.name: text} if text else {})
        for word in others:
            given[self._parameter_for(word, given).name] = word
        return given

    def _marked(self, words: Sequence[str]) -> dict[str, str]:
        """Return the arguments with a mark that a sentence is typed after: `only:proof` before the reason."""
        given: dict[str, str] = {}
        for word in words:
            parameter = next((known for known in self.parameters if known.kind.is_marked(word)), None)
            if parameter is None or parameter.name in given:
                break
            given[parameter.name] = word
        return given

    def _check_asked(self, given: Mapping[str, str]) -> None:
        """Raise MissingArgument for the first argument that is asked for and not given."""
        self._check_readable(given)
        for parameter in self.parameters:
            if parameter.ask and parameter.name not in given:
                raise MissingArgument(self, parameter, given, is_guided=True)

    def _check_readable(self, given: Mapping[str, str]) -> None:
        """Raise BadArgument where a word cannot be read: nobody is led on from a mistake."""
        for parameter in self.parameters:
            if parameter.name in given:
                parameter.kind.read(given[parameter.name])

    def _parameter_for(self, word: str, arguments: Mapping[str, Any]) -> Parameter:
        optional = sorted(
            (parameter for parameter in self.parameters if not parameter.required),
            key=lambda parameter: parameter.kind.takes_any_word,  # last, else it would take the words of the others
        )
        for parameter in optional:
            if parameter.name not in arguments and parameter.kind.matches(word):
                return parameter
        for parameter in optional:
            if parameter.kind.matches(word):
                phrase = next((other for other in optional if other.name not in arguments and other.is_phrase), None)
                raise BadArgument(f"{_given_twice(parameter)} {phrase.refusal(word) if phrase else self.usage}")
        unknown = sentences(tr("I don't recognise “{word}” here.", word=echo(word)), _hint(word, optional))
        raise BadArgument(f"{unknown} {self.usage}")


def _given_twice(parameter: Parameter) -> str:
    if parameter.kind.choices:
        return tr(
            "You gave two values for {name}; pick one of {choices}.",
            name=parameter.name,
            choices=", ".join(parameter.kind.choices),
        )
    return tr("You gave two values for {name}; keep one.", name=parameter.name)


def _hint(word: str, optional: Sequence[Parameter]) -> str:
    """Return what could be meant by a word that nothing takes: a number lacks its sign, other words are listed."""
    if word[:1].isdigit() and any(parameter.kind.name == "usd" for parameter in optional):
        return tr("Amounts look like $50M, shares like 3%.")
    choices = [choice for parameter in optional for choice in parameter.kind.choices]
    return tr("It can be one of {choices}.", choices=", ".join(choices)) if choices else ""


@overload
def command(handler: Handler) -> Command: ...
@overload
def command(
    *,
    access: Access = ...,
    linkable: bool = ...,
    takes_document: bool = ...,
    about_place: bool = ...,
    private_only: bool = ...,
) -> Callable[[Handler], Command]: ...
def command(  # noqa: PLR0913 — what a command may be, each named where it is decorated
    handler: Handler | None = None,
    *,
    access: Access = Access.MEMBER,
    linkable: bool = True,
    takes_document: bool = False,
    about_place: bool = False,
    private_only: bool = False,
) -> Command | Callable[[Handler], Command]:
    """Turn an async function into a Command; raise TypeError where its declaration breaks a rule.

    What moderators and the owner may do is never linkable.
    """
    is_linkable = linkable and access is Access.MEMBER
    if handler is None:  # used with arguments, as @command(access=…)
        return lambda decorated: replace(
            _declare(decorated, access),
            linkable=is_linkable,
            takes_document=takes_document,
            about_place=about_place,
            private_only=private_only,
        )
    return _declare(handler, access)


def _declare(handler: Handler, access: Access) -> Command:
    name = handler.__name__.removesuffix("_")  # `import_`: Python keeps the word itself for its own
    description = (inspect.getdoc(handler) or "").split("\n")[0].removesuffix(".")
    if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
        raise TypeError(f"{name!r} is no name for a command: [a-z0-9_]{{1,32}}")
    if not 0 < len(description) <= 100:  # noqa: PLR2004 — Discord's limit on a description
        raise TypeError(f"/{name} needs a docstring whose first line has at most 100 characters")
    hints = get_type_hints(handler, include_extras=True)
    arguments = list(inspect.signature(handler).parameters.values())[1:]  # the first is the request
    parameters = tuple(_parameter(name, argument, hints.get(argument.name)) for argument in arguments)
    # Discord refuses a command whose required options come after optional ones, and typed ones would be ambiguous.
    if sorted(parameters, key=lambda parameter: not parameter.required) != list(parameters):
        raise TypeError(f"/{name}: only trailing parameters may be optional")
    return Command(name, description, access, parameters, handler)


def _parameter(command_name: str, parameter: inspect.Parameter, hint: Any) -> Parameter:
    annotation, *metadata = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    arg = next((entry for entry in metadata if isinstance(entry, Arg)), None)
    if arg is None or not 0 < len(arg.description) <= 100:  # noqa: PLR2004 — Discord's limit again
        raise TypeError(f"/{command_name}: {parameter.name} needs Annotated[…, Arg(…)] of at most 100 characters")
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (member for member in get_args(annotation) if member is not NoneType)
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    return Parameter(parameter.name, arg.description, kind_of(annotation), required, default, arg.ask, arg.explain)


def split_words(text: str) -> list[str]:
    """Return the words of a line, as a shell would; a quotation mark without its partner is just a letter."""
    try:
        return shlex.split(text)
    except ValueError:  # an apostrophe, as in o'kay, opens a quotation that nothing closes
        return text.split()


class CommandSet:
    """All commands, by name."""

    def __init__(self, commands: tuple[Command, ...]) -> None:
        self._by_name = {command.name: command for command in commands}
        if len(self._by_name) != len(commands):
            raise TypeError("two commands have one name")

    def __iter__(self) -> Iterator[Command]:
        """Go through the commands in the order they were declared."""
        return iter(self._by_name.values())

    def get(self, name: str) -> Command | None:
        """Return the command of this name, with or without its slash."""
        return self._by_name.get(name.removeprefix("/").lower())
