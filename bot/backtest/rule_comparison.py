"""Our rule and naive ones over the same past: what each found, how late, and how often it cried wolf."""

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
    """Gathers what was told and what naive rules would have said, and scores both.

    Readings before `since` only teach.
    """

    def __init__(self, exchanges: Iterable[Exchange], *, since: datetime | None = None) -> None:
        self._onlookers = {exchange.id: NaiveRuleRunner(exchange) for exchange in exchanges}
        self._since = since
        self._moments: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)

    def judge(self, readings: Iterable[Reading]) -> None:
        """Ask the naive rules about one round."""
        for reading in readings:
            for rule in self._onlookers[reading.exchange].rules_met(reading):
                if self._since is None or reading.as_of >= self._since:
                    self._moments[rule, reading.exchange].append(reading.as_of)

    def scores(
        self, tellings: Sequence[SimulatedAlert], events: Sequence[KnownEvent] | None, *, end: datetime, years: float
    ) -> list[Score]:
        """Return how every rule did, ours first.

        Where nobody says what happened (`events` None), an event is what our own rule calls elevated or worse.
        """
        found = assumed_events(tellings, end) if events is None else events
        ours = [score(name, alarms(tellings, least, end), found, years) for least, name in OURS.items()]
        return [*ours, *(score(name, list(self.naive_alarms(name)), found, years) for name, _ in NAIVE)]

    def naive_alarms(self, rule: str) -> Iterator[Alarm]:
        """Yield the alarms of one naive rule."""
        for (name, exchange), moments in self._moments.items():
            if name == rule:
                yield from daily(exchange, moments)


def alarms(tellings: Iterable[SimulatedAlert], least: Severity, end: datetime) -> list[Alarm]:
    """Return our incidents from when they were first told to be this severe until they resolved, or the end.

    A market-wide one tells of incidents that are counted already.
    """
    begun: dict[int, Alarm] = {}
    for telling in tellings:
        incident = telling.incident
        if incident is None or incident.rule == Rule.MARKET_WIDE:
            continue
        known = begun.get(incident.number)
        if known is None and incident.severity.rank >= least.rank:
            known = begun[incident.number] = Alarm(telling.exchange, telling.at, end)
        if known and incident.state is IncidentState.RESOLVED:
            begun[incident.number] = Alarm(known.exchange, known.start, telling.at)
    return list(begun.values())


def assumed_events(tellings: Iterable[SimulatedAlert], end: datetime) -> list[KnownEvent]:
    """Return what our own rule calls elevated or worse, as the events of a past that nobody has described."""
    return [KnownEvent(alarm.exchange, alarm.start, alarm.end) for alarm in alarms(tellings, Severity.ELEVATED, end)]
