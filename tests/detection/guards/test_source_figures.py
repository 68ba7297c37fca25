from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.engine import SOURCE_FIGURES_MAX_AGE, signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.source_figures import figures_agree, hold_disputed, source_figures
from bot.detection.outflow import grade
from bot.domain.exchange import Listing
from bot.domain.flow import Hold, HoldReason, Window
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal, SourceFigure
from tests.builders import CHAIN_MISSING, HOUR, NOON, flow, listing
from tests.detection.quiet_past import WORTH, book, days_of


@pytest.fixture(scope="module")
def past() -> ExchangeState:
    return days_of()


def signal_with(state: ExchangeState, part: float, row: Listing | None, *, bitcoin: float | None = None) -> Signal:
    """Return the signal of a reading that has such a part of everything, and perhaps less of BTC."""
    latest = book(NOON, {**dict.fromkeys(WORTH, part), "Bitcoin/BTC": bitcoin or part})
    row = replace(row, fetched_at=latest.fetched_at) if row else None
    return grade(signal_at_newest(state.with_reading(latest), NOON, listing=row), Sensitivity.NORMAL)


def row(day: float | None, *, source: str = "defillama") -> Listing:
    return replace(listing(inflow=day), source=source)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (-3.0, -1.0, True),
        (-3.0, -9.0, True),
        (-3.0, -0.99, False),
        (-3.0, -9.01, False),
        (-3.0, 3.0, False),
        (-0.5, -0.5, True),
        (-0.5, 0.5, False),
        (0.0, -3.0, False),
        (0.0, 0.0, False),
    ],
)
def test_figures_agree_within_a_factor_of_three(ours: float, theirs: float, same: bool) -> None:  # noqa: FBT001 — a table's column
    assert figures_agree(replace(flow(), usd=ours), theirs) is same


@pytest.mark.parametrize(
    ("ours", "theirs", "reserves", "held"),
    [
        (-5e6, 1e6, 1e8, True),
        (-1e6, 5e6, 1e8, True),
        (-4.99e6, 4.99e6, 1e8, False),
        (-9.01e8, 1e6, 1e11, True),
        (-8.99e8, 8.99e8, 1e11, False),
    ],
)
def test_figures_that_differ_hold_a_window_once_one_of_them_might_be_graded(
    ours: float,
    theirs: float,
    reserves: float,
    held: bool,  # noqa: FBT001 — a table's column
) -> None:
    (compared,) = hold_disputed(
        [replace(flow(reserves=reserves), usd=ours)], [SourceFigure(Window.DAY, theirs, "defillama")]
    )

    assert (compared.hold is not None) is held


def test_both_figures_are_said() -> None:
    (compared,) = hold_disputed([replace(flow(), usd=-2.5e9)], [SourceFigure(Window.DAY, 0.25e9, "defillama")])

    assert compared.hold == Hold(HoldReason.DISAGREE, "ours −$2,500 M, theirs +$250 M")


def test_what_is_held_already_keeps_its_reason() -> None:
    held = flow(hold=CHAIN_MISSING)

    assert hold_disputed([held], [SourceFigure(Window.DAY, 3e9, "defillama")]) == (held,)


def test_a_figure_of_another_source_that_agrees_confirms_at_once(past: ExchangeState) -> None:
    assert signal_with(past, 0.95, row(-2.0e9, source="elsewhere")).confirmed_by_source
    assert not signal_with(past, 0.95, row(None)).confirmed_by_source
    assert not signal_with(past, 0.95, None).confirmed_by_source


def test_a_source_does_not_confirm_itself(past: ExchangeState) -> None:
    """A reading that is wrong for an hour is wrong in its list, too: a blip tells nobody."""
    signal = signal_with(past, 0.95, row(-2.0e9))

    assert (signal.severity, signal.confirmed_by_source) == (Severity.ELEVATED, False)


@pytest.mark.parametrize("theirs", [2e9, -0.5e9, -12e9])
def test_where_two_figures_differ_watch_and_elevated_wait(past: ExchangeState, theirs: float) -> None:
    signal = signal_with(past, 0.95, row(theirs))

    day = signal.flow(Window.DAY)
    assert day
    assert day.hold
    assert day.hold.reason is HoldReason.DISAGREE
    assert "theirs" in day.hold.detail
    assert (signal.severity, signal.confirmed_by_source) == (None, False)


def test_severe_goes_out_with_both_figures(past: ExchangeState) -> None:
    signal = signal_with(past, 0.9, row(2e9), bitcoin=0.85)

    assert (signal.severity, signal.confirmed_by_source) == (Severity.SEVERE, False)
    assert signal.source_figures == (SourceFigure(Window.DAY, 2e9, "defillama"),)
    assert {reason.window for reason in signal.reasons} == {Window.DAY}


@pytest.mark.parametrize(("part", "theirs"), [(0.999, 0.1e9), (0.9985, 0.4e9)])
def test_small_figures_may_differ(past: ExchangeState, part: float, theirs: float) -> None:
    assert all(shown.hold is None for shown in signal_with(past, part, row(theirs)).flows)


def test_a_large_figure_of_the_source_alone_is_a_difference(past: ExchangeState) -> None:
    day = signal_with(past, 0.999, row(-3e9)).flow(Window.DAY)

    assert day
    assert day.hold


def test_exactly_nothing_is_no_figure() -> None:
    assert source_figures(row(0.0), book(NOON), SOURCE_FIGURES_MAX_AGE) == ()


@pytest.mark.parametrize(
    ("age", "count"),
    [
        (timedelta(minutes=20), 1),
        (timedelta(minutes=-20), 1),
        (timedelta(minutes=20, seconds=1), 0),
        (timedelta(minutes=-20, seconds=-1), 0),
    ],
)
def test_figures_of_another_time_say_nothing(age: timedelta, count: int) -> None:
    latest = replace(book(NOON), fetched_at=NOON + HOUR)

    assert (
        len(source_figures(replace(row(-1e9), fetched_at=latest.fetched_at + age), latest, SOURCE_FIGURES_MAX_AGE))
        == count
    )


@pytest.mark.parametrize(("early", "count"), [(timedelta(), 1), (timedelta(seconds=1), 0)])
def test_figures_of_a_time_before_the_reading_know_nothing_of_it(early: timedelta, count: int) -> None:
    latest = replace(book(NOON), fetched_at=NOON + timedelta(minutes=9))

    assert len(source_figures(replace(row(-1e9), fetched_at=NOON - early), latest, SOURCE_FIGURES_MAX_AGE)) == count


def test_every_window_of_the_source_is_compared() -> None:
    latest = book(NOON)
    full = Listing(row(None).exchange, "defillama", latest.fetched_at, 6e10, 6e10, -1e9, -2e9, -3e9)

    assert source_figures(full, latest, HOUR) == (
        SourceFigure(Window.DAY, -1e9, "defillama"),
        SourceFigure(Window.WEEK, -2e9, "defillama"),
        SourceFigure(Window.MONTH, -3e9, "defillama"),
    )
