"""MEXC's tickers: all its markets at once, in Binance's format. Volumes may be null or empty, which says nothing.

https://mexcdevelop.github.io/apidocs/spot_v3_en/#24hr-ticker-price-change-statistics
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of


class _MexcRow(msgspec.Struct, rename="camel"):
    symbol: object
    bid_price: object = None
    ask_price: object = None
    volume: object = None


_ROWS = msgspec.json.Decoder(list[_MexcRow] | _MexcRow)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ROWS.decode(body)
    for row in told if isinstance(told, list) else [told]:
        yield VenueTicker(row.symbol, row.bid_price, row.ask_price, volume=row.volume)


MEXC_VENUE = VenueAdapter(
    exchange="mexc",
    name="MEXC",
    setting="mexc_url",
    base="https://api.mexc.com",
    markets=markets_of("USDT", {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "USDC": "USDCUSDT"}),
    parse=_parse,
    path="/api/v3/ticker/24hr",
)
