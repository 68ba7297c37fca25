"""Decompress bodies piece by piece, and stop a decompression bomb as soon as it exceeds its limit.

Example: a body of 1 MB that would unpack to 1 GB, against a limit of 400 MB, is given up after 400 MB and one piece,
and no more than one piece of it is ever in memory.
"""

import zlib
from collections.abc import Iterable, Iterator

from bot.domain.errors import SourceError, SourceFault

PIECE_BYTES = 1 << 18
"""The most bytes handed on at a time: small against the limits of bodies (8 MB and more), large against the calls."""
_GZIP_MAGIC = b"\x1f\x8b"  # https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1
_WBITS_GZIP = 31  # zlib's `wbits` for a gzip header and trailer


def decompress(chunks: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    """Yield the plain bytes of a body, gzip or not, in pieces of at most `PIECE_BYTES`.

    `limit` is in plain bytes. Raises SourceError: TOO_LARGE beyond `limit`, CUT_SHORT when the stream ends early or is
    damaged.
    """
    total = 0
    for piece in _plain_pieces(iter(chunks)):
        total += len(piece)
        if total > limit:
            raise SourceError(SourceFault.TOO_LARGE, f"more than {limit >> 20} MB")
        yield piece


def _plain_pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # Gzip is recognised by its first two bytes, with which no JSON begins: a proxy's Content-Encoding may be wrong.
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP_MAGIC):
            break
    if head.startswith(_GZIP_MAGIC):
        yield from _gunzip(head, chunks)
        return
    yield from _split(head)
    for chunk in chunks:
        yield from _split(chunk)


def _split(chunk: bytes) -> Iterator[bytes]:
    for start in range(0, len(chunk), PIECE_BYTES):
        yield chunk[start : start + PIECE_BYTES]


def _gunzip(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_WBITS_GZIP)
    compressed = head
    try:
        while compressed or (compressed := next(chunks, b"")):
            if member.eof:  # a gzip file may have several members, one after the other
                member = zlib.decompressobj(_WBITS_GZIP)
            if piece := member.decompress(compressed, PIECE_BYTES):
                yield piece
            compressed = member.unconsumed_tail or member.unused_data
        while not member.eof and (piece := member.decompress(b"", PIECE_BYTES)):  # what zlib has kept back
            yield piece
    except zlib.error as error:
        raise SourceError(SourceFault.CUT_SHORT, "the compressed body is damaged") from error
    if not member.eof:
        raise SourceError(SourceFault.CUT_SHORT, "the compressed body ends early")
