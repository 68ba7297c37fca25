"""The process that parses one feed: reads its body on standard input, writes a frame on standard output, and exits.

feedparser takes seconds for a hostile body and would fetch an address or open a file that it is given as text. So it
runs here, with little memory and time, and gets a stream of bytes. What it brings is only shortened: whether an entry
is used is decided elsewhere (`source.py`).

A body that declares entities is refused before it is parsed. Feeds have none, and a few lines of them become
gigabytes of text: https://en.wikipedia.org/wiki/Billion_laughs_attack.
"""

import calendar
import io
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import feedparser
import msgspec

from bot.child_process.resource_limits import limit_resources

ENTRIES_MAX = 200
MEMORY_LIMIT_BYTES = 256 << 20  # of address space; a feed of 2 MB takes 60 MB
CPU_LIMIT_S = 10
_TITLE_MAX, _LINK_MAX, _SUMMARY_MAX = 1000, 2000, 2000  # characters, of text that is still to be cleaned


class RawEntry(NamedTuple):
    """An entry as feedparser has it; `at` in unix seconds, None where no date could be read."""

    title: str
    link: str
    at: int | None
    summary: str
    publisher: str


class FeedAnswer(NamedTuple):
    """What is in a body: its entries, or why there are none."""

    entries: tuple[RawEntry, ...] = ()
    trouble: str = ""


def read_feed(body: bytes) -> FeedAnswer:
    """Return what is in the body of a feed."""
    # In UTF-16, which XML may be in, every other byte is zero.
    if b"<!entity" in body.replace(b"\0", b"").lower():
        return FeedAnswer(trouble="it declares entities")
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        return FeedAnswer(trouble="it is no feed")
    return FeedAnswer(tuple(map(_raw_entry, parsed.entries[:ENTRIES_MAX])))


def _raw_entry(entry: Mapping[str, Any]) -> RawEntry:
    time = entry.get("published_parsed") or entry.get("updated_parsed")
    source = entry.get("source")
    return RawEntry(
        _text(entry.get("title"), _TITLE_MAX),
        _text(entry.get("link"), _LINK_MAX),
        calendar.timegm(time) if time else None,
        _text(entry.get("summary"), _SUMMARY_MAX),
        _text(source.get("title") if isinstance(source, Mapping) else "", _TITLE_MAX),
    )


def _text(value: object, limit: int) -> str:
    return value[:limit].encode(errors="replace").decode() if isinstance(value, str) else ""


def main() -> None:
    """Answer on the standard streams."""
    limit_resources(memory_bytes=MEMORY_LIMIT_BYTES, cpu_s=CPU_LIMIT_S)
    content = msgspec.msgpack.encode(read_feed(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()
