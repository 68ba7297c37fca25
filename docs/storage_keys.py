"""Writes the table of Redis keys in docs/storage.md from `bot.storage.keys`: `python -m docs.storage_keys`."""

import re
from datetime import timedelta
from pathlib import Path

from bot.storage.keys import KEYS, RedisKey, RedisType

PAGE = Path(__file__).parent / "storage.md"
_TABLE = re.compile(r"(?<=<!-- keys: python -m docs\.storage_keys -->\n).*(?=<!-- /keys -->)", re.DOTALL)
_UNITS = ((timedelta(days=1), "days"), (timedelta(minutes=1), "minutes"), (timedelta(seconds=1), "seconds"))


def with_table(page: str) -> str:
    """Return the page with the present table between its markers; raise ValueError when it has lost them."""
    written, number = _TABLE.subn(lambda _: table(), page)
    if number != 1:
        raise ValueError("the page has lost the markers of its table")
    return written


def table() -> str:
    """Return one line for each key, in Markdown."""
    lines = ["| key | type | what | how long |", "|---|---|---|---|", *map(_line, KEYS)]
    return "\n".join(lines) + "\n"


def _line(row: RedisKey) -> str:
    kind = "sorted set" if row.type is RedisType.SORTED_SET else row.type
    return f"| `{row.name}` | {kind} | {row.purpose} | {row.kept or _in_words(row.lifetime)} |"


def _in_words(lifetime: timedelta | None) -> str:
    for unit, name in _UNITS:
        if lifetime and lifetime % unit == timedelta():
            return f"{lifetime // unit} {name}"
    raise ValueError("a key without a lifetime says in words how long it is kept")


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
