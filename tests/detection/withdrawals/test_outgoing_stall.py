from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.withdrawals.outgoing_stall import outgoing_age
from bot.domain.errors import SourceFault
from bot.domain.own_reading import BITCOIN, OutgoingAge, OutgoingTimes, OwnReading

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE


def wallet(ago: timedelta, gap: timedelta, count: int = 20) -> OwnReading:
    """Return a wallet that transactions left at equal gaps, the last one so long ago; it was read at noon."""
    times = tuple(NOON - ago - number * gap for number in reversed(range(count)))
    return OwnReading("gate", BITCOIN, as_of=NOON, outgoing=OutgoingTimes("hot", NOON, times))


def test_a_wallet_that_fell_silent_is_told_with_its_usual_gap() -> None:
    assert outgoing_age(wallet(3 * HOUR, 10 * MINUTE), NOON + 5 * MINUTE) == OutgoingAge(
        NOON - 3 * HOUR, NOON, 10 * MINUTE, is_unusual=True
    )


@pytest.mark.parametrize(
    ("ago", "gap", "is_unusual"),
    [
        (10 * MINUTE, 10 * MINUTE, False),
        (59 * MINUTE, MINUTE, False),  # less than an hour
        (60 * MINUTE, 5 * MINUTE, True),
        (239 * MINUTE, 20 * MINUTE, False),  # less than twelve gaps
        (240 * MINUTE, 20 * MINUTE, True),
        (72 * HOUR, 6 * HOUR, True),
        (90 * HOUR, 7 * HOUR, False),  # a wallet from which customers are not paid
    ],
)
def test_it_takes_an_hour_and_twelve_gaps_of_a_busy_wallet(ago: timedelta, gap: timedelta, *, is_unusual: bool) -> None:
    told = outgoing_age(wallet(ago, gap), NOON)

    assert told
    assert told.is_unusual is is_unusual


def test_without_a_normal_outflow_before_nothing_is_unusual() -> None:
    assert outgoing_age(wallet(9 * HOUR, MINUTE, count=8), NOON) == OutgoingAge(NOON - 9 * HOUR, NOON)


def test_after_an_incomplete_round_nothing_is_unusual() -> None:
    failed = replace(wallet(3 * HOUR, 10 * MINUTE), fault=SourceFault.TIMEOUT)

    told = outgoing_age(failed, NOON)
    assert told
    assert not told.is_unusual


def test_time_that_passes_without_a_look_makes_nothing_unusual() -> None:
    """The wallet was read at noon, ten minutes after a transaction; a node that is away is no exchange that stopped."""
    told = outgoing_age(wallet(10 * MINUTE, 10 * MINUTE), NOON + 3 * HOUR)
    assert told
    assert not told.is_unusual
    assert outgoing_age(wallet(10 * MINUTE, 10 * MINUTE), NOON + 3 * HOUR + MINUTE) is None
    assert outgoing_age(wallet(10 * MINUTE, 10 * MINUTE), NOON - MINUTE) is None, "the clock was set back"


def test_without_an_answer_of_the_hot_wallet_nothing_is_told() -> None:
    assert outgoing_age(OwnReading("gate", BITCOIN, as_of=NOON), NOON) is None
    assert outgoing_age(OwnReading("gate", BITCOIN, outgoing=OutgoingTimes("hot", NOON)), NOON) is None


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=64, unique=True), st.integers(0, 10**5))
def test_what_is_unusual_has_waited_an_hour_at_least(seconds_ago: list[int], later: int) -> None:
    times = tuple(NOON - timedelta(seconds=ago) for ago in sorted(seconds_ago, reverse=True))
    own = OwnReading("gate", BITCOIN, outgoing=OutgoingTimes("hot", NOON, times))

    told = outgoing_age(own, NOON + timedelta(seconds=later))
    assert told is None or not told.is_unusual or NOON - told.last >= HOUR
