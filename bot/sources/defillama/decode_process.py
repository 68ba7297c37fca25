"""Decode a body of `/protocol/{slug}` off the event loop: a small one in a thread, a large one in a process."""

import asyncio
import os
import signal
import sys
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.reading import Holdings, Layouts, Reading, Slot
from bot.sources.cooperative import LoopSharing
from bot.sources.decompression import inflated
from bot.sources.defillama.decode_worker import AnswerHeader, PackedMoment, read_pieces
from bot.sources.defillama.protocol import AmountColumns, Moment, ProtocolExtract

SMALL = 128 << 10  # plain bytes; a process takes fifty milliseconds to start, and no call on so little holds long
_START = "from bot.sources.defillama.decode_worker import main; main()"
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")  # and no secret
_OPENINGS = msgspec.msgpack.Decoder(AnswerHeader)
_PACKED = msgspec.msgpack.Decoder(PackedMoment)


@dataclass(frozen=True, slots=True)
class ReadingFactory:
    """What every reading of one body has in common."""

    exchange: str
    source: str
    fetched_at: datetime

    def reading(self, moment: Moment, layouts: Layouts) -> Reading:
        """Return a moment as a reading; `layouts` are of the slots that its columns refer to."""
        columns = moment.columns
        return Reading(
            exchange=self.exchange,
            source=self.source,
            as_of=datetime.fromtimestamp(moment.as_of, UTC),
            fetched_at=self.fetched_at,
            holdings=Holdings(layouts.at(columns.slots), columns.amounts, columns.usd),
        )

    def readings(self, extract: ProtocolExtract) -> Iterator[Reading]:
        """Yield what was extracted as readings, oldest first."""
        moments = extract.moments()
        first = next(moments)
        layouts = Layouts([Slot(*slot) for slot in extract.slots])
        yield self.reading(first, layouts)
        for moment in moments:
            yield self.reading(moment, layouts)


async def decoded(
    body: BinaryIO, making: ReadingFactory, *, since: datetime, limit: int, patience: timedelta
) -> tuple[Reading, ...]:
    """Return the readings of a spooled body from `since` on, oldest first; raise SourceError.

    `limit` is the most plain bytes to accept, `patience` how long the process apart may take.
    """
    if (plain := _small(body)) is not None:
        return await asyncio.to_thread(_decoded_here, plain, making, since.timestamp())
    try:
        async with asyncio.timeout(patience.total_seconds()):
            return await _decoded_in_process(body, making, since=since.timestamp(), limit=limit)
    except TimeoutError as error:
        raise SourceError(SourceFault.TIMEOUT, "decoding takes too long") from error


def _decoded_here(plain: bytes, making: ReadingFactory, since: float) -> tuple[Reading, ...]:
    return tuple(making.readings(ProtocolExtract([plain], since=since)))


def _small(body: BinaryIO) -> bytes | None:
    """Return the plain bytes of a small body, None of a large one."""
    body.seek(0)
    plain = bytearray()
    for piece in inflated(read_pieces(body), limit=sys.maxsize):
        plain += piece
        if len(plain) > SMALL:
            return None
    return bytes(plain)


async def _decoded_in_process(
    body: BinaryIO, making: ReadingFactory, *, since: float, limit: int
) -> tuple[Reading, ...]:
    readings: list[Reading] = []
    slices = LoopSharing()
    async with _decoder(body, since=since, limit=limit) as answer:
        opening = _OPENINGS.decode(await _frame(answer))
        if opening.fault is not None:
            raise SourceError(SourceFault(opening.fault), opening.detail)
        layouts = Layouts([Slot(*slot) for slot in opening.slots])
        while frame := await _frame(answer):
            readings.append(making.reading(_unpacked(frame), layouts))
            await slices.yield_if_due()
    return tuple(readings)


@asynccontextmanager
async def _decoder(body: BinaryIO, *, since: float, limit: int) -> AsyncIterator[asyncio.StreamReader]:
    """Run the decoder process on a body; it is ended with the block, whatever happens in it."""
    body.seek(0)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-P", "-c", _START, repr(since), str(limit)),
        stdin=body,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        assert process.stdout is not None  # noqa: S101 -- PIPE was asked for; said for the type checker
        yield process.stdout
    except asyncio.IncompleteReadError as error:
        raise SourceError(SourceFault.TOO_LARGE, "the decoder was ended before it was done") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)  # process.kill() would reap it, behind the back of who waits
        await process.wait()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)}


async def _frame(answer: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await answer.readexactly(4), "big")
    return await answer.readexactly(length)


def _unpacked(frame: bytes) -> Moment:
    packed = _PACKED.decode(frame)
    columns = AmountColumns(array("I", packed.slots), array("d", packed.amounts), array("d", packed.usd))
    return Moment(packed.as_of, columns)
