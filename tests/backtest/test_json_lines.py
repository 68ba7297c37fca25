"""What the JSON lines of incidents say: their share, the reasons for which figures are held, and the rule."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.backtest.output import json_line, table
from bot.backtest.reading_rounds import rounds
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.incident import StepReason
from bot.domain.reading import Reading
from tests.builders import BINANCE, DAY, NOON, STALE, flow, holding, incident, signal


def record(*flows: Flow, reason: StepReason = StepReason.OPENED) -> dict[str, Any]:
    """Return the line about an incident whose newest signal has these flows, the first of which leads."""
    found: dict[str, Any] = json.loads(json_line(alert(*flows, reason=reason)))
    return found


def alert(*flows: Flow, reason: StepReason = StepReason.OPENED) -> SimulatedAlert:
    seen = signal(None, flows=flows)
    return SimulatedAlert(NOON, "binance", reason, seen, incident(seen=seen), flows[0])


def missing(detail: str, window: Window = Window.DAY) -> Flow:
    return flow(-0.01, window, hold=Hold(HoldReason.CHAIN_MISSING, detail))


def bounded(lowest: float, likely: float, highest: float) -> Flow:
    return replace(flow(likely, reserves=1e9), lowest_usd=lowest * 1e9, highest_usd=highest * 1e9)


@pytest.mark.parametrize(
    ("between", "share"),
    [
        pytest.param((-0.6, -0.58, -0.55), -0.55, id="outflow"),
        pytest.param((0.02, 0.03, 0.05), 0.02, id="inflow"),
        pytest.param((-0.02, 0.0, 0.03), 0.0, id="direction open"),
        pytest.param((-0.02, 0.0, 0.0), 0.0, id="perhaps nothing"),
    ],
)
def test_the_share_of_a_flow_with_two_ends_is_what_is_certain_of_it(
    between: tuple[float, float, float], share: float
) -> None:
    """It is the figure that is graded, so that it agrees with the thresholds that the reasons name."""
    found = record(bounded(*between))

    assert (found["share"], found["flow_usd"]) == (pytest.approx(share), pytest.approx(share * 1e9))


def test_the_share_is_that_of_the_reason() -> None:
    found = record(bounded(-0.6, -0.58, -0.55))

    assert found["reasons"][0] == "24 h: −55.0 % of clean reserves ≤ −8.0 %"
    assert "−55.0 %" in table([alert(bounded(-0.6, -0.58, -0.55))])
    assert "−58.0 %" not in table([alert(bounded(-0.6, -0.58, -0.55))])


def test_a_reason_that_holds_every_window_is_said_once_without_them() -> None:
    held = [missing("Tron, 14.0 % of reserves", window) for window in Window]

    assert record(*held, reason=StepReason.HELD)["reasons"] == ["Held: chain missing (Tron, 14.0 % of reserves)"]


def test_a_reason_whose_detail_differs_is_said_once_and_names_the_windows() -> None:
    held = [
        missing("Tron, 14.0 % of reserves"),
        missing("Tron, 14.0 % of reserves", Window.THREE_DAYS),
        missing("Tron, 13.8 % of reserves", Window.WEEK),
    ]

    assert record(*held, reason=StepReason.HELD)["reasons"] == [
        "Held: chain missing (24 h, 72 h: Tron, 14.0 % of reserves; 7 d: Tron, 13.8 % of reserves)"
    ]


def test_two_reasons_say_which_windows_each_of_them_holds() -> None:
    held = [missing("Tron, 14.0 % of reserves"), flow(-0.01, Window.WEEK, hold=STALE)]

    assert record(*held, reason=StepReason.HELD)["reasons"] == [
        "Held over 24 h: chain missing (Tron, 14.0 % of reserves)",
        "Held over 7 d: data too old (newest reading is 5 h old)",
    ]


def past(shares_a_day: Sequence[float]) -> list[Reading]:
    """Return forty quiet days, then one day for each share of the reserves that leaves (0.01: 1 %)."""
    billions = [60 * (1.002 if day % 2 else 1.0) for day in range(40)]
    for share in shares_a_day:
        billions.append(billions[-1] * (1 - share))
    first = NOON - len(billions) * DAY
    return [holding(held, at=first + day * DAY) for day, held in enumerate(billions)]


def events(readings: Sequence[Reading]) -> list[tuple[str, str, str]]:
    simulation = Simulation([BINANCE])
    alerts = [alert for round_readings in rounds([readings]) for alert in simulation.run_round(round_readings)]
    lines = [json.loads(json_line(alert)) for alert in alerts]
    return [(line["event"], line["rule"], line["severity"]) for line in lines]


BLEED = [0.008] * 14
QUIET = [0.001, -0.001] * 20


def test_a_bleed_that_ends_with_a_large_day_goes_by_one_rule_to_the_end() -> None:
    assert events(past([*BLEED, 0.04, *QUIET])) == [
        ("opened", "bleed", "elevated"),
        ("resolved", "bleed", "elevated"),
    ]


def test_a_bleed_that_becomes_severe_is_an_outflow_from_that_event_on() -> None:
    told = events(past([*BLEED, 0.1, *QUIET]))

    assert told[:2] == [("opened", "bleed", "elevated"), ("escalated", "outflow", "severe")]
    assert {rule for _, rule, _ in told[1:]} == {"outflow"}
    assert told[-1][0] == "resolved"
