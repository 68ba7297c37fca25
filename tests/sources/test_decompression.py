import gzip
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.errors import SourceError, SourceFault
from bot.sources.decompression import PIECE_BYTES, decompress


@settings(deadline=None)
@given(plain=st.binary(max_size=2_000), size=st.integers(1, 50), members=st.integers(0, 3))
def test_any_way_of_cutting_and_compressing_gives_the_same_bytes(plain: bytes, size: int, members: int) -> None:
    assume(members or not plain.startswith(b"\x1f\x8b"))  # plain bytes that begin like gzip are taken for gzip
    wire = gzip.compress(plain) * members or plain
    chunks = [wire[start : start + size] for start in range(0, len(wire), size)]
    assert b"".join(decompress(chunks, limit=10_000)) == plain * max(members, 1)


def test_pieces_are_never_larger_than_said() -> None:
    plain = bytes(PIECE_BYTES * 3 + 1)
    assert max(len(piece) for piece in decompress([plain], limit=PIECE_BYTES * 4)) == PIECE_BYTES
    assert max(len(piece) for piece in decompress([gzip.compress(plain)], limit=PIECE_BYTES * 4)) == PIECE_BYTES


@pytest.mark.parametrize("wire", [bytes(11), gzip.compress(bytes(11))], ids=["plain", "gzip"])
def test_the_limit_is_the_most_that_comes_through(wire: bytes) -> None:
    assert b"".join(decompress([wire], limit=11)) == bytes(11)
    with pytest.raises(SourceError) as caught:
        list(decompress([wire], limit=10))
    assert caught.value.fault is SourceFault.TOO_LARGE


@pytest.mark.parametrize("length", [2, 5, 10, 15, -8, -1])
def test_every_early_end_is_cut_short(length: int) -> None:
    with pytest.raises(SourceError) as caught:
        list(decompress([gzip.compress(b"abc" * 1_000)[:length]], limit=10_000))
    assert caught.value.fault is SourceFault.CUT_SHORT


def test_damage_and_text_behind_the_stream_are_cut_short() -> None:
    good = gzip.compress(b"abc" * 1_000)
    for wire in (good[:-5] + b"x" + good[-4:], good + b"text"):
        with pytest.raises(SourceError) as caught:
            list(decompress([wire], limit=10_000))
        assert caught.value.fault is SourceFault.CUT_SHORT


def test_between_two_pieces_little_is_done_whatever_comes() -> None:
    """Blocks with nothing in them, a megabyte of them: the caller gets its turn after every 16 KB, with no bytes."""
    wire = gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 200_000
    pieces: list[bytes] = []
    with pytest.raises(SourceError) as caught:
        pieces.extend(decompress([wire], limit=10))
    assert caught.value.fault is SourceFault.CUT_SHORT
    assert set(pieces) == {b""}
    assert len(pieces) == len(wire) // (1 << 14) + 1


def test_a_chain_of_members_without_content_is_given_up() -> None:
    wire = gzip.compress(b"") * 400_000
    taken = []

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(wire), 1 << 16):
            taken.append(start)
            yield wire[start : start + (1 << 16)]

    with pytest.raises(SourceError) as caught:
        list(decompress(chunks(), limit=10))
    assert caught.value.fault is SourceFault.CUT_SHORT
    assert len(taken) == 1


def test_members_with_content_may_be_many() -> None:
    wire = (gzip.compress(b"") + gzip.compress(b"x")) * 60
    assert b"".join(decompress([wire], limit=60)) == b"x" * 60
