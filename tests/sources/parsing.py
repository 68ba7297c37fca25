"""Bodies of the upstream read in one go; the product reads the same parts in slices, and off the event loop."""

from datetime import datetime

from bot.domain.exchange import Listing
from bot.domain.reading import Reading
from bot.sources.defillama import NAME
from bot.sources.defillama.decode_process import ReadingFactory
from bot.sources.defillama.protocol import ProtocolExtract
from bot.sources.defillama.source import listing_rows, usable_listings


def parse_listings(body: bytes, fetched_at: datetime) -> tuple[Listing, ...]:
    """Return the rows of a `/cexs` body in its order, the first of each exchange; raise SourceError."""
    return usable_listings([*listing_rows(body, fetched_at)])


def parse_protocol(
    body: bytes, exchange: str, *, since: datetime | None = None, fetched_at: datetime
) -> tuple[Reading, ...]:
    """Return the points of a `/protocol/{slug}` body from `since` on (None: all), oldest first; raise SourceError.

    `exchange` is our id. What counts as held is said in `bot.sources.defillama.protocol`.
    """
    extract = ProtocolExtract([body], since=since.timestamp() if since else 0.0)
    return tuple(ReadingFactory(exchange, NAME, fetched_at).readings(extract))
