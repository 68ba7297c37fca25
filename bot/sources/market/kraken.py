"""Kraken's tickers: real dollar markets of three coins. It answers errors with HTTP 200, and tells no time.

https://docs.kraken.com/api/docs/rest-api/get-ticker-information
"""

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.sources.market.tickers import Book, Market, TickerAdapter


class _KrakenTicker(msgspec.Struct):
    bid: tuple[str, str, str] = msgspec.field(name="b")
    ask: tuple[str, str, str] = msgspec.field(name="a")


class _KrakenAnswer(msgspec.Struct):
    error: list[str]
    result: dict[str, _KrakenTicker] = msgspec.field(default_factory=dict)


_ANSWER = msgspec.json.Decoder(_KrakenAnswer)


def _parse(body: bytes) -> Book:
    answer = _ANSWER.decode(body)
    # The key is Kraken's own name of the market, USDTZUSD for USDTUSD; there is one, for one was asked for.
    if answer.error or len(answer.result) != 1:
        raise SourceError(SourceFault.BAD_SHAPE, ", ".join(answer.error)[:80] or "no ticker, or several")
    (ticker,) = answer.result.values()
    return Book(float(ticker.bid[0]), float(ticker.ask[0]))


KRAKEN_TICKERS = TickerAdapter(
    exchange="kraken",
    name="Kraken",
    setting="kraken_url",
    base="https://api.kraken.com",
    markets=tuple(Market(asset, f"/0/public/Ticker?pair={asset}USD") for asset in ("USDT", "USDC", "DAI")),
    parse=_parse,
)
