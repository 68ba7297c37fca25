import math
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.flow.baseline import MAX_DAYS, baseline, daily_point, percentile, robust_z, usual_days
from bot.detection.flow.computation import DetailedComputation
from bot.domain.flow import Baseline, Flow, Window
from bot.domain.snapshot import DailyPoint, IncidentSpan
from tests.builders import DAY, HOUR, NOON, QUIET, flow, quiet_days, reading

SHARES = (-0.03, -0.01, 0.0, 0.0, 0.01, 0.02, 0.01, -0.02, 0.0, 0.01, -0.01, 0.0, 0.02, -0.01)


def days(*shares: float | None) -> list[DailyPoint]:
    return [DailyPoint(NOON + index * DAY, 1e9, share) for index, share in enumerate(shares)]


def test_the_spread_is_the_median_distance_from_the_median_made_a_standard_deviation() -> None:
    """Fourteen days: median 0; distances 0×4, 0.01×6, 0.02×3, 0.03; their median 0.01."""
    usual = baseline(days(*SHARES))

    assert usual
    assert usual.median == 0.0
    assert usual.spread == pytest.approx(0.01 / 0.6745)
    assert (usual.days, usual.worst) == (14, -0.03)


def test_distances_are_taken_from_the_median_and_not_from_nothing() -> None:
    moved = baseline(days(*(share - 0.1 for share in SHARES)))

    assert moved
    assert moved.median == pytest.approx(-0.1)
    assert moved.spread == pytest.approx(0.01 / 0.6745)
    assert robust_z(-0.15, Window.DAY, moved) == pytest.approx(-3.3725)


def test_robust_z_is_the_published_formula() -> None:
    """0.6745 × (−0.05 − 0) / 0.01 = −3.3725 (Iglewicz & Hoaglin, 1993)."""
    usual = baseline(days(*SHARES))

    assert usual
    assert robust_z(-0.05, Window.DAY, usual) == pytest.approx(-3.3725)


def test_a_window_of_days_is_measured_against_as_many_medians_and_a_wider_spread() -> None:
    usual = replace(QUIET, median=0.001, spread=0.002)

    assert robust_z(-0.02, Window.WEEK, usual) == pytest.approx((-0.02 - 0.007) / (0.002 * math.sqrt(7)))


def test_without_a_median_distance_the_mean_one_is_taken() -> None:
    """Thirteen days of 0 and one of −0.014: MAD 0, mean distance 0.001, spread 1.2533 × 0.001."""
    usual = baseline(days(*[0.0] * 13, -0.014))

    assert usual
    assert usual.spread == pytest.approx(0.0012533)


@pytest.mark.parametrize(("share", "z"), [(0.0, 0.0), (-1e-9, -99.0), (1e-9, 99.0)])
def test_days_that_never_differ_make_any_difference_extreme(share: float, z: float) -> None:
    usual = baseline(days(*[0.0] * 20))

    assert usual
    assert robust_z(share, Window.DAY, usual) == z


@given(st.floats(-1, 1), st.floats(1e-12, 1))
def test_z_stays_within_what_can_be_read(share: float, spread: float) -> None:
    assert -99 <= robust_z(share, Window.DAY, replace(QUIET, spread=spread)) <= 99


@pytest.mark.parametrize(("known", "usable"), [(13, False), (14, True)])
def test_fewer_than_fourteen_days_are_no_past(known: int, usable: bool) -> None:  # noqa: FBT001 — a table's column
    assert (baseline([*days(None, None), *quiet_days(known)]) is not None) is usable


def test_only_the_last_ninety_days_count() -> None:
    usual = baseline([*days(-0.5), *quiet_days(MAX_DAYS)])

    assert usual
    assert (usual.days, usual.worst) == (90, -0.002)


def test_nine_days_of_ten_lie_between_low_and_high() -> None:
    usual = baseline(days(*(index / 1000 for index in range(101))))

    assert usual
    assert usual.days == 90
    assert (usual.low, usual.high) == (0.015, 0.096)


@pytest.mark.parametrize(("count", "low", "high"), [(30, 1, 28), (31, 2, 28), (14, 1, 12), (90, 4, 85)])
def test_of_fewer_days_a_twentieth_lies_beyond_each_of_them(count: int, low: int, high: int) -> None:
    usual = baseline(days(*(float(index) for index in range(count))))

    assert usual
    assert (usual.low, usual.high) == (low, high)


