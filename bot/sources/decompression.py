"""Turn a body as it came over the wire, gzip or not, into its plain bytes, never more of them than allowed."""

import zlib
from collections.abc import Iterable, Iterator

from bot.domain.errors import SourceError, SourceFault

PIECE = 1 << 18  # bytes handed on at a time: a bomb is noticed one piece after the limit
_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 31  # zlib's `wbits` for a gzip header and trailer


def inflated(chunks: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    """Yield the plain bytes in pieces of at most `PIECE`.

    Gzip is told by its first two bytes, which no JSON has; a proxy's Content-Encoding may be wrong. Raises
    SourceError: TOO_LARGE beyond `limit` bytes, CUT_SHORT when the stream ends early or is damaged.
    """
    total = 0
    for piece in _pieces(iter(chunks)):
        total += len(piece)
        if total > limit:
            raise SourceError(SourceFault.TOO_LARGE, f"more than {limit >> 20} MB")
        yield piece


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP):
            break
    if head.startswith(_GZIP):
        yield from _unzipped(head, chunks)
        return
    yield from _cut(head)
    for chunk in chunks:
        yield from _cut(chunk)


def _cut(chunk: bytes) -> Iterator[bytes]:
    for start in range(0, len(chunk), PIECE):
        yield chunk[start : start + PIECE]


def _unzipped(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_WITH_GZIP_HEADER)
    waiting = head
    try:
        while waiting or (waiting := next(chunks, b"")):
            if member.eof:  # a gzip file may be several, one after the other
                member = zlib.decompressobj(_WITH_GZIP_HEADER)
            if piece := member.decompress(waiting, PIECE):
                yield piece
            waiting = member.unconsumed_tail or member.unused_data
        while not member.eof and (piece := member.decompress(b"", PIECE)):
            yield piece
    except zlib.error as error:
        raise SourceError(SourceFault.CUT_SHORT, "the compressed body is damaged") from error
    if not member.eof:
        raise SourceError(SourceFault.CUT_SHORT, "the compressed body ends early")
