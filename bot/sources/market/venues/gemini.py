"""Gemini's tickers of its dollar markets, each a request of its own: its list has neither bid nor ask.

The time beside the volume is that of the volume, every five minutes, and is not read.
https://docs.gemini.com/rest/market-data#get-ticker
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of


class _GeminiTicker(msgspec.Struct):
    bid: object
    ask: object


_TICKER = msgspec.json.Decoder(_GeminiTicker)


def _parse(body: bytes) -> Iterator[VenueTicker]:
    row = _TICKER.decode(body)
    yield VenueTicker("", row.bid, row.ask)


GEMINI_VENUE = VenueAdapter(
    exchange="gemini",
    name="Gemini",
    setting="gemini_url",
    base="https://api.gemini.com",
    markets=markets_of("USD", {"BTC": "btcusd", "ETH": "ethusd"}),
    parse=_parse,
    single="/v1/pubticker/{}",
)
