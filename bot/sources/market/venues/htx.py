"""HTX's tickers: all its markets at once, as numbers. Errors come with HTTP 200 and a status.

https://huobiapi.github.io/docs/spot/v1/en/#get-latest-tickers-for-all-pairs
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of, refuse


class _HtxRow(msgspec.Struct):
    symbol: object
    bid: object = None
    ask: object = None
    amount: object = None


class _HtxRows(msgspec.Struct):
    status: str
    data: list[_HtxRow] = []
    ts: object = None
    error: object = msgspec.field(default=None, name="err-msg")


_ROWS = msgspec.json.Decoder(_HtxRows)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ROWS.decode(body)
    if told.status != "ok":
        raise refuse(told.error)
    for row in told.data:
        yield VenueTicker(row.symbol, row.bid, row.ask, volume=row.amount, at=from_ms(told.ts))


HTX_VENUE = VenueAdapter(
    exchange="htx",
    name="HTX",
    setting="htx_url",
    base="https://api.huobi.pro",
    markets=markets_of("USDT", {"BTC": "btcusdt", "ETH": "ethusdt", "USDC": "usdcusdt"}),
    parse=_parse,
    path="/market/tickers",
)
