"""OKX's tickers: all its spot markets at once. Errors come with HTTP 200 and a code.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of, refuse


class _OkxRow(msgspec.Struct, rename="camel"):
    inst_id: object
    bid_px: object = None
    ask_px: object = None
    vol24h: object = None
    ts: object = None


class _OkxRows(msgspec.Struct):
    code: str
    data: list[_OkxRow] = []
    msg: object = None


_ROWS = msgspec.json.Decoder(_OkxRows)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    told = _ROWS.decode(body)
    if told.code != "0":
        raise refuse(told.msg)
    for row in told.data:
        yield VenueTicker(row.inst_id, row.bid_px, row.ask_px, volume=row.vol24h, at=from_ms(row.ts))


OKX_VENUE = VenueAdapter(
    exchange="okx",
    name="OKX",
    setting="okx_url",
    base="https://www.okx.com",
    markets=markets_of("USDT", {"BTC": "BTC-USDT", "ETH": "ETH-USDT", "USDC": "USDC-USDT"}),
    parse=_parse,
    path="/api/v5/market/tickers?instType=SPOT",
)
