"""Decode a body of `/protocol/{slug}` off the event loop: up to 128 KiB in a thread, a larger one in a process.

The process (`decode_worker`) is killed when it takes too long or when the caller is cancelled; whatever becomes of it
is a SourceError. Its memory is limited, so that a decompression bomb ends the process and not the bot.
"""

import asyncio
import os
import sys
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple

import msgspec

from bot.child_process.spawning import child_command, child_environment, end_child, read_frame
from bot.domain.errors import SourceError, SourceFault
from bot.domain.reading import Holdings, Layouts, Reading, Slot
from bot.sources.decompression import decompress
from bot.sources.defillama.decode_worker import AnswerHeader, PackedMoment, read_pieces
from bot.sources.defillama.protocol import AmountColumns, BodyStatement, Moment, ProtocolExtract
from bot.sources.loop_sharing import LoopSharing

SMALL_BODY_BYTES = 128 << 10
"""Plain bytes up to which a thread decodes: a process takes 50 ms to start, and so little is decoded within 20 ms."""
_WORKER_CODE = "from bot.sources.defillama.decode_worker import main; main()"
_HEADER_DECODER = msgspec.msgpack.Decoder(AnswerHeader)
_MOMENT_DECODER = msgspec.msgpack.Decoder(PackedMoment)


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
            impossible_slots=layouts.slots_at(columns.impossible),
            zero_slots=layouts.slots_at(columns.zeros),
            unpriced_slots=layouts.slots_at(columns.unpriced),
        )

    def readings(self, extract: ProtocolExtract) -> Iterator[Reading]:
        """Yield what was extracted as readings, oldest first."""
        moments = extract.moments()
        first = next(moments)  # a body without points raises here
        layouts = Layouts([Slot(*slot) for slot in extract.slots])
        yield self.reading(first, layouts)
        for moment in moments:
            yield self.reading(moment, layouts)


class DecodedBody(NamedTuple):
    """The readings of a body, oldest first, and what the body says of itself."""

    readings: tuple[Reading, ...]
    statement: BodyStatement


async def decode_body(
    body: BinaryIO, factory: ReadingFactory, *, since: datetime, limit: int, time_limit: timedelta
) -> DecodedBody:
    """Return the readings of a spooled body from `since` on; raise SourceError.

    `limit` is the most plain bytes to accept, `time_limit` how long the worker process may take.
    """
    if small := await asyncio.to_thread(_decode_if_small, body, factory, since.timestamp()):
        return small
    try:
        async with asyncio.timeout(time_limit.total_seconds()):
            return await _decode_in_process(body, factory, since=since.timestamp(), limit=limit)
    except TimeoutError as error:
        raise SourceError(SourceFault.TIMEOUT, "decoding takes too long") from error


def _decode_if_small(body: BinaryIO, factory: ReadingFactory, since: float) -> DecodedBody | None:
    """Return what a small body holds, None of a large one."""
    if (plain := _small_body(body)) is None:
        return None
    extract = ProtocolExtract([plain], since=since)
    return DecodedBody(tuple(factory.readings(extract)), extract.statement())


def _small_body(body: BinaryIO) -> bytes | None:
    """Return the plain bytes of a small body, None of a large one: of that, only the beginning is read."""
    if body.seek(0, os.SEEK_END) > SMALL_BODY_BYTES:
        return None
    body.seek(0)
    plain = bytearray()
    for piece in decompress(read_pieces(body), limit=sys.maxsize):
        plain += piece
        if len(plain) > SMALL_BODY_BYTES:
            return None
    return bytes(plain)


async def _decode_in_process(body: BinaryIO, factory: ReadingFactory, *, since: float, limit: int) -> DecodedBody:
    readings: list[Reading] = []
    sharing = LoopSharing()
    async with _worker_process(body, since=since, limit=limit) as output:
        header = _HEADER_DECODER.decode(await read_frame(output))
        if header.fault is not None:
            raise SourceError(SourceFault(header.fault), header.detail)
        layouts = Layouts([Slot(*slot) for slot in header.slots])
        while frame := await read_frame(output):
            readings.append(factory.reading(_unpack(frame), layouts))
            await sharing.yield_if_due()
    return DecodedBody(tuple(readings), header.statement)


@asynccontextmanager
async def _worker_process(body: BinaryIO, *, since: float, limit: int) -> AsyncIterator[asyncio.StreamReader]:
    """Run the worker process on a body and yield its standard output; the process is killed when the block ends."""
    body.seek(0)
    process = await asyncio.create_subprocess_exec(
        *child_command(_WORKER_CODE, repr(since), str(limit)),
        stdin=body,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=child_environment(),
    )
    try:
        assert process.stdout is not None  # noqa: S101 -- PIPE was asked for; said for the type checker
        yield process.stdout
    except asyncio.IncompleteReadError as error:
        raise SourceError(SourceFault.TOO_LARGE, "the decoder was ended before it was done") from error
    finally:
        await end_child(process)


def _unpack(frame: bytes) -> Moment:
    packed = _MOMENT_DECODER.decode(frame)
    columns = AmountColumns(
        array("I", packed.slots),
        array("d", packed.amounts),
        array("d", packed.usd),
        packed.impossible,
        packed.zeros,
        packed.unpriced,
    )
    return Moment(packed.as_of, columns)
