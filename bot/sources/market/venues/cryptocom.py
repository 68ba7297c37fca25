"""Crypto.com's tickers: all its markets at once. `b` is the bid and `k` the ask; `a` is the last trade.

https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of, refuse


class _CryptocomRow(msgspec.Struct):
    symbol: object = msgspec.field(default=None, name="i")
    bid: object = msgspec.field(default=None, name="b")
    ask: object = msgspec.field(default=None, name="k")
    volume: object = msgspec.field(default=None, name="v")
    at: object = msgspec.field(default=None, name="t")


class _CryptocomRows(msgspec.Struct):
    data: list[_CryptocomRow]


class _CryptocomAnswer(msgspec.Struct):
    code: int
    result: _CryptocomRows | None = None
    message: object = None


_ANSWER = msgspec.json.Decoder(_CryptocomAnswer)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ANSWER.decode(body)
    if told.code != 0 or told.result is None:
        raise refuse(told.message)
    for row in told.result.data:
        yield VenueTicker(row.symbol, row.bid, row.ask, volume=row.volume, at=from_ms(row.at))


CRYPTOCOM_VENUE = VenueAdapter(
    exchange="crypto-com",
    name="Crypto.com",
    setting="cryptocom_url",
    base="https://api.crypto.com",
    markets=markets_of("USD", {"BTC": "BTC_USD", "ETH": "ETH_USD", "USDT": "USDT_USD"}),
    parse=_parse,
    path="/exchange/v1/public/get-tickers",
)
