"""The decoder process: reads a body on standard input, writes what it holds on standard output, and ends.

It runs apart because decoding holds the interpreter, and because memory it took goes back with it. Standard output
is a row of frames, each a 4-byte length (big-endian) and a msgpack value: first an `Opening`, then one `Packed` per
moment, at last an empty frame, without which the answer is cut short.
"""

import gc
import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.sources.decompression import PIECE, inflated
from bot.sources.defillama.protocol import Moment, ProtocolExtract

MEMORY = 512 << 20  # bytes of address space; a body of 60 MB needs about 60
CPU_SECONDS = 120  # should nobody be left to end it
NICENESS = 10


class AnswerHeader(NamedTuple):
    """The first frame: what went wrong, or the slots that the moments refer to."""

    fault: str | None = None
    detail: str = ""
    slots: tuple[tuple[str, str], ...] = ()


class PackedMoment(NamedTuple):
    """A moment with its columns as the bytes of machine arrays: unsigned ints, doubles, doubles."""

    as_of: float
    slots: bytes
    amounts: bytes
    usd: bytes


def read_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file's bytes in pieces."""
    while piece := file.read(PIECE):
        yield piece


def answer(body: BinaryIO, out: BinaryIO, *, since: float, limit: int) -> None:
    """Write the frames for a body (gzip or not, at most `limit` bytes when plain) from `since` (unix seconds) on."""
    try:
        extract = ProtocolExtract(inflated(read_pieces(body), limit=limit), since=since)
        moments = extract.moments()
        first = next(moments)
    except SourceError as error:
        _write(out, AnswerHeader(str(error.fault), error.detail))
    except MemoryError:
        _write(out, AnswerHeader(str(SourceFault.TOO_LARGE), "it needs too much memory"))
    else:
        _write(out, AnswerHeader(slots=tuple(extract.slots)))
        _write(out, _packed(first))
        for moment in moments:
            _write(out, _packed(moment))
    out.write(bytes(4))
    out.flush()


def main() -> None:
    """Answer on the standard streams; the arguments are `since` and `limit`."""
    _live_modestly()
    answer(sys.stdin.buffer, sys.stdout.buffer, since=float(sys.argv[1]), limit=int(sys.argv[2]))


def _live_modestly() -> None:
    gc.disable()  # what is built here has no cycles, and the process is short
    if sys.platform == "win32":
        return
    import os  # noqa: PLC0415 -- these two exist on other systems only, as the functions used
    import resource  # noqa: PLC0415

    os.nice(NICENESS)
    for kind, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _packed(moment: Moment) -> PackedMoment:
    columns = moment.columns
    return PackedMoment(moment.as_of, columns.slots.tobytes(), columns.amounts.tobytes(), columns.usd.tobytes())


def _write(out: BinaryIO, frame: AnswerHeader | PackedMoment) -> None:
    packed = msgspec.msgpack.encode(frame)
    out.write(len(packed).to_bytes(4, "big"))
    out.write(packed)
