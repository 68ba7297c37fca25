"""MEXC's tickers: all its markets at once, in Binance's format. Volumes may be null or empty, which says nothing.

https://mexcdevelop.github.io/apidocs/spot_v3_en/#24hr-ticker-price-change-statistics
"""

from bot.sources.market.venues.binance import parse_binance
from bot.sources.market.venues.venue import VenueAdapter, markets_of

MEXC_VENUE = VenueAdapter(
    exchange="mexc",
    name="MEXC",
    setting="mexc_url",
    base="https://api.mexc.com",
    markets=markets_of("USDT", {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "USDC": "USDCUSDT"}),
    parse=parse_binance,
    path="/api/v3/ticker/24hr",
)
