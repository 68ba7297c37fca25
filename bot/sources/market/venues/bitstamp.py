"""Bitstamp's tickers: all its markets at once; times are seconds as text.

https://www.bitstamp.net/api/#tag/Tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of


class _BitstampRow(msgspec.Struct):
    pair: object = None
    bid: object = None
    ask: object = None
    volume: object = None
    timestamp: object = None


_ROWS = msgspec.json.Decoder(list[_BitstampRow])


def _parse(body: bytes) -> Iterator[VenueTicker]:
    for row in _ROWS.decode(body):
        at = from_ms(f"{row.timestamp}000") if isinstance(row.timestamp, str) else None
        yield VenueTicker(row.pair, row.bid, row.ask, volume=row.volume, at=at)


BITSTAMP_VENUE = VenueAdapter(
    exchange="bitstamp",
    name="Bitstamp",
    setting="bitstamp_url",
    base="https://www.bitstamp.net",
    markets=markets_of("USD", {"BTC": "BTC/USD", "ETH": "ETH/USD", "USDT": "USDT/USD"}),
    parse=_parse,
    path="/api/v2/ticker/",
)
