"""Upbit's last trades in won, with their times: one request for three markets, of which a wrong name refuses all.

https://global-docs.upbit.com/reference/list-tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of


class _UpbitRow(msgspec.Struct):
    market: object
    trade_price: object = None
    trade_timestamp: object = None
    acc_trade_volume_24h: object = None


_ROWS = msgspec.json.Decoder(list[_UpbitRow])


def parse_upbit(body: bytes) -> Iterator[VenueTicker]:
    """Yield the last trades of a list of markets."""
    for row in _ROWS.decode(body):
        at = from_ms(row.trade_timestamp)
        yield VenueTicker(row.market, last=row.trade_price, volume=row.acc_trade_volume_24h, at=at)


UPBIT_VENUE = VenueAdapter(
    exchange="upbit",
    name="Upbit",
    setting="upbit_market_url",
    base="https://api.upbit.com",
    markets=markets_of("KRW", {"BTC": "KRW-BTC", "ETH": "KRW-ETH", "USDT": "KRW-USDT"}),
    parse=parse_upbit,
    path="/v1/ticker?markets=KRW-BTC,KRW-ETH,KRW-USDT",
    single="/v1/ticker?markets={}",
    tells_book=False,
)
