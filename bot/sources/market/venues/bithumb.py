"""Bithumb's last trades in won, in Upbit's format. An error may come with HTTP 200, and is no list then.

https://apidocs.bithumb.com/reference
"""

from bot.sources.market.venues.upbit import parse_upbit
from bot.sources.market.venues.venue import VenueAdapter, markets_of

BITHUMB_VENUE = VenueAdapter(
    exchange="bithumb",
    name="Bithumb",
    setting="bithumb_url",
    base="https://api.bithumb.com",
    markets=markets_of("KRW", {"BTC": "KRW-BTC", "ETH": "KRW-ETH", "USDT": "KRW-USDT"}),
    parse=parse_upbit,
    path="/v1/ticker?markets=KRW-BTC,KRW-ETH,KRW-USDT",
    single="/v1/ticker?markets={}",
    tells_book=False,
)
