from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.flow.windows import base_candidates, base_limit, base_span, fits
from bot.domain.flow import Window
from bot.domain.reading import Reading
from tests.builders import DAY, HOUR, NOON, holding

SECOND = timedelta(seconds=1)
MIDNIGHT = NOON.replace(hour=0)


def readings_at(*times: datetime) -> list[Reading]:
    return [holding(60, at=at) for at in sorted(times)]


def ages(window: Window, *given_ages: timedelta) -> list[timedelta]:
    """Return the ages of the readings that a window which ends at noon may start from, the best first."""
    readings = readings_at(*(NOON - age for age in given_ages), NOON)
    return [NOON - base.as_of for base in base_candidates(window, readings, NOON)]


@pytest.mark.parametrize(
    ("window", "age", "may_start"),
    [
        (Window.DAY, 12 * HOUR - SECOND, False),
        (Window.DAY, 12 * HOUR, True),
        (Window.DAY, 24 * HOUR - SECOND, True),
        (Window.DAY, 24 * HOUR, True),
        (Window.DAY, 37 * HOUR, True),
        (Window.DAY, 37 * HOUR + SECOND, False),
        (Window.THREE_DAYS, 36 * HOUR - SECOND, False),
        (Window.THREE_DAYS, 36 * HOUR, True),
        (Window.THREE_DAYS, 85 * HOUR, True),
        (Window.THREE_DAYS, 85 * HOUR + SECOND, False),
        (Window.WEEK, 84 * HOUR, True),
        (Window.WEEK, 7 * DAY + 25 * HOUR, True),
        (Window.WEEK, 7 * DAY + 26 * HOUR, False),
        (Window.MONTH, 15 * DAY - SECOND, False),
        (Window.MONTH, 34 * DAY, True),
        (Window.MONTH, 35 * DAY, False),
        (Window.HOUR, HOUR - SECOND, False),
        (Window.HOUR, HOUR, True),
        (Window.HOUR, 2 * HOUR, True),
        (Window.HOUR, 2 * HOUR + SECOND, False),
    ],
)
def test_a_base_is_neither_too_old_nor_younger_than_half_the_window(
    window: Window,
    age: timedelta,
    may_start: bool,  # noqa: FBT001 — a table's column
) -> None:
    assert fits(window, holding(60, at=NOON - age), NOON) is may_start


@pytest.mark.parametrize("window", Window)
def test_a_window_starts_its_own_length_before_its_end(window: Window) -> None:
    assert NOON - base_limit(window, NOON) == window.length


@pytest.mark.parametrize("window", Window)
def test_what_may_be_a_base_lies_in_one_span(window: Window) -> None:
    first, last = base_span(window, NOON)

    assert fits(window, holding(60, at=first), NOON)
    assert fits(window, holding(60, at=last), NOON)
    assert not fits(window, holding(60, at=first - SECOND), NOON)
    assert not fits(window, holding(60, at=last + SECOND), NOON)
    assert first < base_limit(window, NOON) <= last


def test_the_newest_reading_before_the_start_is_the_best_and_the_oldest_after_it_the_next() -> None:
    hours = (38, 37, 30, 25, 23, 13, 12, 11, 1)

    assert ages(Window.DAY, *[hour * HOUR for hour in hours]) == [hour * HOUR for hour in (25, 30, 37, 23, 13, 12)]


def test_one_that_is_exactly_as_old_as_the_window_is_the_best() -> None:
    assert ages(Window.DAY, 25 * HOUR, 24 * HOUR, 23 * HOUR)[0] == 24 * HOUR


def test_a_reading_after_the_start_serves_where_the_ones_before_it_are_too_old() -> None:
    assert ages(Window.DAY, 40 * HOUR, 14 * HOUR, 2 * HOUR) == [14 * HOUR]
    assert ages(Window.DAY, 40 * HOUR, 11 * HOUR, 2 * HOUR) == []


def test_the_hour_has_the_newest_reading_of_more_than_an_hour_or_none() -> None:
    assert ages(Window.HOUR, 2 * HOUR, 1.5 * HOUR, 0.5 * HOUR) == [1.5 * HOUR]
    assert ages(Window.HOUR, 3 * HOUR, 0.5 * HOUR) == []


@pytest.mark.parametrize("hour", range(24))
def test_with_points_at_midnight_every_window_has_a_base_at_every_time_of_the_day(hour: int) -> None:
    for minute in (0, 1, 30, 59):
        end = MIDNIGHT + hour * HOUR + timedelta(minutes=minute)
        midnights = readings_at(*(MIDNIGHT - day * DAY for day in range(40)), end)
        bases = {
            window: next(base_candidates(window, midnights, end)) for window in Window if window is not Window.HOUR
        }

        assert all(fits(window, base, end) for window, base in bases.items())
        assert 12 * HOUR <= end - bases[Window.DAY].as_of <= 37 * HOUR


def plain_rule(window: Window, readings: Sequence[Reading], end: datetime) -> Reading | None:
    """Return a window's base as the rule is written down: one sentence after the other."""
    start = end - window.length
    before = [reading for reading in readings if reading.as_of <= start]
    if before and start - before[-1].as_of <= max(0.15 * window.length, 13 * HOUR):
        return before[-1]
    after = [reading for reading in readings if start < reading.as_of]
    return after[0] if after and end - after[0].as_of >= window.length / 2 else None


@given(
    st.sampled_from([window for window in Window if window is not Window.HOUR]),
    st.sets(st.integers(1, 60 * 24 * 40), max_size=12),
)
def test_the_base_is_the_one_of_the_written_rule(window: Window, minutes_ago: set[int]) -> None:
    readings = readings_at(*(NOON - timedelta(minutes=minutes) for minutes in minutes_ago), NOON)

    assert next(base_candidates(window, readings, NOON), None) == plain_rule(window, readings, NOON)
