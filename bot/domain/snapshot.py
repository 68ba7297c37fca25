"""Everything known of one exchange at one time, put together for answering."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.domain.signal import Signal


@dataclass(frozen=True, slots=True)
class DailyPoint:
    """The first reading of a UTC day: clean reserves in USD, and the share that moved since the day before.

    `share` is None where the two days cannot be compared.
    """

    day: datetime
    reserves_usd: float
    share: float | None = None


@dataclass(frozen=True, slots=True)
class IncidentSpan:
    """The time of an incident of elevated or worse, from its first reading to its end; `end` None: it lasts."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExchangeSnapshot:
    """What is known of one exchange. Everything but the exchange may be absent: unknown is said, never guessed.

    `days` goes back up to 90 days, oldest first. `health` is how the exchange's own source is doing. `at` is the moment
    of the look: a reading that was missed is looked at as of its own time.
    """

    exchange: Exchange
    listing: Listing | None = None
    reading: Reading | None = None
    signal: Signal | None = None
    days: tuple[DailyPoint, ...] = ()
    health: SourceHealth | None = None
    seen_at: datetime | None = None
