from dataclasses import replace
from datetime import timedelta

from bot.backtest.rule_comparison import OURS, RuleComparison, alarms
from bot.backtest.scores import Alarm, KnownEvent
from bot.backtest.simulation import SimulatedAlert
from bot.domain.incident import IncidentState, StepReason
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from tests.builders import BINANCE, DAY, NOON, holding, incident, signal


def alert_of(severity: Severity, after: timedelta, *, number: int = 1, over: bool = False) -> SimulatedAlert:
    state = IncidentState.RESOLVED if over else IncidentState.OPEN
    about = incident(severity, number=number, state=state)
    return SimulatedAlert(NOON + after, "binance", StepReason.OPENED, signal(), about)


STORY = [
    alert_of(Severity.WATCH, timedelta(0)),
    alert_of(Severity.ELEVATED, DAY),
    alert_of(Severity.SEVERE, 2 * DAY),
    alert_of(Severity.WATCH, 9 * DAY, over=True),
    alert_of(Severity.WATCH, 20 * DAY, number=2),
]
END = NOON + 30 * DAY


def test_an_alarm_lasts_from_its_first_alert_to_the_end() -> None:
    assert alarms(STORY, Severity.WATCH, END) == [
        Alarm("binance", NOON, NOON + 9 * DAY),
        Alarm("binance", NOON + 20 * DAY, END),
    ]
    assert alarms(STORY, Severity.ELEVATED, END) == [Alarm("binance", NOON + DAY, NOON + 9 * DAY)]


def test_what_is_held_or_market_wide_is_no_alarm_of_an_exchange() -> None:
    market = replace(incident(), subject="market", rule=Rule.MARKET_WIDE)
    held = SimulatedAlert(NOON, "binance", StepReason.HELD, signal())

    assert (
        alarms([held, SimulatedAlert(NOON, "market", StepReason.OPENED, signal(), market)], Severity.WATCH, END) == []
    )


def test_known_events_judge_all_rules_alike() -> None:
    comparison = RuleComparison([BINANCE])
    for age in (3, 2, 1, 0):
        comparison.add_round([holding(60 if age else 50, at=NOON - age * DAY)])

    found = comparison.scores(STORY, [KnownEvent("binance", NOON, NOON + 5 * DAY)], end=END, years=1.0)

    assert [score.rule for score in found[:2]] == list(OURS.values())
    assert [(score.found, score.false_alarms) for score in found] == [(1, 0), (1, 1), (1, 0), (1, 0), (0, 0), (1, 0)]


def test_without_known_events_ours_at_elevated_are_the_events() -> None:
    elevated, watch, *_ = RuleComparison([BINANCE]).scores(STORY, None, end=END, years=1.0)

    assert (elevated.found, elevated.events, elevated.false_alarms) == (1, 1, 0)
    assert watch.false_alarms == 1


def test_what_is_earlier_only_teaches() -> None:
    comparison = RuleComparison([BINANCE], since=NOON)
    for age, billions in ((2, 60), (1, 40), (0, 40)):
        comparison.add_round([holding(billions, at=NOON - age * DAY)])

    assert [score.false_alarms for score in comparison.scores([], [], end=END, years=1.0)] == [0] * 6
