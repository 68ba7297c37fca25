"""How far each exchange's price is from those of all others, at one poll.

Example: BTC for USDT at Binance 60,000, OKX 60,010, Bybit 59,990, Gate 60,005 and HTX 61,500. HTX is compared with the
median of the other four, 60,002.5, and is 2.5 % above it. Its own price takes no part in what it is judged by.

- Only like is compared with like: prices in USD with prices in USD, prices in USDT with prices in USDT. A price in USDC
  moves by what USDC costs, and one in won carries a premium of that country for months: the markets of won are made
  prices in USDT by the same exchange's own price of USDT.
- Fewer than four others are no yardstick, and nothing is said.
- Where fewer than four of the others are within 1 % of their median, they do not agree on a price themselves, and
  nothing is said: in a crash of minutes every exchange is at another point of it.
- A stablecoin that all others have off its peg too says nothing about an exchange: on 11 March 2023 USDC was at $0.90
  at one and at $1.00 at another for hours. That is the peg's own incident.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from bot.domain.price_gap import AssetGap, QuoteFlaw, VenueAnswer, VenueQuote

LEAST_OTHERS = 4
AGREEING = 0.01
"""Others count as agreeing within so much of their median. Healthy exchanges stayed within it in March 2023."""
OFF_PEG = 0.01
_PEGGED = frozenset({"USDT", "USDC"})


def gaps_of(answers: Iterable[VenueAnswer]) -> Mapping[str, tuple[AssetGap, ...]]:
    """Return the gaps of every exchange that has any quote, by its id."""
    told = [answer for answer in answers if answer.quotes]
    usable: dict[tuple[str, str], dict[str, float]] = {}
    for answer in told:
        for quote in answer.quotes:
            if quote.price is not None and quote.flaw is None:
                usable.setdefault((quote.asset, quote.paid_in), {})[quote.exchange] = quote.price
    return {answer.exchange: tuple(_gap(quote, usable) for quote in answer.quotes) for answer in told}


def _gap(quote: VenueQuote, usable: Mapping[tuple[str, str], Mapping[str, float]]) -> AssetGap:
    prices = usable.get((quote.asset, quote.paid_in), {})
    others = [price for exchange, price in prices.items() if exchange != quote.exchange]
    median = statistics.median(others) if others else None
    flaw = quote.flaw or (QuoteFlaw.UNTOLD if quote.price is None else _flaw_of_others(quote.asset, others, median))
    gap = None
    if flaw is None and quote.price is not None and median is not None:
        gap = round(quote.price / median - 1.0, 6)
    return AssetGap(quote.asset, quote.paid_in, quote.price, median, len(others), gap, flaw)


def _flaw_of_others(asset: str, others: Sequence[float], median: float | None) -> QuoteFlaw | None:
    if median is None or len(others) < LEAST_OTHERS:
        return QuoteFlaw.FEW
    if sum(abs(price / median - 1.0) <= AGREEING for price in others) < LEAST_OTHERS:
        return QuoteFlaw.APART
    return QuoteFlaw.OFF_PEG if asset in _PEGGED and abs(median - 1.0) > OFF_PEG else None
