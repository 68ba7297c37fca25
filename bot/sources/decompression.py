"""Decompress bodies piece by piece, and stop a decompression bomb as soon as it exceeds its limit.

Example: a body of 1 MB that would unpack to 1 GB, against a limit of 400 MB, is given up after 400 MB and one piece,
and no more than one piece of it is ever in memory. And a body of 8 MB that is a chain of 400,000 gzip members with
nothing in them is given up after the 64th: it would keep the processor busy for a minute, and bring no byte.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from bot.domain.errors import SourceError, SourceFault

PIECE_BYTES = 1 << 18
"""The most bytes handed on at a time: small against the limits of bodies (8 MB and more), large against the calls."""
# Fed to zlib at a time. What is left of it when a member ends is copied, so that it is small; and between two of them
# the caller may let others run, also where nothing comes out.
_FED_BYTES = 1 << 14
# Real bodies have a few members (each with content) or one; an empty one is at the end of a file of bgzip.
_MAX_EMPTY_MEMBERS = 64
_GZIP_MAGIC = b"\x1f\x8b"  # https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1
_WBITS_GZIP = 31  # zlib's `wbits` for a gzip header and trailer


def decompress(chunks: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    """Yield the plain bytes of a body, gzip or not, in pieces of at most `PIECE_BYTES`.

    A piece is empty where a part of the body has brought nothing: no step between two pieces takes long, whatever the
    body holds. `limit` is in plain bytes. Raises SourceError: TOO_LARGE beyond `limit`, CUT_SHORT when the stream ends
    early or is damaged.
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
    member, member_bytes, empty_members = zlib.decompressobj(_WBITS_GZIP), 0, 0
    try:
        for fed in _fed(head, chunks):
            compressed = fed
            while compressed:
                if member.eof:  # a gzip file may have several members, one after the other
                    empty_members += not member_bytes
                    if empty_members > _MAX_EMPTY_MEMBERS:
                        raise SourceError(SourceFault.CUT_SHORT, "the compressed body consists of nothing")
                    member, member_bytes = zlib.decompressobj(_WBITS_GZIP), 0
                piece = member.decompress(compressed, PIECE_BYTES)
                member_bytes += len(piece)
                yield piece
                compressed = member.unconsumed_tail or member.unused_data
        while not member.eof and (piece := member.decompress(b"", PIECE_BYTES)):  # what zlib has kept back
            yield piece
    except zlib.error as error:
        raise SourceError(SourceFault.CUT_SHORT, "the compressed body is damaged") from error
    if not member.eof:
        raise SourceError(SourceFault.CUT_SHORT, "the compressed body ends early")


def _fed(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what comes over the wire in small parts."""
    for chunk in chain((head,), chunks):
        for start in range(0, len(chunk), _FED_BYTES):
            yield chunk[start : start + _FED_BYTES]
