"""How a rule did on a past: which events it found, how late, and how often it cried wolf."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

LEAD = timedelta(days=1)
"""An alarm this long before an event is about it."""
LAG = timedelta(days=3)
"""An alarm this long after an event is still about it, but one that comes so late has not found it."""
YEAR = timedelta(days=365.25)


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event that a good rule finds: customers leaving one exchange, from `start` to `end`."""

    exchange: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stretch over which a rule was on at one exchange."""

    exchange: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a rule: `found` of `events` within three days, and after how long (median; None: none found).

    `false_alarms` touch no event; `years` are exchange-years looked at.
    """

    rule: str
    found: int
    events: int
    delay: timedelta | None
    false_alarms: int
    years: float

    @property
    def false_alarms_a_year(self) -> float:
        """Return false alarms per exchange and year."""
        return self.false_alarms / self.years if self.years > 0 else 0.0


def score(rule: str, alarms: Sequence[Alarm], events: Sequence[KnownEvent], years: float) -> Score:
    """Return how a rule's alarms fit the events."""
    delays = [delay for event in events if (delay := _delay(event, alarms)) is not None]
    false = sum(not any(_is_about(alarm, event) for event in events) for alarm in alarms)
    return Score(rule, len(delays), len(events), _median_delay(delays), false, years)


def daily(exchange: str, moments: Iterable[datetime]) -> list[Alarm]:
    """Return the alarms of a rule that was true at these moments: a rule without a life tells once a UTC day."""
    first: dict[date, datetime] = {}
    for at in sorted(moments):
        first.setdefault(at.date(), at)
    return [Alarm(exchange, at, at) for at in first.values()]


def exchange_years(spans: Mapping[str, tuple[datetime, datetime]]) -> float:
    """Return how many years were looked at, exchanges added up, from the first and the last reading of each."""
    return sum((last - first) / YEAR for first, last in spans.values())


def _delay(event: KnownEvent, alarms: Iterable[Alarm]) -> timedelta | None:
    """Return how long after its start an event was found: nothing for an alarm that was on already."""
    found = [
        max(alarm.start - event.start, timedelta(0))
        for alarm in alarms
        if _is_about(alarm, event) and alarm.start <= event.start + LAG
    ]
    return min(found, default=None)


def _median_delay(delays: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(delay.total_seconds() for delay in delays)) if delays else None


def _is_about(alarm: Alarm, event: KnownEvent) -> bool:
    return alarm.exchange == event.exchange and alarm.end >= event.start - LEAD and alarm.start <= event.end + LAG
