"""Parses the body of a feed in a process of its own (`feed_worker`), which is killed when it takes too long.

That process alone imports feedparser. Whatever becomes of it is a SourceError: memory or processor time that ran out
ends it without an answer.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import msgspec

from bot.child_process.spawning import child_command, child_environment, end_child, read_frame
from bot.domain.errors import SourceError, SourceFault

TIME_LIMIT = timedelta(seconds=20)
_ANSWER_MAX_BYTES = 8 << 20  # 200 entries of some 6,000 characters, each of up to four bytes
_WORKER_CODE = "from bot.sources.news.feed_worker import main; main()"


class ParsedEntry(NamedTuple):
    """An entry as the process has read it: `RawEntry` there, which the bot does not import."""

    title: str
    link: str
    at: int | None
    summary: str
    publisher: str


class _FeedContent(NamedTuple):
    entries: tuple[ParsedEntry, ...]
    trouble: str


_DECODER = msgspec.msgpack.Decoder(_FeedContent)


async def parse_feed(body: bytes, *, time_limit: timedelta = TIME_LIMIT) -> Sequence[ParsedEntry]:
    """Return the entries of a feed in its order; raise SourceError."""
    process = await asyncio.create_subprocess_exec(
        *child_command(_WORKER_CODE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=child_environment(),
    )
    try:
        async with asyncio.timeout(time_limit.total_seconds()):
            answer = await _ask(process, body)
    except TimeoutError as error:
        raise SourceError(SourceFault.TIMEOUT, "parsing takes too long") from error
    except asyncio.IncompleteReadError as error:
        raise SourceError(SourceFault.TOO_LARGE, "the parser was ended before it was done") from error
    finally:
        await end_child(process)
    if answer.trouble:
        raise SourceError(SourceFault.BAD_SHAPE, answer.trouble)
    if not answer.entries:
        raise SourceError(SourceFault.EMPTY, "the feed has no entries")
    return answer.entries


async def _ask(process: asyncio.subprocess.Process, body: bytes) -> _FeedContent:
    assert process.stdin is not None  # noqa: S101 -- PIPE was asked for; said for the type checker
    assert process.stdout is not None  # noqa: S101 -- as above
    with suppress(BrokenPipeError, ConnectionResetError):  # a process that has ended gives no answer either
        process.stdin.write(body)
        await process.stdin.drain()
        process.stdin.close()
    return _DECODER.decode(await read_frame(process.stdout, limit=_ANSWER_MAX_BYTES))
