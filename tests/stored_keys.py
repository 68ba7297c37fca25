"""Compares the keys of a server with the table in `bot/storage/keys.py`: name, type and lifetime of each."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from bot.domain.place import Platform
from bot.domain.worker import Lease
from bot.storage.connection import Database
from bot.storage.keys import KEYS, RedisKey

_PLATFORM = f"({'|'.join(Platform)})"
_PARTS = {
    "platform": _PLATFORM,
    "chat": f"{_PLATFORM}:[^/]+",
    "place": f"{_PLATFORM}:[^/]+(/.+)?",
    "priority": "[012]",
    "duty": f"({'|'.join(Lease)})",
}
_SCAN_COUNT = 1000
_GONE, _NEVER = -2, -1  # what PTTL says of a key that is not there, and of one that stays


def rows_of(key: str) -> Sequence[RedisKey]:
    """Return the rows of the table that a key belongs to; there should be one."""
    return [row for row in KEYS if _pattern(row).fullmatch(key)]


async def stored_rows(database: Database) -> set[RedisKey]:
    """Return the rows of which the store holds a key."""
    return {row for key in await _all_keys(database) for row in rows_of(key)}


async def differences(database: Database) -> list[str]:
    """Return a sentence for everything in the store that is not as the table says."""
    keys = await _all_keys(database)
    replies = await database.pipeline([(word, key) for key in keys for word in ("TYPE", "PTTL")])
    return [
        sentence
        for key, kind, left in zip(keys, replies[::2], replies[1::2], strict=True)
        if left != _GONE
        for sentence in _differences(key, kind.decode(), left)
    ]


def _differences(key: str, kind: str, left: int) -> Iterator[str]:
    rows = rows_of(key)
    if len(rows) != 1:
        yield f"{key} belongs to {[row.name for row in rows] or 'no row'}"
        return
    [row] = rows
    if kind != row.type:
        yield f"{key} is a {kind}, not a {row.type}"
    if (left != _NEVER) != (row.lifetime is not None):
        yield f"{key} has {left} ms to live, its row says {row.lifetime}"
    if not row.kept and left > 1000 * row.lifetime_s:
        yield f"{key} lives longer than {row.lifetime}"


async def _all_keys(database: Database) -> list[str]:
    """Return every key once: SCAN may name one twice."""
    cursor, names = b"0", set[str]()
    while True:
        cursor, batch = await database.command("SCAN", cursor, "COUNT", _SCAN_COUNT)
        names.update(key.decode() for key in batch)
        if int(cursor) == 0:
            return sorted(names)


@cache
def _pattern(row: RedisKey) -> re.Pattern[str]:
    """Return a regular expression for the keys of a row: an exchange or an alert may be called anything."""
    pieces = re.split(r"<(\w+)>", row.name)
    return re.compile("".join(_PARTS.get(piece, ".+") if i % 2 else re.escape(piece) for i, piece in enumerate(pieces)))
