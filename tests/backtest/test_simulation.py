import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from bot.backtest.output import json_line
from bot.backtest.reading_rounds import rounds
from bot.backtest.rule_comparison import alarms
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.detection.outflow_source import Outflow, OutflowState
from bot.domain.exchange import Exchange
from bot.domain.flow import HoldReason
from bot.domain.incident import IncidentState, StepReason
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import WithdrawalTransition
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, reading

DAWN = NOON - timedelta(hours=12)


def days(*billions: float, exchange: Exchange = BINANCE, quiet: int = 40) -> list[Reading]:
    """Return readings of quiet days, then of these, the last of which is at dawn."""
    held = [*(billions[0] * (1.002 if day % 2 else 1.0) for day in range(quiet)), *billions]
    return [
        holding(amount, at=DAWN - (len(held) - 1 - day) * DAY, exchange=exchange.id) for day, amount in enumerate(held)
    ]


def alerts_of(simulation: Simulation, *pasts: Iterable[Reading]) -> list[SimulatedAlert]:
    return [alert for round_readings in rounds(pasts) for alert in simulation.run_round(round_readings)]


def reasons(alerts: Iterable[SimulatedAlert]) -> list[tuple[str, StepReason, Severity | None]]:
    return [(alert.exchange, alert.reason, alert.incident.severity if alert.incident else None) for alert in alerts]


def closings(*keys: str, at: datetime = DAWN - 20 * HOUR) -> list[WithdrawalTransition]:
    """Return a line of a record for each of `USDT/TRON`: closed at a time."""
    return [
        WithdrawalTransition(at, asset, network, WithdrawalState.OPEN, WithdrawalState.CLOSED)
        for asset, _, network in (key.partition("/") for key in keys)
    ]


def test_a_past_is_told_as_it_would_have_been() -> None:
    simulation = Simulation([BINANCE])

    opened, worse = alerts_of(simulation, days(60.1, 58, 53))

    assert (opened.at, opened.reason) == (DAWN - DAY, StepReason.OPENED)
    assert opened.flow is opened.signal.leading_flow
    assert (worse.reason, worse.incident and worse.incident.severity) == (StepReason.ESCALATED, Severity.SEVERE)
    (incident,) = simulation.incidents()
    assert (incident.label, incident.peak) == ("INC-1", Severity.SEVERE)


def test_a_run_is_not_learned_as_usual() -> None:
    simulation = Simulation([BINANCE])
    first = alerts_of(simulation, days(60.1, 57, 54, 51.5))
    baseline = first[-1].signal.baseline

    assert baseline
    assert baseline.worst > -0.01


def test_what_lies_before_the_beginning_only_teaches() -> None:
    simulation = Simulation([BINANCE], since=DAWN)

    (opened,) = alerts_of(simulation, days(60.1, 50, 47))

    assert opened.at == DAWN
    assert opened.signal.baseline


def test_presets_are_judged_beside_the_normal_one_under_one_number() -> None:
    simulation = Simulation([BINANCE], sensitivity=Sensitivity.EARLY)

    alerts = alerts_of(simulation, days(60.1, 58.6, 57))

    assert reasons(alerts) == [
        ("binance", StepReason.OPENED, Severity.ELEVATED),
    ]
    assert {alert.incident.sensitivity for alert in alerts if alert.incident} == {Sensitivity.EARLY}
    assert [incident.label for incident in simulation.incidents()] == ["INC-1"]


def test_withdrawals_that_close_are_known_from_the_next_reading_on() -> None:
    closed = closings("BTC/BITCOIN", "ETH/ETHEREUM")
    simulation = Simulation([BINANCE, OKX], withdrawal_changes={"binance": closed, "okx": []})

    alerts = alerts_of(simulation, days(60.1, 57.5, 55), days(9, 9.01, 9, exchange=OKX))

    assert reasons(alerts) == [
        ("binance", StepReason.OPENED, Severity.ELEVATED),
        ("binance", StepReason.ESCALATED, Severity.CRITICAL),
    ]


def test_what_three_exchanges_close_within_an_hour_is_held_against_none_of_them() -> None:
    """Bitcoin stops at all three, and Binance had closed ETH a week before: one major is closed there, not two."""
    others = {exchange.id: exchange for exchange in (OKX, Exchange("htx", "HTX", "htx", frozenset()))}
    upgrade = closings("BTC/BITCOIN")
    changes = {"binance": [*closings("ETH/ETHEREUM", at=DAWN - 7 * DAY), *upgrade], **dict.fromkeys(others, upgrade)}

    alerts = []
    for exchanges in ([BINANCE], [BINANCE, *others.values()]):
        simulation = Simulation(exchanges, withdrawal_changes=changes)
        calm = [days(9, 9.01, 9, exchange=other) for other in exchanges[1:]]
        alerts.append(reasons(alerts_of(simulation, days(60.1, 57.5, 55), *calm)))

    assert [severity for _, _, severity in alerts[0]] == [Severity.ELEVATED, Severity.CRITICAL]
    assert [severity for _, _, severity in alerts[1]] == [Severity.ELEVATED]


