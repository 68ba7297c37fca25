"""KuCoin's tickers: all its markets at once, and one time for all. Errors come with HTTP 200 and a code.

Its documentation calls `buy` the ask and `sell` the bid; the numbers say the reverse.
https://www.kucoin.com/docs/rest/spot-trading/market-data/get-all-tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of, refuse


class _KucoinRow(msgspec.Struct):
    symbol: object
    buy: object = None
    sell: object = None
    vol: object = None


class _KucoinRows(msgspec.Struct):
    ticker: list[_KucoinRow]
    time: object = None


class _KucoinAnswer(msgspec.Struct):
    code: str
    data: _KucoinRows | None = None
    msg: object = None


_ANSWER = msgspec.json.Decoder(_KucoinAnswer)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ANSWER.decode(body)
    if told.code != "200000" or told.data is None:
        raise refuse(told.msg)
    for row in told.data.ticker:
        yield VenueTicker(row.symbol, row.buy, row.sell, volume=row.vol, at=from_ms(told.data.time))


KUCOIN_VENUE = VenueAdapter(
    exchange="kucoin",
    name="KuCoin",
    setting="kucoin_url",
    base="https://api.kucoin.com",
    markets=markets_of("USDT", {"BTC": "BTC-USDT", "ETH": "ETH-USDT", "USDC": "USDC-USDT"}),
    parse=_parse,
    path="/api/v1/market/allTickers",
)
