"""@command: a handler's name, docstring and annotations become a Command, the same one on every platform."""

import inspect
import re
import shlex
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, overload

from bot.commands.arguments import Arg, Kind, kind_of
from bot.commands.queries import Queries
from bot.domain.errors import BadArgument, echo
from bot.domain.place import Place
from bot.messages.model import Message
from bot.ports.subscriptions import Subscriptions
from bot.ports.workers import Suppressions


class Access(StrEnum):
    """Who may use a command."""

    MEMBER = "member"
    MODERATOR = "moderator"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked. `may_moderate(place)` asks the platform now and says no whenever it cannot be sure."""

    id: str
    is_owner: bool
    may_moderate: Callable[[Place], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class PlaceAccess:
    """What the bot can do in places: find one somebody named, and say which rights it lacks there.

    `find(text)` returns the Place behind `@channel`, a chat id or a channel mention, or raises AskerError.
    `missing(place)` returns the names of the rights the bot lacks for posting there, none when all is well.
    """

    find: Callable[[str], Awaitable[Place]]
    missing: Callable[[Place], Awaitable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Request:
    """One question: where it was asked, by whom, and what may be asked in turn."""

    place: Place
    caller: Caller
    reach: PlaceAccess
    queries: Queries
    subscriptions: Subscriptions
    holds: Suppressions
    commands: "CommandSet"
    now: datetime
    private: bool = False


Handler = Callable[..., Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command."""

    name: str
    description: str
    kind: Kind
    required: bool
    default: Any = None


class MissingArgument(BadArgument):
    """A required argument was left out."""

    def __init__(self, command: "Command", parameter: Parameter) -> None:
        super().__init__(f"/{command.name} needs to know the {parameter.name}: {command.usage}")
        self.command = command
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Command:
    """A command as every platform knows it. `description` is at most 100 characters, `name` is `[a-z0-9_]{1,32}`."""

    name: str
    description: str
    access: Access
    parameters: tuple[Parameter, ...]
    handler: Handler

    @property
    def usage(self) -> str:
        """Return how it is typed: `/flows <exchange> [window]`."""
        words = (
            f"<{parameter.name}>" if parameter.required else f"[{parameter.name}]" for parameter in self.parameters
        )
        return " ".join((f"/{self.name}", *words))

    def read_words(self, text: str) -> dict[str, Any]:
        """Return the arguments in a typed line.

        Required ones come first, in order; the optional ones after them in any order, told apart by their look, or one
        that takes all the rest.
        Raise BadArgument or MissingArgument.
        """
        words = split(text)
        found: dict[str, Any] = {}
        for parameter in self.parameters:
            if not parameter.required:
                break
            if not words:
                raise MissingArgument(self, parameter)
            found[parameter.name] = parameter.kind.read(words.pop(0))
        rest = next((parameter for parameter in self.parameters if parameter.kind.takes_rest), None)
        if rest and words:
            return {**found, rest.name: rest.kind.read(" ".join(words))}
        for word in words:
            parameter = self._meant_by(word, found)
            found[parameter.name] = parameter.kind.read(word)
        return found

    def read_options(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments given by name, as texts; raise BadArgument or MissingArgument."""
        for parameter in self.parameters:
            if parameter.required and not options.get(parameter.name):
                raise MissingArgument(self, parameter)
        return {
            parameter.name: parameter.kind.read(options[parameter.name])
            for parameter in self.parameters
            if options.get(parameter.name)
        }

    def _meant_by(self, word: str, found: Mapping[str, Any]) -> Parameter:
        optional = sorted(
            (parameter for parameter in self.parameters if not parameter.required),
            key=lambda parameter: parameter.kind.vague,
        )
        for parameter in optional:
            if parameter.name not in found and parameter.kind.looks_right(word):
                return parameter
        if any(parameter.kind.looks_right(word) for parameter in optional):
            raise BadArgument(f"“{echo(word)}” says the same thing twice. {self.usage}")
        choices = [choice for parameter in optional for choice in parameter.kind.choices]
        hint = f" It may be one of {', '.join(choices)}." if choices else ""
        raise BadArgument(f"“{echo(word)}” is not understood here.{hint} {self.usage}")


@overload
def command(handler: Handler) -> Command: ...
@overload
def command(*, access: Access) -> Callable[[Handler], Command]: ...
def command(
    handler: Handler | None = None, *, access: Access = Access.MEMBER
) -> Command | Callable[[Handler], Command]:
    """Turn an async function into a Command; raise TypeError where its declaration breaks a rule."""
    if handler is None:
        return lambda actual: _declare(actual, access)
    return _declare(handler, access)


def _declare(handler: Handler, access: Access) -> Command:
    name = handler.__name__
    description = (inspect.getdoc(handler) or "").split("\n")[0].removesuffix(".")
    if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
        raise TypeError(f"{name!r} is no name for a command: [a-z0-9_]{{1,32}}")
    if not 0 < len(description) <= 100:  # noqa: PLR2004 — Discord's limit on a description
        raise TypeError(f"/{name} needs a docstring whose first line has at most 100 characters")
    hints = get_type_hints(handler, include_extras=True)
    signature = list(inspect.signature(handler).parameters.values())[1:]
    parameters = tuple(_parameter(name, parameter, hints.get(parameter.name)) for parameter in signature)
    if sorted(parameters, key=lambda parameter: not parameter.required) != list(parameters):
        raise TypeError(f"/{name}: only trailing parameters may be optional")
    return Command(name, description, access, parameters, handler)


def _parameter(owner: str, parameter: inspect.Parameter, hint: Any) -> Parameter:
    annotation, *metadata = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    described = next((one for one in metadata if isinstance(one, Arg)), None)
    if described is None or not 0 < len(described.description) <= 100:  # noqa: PLR2004 — Discord's limit again
        raise TypeError(f"/{owner}: {parameter.name} needs Annotated[…, Arg(…)] of at most 100 characters")
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (one for one in get_args(annotation) if one is not NoneType)
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    return Parameter(parameter.name, described.description, kind_of(annotation), required, default)


def split(text: str) -> list[str]:
    """Return the words of a line; quotes hold words together, and unbalanced ones are just letters."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


class CommandSet:
    """All commands, by name."""

    def __init__(self, commands: tuple[Command, ...]) -> None:
        self._by_name = {one.name: one for one in commands}
        if len(self._by_name) != len(commands):
            raise TypeError("two commands have one name")

    def __iter__(self) -> Iterator[Command]:
        """Go through the commands in the order they were declared."""
        return iter(self._by_name.values())

    def get(self, name: str) -> Command | None:
        """Return the command of this name, with or without its slash."""
        return self._by_name.get(name.removeprefix("/").lower())
