"""Binance's tickers of the coins that are traded for USDT there: it has no dollar market.

A price is so many USDT, and becomes dollars by what USDT costs elsewhere. The answer has the end of its window and no
time of a trade. https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

import msgspec

from bot.sources.market.tickers import Book, Market, TickerAdapter


class _BinanceTicker(msgspec.Struct, rename="camel"):
    bid_price: str
    ask_price: str


_TICKER = msgspec.json.Decoder(_BinanceTicker)
# The market of USDe is named by press reports of October 2025, the others were seen in files of prices of 2025.
_TRADED = {"USDC": "USDC", "FDUSD": "FDUSD", "USDe": "USDE", "USD1": "USD1", "TUSD": "TUSD"}


def _parse(body: bytes) -> Book:
    ticker = _TICKER.decode(body)
    return Book(float(ticker.bid_price), float(ticker.ask_price))


BINANCE_TICKERS = TickerAdapter(
    exchange="binance",
    name="Binance",
    setting="binance_url",
    base="https://api.binance.com",
    markets=tuple(
        Market(asset, f"/api/v3/ticker/24hr?symbol={symbol}USDT", paid_in="USDT") for asset, symbol in _TRADED.items()
    ),
    parse=_parse,
)
