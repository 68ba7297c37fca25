"""Reads JSON that somebody else wrote, and refuses what is ambiguous or hostile with a sentence.

Example: `{"usd": 1, "usd": 2}` says the same name twice, and a reader that took the last would show one figure and use
another. Duplicate names, NaN and Infinity, numbers that no float holds, more nesting than any of our files has and
letters that hide or turn text around are refused. https://datatracker.ietf.org/doc/html/rfc8259
"""

import json
import math
from collections.abc import Sequence
from json import JSONDecodeError
from typing import Any, Never

from bot.domain.errors import AskerError, echo
from bot.language.translation import marked, tr
from bot.messages.plain_text import clean

_NUMBER_CHARACTERS = 40  # 17 digits tell every float from its neighbours; thousands of them take long to read
NESTED_TOO_DEEPLY = marked("The file is nested too deeply to be one of Runwatch's. Send the one that /export made.")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # some editors of Windows begin every file with it


def strict_decoder() -> json.JSONDecoder:
    """Return a decoder that raises AskerError for what is valid JSON to Python, but not to others."""
    return json.JSONDecoder(
        object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer, strict=True
    )


def read_json(text: str) -> Any:
    """Return what a whole text says; raise AskerError."""
    stripped = text.removeprefix(BYTE_ORDER_MARK)
    try:
        return strict_decoder().decode(stripped)
    except JSONDecodeError as error:
        raise AskerError(not_json(error.msg, error.lineno)) from error
    except RecursionError as error:
        raise AskerError(tr(NESTED_TOO_DEEPLY)) from error


def not_json(why: str, line_number: int) -> str:
    """Return the sentence for a text that is no JSON; `why` is what the reader met, in English where Python says it."""
    return tr(
        "The file isn't valid JSON (line {number}: {reason}). Send the file that /export made, unchanged.",
        number=line_number,
        reason=why,
    )


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise AskerError(
                tr("The file says “{name}” twice in one place. Keep one of them, then send it again.", name=shown(name))
            )
        if clean(name) != name:
            raise AskerError(
                tr("The name “{name}” in the file has hidden characters. Send the file /export made.", name=shown(name))
            )
        read[name] = value
    return read


def _constant(word: str) -> Never:
    raise AskerError(tr("“{word}” in the file is no number. Put in a number, or leave it out.", word=word))


def _float(text: str) -> float:
    number = float(text) if len(text) <= _NUMBER_CHARACTERS else math.inf
    if not math.isfinite(number):
        raise AskerError(tr("The number {number} in the file is too large.", number=echo(text)))
    return number


def _integer(text: str) -> int:
    if len(text) > _NUMBER_CHARACTERS:
        raise AskerError(tr("The number {number} in the file is too large.", number=echo(text)))
    return int(text)


def shown(text: object) -> str:
    """Return something from a file as it is quoted to people: short, without letters that deceive."""
    return echo(clean(str(text)))
