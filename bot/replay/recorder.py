"""One stored record of one exchange, and what the upstream works out from two of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.replay.generator import Amounts, Prices

_LEAST_USD = 10_000.0  # a token below this, or below 0.01 % of the total, does not count in the upstream's inflows
_LEAST_SHARE = 0.0001
_MOST_GROWTH = 2.0  # nor does one of which more than 200 % of its value came in

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What was held at one time: units and USD, by chain and symbol and added up over chains."""

    at: datetime
    amounts: Mapping[str, Numbers]
    usd: Mapping[str, Numbers]
    total_amounts: Numbers
    total_usd: Numbers


def record(at: datetime, held: Amounts, prices: Prices) -> StoredRecord:
    """Return the record of one run, its numbers at ten significant digits to keep bodies small."""
    amounts: dict[str, dict[str, float]] = {}
    usd: dict[str, dict[str, float]] = {}
    for (chain, asset), amount in held.items():
        amounts.setdefault(chain, {})[asset] = _ten_digits(amount)
        usd.setdefault(chain, {})[asset] = _ten_digits(amount * prices[asset])
    return StoredRecord(at, amounts, usd, _added_up(amounts), _added_up(usd))


def inflow(old: StoredRecord, new: StoredRecord, excluded: Collection[str]) -> float:
    """Return the net flow in USD as the upstream counts it, positive = net deposits.

    Its rule of early 2026: only symbols present at both ends count, each at the price of the end where it is worth
    more. So a token that was drained to nothing is not seen; our own computation sees it.
    """
    least = max(_LEAST_USD, _LEAST_SHARE * min(sum(old.total_usd.values()), sum(new.total_usd.values())))
    flow = 0.0
    for symbol, before in old.total_amounts.items():
        after = new.total_amounts.get(symbol, 0.0)
        usd_before, usd_after = old.total_usd[symbol], new.total_usd.get(symbol, 0.0)
        if symbol in excluded or min(usd_before, usd_after) < least:
            continue
        price = usd_before / before if usd_before > usd_after else usd_after / after
        moved = (after - before) * price
        flow += moved if moved <= _MOST_GROWTH * max(usd_before, usd_after) else 0.0
    return flow


def sections(points: Sequence[tuple[datetime, Numbers, Numbers]]) -> dict[str, list[dict[str, Any]]]:
    """Return the three arrays of a chain, or of all of them, from points of (time, units, USD), oldest first."""
    dated = [(int(at.timestamp()), amounts, usd) for at, amounts, usd in points]
    return {
        "tvl": [{"date": date, "totalLiquidityUSD": round(sum(usd.values()), 5)} for date, _, usd in dated],
        "tokensInUsd": [{"date": date, "tokens": usd} for date, _, usd in dated],
        "tokens": [{"date": date, "tokens": amounts} for date, amounts, _ in dated],
    }


def _added_up(by_chain: Mapping[str, Numbers]) -> dict[str, float]:
    total: dict[str, float] = {}
    for numbers in by_chain.values():
        for symbol, number in numbers.items():
            total[symbol] = total.get(symbol, 0.0) + number
    return {symbol: _ten_digits(number) for symbol, number in total.items()}


def _ten_digits(number: float) -> float:
    return float(f"{number:.10g}")
