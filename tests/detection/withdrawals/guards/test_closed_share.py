import pytest

from bot.detection.withdrawals.polls import PolledWithdrawals
from tests.builders import DAY, NOON
from tests.detection.withdrawals.polls import at, gate, poll, polled

DAY_MINUTES = 24 * 60


def after_days(days: int, share: float = 0.1) -> PolledWithdrawals:
    """Return what is known at noon, after so many days on which a share was closed, and today's first poll."""
    return polled(*[poll(-DAY_MINUTES * day, share=share) for day in range(days, -1, -1)])


def test_the_usual_share_is_the_median_of_the_days_before_and_unknown_with_too_few() -> None:
    known = polled(*[poll(-DAY_MINUTES * (8 - day), share=0.01 * day) for day in range(9)])

    assert gate(known).usual_share == 0.035
    assert gate(known).closed_share == 0.08
    assert gate(after_days(7)).usual_share == 0.1
    assert gate(after_days(6)).usual_share is None


def test_a_day_has_one_share_and_a_month_of_them_is_kept() -> None:
    known = polled(poll(5, share=0.3), poll(10, share=0.5), before=after_days(40).known)

    days = gate(known).day_shares
    assert [past.day for past in days] == [NOON.replace(hour=0) - day * DAY for day in range(30, -1, -1)]
    assert days[-1].closed_share == 0.1


@pytest.mark.parametrize(
    ("shares", "jumped_since"),
    [
        ([0.299], None),
        ([0.301], 5),
        ([0.301, 0.5], 5),
        ([0.301, 0.221], 5),
        ([0.301, 0.219], None),
        ([0.301, 0.219, 0.221], None),
        ([0.301, None], None),
        ([0.301, None, 0.301], 15),
    ],
)
def test_it_jumps_a_fifth_above_the_median_and_is_back_at_three_fifths_of_that(
    shares: list[float | None], jumped_since: int | None
) -> None:
    polls = [poll(5 * number, share=share) for number, share in enumerate(shares, 1)]
    known = polled(*polls, before=after_days(30).known)

    assert gate(known).share_jumped_since == (None if jumped_since is None else at(jumped_since))


def test_what_is_always_closed_is_no_jump() -> None:
    assert gate(after_days(30, share=0.9)).share_jumped_since is None


def test_nothing_jumps_while_nothing_is_usual() -> None:
    assert gate(polled(poll(5, share=0.9), before=after_days(5).known)).share_jumped_since is None
