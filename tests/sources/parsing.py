"""Bodies of the upstream read in one go; the product reads the same parts in slices, and off the event loop."""

from datetime import datetime

from bot.domain.exchange import Listing
from bot.domain.reading import Reading
from bot.sources.apart import Making
from bot.sources.defillama import NAME, listing_rows, usable_listings
from bot.sources.protocol import Extract


def parse_listings(body: bytes, fetched_at: datetime) -> tuple[Listing, ...]:
    """Return the rows of a `/cexs` body in its order, the first of each exchange; raise SourceError."""
    return usable_listings([*listing_rows(body, fetched_at)])


def parse_protocol(
    body: bytes, exchange: str, *, since: datetime | None = None, fetched_at: datetime
) -> tuple[Reading, ...]:
    """Return the points of a `/protocol/{slug}` body from `since` on (None: all), oldest first; raise SourceError.

    `exchange` is our id. What counts as held is said in `bot.sources.protocol`.
    """
    extract = Extract([body], since=since.timestamp() if since else 0.0)
    return tuple(Making(exchange, NAME, fetched_at).readings(extract))
