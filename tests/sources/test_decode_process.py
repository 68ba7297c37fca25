"""Decoding away from the event loop: the same answer, no stall, nothing left behind."""

import asyncio
import gzip
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.reading import Reading
from bot.sources.decompression import PIECE_BYTES
from bot.sources.defillama.decode_process import SMALL_BODY_BYTES, ReadingFactory, decode_body
from bot.sources.defillama.decode_worker import write_answer
from tests.fakes.defillama import big_protocol_body
from tests.sources.conftest import NOW
from tests.sources.parsing import parse_protocol
from tests.sources.protocol_bodies import FIRST, HARD, body_of
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes where Linux shows them")

TIME_LIMIT = timedelta(seconds=30)
LIMIT = 400 << 20
LARGE = big_protocol_body(3, first_day=int(NOW.timestamp()) // 86400 * 86400 - 1469 * 86400)
MONTH = NOW - timedelta(days=30)
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


async def decode(body: bytes, *, limit: int = LIMIT, time_limit: timedelta = TIME_LIMIT) -> tuple[Reading, ...]:
    with tempfile.TemporaryFile() as file:
        file.write(body)
        decoded = await decode_body(
            file, ReadingFactory("binance", "defillama", NOW), since=MONTH, limit=limit, time_limit=time_limit
        )
        return decoded.readings


async def fault_of(body: bytes, *, limit: int = LIMIT, time_limit: timedelta = TIME_LIMIT) -> SourceFault:
    with pytest.raises(SourceError) as caught:
        await decode(body, limit=limit, time_limit=time_limit)
    return caught.value.fault


def children() -> list[int]:
    """Return the ids of the decoders that live; other tests in this process may have left child processes of theirs."""
    pids = map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
    return [
        child for child in pids if b"bot.sources.defillama.decode_worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


@pytest.mark.parametrize("compressed", [False, True])
async def test_the_process_says_what_the_pure_function_says(*, compressed: bool) -> None:
    assert len(LARGE) > SMALL_BODY_BYTES
    readings = await decode(gzip.compress(LARGE, 1) if compressed else LARGE)
    assert readings == parse_protocol(LARGE, "binance", since=MONTH, fetched_at=NOW)
    assert len(readings) == 30
    assert not children()


async def test_a_small_body_needs_no_process() -> None:
    small = body_of({"Tron": {FIRST: {"USDT": (5.0, 5.0)}}})
    assert await decode(small, time_limit=timedelta(0)) == parse_protocol(small, "binance", since=MONTH, fetched_at=NOW)


@pytest.mark.parametrize("wire", [LARGE, gzip.compress(b" " * (20 << 20) + b"{}")], ids=["plain", "gzip"])
async def test_of_a_large_body_only_the_beginning_is_read_here(wire: bytes) -> None:
    """This process learns that it is large; the rest is read and decoded in another process."""
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(wire)
        body = CountedFile(file.fileno(), closefd=False)
        with suppress(SourceError):
            await decode_body(
                body, ReadingFactory("binance", "defillama", NOW), since=MONTH, limit=LIMIT, time_limit=TIME_LIMIT
            )
    assert body.bytes_read <= SMALL_BODY_BYTES + PIECE_BYTES


class CountedFile(io.FileIO):
    """A file that counts what is read through it."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(-1 if size is None else size) or b""
        self.bytes_read += len(content)
        return content


async def test_parts_of_a_body_that_bring_nothing_are_read_in_no_time_at_all() -> None:
    """A chain of empty gzip members ends the reading at the 65th, and the loop learns of it from another thread."""
    threads = CountedThreads()
    asyncio.get_running_loop().set_default_executor(threads)
    assert await fault_of(gzip.compress(b"") * 5_000) is SourceFault.CUT_SHORT
    assert threads.jobs == 1


@pytest.mark.parametrize("body", HARD)
async def test_a_small_body_meant_to_be_hard_is_decoded_in_another_thread(body: bytes) -> None:
    """How long it holds this one, which one call on so little can do at most, is measured by `make bench`."""
    threads = CountedThreads()
    asyncio.get_running_loop().set_default_executor(threads)
    assert len(body) < SMALL_BODY_BYTES
    await fault_of(body)
    assert threads.jobs == 1
    assert not children()


class CountedThreads(ThreadPoolExecutor):
    """Threads that count what they are given."""

    jobs = 0

    def submit(self, fn: Callable[_Given, _Result], /, *args: _Given.args, **kwargs: _Given.kwargs) -> Future[_Result]:
        self.jobs += 1
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (LARGE[:-1], SourceFault.CUT_SHORT),
        (gzip.compress(LARGE, 1)[:-20], SourceFault.CUT_SHORT),
        (gzip.compress(LARGE, 1)[:-8] + bytes(8), SourceFault.CUT_SHORT),
        (b"<html>" + bytes(SMALL_BODY_BYTES), SourceFault.NOT_JSON),
        (b" " * (SMALL_BODY_BYTES + 1) + b"[]", SourceFault.BAD_SHAPE),
        (LARGE + b"x", SourceFault.BAD_SHAPE),
        (b" " * (SMALL_BODY_BYTES + 1) + b'{"tokens":[]}', SourceFault.EMPTY),
    ],
)
async def test_the_process_has_the_same_words_for_what_goes_wrong(body: bytes, fault: SourceFault) -> None:
    assert await fault_of(body) is fault
    assert not children()


async def test_a_plain_size_beyond_the_limit_is_too_large() -> None:
    assert await fault_of(gzip.compress(LARGE, 1), limit=1 << 20) is SourceFault.TOO_LARGE


async def test_a_bomb_meets_the_memory_limit_and_not_the_machine() -> None:
    ten_mb = gzip.compress(b"a" * (10 << 20))
    bomb = gzip.compress(b'{"description":"') + ten_mb * 70 + gzip.compress(b'"}')
    assert await fault_of(bomb, limit=1 << 40, time_limit=6 * TIME_LIMIT) is SourceFault.TOO_LARGE
    assert not children()


async def test_a_process_that_takes_too_long_is_ended() -> None:
    assert await fault_of(LARGE, time_limit=timedelta(milliseconds=1)) is SourceFault.TIMEOUT
    assert not children()


async def test_a_cancelled_decoding_ends_its_process() -> None:
    task = asyncio.create_task(decode(LARGE))
    await until(children, "the process that decodes")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not children()


async def test_a_process_that_dies_is_a_source_error() -> None:
    async def kill() -> None:
        await until(children, "the process that decodes")
        for child in children():
            os.kill(child, signal.SIGKILL)

    killing = asyncio.create_task(kill())
    assert await fault_of(LARGE) is SourceFault.TOO_LARGE
    await killing


def test_the_answer_ends_with_an_empty_frame_so_that_a_cut_one_is_noticed() -> None:
    out = io.BytesIO()
    write_answer(io.BytesIO(b"{}"), out, since=0.0, limit=100)
    assert out.getvalue().endswith(bytes(4))
    assert b"bad shape" in out.getvalue()


def test_running_out_of_memory_is_too_large() -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise MemoryError

    out = io.BytesIO()
    write_answer(Endless(), out, since=0.0, limit=100)
    assert b"too large" in out.getvalue()
