"""The Lua scripts that make a step of several writes one: each runs inside Redis, whole and alone.

Every file begins with a comment that says what it does, its KEYS and ARGV, what it returns, and an example. All keys of
one script share the hash tag of KEYS[1], so that a Redis Cluster can run it.

No script spells a key. `script` fills in what `bot.storage.keys` says, before the text goes to the server, so that it
costs nothing there:

    KEY.alerts                           the name of the key
    KEY.alert .. id                      where a part at the end differs: what stands before it
    KEY.deliveries(platform, priority)   where parts stand elsewhere: a function of them
    LIFETIME_S.alert                     the seconds that such a key lives

In a store with a prefix the names begin with it, so that each prefix has a text of its own.
"""

import re
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha1
from importlib.resources import files

from bot.storage.keys import FORMER_KEYS, KEYS, RedisKey, fixed_parts, part_names

_ROWS = {row.lua: row for row in (*KEYS, *FORMER_KEYS) if row.lua}
_USED = re.compile(r"\b(KEY|LIFETIME_S)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text and the name the server knows it by; `files` are the names that it was made from."""

    text: str
    sha: str
    files: tuple[str, ...]

    def with_prefix(self, prefix: str) -> "Script":
        """Return the same script with every key beginning with a prefix."""
        return script(*self.files, prefix=prefix) if prefix else self


@cache
def script(*names: str, prefix: str = "") -> Script:
    """Return one script made of the named files in this order, without `.lua`, with the keys that they use filled in.

    Raise KeyError when one uses a key that the table does not have.
    """
    body = "\n".join(files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8") for name in names)
    text = _USED.sub(partial(_filled_in, prefix), body)
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest(), names)


def _filled_in(prefix: str, used: re.Match[str]) -> str:
    row = _ROWS[used[2]]
    return str(row.lifetime_s) if used[1] == "LIFETIME_S" else _key(row, prefix)


def _key(row: RedisKey, prefix: str) -> str:
    """Return a key as a Lua expression: its text, what stands before its last part, or a function of its parts."""
    first, *others = fixed_parts(prefix + row.name)
    if not any(others) and len(others) <= 1:
        return f"'{first}'"
    parts = part_names(row.name)
    joined = [f"'{first}'"]
    for part, text in zip(parts, others, strict=True):
        joined += [part, f"'{text}'"] if text else [part]
    return f"(function({', '.join(parts)}) return {' .. '.join(joined)} end)"
