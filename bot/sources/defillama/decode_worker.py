"""The decoder process: reads a body on standard input, writes what it holds on standard output, and exits.

A process of its own, because decoding holds the interpreter lock for seconds, and because its memory returns to the
system when it exits. Standard output is a sequence of frames, each a 4-byte length (big-endian) and a msgpack value:
first an `AnswerHeader`, then one `PackedMoment` per moment, at last an empty frame. An answer without the empty frame
has been cut short. Example: an exchange with 90 days of history makes 92 frames.
"""

import gc
import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from bot.child_process.resource_limits import limit_resources
from bot.domain.errors import SourceError, SourceFault
from bot.sources.decompression import PIECE_BYTES, decompress
from bot.sources.defillama.protocol import BodyStatement, Moment, ProtocolExtract

MEMORY_LIMIT_BYTES = 512 << 20  # of address space; a body of 60 MB needs about 60 MB
CPU_LIMIT_S = 120  # ends it when the bot, which would, is gone; the bot itself waits for 90 s


class AnswerHeader(NamedTuple):
    """The first frame: what went wrong, or the slots that the moments refer to and what the body says of itself."""

    fault: str | None = None
    detail: str = ""
    slots: tuple[tuple[str, str], ...] = ()
    statement: BodyStatement = BodyStatement()


class PackedMoment(NamedTuple):
    """A moment with its columns as the bytes of machine arrays: unsigned ints, doubles, doubles."""

    as_of: float
    slots: bytes
    amounts: bytes
    usd: bytes
    impossible: tuple[int, ...] = ()
    zeros: tuple[int, ...] = ()
    unpriced: tuple[int, ...] = ()


def read_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file's bytes in pieces."""
    while piece := file.read(PIECE_BYTES):
        yield piece


def write_answer(body: BinaryIO, out: BinaryIO, *, since: float, limit: int) -> None:
    """Write the frames for a body (gzip or not, at most `limit` bytes when plain) from `since` (unix seconds) on.

    A SourceError, and memory that runs out, become the header; nothing is raised for what the body holds.
    """
    try:
        extract = ProtocolExtract(decompress(read_pieces(body), limit=limit), since=since)
        moments = extract.moments()
        first = next(moments)
    except SourceError as error:
        _write(out, AnswerHeader(str(error.fault), error.detail))
    except MemoryError:
        _write(out, AnswerHeader(str(SourceFault.TOO_LARGE), "it needs too much memory"))
    else:
        _write(out, AnswerHeader(slots=tuple(extract.slots), statement=extract.statement()))
        _write(out, _pack(first))
        for moment in moments:
            _write(out, _pack(moment))
    out.write(bytes(4))
    out.flush()


def main() -> None:
    """Answer on the standard streams; the arguments are `since` and `limit`."""
    gc.disable()  # what is built here has no cycles, and the process lives for seconds
    limit_resources(memory_bytes=MEMORY_LIMIT_BYTES, cpu_s=CPU_LIMIT_S)
    write_answer(sys.stdin.buffer, sys.stdout.buffer, since=float(sys.argv[1]), limit=int(sys.argv[2]))


def _pack(moment: Moment) -> PackedMoment:
    columns = moment.columns
    return PackedMoment(
        moment.as_of,
        columns.slots.tobytes(),
        columns.amounts.tobytes(),
        columns.usd.tobytes(),
        columns.impossible,
        columns.zeros,
        columns.unpriced,
    )


def _write(out: BinaryIO, frame: AnswerHeader | PackedMoment) -> None:
    encoded = msgspec.msgpack.encode(frame)
    out.write(len(encoded).to_bytes(4, "big"))
    out.write(encoded)
