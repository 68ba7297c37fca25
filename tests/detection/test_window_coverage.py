"""Which windows can be judged of young exchanges, and when the others can be: what is foretold is what then happens."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.window_coverage import GRADED_WINDOWS, LaterWindow, WindowCoverage, window_coverage
from bot.domain.flow import Window
from bot.domain.snapshot import ExchangeSnapshot
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding
from tests.detection.quiet_past import MIDNIGHT

HALF_WINDOWS = {window: window.length / 2 for window in GRADED_WINDOWS}


def state_since(first: datetime, until: datetime, every: timedelta = HOUR) -> ExchangeState:
    """Return the state of an exchange that was read from a first time on, the newest reading at `until`."""
    state, at = ExchangeState(BINANCE), first
    while at < until:
        state = state.with_reading(holding(60 + (at - first) / (1000 * DAY), at=at))
        at += every
    return state.with_reading(holding(61, at=until))


def snapshot_of(state: ExchangeState) -> ExchangeSnapshot:
    assert state.latest
    at = state.latest.as_of
    return ExchangeSnapshot(BINANCE, reading=state.latest, signal=signal_at_newest(state, at), days=state.days)


def coverage_of(state: ExchangeState) -> WindowCoverage:
    assert state.latest
    return window_coverage([snapshot_of(state)], state.latest.as_of)


def test_the_hour_is_not_judged() -> None:
    assert GRADED_WINDOWS == (Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.FORTNIGHT, Window.MONTH)


@pytest.mark.parametrize("hours", [0, 5, 11, 12, 30, 36, 80, 84, 100, 170, 300, 361])
def test_a_window_is_judged_from_half_its_length_after_the_first_reading_on(hours: int) -> None:
    first = NOON
    age = hours * HOUR

    coverage = coverage_of(state_since(first, NOON + age))

    assert coverage.judged == tuple(window for window, half in HALF_WINDOWS.items() if half <= age)
    assert coverage.later == tuple(
        LaterWindow(window, 1, first + half) for window, half in HALF_WINDOWS.items() if half > age
    )


@pytest.mark.parametrize("hours", [1, 30, 100, 200])
def test_what_is_foretold_comes_true(hours: int) -> None:
    first = MIDNIGHT + 14 * HOUR
    foretold = coverage_of(state_since(first, first + hours * HOUR)).later

    for later in foretold:
        at, before = later.judged_from, later.judged_from - timedelta(minutes=1)
        assert later.window in coverage_of(state_since(first, at)).judged
        assert later.window not in coverage_of(state_since(first, before)).judged


def test_after_a_gap_the_first_reading_of_it_is_what_counts() -> None:
    """Nine days ago there were readings, too old for windows up to 7 d; for 14 d they will do."""
    state = state_since(NOON - 12 * DAY, NOON - 9 * DAY).with_reading(holding(62))

    coverage = coverage_of(state)

    assert coverage.judged == (Window.FORTNIGHT,)
    assert coverage.later == (
        LaterWindow(Window.DAY, 1, NOON + 12 * HOUR),
        LaterWindow(Window.THREE_DAYS, 1, NOON + 36 * HOUR),
        LaterWindow(Window.WEEK, 1, NOON + 84 * HOUR),
        LaterWindow(Window.MONTH, 1, NOON + 3 * DAY),
    )


def test_an_old_exchange_has_everything() -> None:
    coverage = coverage_of(state_since(NOON - 60 * DAY, NOON, DAY))

    assert coverage == WindowCoverage(1, GRADED_WINDOWS)


@pytest.mark.parametrize(("days", "without"), [(14, 1), (15, 0)])
def test_how_unusual_an_outflow_is_takes_fourteen_days_before_the_last_one(days: int, without: int) -> None:
    assert coverage_of(state_since(NOON - days * DAY, NOON, DAY)).without_baseline == without


def test_of_several_exchanges_the_last_one_decides_when_all_can_be_judged() -> None:
    old, young = snapshot_of(state_since(NOON - 60 * DAY, NOON, DAY)), snapshot_of(state_since(NOON - 2 * DAY, NOON))
    younger = replace(snapshot_of(state_since(NOON - HOUR, NOON)), exchange=OKX)

    assert window_coverage([old, young, younger], NOON) == WindowCoverage(
        3,
        (),
        (
            LaterWindow(Window.DAY, 1, NOON + 11 * HOUR),
            LaterWindow(Window.THREE_DAYS, 1, NOON + 35 * HOUR),
            LaterWindow(Window.WEEK, 2, NOON + 83 * HOUR),
            LaterWindow(Window.FORTNIGHT, 2, NOON + 7 * DAY - HOUR),
            LaterWindow(Window.MONTH, 2, NOON + 15 * DAY - HOUR),
        ),
        2,
    )
    assert window_coverage([old, young], NOON, (Window.DAY,)) == WindowCoverage(2, (Window.DAY,), (), 1)


def test_before_the_first_signal_nothing_is_judged() -> None:
    young = replace(snapshot_of(state_since(NOON - HOUR, NOON)), signal=None)

    coverage = window_coverage([young], NOON, (Window.DAY,))

    assert coverage == WindowCoverage(1, (), (LaterWindow(Window.DAY, 1, NOON + 11 * HOUR),), 1)


def test_what_is_not_read_any_more_is_not_waited_for() -> None:
    young = snapshot_of(state_since(NOON - HOUR, NOON))

    assert window_coverage([young], NOON + DAY - HOUR).exchanges == 1
    assert window_coverage([young, ExchangeSnapshot(OKX)], NOON + DAY) == WindowCoverage(0)


def test_what_the_next_reading_brings_is_not_foretold_for_the_past() -> None:
    """The newest reading is of noon, when the first one was 11 h old; by one o'clock the day could be judged."""
    young = snapshot_of(state_since(NOON - 11 * HOUR, NOON))

    assert [later.window for later in window_coverage([young], NOON).later][:1] == [Window.DAY]
    assert Window.DAY not in {later.window for later in window_coverage([young], NOON + HOUR).later}