@given(st.lists(st.floats(-1, 1), min_size=14, max_size=MAX_DAYS))
def test_the_median_is_that_of_the_days_however_many(shares: list[float]) -> None:
    usual = baseline(days(*shares))

    assert usual
    assert usual.median == median(shares)
    distance = median(abs(share - usual.median) for share in shares)
    if distance > 0:
        assert usual.spread == distance / 0.6745


def test_a_day_that_cannot_be_compared_is_no_day() -> None:
    usual = baseline(days(*SHARES, None, None))

    assert usual
    assert usual.days == 14


@pytest.mark.parametrize(("share", "rank"), [(-1.0, 0.0), (0.0, 0.5), (1.0, 1.0)])
def test_a_percentile_is_the_part_of_days_that_were_lower(share: float, rank: float) -> None:
    assert percentile(share, days(-0.01, 0.0, None, 0.01, -0.02)) == rank


def test_without_days_there_is_no_percentile() -> None:
    assert percentile(0.0, days(None)) is None


IN_DETAIL = DetailedComputation(frozenset())


def test_a_day_is_what_moved_since_the_day_before() -> None:
    before = reading({"Tron/USDT": (100, 1.0), "Binance/BNB": (50, 1.0)}, at=NOON - DAY)
    after = reading({"Tron/USDT": (98, 1.0), "Binance/BNB": (10, 1.0)})

    point = daily_point(after, before, DetailedComputation(frozenset({"BNB"})))

    assert (point.day, point.reserves_usd) == (NOON, 98.0)
    assert point.share == pytest.approx(-0.02)


@pytest.mark.parametrize("gap", [timedelta(hours=11, minutes=59), timedelta(hours=36, minutes=1), 9 * DAY])
def test_readings_that_are_no_day_apart_are_no_days_flow(gap: timedelta) -> None:
    before = reading({"Tron/USDT": (100, 1.0)}, at=NOON - gap)

    assert daily_point(reading({"Tron/USDT": (98, 1.0)}), before, IN_DETAIL).share is None


@pytest.mark.parametrize("gap", [12 * HOUR, 36 * HOUR])
def test_from_half_a_day_to_one_and_a_half_is_a_day(gap: timedelta) -> None:
    before = reading({"Tron/USDT": (100, 1.0)}, at=NOON - gap)

    assert daily_point(reading({"Tron/USDT": (98, 1.0)}), before, IN_DETAIL).share == pytest.approx(-0.02)


def test_what_flowed_in_a_day_is_what_the_computation_says() -> None:
    class Half(DetailedComputation):
        def flow(self, *readings: Any, **known: Any) -> Flow:
            return flow(-0.5)

    before = reading({"Tron/USDT": (100, 1.0)}, at=NOON - DAY)

    assert daily_point(reading({"Tron/USDT": (98, 1.0)}), before, Half(frozenset())).share == -0.5


def test_the_first_day_has_no_flow() -> None:
    assert daily_point(reading({"Tron/USDT": (98, 1.0)}), None, IN_DETAIL).share is None


def test_a_held_day_stays_out_of_the_past() -> None:
    before = reading({"Tron/USDT": (50, 1.0), "Ethereum/ETH": (50, 1.0)}, at=NOON - DAY)

    assert daily_point(reading({"Tron/USDT": (50, 1.0)}), before, IN_DETAIL).share is None


def test_the_builders_quiet_exchange_is_quiet() -> None:
    usual = baseline(quiet_days(60))

    assert isinstance(usual, Baseline)
    assert usual.worst == -0.002


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        (NOON + 3 * DAY, NOON + 5 * DAY, {0, 1, 2, 6, 7}),
        (NOON + 3 * DAY + HOUR, NOON + 5 * DAY - HOUR, {0, 1, 2, 3, 6, 7}),
        (NOON + 3 * DAY, None, {0, 1, 2}),
        (NOON - 3 * DAY, NOON - 2 * DAY, {0, 1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_a_run_is_not_learned_as_usual(start: datetime, end: datetime | None, left: set[int]) -> None:
    """A day is the 24 hours before its point; the first day of an incident is the one whose point showed it."""
    past = days(*[0.0] * 10)

    usual = usual_days(past, NOON + 7 * DAY, [IncidentSpan(start, end)])

    assert {(day.day - NOON) // DAY for day in usual} == left


def test_every_run_is_left_out_of_what_is_usual() -> None:
    incident_spans = [IncidentSpan(NOON + DAY, NOON + DAY), IncidentSpan(NOON + 4 * DAY, NOON + 4 * DAY)]

    usual = usual_days(days(*[0.0] * 7), NOON + 6 * DAY, incident_spans)

    assert [(day.day - NOON) // DAY for day in usual] == [0, 2, 3, 5, 6]
