"""What the process writes: one frame, with what a file proves or why it is not checked."""

from io import BytesIO

import msgspec

from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import Unreadable
from bot.inclusion_proofs.strict_json import MAX_BYTES
from bot.proof_checker.worker import LENGTH_BYTES, MAX_ANSWER_BYTES, ProofAnswer, serve
from tests.inclusion_proofs.composed import binance_of_2024
from tests.inclusion_proofs.samples_read import GOOD
from tests.inclusion_proofs.tampering import file_of


def answered(content: bytes) -> tuple[ProofAnswer, int]:
    """Return the answer in the frame, and its length."""
    out = BytesIO()
    serve(BytesIO(content), out)
    frame = out.getvalue()
    length = int.from_bytes(frame[:LENGTH_BYTES], "big")
    assert len(frame) == LENGTH_BYTES + length
    return msgspec.msgpack.decode(frame[LENGTH_BYTES:], type=ProofAnswer), length


def test_a_proof_is_answered_with_what_it_says() -> None:
    answer, _ = answered(GOOD["bitget"])

    assert answer == ProofAnswer(check_proof(GOOD["bitget"]))


def test_what_is_no_proof_is_answered_with_the_reason() -> None:
    answer, _ = answered(b"{")

    assert answer == ProofAnswer(reason=Unreadable.NOT_JSON)


def test_of_a_file_that_is_too_large_one_byte_too_many_is_read() -> None:
    file = BytesIO(b" " * (2 * MAX_BYTES))
    serve(file, BytesIO())

    assert file.tell() == MAX_BYTES + 1


def test_the_longest_answer_is_one_that_is_read() -> None:
    _, length = answered(file_of(binance_of_2024(dict.fromkeys(range(500), (2**64 - 1,) * 5))))

    assert 10_000 < length < MAX_ANSWER_BYTES