def test_a_hold_is_announced_once_as_long_as_it_lasts() -> None:
    whole = days(60, 60.1, 60, 60.1, 60, 60.1)
    for place in (-5, -4, -2):
        held = {slot: amounts for slot, amounts in whole[place].holdings.items() if slot.chain != "Tron"}
        whole[place] = Reading("binance", "defillama", whole[place].as_of, whole[place].as_of, held)

    alerts = alerts_of(Simulation([BINANCE]), whole)

    of_holds = [alert for alert in alerts if alert.incident is None]
    assert [(alert.at, alert.reason) for alert in of_holds] == [
        (DAWN - 4 * DAY, StepReason.HELD),
        (DAWN - DAY, StepReason.HELD),
    ]
    # The first of the gaps lasts for two readings, and is said.
    assert [(alert.at, alert.reason, alert.signal.rule) for alert in alerts if alert.incident] == [
        (DAWN - 3 * DAY, StepReason.OPENED, Rule.DATA),
        (DAWN - 2 * DAY, StepReason.RESOLVED, Rule.DATA),
    ]
    assert {hold.reason for hold in alerts[0].signal.holds} == {HoldReason.CHAIN_MISSING}
    assert alerts[0].flow
    assert alerts[0].flow.hold


def test_a_hold_while_an_incident_is_open_is_told_of_it() -> None:
    whole = days(60.1, 57, 54, 51)
    whole.append(reading({"Bitcoin/BTC": (1e6, 20_000.0)}, at=DAWN + DAY))

    alerts = alerts_of(Simulation([BINANCE]), whole)

    assert alerts[-1].reason is StepReason.HELD
    assert alerts[-1].incident
    assert alerts[-1].incident.label == "INC-1"
    assert alerts[-1].flow
    assert alerts[-1].flow.hold in alerts[-1].signal.holds


def test_what_is_market_wide_is_told_first_and_over_once_it_is() -> None:
    three = [Exchange(id_, id_) for id_ in ("a", "b", "c")]
    calm = [19.2 if day % 2 else 19.21 for day in range(20)]
    simulation = Simulation(three)

    alerts = alerts_of(simulation, *(days(20.1, 19.2, *calm, exchange=exchange) for exchange in three))
    of_the_market = [alert for alert in alerts if alert.exchange == "market"]

    assert [alert.reason for alert in of_the_market] == [StepReason.OPENED, StepReason.RESOLVED]
    assert alerts[0] is of_the_market[0]
    singles = [alert for alert in alerts if alert.reason is StepReason.OPENED and alert.exchange != "market"]
    assert [single.inhibited_by and single.inhibited_by.label for single in singles] == ["INC-4"] * 3
    assert {incident.state for incident in simulation.incidents()} == {IncidentState.RESOLVED}


class OutflowWithJump(Outflow):
    """The outflow, with a step of Binance's that its figures leave out from one day on."""

    def __init__(self, at: datetime) -> None:
        self._jump = Jump("BTC", at, -3e9, -0.05, JumpReason.ALONE, Verdict.NOT_COUNTED, ())

    @override
    def signal(self, state: OutflowState, subject: str, now: datetime) -> Signal | None:
        found = super().signal(state, subject, now)
        return replace(found, jumps=(self._jump,)) if found and now >= self._jump.at else found


@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_a_step_that_is_left_out_is_said_under_every_preset(sensitivity: Sensitivity) -> None:
    simulation = Simulation([BINANCE], sensitivity=sensitivity, sources=[OutflowWithJump(DAWN - 4 * DAY)])

    opened, over = alerts_of(simulation, days(60, 60.1, 60, 60.1, 60, 60.1))

    assert [(alert.at, alert.reason) for alert in (opened, over)] == [
        (DAWN - 4 * DAY, StepReason.OPENED),
        (DAWN - DAY, StepReason.RESOLVED),
    ]
    assert opened.incident
    record = json.loads(json_line(opened))
    assert (record["rule"], record["incident"], record["severity"]) == ("data", "INC-1", "watch")
    assert record["reasons"] == ["−5.0 % of clean reserves in one step, told from 3.0 % on"]
    # It is no alarm, and /rehearse counts what the thresholds of a preset open.
    assert simulation.incidents() == []
    assert alarms([opened, over], Severity.WATCH, DAWN) == []
