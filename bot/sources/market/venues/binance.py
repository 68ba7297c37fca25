"""Binance's tickers: one request for a list of markets, of which a wrong name refuses all.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of


class _BinanceRow(msgspec.Struct, rename="camel"):
    symbol: object
    bid_price: object = None
    ask_price: object = None
    volume: object = None


_ROWS = msgspec.json.Decoder(list[_BinanceRow] | _BinanceRow)


def parse_binance(body: bytes) -> Iterator[VenueTicker]:
    """Yield the tickers of a list of markets, or of the one that was asked for."""
    told = _ROWS.decode(body)
    for row in told if isinstance(told, list) else [told]:
        yield VenueTicker(row.symbol, row.bid_price, row.ask_price, volume=row.volume)


BINANCE_VENUE = VenueAdapter(
    exchange="binance",
    name="Binance",
    setting="binance_url",
    base="https://api.binance.com",
    markets=markets_of("USDT", {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "USDC": "USDCUSDT"}),
    parse=parse_binance,
    path="/api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22,%22USDCUSDT%22%5D",
    single="/api/v3/ticker/24hr?symbol={}",
)
