"""A reading as bytes and back, exactly: slots as small numbers, figures as 64-bit floats, squeezed.

    as_of, fetched_at      two signed 64-bit integers, microseconds since 1970, little-endian: the header
    layout                 one byte, 1
    body                   zlib of: number of slots (u32) · length of the source's name (u32) · the name (UTF-8)
                           · numbers of the slots (u32 each) · amounts (f64 each) · values in USD (f64 each)

The bytes of each column are regrouped (all first bytes, then all second ones…), which lets zlib take 17 % off figures
that look random. Two readings of the same holdings have the same bytes after the header, which is how a repetition is
known without unpacking. The order within a reading is that of the slots' numbers.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.errors import StorageError
from bot.domain.reading import Holdings, Layouts, Reading, Slot

HEADER = struct.Struct("<qq")
_LAYOUT = b"\x01"
_LENGTHS = struct.Struct("<II")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SQUEEZE = 1  # measured: level 6 takes 1.3 % more off and a third more time


def microseconds(moment: datetime) -> int:
    """Return an aware moment as whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stamp: int) -> datetime:
    """Return what `microseconds` was given, in UTC."""
    return _EPOCH + timedelta(microseconds=stamp)


def pack(reading: Reading, numbers: Mapping[Slot, int]) -> bytes:
    """Return the reading as bytes; `numbers` has one for every slot of it."""
    rows = sorted((numbers[slot], *holding) for slot, holding in reading.holdings.items())
    source = reading.source.encode()
    body = b"".join(
        (
            _LENGTHS.pack(len(rows), len(source)),
            source,
            _regrouped(array("I", [number for number, _, _ in rows])),
            _regrouped(array("d", [amount for _, amount, _ in rows])),
            _regrouped(array("d", [usd for _, _, usd in rows])),
        )
    )
    header = HEADER.pack(microseconds(reading.as_of), microseconds(reading.fetched_at))
    return header + _LAYOUT + zlib.compress(body, _SQUEEZE)


def unpack(blob: bytes, exchange: str, layouts: Layouts) -> Reading:
    """Return the reading that was packed; `layouts` are of the slots in the order of their numbers.

    Raise IndexError for a number beyond those slots, StorageError for bytes in another layout.
    """
    as_of, fetched_at = HEADER.unpack_from(blob)
    if blob[HEADER.size : HEADER.size + 1] != _LAYOUT:
        raise StorageError(f"A reading of {exchange} is in a layout this program does not know.")
    body = zlib.decompress(memoryview(blob)[HEADER.size + 1 :])
    count, length = _LENGTHS.unpack_from(body)
    at = _LENGTHS.size + length
    numbers, amounts, values = array("I"), array("d"), array("d")
    for column in (numbers, amounts, values):
        _refill(column, body[at : at + count * column.itemsize])
        at += count * column.itemsize
    source = body[_LENGTHS.size : _LENGTHS.size + length].decode()
    return Reading(exchange, source, moment(as_of), moment(fetched_at), Holdings(layouts.at(numbers), amounts, values))


def _regrouped(column: "array[Any]") -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    plain = column.tobytes()
    return b"".join(plain[place :: column.itemsize] for place in range(column.itemsize))


def _refill(column: "array[Any]", regrouped: bytes) -> None:
    plain = bytearray(len(regrouped))
    count = len(regrouped) // column.itemsize
    for place in range(column.itemsize):
        plain[place :: column.itemsize] = regrouped[place * count : (place + 1) * count]
    column.frombytes(plain)
    if sys.byteorder == "big":
        column.byteswap()
