"""Which keys of a server are this store's, and which of them belong together.

On a server that others use as well, `second:` before the name of CURRENT_INCIDENTS is the incidents of the prefix
`second:`, and `sessions:42` is nobody's here. Keys with the same hash tag change together, so that they are saved
together.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping

from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.keys import FORMER_KEYS, KEYS, KeyName, RedisKey, fixed_parts

_SCAN_COUNT = 1000
_GLOB_SIGNS = re.compile(r"([*?\[\]\\])")
_OURS = re.compile("|".join(".+".join(map(re.escape, fixed_parts(row.name))) for row in (*KEYS, *FORMER_KEYS)))
# What changes by the second and says nothing tomorrow: who works now, and how fast messages go.
_OF_THE_MOMENT = (keys.WORKER_HEARTBEAT, keys.LEASE, keys.WAKE_UP, keys.RATE_LIMIT, keys.PAUSED_CHATS, keys.WRITE_PROBE)


async def stored_keys(database: Database, tag: str = "") -> AsyncIterator[KeyName]:
    """Yield the keys of the store, without its prefix; those whose names begin with a tag only."""
    pattern = _GLOB_SIGNS.sub(r"\\\1", f"{database.prefix}{tag}") + "*"
    prefix, cursor, seen = database.prefix.encode(), b"0", set[bytes]()
    while True:
        cursor, found = await database.command("SCAN", cursor, "MATCH", pattern, "COUNT", _SCAN_COUNT)
        for name in found:
            if name not in seen and (key := _own_key(name.removeprefix(prefix))):
                seen.add(name)
                yield key
        if int(cursor) == 0:
            return


def by_tag(names: Iterable[KeyName]) -> Mapping[str, list[KeyName]]:
    """Return the keys by the hash tag that they share; a key without a tag is by itself."""
    groups: dict[str, list[KeyName]] = {}
    for name in names:
        tag = name[: name.find("}") + 1] or name
        groups.setdefault(tag, []).append(name)
    return groups


def is_of_the_moment(name: KeyName) -> bool:
    """Return whether a key changes by the second, so that nobody waits until it stands still."""
    return any(is_of(row, name) for row in _OF_THE_MOMENT)


def is_of(row: RedisKey, name: str) -> bool:
    """Return whether a key belongs to a row of keys.py whose parts hold no colon."""
    return bool(re.fullmatch("[^:]+".join(map(re.escape, fixed_parts(row.name))), name))


def _own_key(name: bytes) -> KeyName | None:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return None
    return KeyName(text) if _OURS.fullmatch(text) else None
