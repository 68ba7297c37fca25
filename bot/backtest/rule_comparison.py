"""Our rule and naive ones over the same history: what each found, how late, and how many alarms were false.

Example: 40 days of an exchange with one known run. Ours found 1 of 1 at once with no false alarm; "fixed $10 M out in
24 h" found it too, with 31 false alarms: 283 per exchange-year.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.backtest.naive_rules import NAIVE, NaiveRuleRunner
from bot.backtest.scores import Alarm, KnownEvent, Score, daily, score
from bot.backtest.simulation import SimulatedAlert
from bot.domain.exchange import Exchange
from bot.domain.incident import IncidentState
from bot.domain.reading import Reading
from bot.domain.severity import Severity
from bot.domain.signal import Rule

OURS = {
    Severity.ELEVATED: "Runwatch, elevated and worse",
    Severity.WATCH: "Runwatch, watch and worse",
}


class RuleComparison:
    """Collects when the naive rules are true, and scores them beside our own alerts.

    Readings before `since` only fill the rules' windows.
    """

    def __init__(self, exchanges: Iterable[Exchange], *, since: datetime | None = None) -> None:
        self._runners = {exchange.id: NaiveRuleRunner(exchange) for exchange in exchanges}
        self._since = since
        self._moments: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)

    def add_round(self, readings: Iterable[Reading]) -> None:
        """Apply the naive rules to the readings of one round."""
        for reading in readings:
            for rule in self._runners[reading.exchange].rules_met(reading):
                if self._since is None or reading.as_of >= self._since:
                    self._moments[rule, reading.exchange].append(reading.as_of)

    def scores(
        self, alerts: Sequence[SimulatedAlert], events: Sequence[KnownEvent] | None, *, end: datetime, years: float
    ) -> list[Score]:
        """Return how every rule did, ours first.

        Where nobody says what happened (`events` None), an event is what our own rule calls elevated or worse.
        """
        known_events = assumed_events(alerts, end) if events is None else events
        ours = [
            score(name, alarms(alerts, min_severity, end), known_events, years) for min_severity, name in OURS.items()
        ]
        return [*ours, *(score(name, list(self.naive_alarms(name)), known_events, years) for name, _ in NAIVE)]

    def naive_alarms(self, rule: str) -> Iterator[Alarm]:
        """Yield the alarms of one naive rule."""
        for (name, exchange), moments in self._moments.items():
            if name == rule:
                yield from daily(exchange, moments)


def alarms(alerts: Iterable[SimulatedAlert], min_severity: Severity, end: datetime) -> list[Alarm]:
    """Return our incidents from when they were first announced as this severe until they resolved, or until `end`.

    A market-wide one is left out: the incidents that it is about are counted already. So are data notices, which say
    that figures are in doubt and not that money leaves.
    """
    alarm_of: dict[int, Alarm] = {}
    for alert in alerts:
        incident = alert.incident
        if incident is None or incident.rule in {Rule.MARKET_WIDE, Rule.DATA}:
            continue
        alarm = alarm_of.get(incident.number)
        if alarm is None and incident.severity.rank >= min_severity.rank:
            alarm = alarm_of[incident.number] = Alarm(alert.exchange, alert.at, end)
        if alarm and incident.state is IncidentState.RESOLVED:
            alarm_of[incident.number] = Alarm(alarm.exchange, alarm.start, alert.at)
    return list(alarm_of.values())


def assumed_events(alerts: Iterable[SimulatedAlert], end: datetime) -> list[KnownEvent]:
    """Return what our own rule calls elevated or worse, as the events where nobody wrote down what happened."""
    return [KnownEvent(alarm.exchange, alarm.start, alarm.end) for alarm in alarms(alerts, Severity.ELEVATED, end)]
