"""How one word of a command is read: every kind of argument, told apart by its look."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NewType

from bot.domain.errors import BadArgument, echo
from bot.domain.severity import Sensitivity

ExchangeName = NewType("ExchangeName", str)
"""An exchange as somebody typed it; `queries.exchange` finds it."""
Usd = NewType("Usd", float)
"""Dollars, positive."""
Share = NewType("Share", float)
"""A fraction of reserves, positive: 0.03 for 3 %."""
IncidentNumber = NewType("IncidentNumber", int)
"""The 42 of INC-42."""
Mention = NewType("Mention", str)
"""What to ping: a Discord role id, "here" or "everyone"."""
Elsewhere = NewType("Elsewhere", str)
"""Another place, as somebody typed it: @channel, a chat id, or a Discord channel mention."""
Sentence = NewType("Sentence", str)
"""The rest of what somebody typed, as one text."""
CommandName = NewType("CommandName", str)
"""The name of a command, with or without its slash."""


@dataclass(frozen=True, slots=True)
class ThresholdArgument:
    """A rule as somebody typed it: a preset alone, or the normal one with a floor, in dollars or as a share."""

    sensitivity: Sensitivity = Sensitivity.NORMAL
    usd: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Arg:
    """What a parameter is for, in at most 100 characters (Discord's limit)."""

    description: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of argument: its name, how to read it (BadArgument if that fails), whether a word looks like one.

    A `vague` kind takes any word, so it is asked last; one that `takes_rest` takes all the words that are left.
    """

    name: str
    read: Callable[[str], Any]
    looks_right: Callable[[str], bool]
    choices: tuple[str, ...] = ()
    vague: bool = False
    takes_rest: bool = False


def choice(options: type[StrEnum]) -> Kind:
    """Return the kind whose values are the members of an enumeration."""
    values = tuple(options)

    def read(word: str) -> StrEnum:
        try:
            return options(word.lower())
        except ValueError:
            raise BadArgument(f"“{echo(word)}” is none of {', '.join(values)}.") from None

    return Kind(options.__name__.lower(), read, lambda word: word.lower() in values, values)


_ANYTHING = r"(?P<text>.{1,100})"


def _matching(name: str, pattern: str, meaning: str, convert: Callable[[re.Match[str]], Any]) -> Kind:
    expression = re.compile(pattern, re.IGNORECASE)

    def read(word: str) -> Any:
        match = expression.fullmatch(word)
        if not match:
            raise BadArgument(f"“{echo(word)}” is not {meaning}.")
        return convert(match)

    return Kind(name, read, lambda word: expression.fullmatch(word) is not None, vague=pattern == _ANYTHING)


_MOST_DOLLARS = 1e12
_POWERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9}


def _dollars(match: re.Match[str]) -> float:
    dollars = float(match["number"].replace(",", "")) * _POWERS[match["power"].lower()]
    if not 1 <= dollars <= _MOST_DOLLARS:
        raise BadArgument(f"“{echo(match.group())}” is no size of a flow: it lies between $1 and $1000B.")
    return dollars


def _fraction(match: re.Match[str]) -> float:
    share = float(match["number"]) / 100
    if not 0 < share <= 1:
        raise BadArgument(f"“{echo(match.group())}” is no share of reserves: it lies between 0 % and 100 %.")
    return share


_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)"

KINDS: dict[object, Kind] = {
    ExchangeName: _matching("exchange", _ANYTHING, "the name of an exchange", lambda match: match["text"].strip()),
    Usd: _matching("usd", rf"\$\s*{_NUMBER}\s*(?P<power>k|m|bn?|)", "an amount such as $50M", _dollars),
    Share: _matching("percent", rf"{_NUMBER}\s*%", "a share such as 3%", _fraction),
    IncidentNumber: _matching(
        "incident", r"#?(?:inc-?)?(?P<number>\d{1,9})", "an incident such as INC-42", lambda match: int(match["number"])
    ),
    Mention: _matching(
        "mention",
        r"(?:<@&(?P<role>\d{1,20})>|@?(?P<word>here|everyone))",
        "something to mention: @here, @everyone or a role",
        lambda match: (match["role"] or match["word"]).lower(),
    ),
    Elsewhere: _matching(
        "place",
        r"(?P<text>@(?!(?:here|everyone)$)[a-z]\w{3,31}|-100\d{5,15}|<#\d{1,20}>|https://t\.me/[a-z]\w{3,31})",
        "a channel such as @mychannel",
        lambda match: match["text"],
    ),
    CommandName: _matching("command", r"/?(?P<text>[a-z0-9_]{1,32})", "a command", lambda match: match["text"].lower()),
    Sentence: replace(
        _matching("text", r"(?P<text>.{1,300})", "a text of at most 300 letters", lambda match: match["text"].strip()),
        vague=True,
        takes_rest=True,
    ),
    str: _matching("text", _ANYTHING, "a text", lambda match: match["text"]),
}


def _threshold(word: str) -> ThresholdArgument:
    for kind, name in ((KINDS[Usd], "usd"), (KINDS[Share], "share")):
        if kind.looks_right(word):
            return ThresholdArgument(**{name: kind.read(word)})
    try:
        return ThresholdArgument(Sensitivity(word.lower()))
    except ValueError:
        presets = ", ".join(Sensitivity)
        raise BadArgument(f"“{echo(word)}” is no rule: it may be {presets}, a share such as 3%, or $50M.") from None


def _is_threshold(word: str) -> bool:
    return word.lower() in tuple(Sensitivity) or KINDS[Usd].looks_right(word) or KINDS[Share].looks_right(word)


KINDS[ThresholdArgument] = Kind("rule", _threshold, _is_threshold)


def kind_of(annotation: Any) -> Kind:
    """Return the kind for an annotation: one of the types above, or an enumeration."""
    if annotation in KINDS:
        return KINDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return choice(annotation)
    raise TypeError(f"no kind of argument for {annotation!r}")
