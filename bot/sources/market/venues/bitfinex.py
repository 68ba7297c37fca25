"""Bitfinex's tickers of its dollar markets: one request for three. UST is Tether there.

A row is an array: symbol, bid, its size, ask, its size, two changes, last, volume, high, low. An error is an array that
begins with the word.
https://docs.bitfinex.com/reference/rest-public-tickers
"""

from collections.abc import Iterator

import msgspec

from bot.sources.market.venues.venue import VenueAdapter, VenueTicker, markets_of, refuse

_BID, _ASK, _VOLUME, _LENGTH = 1, 3, 8, 11


_ROWS = msgspec.json.Decoder(list[object])


def _parse(body: bytes) -> Iterator[VenueTicker]:
    rows = _ROWS.decode(body)
    if rows and rows[0] == "error":
        raise refuse(rows[-1])
    for row in rows:
        if isinstance(row, list) and len(row) >= _LENGTH:
            yield VenueTicker(row[0], row[_BID], row[_ASK], volume=row[_VOLUME])


BITFINEX_VENUE = VenueAdapter(
    exchange="bitfinex",
    name="Bitfinex",
    setting="bitfinex_url",
    base="https://api-pub.bitfinex.com",
    markets=markets_of("USD", {"BTC": "tBTCUSD", "ETH": "tETHUSD", "USDT": "tUSTUSD"}),
    parse=_parse,
    path="/v2/tickers?symbols=tBTCUSD,tETHUSD,tUSTUSD",
)
