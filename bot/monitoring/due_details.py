"""Which exchanges' detail bodies are due: often while something moves, seldom while all is calm. Pure.

Example with an interval of one hour: a calm exchange is due after 6 h, one whose row shows −0.6 % in 24 h or that has
an open incident after 1 h. One that begins to move is due at once. One whose newest reading was four hours old when it
came is due after 1 h too, once the list has another total for it: its source goes on. After a failure it is due after
2, 4, 8, 16 and 32 min, then every hour.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.detection.guards.staleness import MAX_AGE
from bot.domain.exchange import Listing
from bot.domain.flow import Window

MOVING_INFLOW_SHARE = 0.005
"""Of the reserves in 24 h, by the list's own figure: a third of where watch begins, as that figure misses much."""
MOVING_TOTAL_SHARE = 0.02
"""Of the total in USD, since the last fetch. Prices move it too, so it is larger."""
CALM_FACTOR = 6
"""Intervals between two bodies of a calm exchange: bodies are large, and the list shows what begins to move."""
_FIRST_RETRY_AFTER = timedelta(minutes=2)  # doubled after each failure, up to the interval


@dataclass(frozen=True, slots=True)
class LastFetch:
    """The last try to fetch an exchange's detail body, and the list's row at that time.

    `failures` counts the tries in a row that brought nothing, `newest_at` is the time of the newest reading it brought.
    """

    at: datetime
    listing: Listing
    failures: int = 0
    newest_at: datetime | None = None

    @property
    def was_stale(self) -> bool:
        """Return whether what came was too old to be judged."""
        return self.newest_at is not None and self.at - self.newest_at > MAX_AGE


@dataclass(frozen=True, slots=True)
class DetailPriorities:
    """The ids of exchanges with an open incident, and of those somebody subscribed to by name."""

    incidents: Collection[str] = ()
    subscribed: Collection[str] = ()


def due(
    listings: Iterable[Listing],
    fetched: Mapping[str, LastFetch],
    now: datetime,
    *,
    interval: timedelta,
    priorities: DetailPriorities,
) -> list[Listing]:
    """Return the exchanges to fetch now: those with incidents, then subscribed ones, then the largest.

    An exchange without a slug has no detail body and is never due.
    """
    due_listings = [
        listing
        for listing in listings
        if listing.exchange.slug and _is_due(listing, fetched, now, interval, priorities)
    ]

    def order(listing: Listing) -> tuple[bool, bool, float]:
        id_ = listing.exchange.id
        return id_ not in priorities.incidents, id_ not in priorities.subscribed, -(listing.total_usd or 0.0)

    return sorted(due_listings, key=order)


def is_moving(row: Listing, before: Listing) -> bool:
    """Return whether the list shows something moving since an earlier row.

    That is: an inflow share beyond ±0.5 %, the total changed by 2 %, or fields that appeared or vanished.
    """
    if _fields(row) != _fields(before):
        return True
    base = row.clean_usd or row.total_usd
    if base and row.inflow_24h_usd is not None and abs(row.inflow_24h_usd) / base > MOVING_INFLOW_SHARE:
        return True
    if not row.total_usd or not before.total_usd:
        return False
    return abs(row.total_usd / before.total_usd - 1) > MOVING_TOTAL_SHARE


def _is_due(
    row: Listing, fetched: Mapping[str, LastFetch], now: datetime, interval: timedelta, priorities: DetailPriorities
) -> bool:
    last = fetched.get(row.exchange.id)
    if last is None:
        return True
    waited = now - last.at
    if waited < timedelta():  # the clock was set back: how long it was is not known any more
        return True
    if last.failures:
        # At most 2^10: the exponent must not grow as long as a source stays away.
        return waited >= min(interval, _FIRST_RETRY_AFTER * (1 << min(last.failures - 1, 10)))
    moving = is_moving(row, last.listing)
    # It did not move when it was fetched last, and does now: what may be a run does not wait for its interval.
    if moving and not is_moving(last.listing, last.listing):
        return True
    goes_on = last.was_stale and row.total_usd != last.listing.total_usd
    is_watched_closely = moving or goes_on or row.exchange.id in priorities.incidents
    return waited >= (interval if is_watched_closely else interval * CALM_FACTOR)


def _fields(row: Listing) -> tuple[bool, bool, Collection[Window]]:
    return row.total_usd is None, row.clean_usd is None, row.inflows_usd.keys()
