"""Bithumb's last trades in won, in Upbit's format. An error may come with HTTP 200, and is no list then.

https://apidocs.bithumb.com/reference
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, from_ms, markets_of


class _BithumbRow(msgspec.Struct):
    market: object
    trade_price: object = None
    trade_timestamp: object = None
    acc_trade_volume_24h: object = None


_ROWS = msgspec.json.Decoder(list[_BithumbRow])


def _parse(body: bytes) -> Iterator[VenueTicker]:
    for row in _ROWS.decode(body):
        at = from_ms(row.trade_timestamp)
        yield VenueTicker(row.market, last=row.trade_price, volume=row.acc_trade_volume_24h, at=at)


BITHUMB_VENUE = VenueAdapter(
    exchange="bithumb",
    name="Bithumb",
    setting="bithumb_url",
    base="https://api.bithumb.com",
    markets=markets_of("KRW", {"BTC": "KRW-BTC", "ETH": "KRW-ETH", "USDT": "KRW-USDT"}),
    parse=_parse,
    path="/v1/ticker?markets=KRW-BTC,KRW-ETH,KRW-USDT",
    single="/v1/ticker?markets={}",
    tells_book=False,
)
