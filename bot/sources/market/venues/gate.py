"""Gate's tickers: all its markets at once, as a list; an error is no list.

https://www.gate.com/docs/developers/apiv4/en/#get-currency-pair-ticker-information
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of


class _GateRow(msgspec.Struct):
    currency_pair: object
    highest_bid: object = None
    lowest_ask: object = None
    base_volume: object = None


_ROWS = msgspec.json.Decoder(list[_GateRow])


def _parse(body: bytes) -> Iterator[VenueTicker]:
    for row in _ROWS.decode(body):
        yield VenueTicker(row.currency_pair, row.highest_bid, row.lowest_ask, volume=row.base_volume)


GATE_VENUE = VenueAdapter(
    exchange="gate",
    name="Gate",
    setting="gate_url",
    base="https://api.gateio.ws",
    markets=markets_of("USDT", {"BTC": "BTC_USDT", "ETH": "ETH_USDT", "USDC": "USDC_USDT"}),
    parse=_parse,
    path="/api/v4/spot/tickers",
)
