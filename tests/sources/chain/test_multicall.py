import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SourceError, SourceFault
from bot.sources.chain.multicall import (
    MULTICALL3,
    ContractCall,
    block_number,
    decoded,
    encoded,
    eth_balance,
    token_balance,
)
from tests.sources.chain.multicall_answers import answer, word

WALLET = "0x" + "ab" * 20
TOKEN = "0x" + "cd" * 20
NUMBERS = st.lists(st.integers(0, 2**256 - 1), min_size=1, max_size=20)


def test_a_list_of_calls_is_encoded_as_the_abi_has_it() -> None:
    """Worked out by hand from https://docs.soliditylang.org/en/latest/abi-spec.html."""
    multicall, wallet, token = (address[2:].rjust(64, "0") for address in (MULTICALL3, WALLET, TOKEN))

    assert encoded([block_number(), eth_balance(WALLET), token_balance(TOKEN, WALLET)]) == "0x" + "".join(
        [
            "82ad56cb",
            *(word(32), word(3)),
            # Behind the three offsets: a first tuple of five words, then two of six.
            *(word(3 * 32), word(8 * 32), word(14 * 32)),
            *(multicall, word(1), word(96), word(4), "42cbb15c".ljust(64, "0")),
            *(multicall, word(1), word(96), word(36), "4d2301cc" + wallet + "0" * 56),
            *(token, word(1), word(96), word(36), "70a08231" + wallet + "0" * 56),
        ]
    )


@given(NUMBERS)
def test_every_number_comes_back_in_its_place(numbers: list[int]) -> None:
    assert decoded(answer(numbers), len(numbers)) == numbers


@pytest.mark.parametrize(
    ("body", "calls", "fault", "sentence"),
    [
        ("0x", 2, SourceFault.BAD_SHAPE, "no Multicall3 contract answers on the chain of this node"),
        (answer([1]), 2, SourceFault.CUT_SHORT, "1 answers to 2 calls"),
        (answer([1, 2, 3]), 2, SourceFault.CUT_SHORT, "3 answers to 2 calls"),
        (answer([1, None, None]), 3, SourceFault.BAD_SHAPE, "2 of 3 calls failed"),
        (answer([1, 2])[:-64], 2, SourceFault.BAD_SHAPE, "not as long as 2 answers are"),
        (answer([1, 2])[:-2], 2, SourceFault.BAD_SHAPE, "an answer that is not made of words of 32 bytes"),
        (answer([1, 2]).replace("1", "x", 1), 2, SourceFault.BAD_SHAPE, "an answer that is not hexadecimal"),
        ("execution reverted", 1, SourceFault.BAD_SHAPE, "an answer that is not hexadecimal"),
        # An address without a contract succeeds, and answers nothing.
        ("0x" + "".join(map(word, (32, 1, 32, 1, 64, 0, 0))), 1, SourceFault.BAD_SHAPE, "answer 1 of 1 is no number"),
        ("0x" + "".join(map(word, (32, 2, 64, 64, 1, 64, 32, 7, 1, 64, 32, 7))), 2, SourceFault.BAD_SHAPE,
         "answer 2 of 2 is no number"),
        ("0x" + word(32), 1, SourceFault.CUT_SHORT, "0 answers to 1 calls"),
        ("0x" + word(32) + word(2**255), 1, SourceFault.CUT_SHORT, "1000000 answers to 1 calls"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_what_was_asked_for_is_refused_in_a_sentence(
    body: str, calls: int, fault: SourceFault, sentence: str
) -> None:
    with pytest.raises(SourceError) as refused:
        decoded(body, calls)

    assert (refused.value.fault, refused.value.detail) == (fault, sentence)


@given(NUMBERS, st.data())
def test_an_answer_changed_anywhere_is_refused_or_changes_one_number(numbers: list[int], data: st.DataObject) -> None:
    whole = answer(numbers)
    place = data.draw(st.integers(2, len(whole) - 1))
    digit = data.draw(st.sampled_from("0123456789abcdefg ").filter(lambda digit: digit != whole[place]))

    try:
        read = decoded(whole[:place] + digit + whole[place + 1 :], len(numbers))
    except SourceError:
        return
    assert sum(left != right for left, right in zip(read, numbers, strict=True)) == 1


@given(
    st.text(max_size=300) | st.text("0123456789abcdef", max_size=900).map(lambda text: f"0x{text}"), st.integers(1, 9)
)
def test_whatever_a_node_answers_is_read_or_refused(body: str, calls: int) -> None:
    try:
        numbers = decoded(body, calls)
    except SourceError:
        return
    assert len(numbers) == calls


def test_calls_are_told_apart_by_what_they_ask() -> None:
    assert eth_balance(WALLET) == ContractCall(MULTICALL3, bytes.fromhex("4d2301cc" + "0" * 24 + "ab" * 20))
