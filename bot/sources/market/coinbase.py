"""Coinbase Exchange's ticker of USDT. USDC cannot be watched there: it is a dollar by rule.

It says when the last trade was, so that a market which has stopped has a price of that time.
https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductticker
"""

from datetime import UTC, datetime

import msgspec

from bot.sources.market.tickers import Book, Market, TickerAdapter


class _CoinbaseTicker(msgspec.Struct):
    bid: str
    ask: str
    time: datetime


_TICKER = msgspec.json.Decoder(_CoinbaseTicker)


def _parse(body: bytes) -> Book:
    ticker = _TICKER.decode(body)
    at = ticker.time if ticker.time.tzinfo else ticker.time.replace(tzinfo=UTC)
    return Book(float(ticker.bid), float(ticker.ask), at)


COINBASE_TICKERS = TickerAdapter(
    exchange="coinbase",
    name="Coinbase",
    setting="coinbase_url",
    base="https://api.exchange.coinbase.com",
    markets=(Market("USDT", "/products/USDT-USD/ticker"),),
    parse=_parse,
)
