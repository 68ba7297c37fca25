"""What an exchange of a report held at every reading, changed step by step into what its source told of it.

Example: `multiply({Slot("Bitcoin", "BTC"): 0.72}, hour(36), hour(96))` shows 28 % less BTC for sixty hours.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.domain.reading import Slot

HOUR_S = 3600
DAY_S = 24 * HOUR_S
_SIGNIFICANT_DIGITS = 10

Amounts = dict[Slot, float | None]


@dataclass(eq=False)
class ExchangeHistory:
    """One exchange: units by slot at each time, None where the source tells none, and prices in USD.

    A slot that is absent at a time is in no section of the body there. `unpriced` are the slots whose value is null.
    """

    slug: str
    times: Sequence[int]
    amounts: list[Amounts]
    prices: list[dict[str, float]]
    unpriced: set[tuple[int, Slot]] = field(default_factory=set)

    def multiply(self, factors: Mapping[Slot, float], since: int, until: int | None = None) -> None:
        """Multiply amounts from a time on, until before another or to the end."""
        for held in self.during(since, until):
            for slot, factor in factors.items():
                held[slot] = (held[slot] or 0.0) * factor

    def set_amount(self, slot: Slot, amount: float | None, since: int, until: int | None = None) -> None:
        """Show this amount, whatever there was, as if one number were read wrong."""
        for held in self.during(since, until):
            held[slot] = amount

    def add(self, slot: Slot, amount: float, since: int, until: int | None = None) -> None:
        """Add units to a slot, which may be new; the amount is that of the time, or is negative where they leave."""
        for held in self.during(since, until):
            left = (held.get(slot) or 0.0) + amount
            # What is left of an asset of which everything left is rounding.
            held[slot] = left if left > abs(amount) * 1e-6 else None
            if held[slot] is None:
                del held[slot]

    def drop(self, chains: Iterable[str], since: int, until: int | None = None) -> None:
        """Leave chains out."""
        dropped = set(chains)
        for held in self.during(since, until):
            for slot in [slot for slot in held if slot.chain in dropped]:
                del held[slot]

    def drop_slot(self, slot: Slot, since: int, until: int | None = None) -> None:
        """Leave one slot out, while the rest of its chain is told."""
        for held in self.during(since, until):
            held.pop(slot, None)

    def set_price(self, asset: str, price: float, since: int, until: int) -> None:
        """Value an asset at this price for a time."""
        for index in self._indices(since, until):
            self.prices[index][asset] = price

    def rename(self, slot: Slot, asset: str, since: int) -> None:
        """Call an asset of one chain otherwise from a time on, at the same price."""
        for index in self._indices(since, None):
            self.amounts[index][Slot(slot.chain, asset)] = self.amounts[index].pop(slot)
            self.prices[index].setdefault(asset, self.prices[index][slot.asset])

    def add_name(self, slot: Slot, asset: str, since: int, until: int) -> None:
        """Tell an asset of one chain twice: by another name as well, with the same amount and price."""
        for index in self._indices(since, until):
            self.amounts[index][Slot(slot.chain, asset)] = self.amounts[index][slot]
            self.prices[index].setdefault(asset, self.prices[index][slot.asset])

    def rename_chain(self, chain: str, name: str, since: int) -> None:
        """Call a chain otherwise from a time on, with everything on it."""
        for held in self.during(since):
            for slot in [slot for slot in held if slot.chain == chain]:
                held[Slot(name, slot.asset)] = held.pop(slot)

    def redenominate(self, asset: str, units: float, since: int) -> None:
        """Make each unit so many, each at that part of the price."""
        self.multiply({slot: units for slot in self.slots() if slot.asset == asset}, since)
        for index in self._indices(since, None):
            self.prices[index][asset] /= units

    def during(self, since: int, until: int | None = None) -> Iterator[Amounts]:
        """Yield what is held at each time, to be changed."""
        return (self.amounts[index] for index in self._indices(since, until))

    def slots(self) -> list[Slot]:
        """Return what was held at first."""
        return list(self.amounts[0])

    def worth(self, slots: Iterable[Slot], at: int) -> float:
        """Return what slots were worth at a time, in USD."""
        index = self._index(at)
        return sum((self.amounts[index].get(slot) or 0.0) * self.prices[index][slot.asset] for slot in slots)

    def share(self, slots: Iterable[Slot], at: int) -> float:
        """Return which part of the reserves slots were at a time."""
        return self.worth(slots, at) / self.worth(self.amounts[self._index(at)], at)

    def raw_flow(self, at: int, hours: int) -> float:
        """Return the net flow over hours before a time, as a share: everything counted, at the prices of the start."""
        start, end = self._index(at - hours * HOUR_S), self._index(at)
        before, after = self.amounts[start], self.amounts[end]
        moved = {slot: (after.get(slot) or 0.0) - (before.get(slot) or 0.0) for slot in before | after}
        usd = sum(amount * self.prices[start][slot.asset] for slot, amount in moved.items())
        return usd / self.worth(before, self.times[start])

    def body(self) -> dict[str, Any]:
        """Return the body of `GET /protocol/{slug}`."""
        chains = dict.fromkeys(slot.chain for held in self.amounts for slot in held)
        totals = [{"date": at, "totalLiquidityUSD": round(self.worth(self.slots(), at))} for at in self.times]
        return {
            "id": f"report-{self.slug}", "name": self.slug, "category": "CEX", "chainTvls": {
                chain: {
                    "tvl": [],
                    "tokensInUsd": list(self._points(chain, self._usd)),
                    "tokens": list(self._points(chain, self._units)),
                }
                for chain in chains
            },
            "tvl": totals, "tokensInUsd": [], "tokens": [],
        }  # fmt: skip

    def write(self, directory: Path) -> None:
        """Write the body as `<slug>.json`."""
        (directory / f"{self.slug}.json").write_text(json.dumps(self.body()))

    def _points(self, chain: str, number: Callable[[int, Slot], float | None]) -> Iterator[dict[str, Any]]:
        for index, at in enumerate(self.times):
            slots = [slot for slot in self.amounts[index] if slot.chain == chain]
            if slots:
                yield {"date": at, "tokens": {slot.asset: number(index, slot) for slot in slots}}

    def _units(self, index: int, slot: Slot) -> float | None:
        amount = self.amounts[index][slot]
        return None if amount is None else _rounded(amount)

    def _usd(self, index: int, slot: Slot) -> float | None:
        amount = self.amounts[index][slot]
        if amount is None or (self.times[index], slot) in self.unpriced:
            return None
        return _rounded(amount * self.prices[index][slot.asset])

    def _index(self, at: int) -> int:
        """Return the index of the newest reading that is not younger than a time."""
        return bisect_right(self.times, at) - 1

    def _indices(self, since: int, until: int | None) -> list[int]:
        return [index for index, at in enumerate(self.times) if since <= at and (until is None or at < until)]


def _rounded(number: float) -> float:
    return float(f"{number:.{_SIGNIFICANT_DIGITS}g}")
