"""Everything known of one exchange at one time, for answering commands and for judging.

Example: Binance at 12:05, its reading of 12:00, the signal of it, 90 daily points, and a source that answers.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.domain.signal import Signal
from bot.domain.value_object import value_object


@value_object
class DailyPoint:
    """The first reading of a UTC day: reserves without own tokens in USD, and the net flow since the day before.

    `share` is that net flow as a share of reserves (−0.01: 1 % left), None where the two days cannot be compared. A day
    whose reading lacked a part is not complete: its `reserves_usd` are no total.
    """

    day: datetime
    reserves_usd: float
    share: float | None = None
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class IncidentSpan:
    """When an incident of elevated or worse began, with its first reading, and ended; `end` is None while it is open.

    Days within it are left out of the baseline, for they are not normal days.
    """

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A part of the reserves that the source does not tell: a chain ("Tron"), or an asset on one ("ETH on Ethereum").

    `usd` is what it was worth when it was last read, just before `since`.
    """

    name: str
    usd: float
    since: datetime


@dataclass(frozen=True, slots=True)
class ExchangeSnapshot:
    """What is known of one exchange; everything but the exchange itself may be absent.

    `days` goes back up to 90 days, oldest first. `health` is how the exchange's own source is doing. `seen_at` is the
    time that the signal is judged at: now, or for a reading that was missed the reading's own time.

    Where the newest reading lacks a part of the reserves, `missing` names it and `last_complete` is the newest reading
    that had everything: a total is shown from that one, for the newest would look like an outflow.
    """

    exchange: Exchange
    listing: Listing | None = None
    reading: Reading | None = None
    signal: Signal | None = None
    days: tuple[DailyPoint, ...] = ()
    health: SourceHealth | None = None
    seen_at: datetime | None = None
    missing: tuple[MissingPart, ...] = ()
    last_complete: Reading | None = None

    @property
    def shown_reading(self) -> Reading | None:
        """Return the reading that totals are shown from: the newest one that had everything, where it is known."""
        return self.last_complete if self.missing and self.last_complete else self.reading
