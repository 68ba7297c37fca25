"""Readings as columns of numbers, so that the flows of years are worked out in seconds.

Every slot an exchange ever had is given a place in its columns once, and the columns only grow. The flow between two
readings is then one sum of products. Where that would not be the whole truth (a chain is missing, a slot vanished just
now, a stablecoin appeared) nothing is returned, and the detailed way of `netflow` and `step` is taken.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import mul, sub

from bot.detectors.step import Step
from bot.domain.assets import STABLECOINS
from bot.domain.flow import Flow, Window
from bot.domain.reading import Reading, Slot

_MOST = 900  # readings of 35 days, one an hour


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One reading, by place.

    `amounts`, `prices` (0 for own tokens and for what is not there), and one divided by each of both (0 where there is
    none). `places` are those that are held, in the order of the reading. `worth` is Σ amount × price, `reserves` all
    clean value in USD. `stables` are the places of stablecoins that are there.
    """

    reading: Reading
    places: tuple[int, ...]
    amounts: list[float]
    prices: list[float]
    per_amount: list[float]
    per_price: list[float]
    worth: float
    reserves: float
    stables: frozenset[int]


class Sheet:
    """The columns of one exchange's readings, each worked out once. It remembers; what it returns never changes."""

    def __init__(self) -> None:
        self._numbering: dict[Slot, int] = {}
        self._known: dict[datetime, Columns] = {}

    def of(self, reading: Reading, own_tokens: Collection[str]) -> Columns:
        """Return a reading as columns."""
        known = self._known.get(reading.as_of)
        if known is None or known.reading is not reading:
            known = self._known[reading.as_of] = _columns(reading, self._numbering, own_tokens)
            if len(self._known) > _MOST:
                del self._known[next(iter(self._known))]
        return known


def _columns(reading: Reading, numbering: dict[Slot, int], own_tokens: Collection[str]) -> Columns:
    """Return a reading as columns; slots that are new get the next places."""
    places = tuple([numbering.setdefault(slot, len(numbering)) for slot in reading.holdings])
    size = len(numbering)
    amounts, prices, per_amount, per_price = [0.0] * size, [0.0] * size, [0.0] * size, [0.0] * size
    stables: list[int] = []
    reserves = 0.0
    for place, ((_, asset), (amount, usd)) in zip(places, reading.holdings.items(), strict=True):
        amounts[place] = amount
        if asset in own_tokens:
            continue
        reserves += usd
        if amount > 0:
            prices[place] = price = usd / amount
            per_amount[place] = 1 / amount
            per_price[place] = 1 / price if price > 0 else 0.0
            if asset in STABLECOINS:
                stables.append(place)
    worth = sum(map(mul, amounts, prices))
    return Columns(reading, places, amounts, prices, per_amount, per_price, worth, reserves, frozenset(stables))


def quick_flow(window: Window, base: Columns, end: Columns, before: Columns | None) -> Flow | None:
    """Return the net flow between two readings without its assets, None where it takes the detailed way.

    `before` is the reading just before the end.
    """
    if not base.reading.chains <= end.reading.chains or not end.stables <= base.stables or _vanished(before, end):
        return None
    usd = sum(map(mul, end.amounts, base.prices)) - base.worth
    share = usd / base.reserves if base.reserves > 0 else 0.0
    return Flow(window, base.reading.as_of, end.reading.as_of, usd, share, base.reserves)


def quiet_step(base: Columns, end: Columns, *, jump: float, large: float) -> Step | None:
    """Return a step in which no slot moved by `jump` of itself and all together less than `large`, else None.

    No chain or asset can then have moved by that much, and none left by that much: nothing needs to be remembered.
    """
    if not base.reading.chains <= end.reading.chains or not base.worth:
        return None
    moved = list(map(sub, end.amounts, base.amounts))
    if max(map(mul, map(abs, moved), base.per_amount), default=0.0) > jump:
        return None
    if sum(map(mul, map(abs, moved), base.prices)) >= large * base.worth:
        return None
    return Step(base.reading, end.reading, base.worth, sum(map(mul, moved, base.prices)), (), {}, is_quiet=True)


def prices_are_steady(base: Columns, end: Columns, *, tolerated: float) -> bool:
    """Return whether no slot's price moved by more than a part of itself."""
    moved = map(abs, map(sub, end.prices, base.prices))
    return max(map(mul, moved, base.per_price), default=0.0) <= tolerated


def _vanished(before: Columns | None, end: Columns) -> bool:
    """Return whether a slot of the reading before is not there any more."""
    if before is None or before.places == end.places:
        return False
    return not frozenset(before.places) <= frozenset(end.places)
