"""Coinbase Exchange's tickers of its dollar markets, each a request of its own: there is no list.

It says when the last trade was. USDC is a dollar by rule there, and is not asked for.
https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductticker
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of


class _CoinbaseProduct(msgspec.Struct):
    time: datetime
    bid: object = None
    ask: object = None
    volume: object = None


_PRODUCT = msgspec.json.Decoder(_CoinbaseProduct)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    row = _PRODUCT.decode(body)
    at = row.time if row.time.tzinfo else row.time.replace(tzinfo=UTC)
    yield VenueTicker("", row.bid, row.ask, volume=row.volume, at=at)


COINBASE_VENUE = VenueAdapter(
    exchange="coinbase",
    name="Coinbase",
    setting="coinbase_url",
    base="https://api.exchange.coinbase.com",
    markets=markets_of("USD", {"BTC": "BTC-USD", "ETH": "ETH-USD", "USDT": "USDT-USD"}),
    parse=_parse,
    single="/products/{}/ticker",
)
