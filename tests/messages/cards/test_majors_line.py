from dataclasses import replace

import pytest

from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import MajorWithdrawals
from bot.messages.cards.majors_line import majors_line, majors_lines
from tests.builders import NOON, majors
from tests.messages.cards.plain import plain

CLOSED = MajorWithdrawals("USDT", WithdrawalState.CLOSED, NOON)
UNKNOWN = MajorWithdrawals("USDT", WithdrawalState.UNKNOWN, NOON)


@pytest.mark.parametrize(
    ("major", "words"),
    [
        (MajorWithdrawals("USDT", WithdrawalState.OPEN, NOON), "USDT open"),
        (MajorWithdrawals("USDT", WithdrawalState.DELAYED, NOON), "USDT delayed"),
        (UNKNOWN, "unknown"),
        (replace(UNKNOWN, last_known=WithdrawalState.OPEN), "unknown"),
        (replace(UNKNOWN, last_known=WithdrawalState.CLOSED), "USDT unknown, closed when last known"),
        (CLOSED, "USDT closed since 2022-12-13 12:00 UTC"),
        (replace(CLOSED, since=None), "USDT closed"),
        (replace(CLOSED, began_unseen=True), "USDT closed since before 2022-12-13 12:00 UTC"),
        (replace(CLOSED, in_maintenance=True), "USDT closed for maintenance since 2022-12-13 12:00 UTC"),
        (
            replace(CLOSED, network_event="TRON"),
            "USDT closed since 2022-12-13 12:00 UTC (Tron is closed at several exchanges)",
        ),
        (replace(CLOSED, is_dead=True), "USDT closed since 2022-12-13 12:00 UTC, for over a month"),
    ],
)
def test_a_major_is_named_with_its_state_and_what_is_known_of_a_closing(major: MajorWithdrawals, words: str) -> None:
    assert plain(majors_line((major,))) == f"Withdrawals: {words}"


def test_the_line_has_every_major() -> None:
    (found,) = majors_lines(majors("USDC"))

    assert plain(found) == "Withdrawals: BTC, ETH, USDT open; USDC closed since 2022-12-13 12:00 UTC"


@pytest.mark.parametrize("nothing", [None, ()])
def test_of_an_exchange_that_nobody_watches_nothing_is_said(nothing: tuple[()] | None) -> None:
    assert list(majors_lines(nothing)) == []
