"""Kraken's tickers of its dollar markets: one request for three, of which a wrong name refuses all.

It answers errors with HTTP 200, tells no time, and names markets otherwise than it is asked for them.
https://docs.kraken.com/api/docs/rest-api/get-ticker-information
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueMarket, VenueTicker, refuse


class _KrakenRow(msgspec.Struct):
    bids: object = msgspec.field(default=None, name="b")
    asks: object = msgspec.field(default=None, name="a")
    volumes: object = msgspec.field(default=None, name="v")


class _KrakenRows(msgspec.Struct):
    error: list[object]
    result: dict[str, _KrakenRow] = {}


_ROWS = msgspec.json.Decoder(_KrakenRows)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ROWS.decode(body)
    if told.error:
        raise refuse(told.error[0])
    for symbol, row in told.result.items():
        yield VenueTicker(symbol, _price(row.bids), _price(row.asks), volume=_day_volume(row.volumes))


def _price(level: object) -> object:
    """Return the price of a side of the book, an array of price and two sizes; None of any other array."""
    return level[0] if isinstance(level, list) and len(level) == 3 else None  # noqa: PLR2004


def _day_volume(volumes: object) -> object:
    """Return the volume of 24 h, which stands behind that of today."""
    return volumes[1] if isinstance(volumes, list) and len(volumes) == 2 else None  # noqa: PLR2004


KRAKEN_VENUE = VenueAdapter(
    exchange="kraken",
    name="Kraken",
    setting="kraken_url",
    base="https://api.kraken.com",
    markets=(
        VenueMarket("BTC", "USD", "XXBTZUSD", asked="XBTUSD"),
        VenueMarket("ETH", "USD", "XETHZUSD", asked="ETHUSD"),
        VenueMarket("USDT", "USD", "USDTZUSD", asked="USDTUSD"),
    ),
    parse=_parse,
    path="/0/public/Ticker?pair=XBTUSD,ETHUSD,USDTUSD",
    single="/0/public/Ticker?pair={}",
)
