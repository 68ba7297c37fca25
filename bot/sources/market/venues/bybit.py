"""Bybit's tickers: all its spot markets at once. Errors come with HTTP 200 and a code.

https://bybit-exchange.github.io/docs/v5/market/tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of, refuse


class _BybitRow(msgspec.Struct, rename="camel"):
    symbol: object
    bid1_price: object = msgspec.field(default=None, name="bid1Price")
    ask1_price: object = msgspec.field(default=None, name="ask1Price")
    volume24h: object = None


class _BybitRows(msgspec.Struct):
    rows: list[_BybitRow] = msgspec.field(default_factory=list, name="list")


class _BybitTickers(msgspec.Struct, rename="camel"):
    ret_code: int
    ret_msg: object = None
    result: msgspec.Raw = msgspec.Raw(b"{}")


_ANSWER = msgspec.json.Decoder(_BybitTickers)
_ROWS = msgspec.json.Decoder(_BybitRows)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ANSWER.decode(body)
    if told.ret_code != 0:
        raise refuse(told.ret_msg)
    for row in _ROWS.decode(told.result).rows:
        yield VenueTicker(row.symbol, row.bid1_price, row.ask1_price, volume=row.volume24h)


BYBIT_VENUE = VenueAdapter(
    exchange="bybit",
    name="Bybit",
    setting="bybit_url",
    base="https://api.bybit.com",
    markets=markets_of("USDT", {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "USDC": "USDCUSDT"}),
    parse=_parse,
    path="/v5/market/tickers?category=spot",
)
