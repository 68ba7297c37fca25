"""Reads a proof's JSON, which comes from anybody: what is ambiguous, hostile or too large is refused with its reason.

Example: `{"balances": {"BTC": 1e999999999}}` is valid JSON, and a reader of decimals would take hours over the sum. An
exponent, more than 60 digits, NaN, the same name twice, more than eight levels of nesting and a lone surrogate are
refused before anything is computed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Never

from bot.inclusion_proofs.result import Unreadable, UnreadableProof

MAX_BYTES = 256 * 1024
MAX_NESTING = 8  # the deepest of the known formats has four
MAX_DIGITS = 60  # the largest number of the known formats, a total of Binance, has 24
JsonValue = str | int | Decimal | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
# One that never ends is taken up to the end of the file: else the search would begin again at each of its letters.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # Notepad begins a file with it that was pasted there


def read_text(content: bytes) -> str:
    """Return the text of a file; raise UnreadableProof."""
    if len(content) > MAX_BYTES:
        raise UnreadableProof(Unreadable.TOO_LARGE)
    try:
        return content.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        raise UnreadableProof(Unreadable.NOT_TEXT) from None


def read_json(text: str) -> JsonValue:
    """Return what a text says; raise UnreadableProof. Numbers are int or Decimal, exactly as they are written."""
    if _nesting(text) > MAX_NESTING:
        raise UnreadableProof(Unreadable.TOO_DEEP)
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_decimal, parse_int=_integer
    )
    try:
        value: JsonValue = decoder.decode(text)
    except json.JSONDecodeError:
        # Not chained: the error of the library holds the whole text.
        raise UnreadableProof(Unreadable.NOT_JSON) from None
    return value


def _nesting(text: str) -> int:
    """Return how deep brackets stand in each other, those in texts left out."""
    deepest = depth = 0
    for bracket in re.findall(r"[][{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: Sequence[tuple[str, JsonValue]]) -> Mapping[str, JsonValue]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise UnreadableProof(Unreadable.DUPLICATE_NAME)
    return read


def _refuse_constant(_: str) -> Never:
    raise UnreadableProof(Unreadable.BAD_NUMBER)


def _decimal(text: str) -> Decimal:
    if "e" in text.lower() or len(text) > MAX_DIGITS:
        raise UnreadableProof(Unreadable.BAD_NUMBER)
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise UnreadableProof(Unreadable.BAD_NUMBER)
    return int(text)
