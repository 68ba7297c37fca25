"""How a rule did on a history: which events it found, how late, and how many of its alarms were false.

Example: a run lasts from 6 to 11 November. An alarm of 5 November is about it and found it without delay, one of 8
November found it after 2 days, one of 12 November is about it but came too late to find it, and one of 20 November is
false.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

LEAD = timedelta(days=1)
"""An alarm this long before an event is about it: nobody knows to the hour when a run began."""
LAG = timedelta(days=3)
"""An alarm that begins this long after the end of an event is still about it. It has found the event only if it began
within this time of the start: an alarm that comes later is of no use to anybody."""
YEAR = timedelta(days=365.25)


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event that a good rule finds: customers leaving one exchange, from `start` to `end`."""

    exchange: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """A span over which a rule was true at one exchange."""

    exchange: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a rule: `found` of `events` within three days, and after how long (median; None: none found).

    `false_alarms` touch no event; `years` are exchange-years that were judged.
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
    """Return how a rule's alarms fit the events; `years` are exchange-years."""
    delays = [delay for event in events if (delay := _delay(event, alarms)) is not None]
    false_alarms = sum(not any(_is_about(alarm, event) for event in events) for alarm in alarms)
    return Score(rule, len(delays), len(events), _median_delay(delays), false_alarms, years)


def daily(exchange: str, moments: Iterable[datetime]) -> list[Alarm]:
    """Return the alarms of a rule that was true at these moments, one for each UTC day: it knows no incidents."""
    first: dict[date, datetime] = {}
    for at in sorted(moments):
        first.setdefault(at.date(), at)
    return [Alarm(exchange, at, at) for at in first.values()]


def exchange_years(spans: Mapping[str, tuple[datetime, datetime]]) -> float:
    """Return how many years were judged, exchanges added up, from the first and the last reading of each."""
    return sum((last - first) / YEAR for first, last in spans.values())


def _delay(event: KnownEvent, alarms: Iterable[Alarm]) -> timedelta | None:
    """Return how long after its start an event was found: nothing for an alarm that was on already."""
    delays = [
        max(alarm.start - event.start, timedelta(0))
        for alarm in alarms
        if _is_about(alarm, event) and alarm.start <= event.start + LAG
    ]
    return min(delays, default=None)


def _median_delay(delays: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(delay.total_seconds() for delay in delays)) if delays else None


def _is_about(alarm: Alarm, event: KnownEvent) -> bool:
    return alarm.exchange == event.exchange and alarm.end >= event.start - LEAD and alarm.start <= event.end + LAG
