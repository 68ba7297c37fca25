"""Takes a key apart, some hundred pieces at a time, by the commands that every server of the last years has.

DUMP would be shorter, but what a newer server dumps an older one refuses. A hash of 1,200 fields is three records of
500, 500 and 200 fields with their values.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from bot.storage.connection import Command
from bot.storage.keys import KeyName, RedisType

_PIECES = 500  # of a key in one record: some hundred KB where they are readings
_Pieces = AsyncIterator[tuple[str, Sequence[bytes]]]
GROUP = "group"
"""The kind of a record that names the consumer groups of the stream before it."""


async def pieces_of(command: Command, name: KeyName) -> _Pieces:
    """Yield what a key holds with the kind of each part (BackupRecord says of what); nothing for a key that is gone."""
    kind = _text(await command("TYPE", name))
    if take_apart := _BY_TYPE.get(kind):
        async for part in take_apart(command, name):
            yield part


async def _of_string(command: Command, name: KeyName) -> _Pieces:
    value = await command("GET", name)
    if value is not None:
        yield RedisType.STRING, (value,)


async def _of_hash(command: Command, name: KeyName) -> _Pieces:
    cursor = b"0"
    while True:
        cursor, found = await command("HSCAN", name, cursor, "COUNT", _PIECES)
        yield RedisType.HASH, _flat(found)
        if int(cursor) == 0:
            return


async def _of_set(command: Command, name: KeyName) -> _Pieces:
    cursor = b"0"
    while True:
        cursor, found = await command("SSCAN", name, cursor, "COUNT", _PIECES)
        yield RedisType.SET, list(found)
        if int(cursor) == 0:
            return


async def _of_list(command: Command, name: KeyName) -> _Pieces:
    first = 0
    while found := await command("LRANGE", name, first, first + _PIECES - 1):
        yield RedisType.LIST, found
        first += _PIECES


async def _of_sorted_set(command: Command, name: KeyName) -> _Pieces:
    first = 0
    while found := await command("ZRANGE", name, first, first + _PIECES - 1, "WITHSCORES"):
        yield RedisType.SORTED_SET, found
        first += _PIECES


async def _of_stream(command: Command, name: KeyName) -> _Pieces:
    start = "-"
    while entries := await command("XRANGE", name, start, "+", "COUNT", _PIECES):
        for entry, fields in entries:
            yield RedisType.STREAM, (entry, *_flat(fields))
        start = f"({_text(entries[-1][0])}"
    groups = await command("XINFO", "GROUPS", name)
    yield GROUP, [dict(zip(group[::2], group[1::2], strict=True))[b"name"] for group in groups]


_BY_TYPE: Mapping[str, Callable[[Command, KeyName], _Pieces]] = {
    RedisType.STRING: _of_string,
    RedisType.HASH: _of_hash,
    RedisType.SET: _of_set,
    RedisType.LIST: _of_list,
    RedisType.SORTED_SET: _of_sorted_set,
    RedisType.STREAM: _of_stream,
}


def _flat(found: Mapping[bytes, bytes]) -> Sequence[bytes]:
    return [part for pair in found.items() for part in pair]


def _text(word: str | bytes) -> str:
    return word.decode() if isinstance(word, bytes) else word
