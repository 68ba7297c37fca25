"""Bitget's tickers: all its spot markets at once. Errors have a code other than 00000.

https://www.bitget.com/api-doc/spot/market/Get-Tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of, refuse


class _BitgetRow(msgspec.Struct, rename="camel"):
    symbol: object
    bid_pr: object = None
    ask_pr: object = None
    base_volume: object = None
    ts: object = None


class _BitgetRows(msgspec.Struct):
    code: str
    data: list[_BitgetRow] | None = None
    msg: object = None


_ROWS = msgspec.json.Decoder(_BitgetRows)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ROWS.decode(body)
    if told.code != "00000":
        raise refuse(told.msg)
    for row in told.data or ():
        yield VenueTicker(row.symbol, row.bid_pr, row.ask_pr, volume=row.base_volume, at=from_ms(row.ts))


BITGET_VENUE = VenueAdapter(
    exchange="bitget",
    name="Bitget",
    setting="bitget_url",
    base="https://api.bitget.com",
    markets=markets_of("USDT", {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "USDC": "USDCUSDT"}),
    parse=_parse,
    path="/api/v2/spot/market/tickers",
)
