"""What the upstream stores of one exchange in one run, and the inflow that it computes from two such records.

Example: 100 BTC at 17,000 USD before and 90 BTC at 17,100 USD after are an inflow of −10 × 17,000 = −170,000 USD: the
price is that of the end where the holding is worth more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.replay.generator import Amounts, Prices

# The upstream's rule of early 2026: tokens below $10,000 or 0.01 % of the total do not count in its inflows, nor does
# one of which more than 200 % of its value came in.
_MIN_USD = 10_000.0
_MIN_SHARE = 0.0001
_MAX_GROWTH = 2.0

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What was held at one time: units and USD, by chain and symbol and added up over chains."""

    at: datetime
    amounts: Mapping[str, Numbers]
    usd: Mapping[str, Numbers]
    total_amounts: Numbers
    total_usd: Numbers


def record(at: datetime, holdings: Amounts, prices: Prices) -> StoredRecord:
    """Return the record of one run, its numbers at ten significant digits to keep bodies small."""
    amounts: dict[str, dict[str, float]] = {}
    usd: dict[str, dict[str, float]] = {}
    for (chain, asset), amount in holdings.items():
        amounts.setdefault(chain, {})[asset] = _ten_digits(amount)
        usd.setdefault(chain, {})[asset] = _ten_digits(amount * prices[asset])
    return StoredRecord(at, amounts, usd, _sum_over_chains(amounts), _sum_over_chains(usd))


def inflow(old: StoredRecord, new: StoredRecord, excluded: Collection[str]) -> float:
    """Return the net flow in USD as the upstream counts it, positive = net deposits.

    Only symbols present at both ends count, each at the price of the end where it is worth
    more. So a token that was drained to nothing is missed; our own computation counts it.
    """
    min_usd = max(_MIN_USD, _MIN_SHARE * min(sum(old.total_usd.values()), sum(new.total_usd.values())))
    flow = 0.0
    for symbol, before in old.total_amounts.items():
        after = new.total_amounts.get(symbol, 0.0)
        usd_before, usd_after = old.total_usd[symbol], new.total_usd.get(symbol, 0.0)
        if symbol in excluded or min(usd_before, usd_after) < min_usd:
            continue
        price = usd_before / before if usd_before > usd_after else usd_after / after
        moved = (after - before) * price
        flow += moved if moved <= _MAX_GROWTH * max(usd_before, usd_after) else 0.0
    return flow


def sections(points: Sequence[tuple[datetime, Numbers, Numbers]]) -> dict[str, list[dict[str, Any]]]:
    """Return the three arrays of a chain, or of all of them, from points of (time, units, USD), oldest first."""
    dated = [(int(at.timestamp()), amounts, usd) for at, amounts, usd in points]
    return {
        "tvl": [{"date": date, "totalLiquidityUSD": round(sum(usd.values()), 5)} for date, _, usd in dated],
        "tokensInUsd": [{"date": date, "tokens": usd} for date, _, usd in dated],
        "tokens": [{"date": date, "tokens": amounts} for date, amounts, _ in dated],
    }


def _sum_over_chains(by_chain: Mapping[str, Numbers]) -> dict[str, float]:
    total: dict[str, float] = {}
    for numbers in by_chain.values():
        for symbol, number in numbers.items():
            total[symbol] = total.get(symbol, 0.0) + number
    return {symbol: _ten_digits(number) for symbol, number in total.items()}


def _ten_digits(number: float) -> float:
    return float(f"{number:.10g}")
