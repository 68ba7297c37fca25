"""Rows are read one by one, so that one that cannot be read hides none of the others."""

import json

import msgspec
import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, check_code, narrower, rows_of
from tests.sources.withdrawals.bodies import CLOSED, DELAYED, OPEN, UNKNOWN

NUMBER = msgspec.json.Decoder(int)
LONG_TEXT = "x" * (1 << 18)


def read(*rows: object) -> list[int]:
    return list(rows_of(NUMBER, RAW_ROWS.decode(json.dumps(rows))))


def refusal(*rows: object) -> SourceError:
    with pytest.raises(SourceError) as refused:
        read(*rows)
    return refused.value


def test_what_cannot_be_read_is_left_out() -> None:
    assert read(1, "two", None, 3) == [1, 3]


def test_rows_of_which_none_can_be_read_are_a_fault() -> None:
    assert refusal("one", None).fault is SourceFault.BAD_SHAPE
    assert refusal().fault is SourceFault.EMPTY


def test_more_unreadable_rows_than_any_exchange_has_are_a_fault_whatever_else_there_is() -> None:
    assert read(1, *["x"] * 2000) == [1]
    assert refusal(1, *["x"] * 2001).fault is SourceFault.BAD_SHAPE


def test_a_row_that_would_take_long_is_not_decoded() -> None:
    text = msgspec.json.Decoder(str)
    raw_rows = RAW_ROWS.decode(json.dumps(["short", LONG_TEXT]))
    assert list(rows_of(text, raw_rows)) == ["short"]


@pytest.mark.parametrize(
    ("states", "together"),
    [
        ((OPEN, OPEN), OPEN),
        ((OPEN, CLOSED), CLOSED),
        ((UNKNOWN, CLOSED), CLOSED),
        ((UNKNOWN, OPEN), UNKNOWN),
        ((UNKNOWN, DELAYED), UNKNOWN),
        ((DELAYED, OPEN), DELAYED),
    ],
)
def test_of_several_switches_each_has_to_be_open(
    states: tuple[WithdrawalState, ...], together: WithdrawalState
) -> None:
    assert narrower(*states) is together
    assert narrower(*reversed(states)) is together


def test_an_answers_own_error_is_shown_shortly_and_in_print() -> None:
    with pytest.raises(SourceError) as refused:
        check_code("no\n" + "x" * 100, "0")
    assert (refused.value.fault, refused.value.detail) == (SourceFault.BAD_SHAPE, f"its code is “no{'x' * 37}”")
    check_code(0, 0)


def test_a_request_has_the_query_and_the_headers_of_the_adapter() -> None:
    adapter = WithdrawalAdapter(
        exchange="here",
        name="Here",
        setting="here_url",
        base="http://127.0.0.1:1/here",
        path="/coins",
        query={"lang": "en", "all": "1"},
        headers={"X-Key": "k"},
        parse=lambda _body: (),
    )
    assert adapter.request().url == "http://127.0.0.1:1/here/coins?lang=en&all=1"
    assert dict(adapter.request().headers) == {"X-Key": "k"}
