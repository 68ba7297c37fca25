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

_NONE = (0.0, 0.0)
_MOST = 48  # what the windows of a month of daily readings start from, and several looks' worth of hourly ones


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
    """The columns of one exchange's readings, the last used ones remembered; what it returns never changes."""

    def __init__(self) -> None:
        self._numbering: dict[Slot, int] = {}
        self._layout: _Layout | None = None
        self._known: dict[datetime, Columns] = {}

    def of(self, reading: Reading, own_tokens: Collection[str]) -> Columns:
        """Return a reading as columns."""
        known = self._known.get(reading.as_of)
        if known is None or known.reading is not reading:
            known = self._known[reading.as_of] = self._made(reading, own_tokens)
            if len(self._known) > _MOST:
                del self._known[next(iter(self._known))]
        return known

    def _made(self, reading: Reading, own_tokens: Collection[str]) -> Columns:
        slots = tuple(reading.holdings)
        if self._layout is None or self._layout.slots != slots:
            self._layout = _layout(slots, self._numbering, own_tokens)
        return _columns(reading, self._layout, len(self._numbering))


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The slots of a reading, in its order, and what is known of them: readings in a row nearly always share it.

    `clean` is 1 for what is no own token, else 0; `stable` says which of the clean ones are stablecoins.
    """

    slots: tuple[Slot, ...]
    places: tuple[int, ...]
    clean: tuple[float, ...]
    stable: tuple[int, ...]


def _layout(slots: tuple[Slot, ...], numbering: dict[Slot, int], own_tokens: Collection[str]) -> _Layout:
    """Return the layout of some slots; those that are new get the next places."""
    places = tuple([numbering.setdefault(slot, len(numbering)) for slot in slots])
    clean = tuple([0.0 if slot.asset in own_tokens else 1.0 for slot in slots])
    stable = tuple(
        [row for row, slot in enumerate(slots) if slot.asset in STABLECOINS and slot.asset not in own_tokens]
    )
    return _Layout(slots, places, clean, stable)


def _columns(reading: Reading, layout: _Layout, size: int) -> Columns:
    rows = list(reading.holdings.values())
    held, values = [row[0] for row in rows], list(map(mul, [row[1] for row in rows], layout.clean))
    each = [
        (usd / amount, 1 / amount) if clean and amount > 0 else _NONE
        for amount, usd, clean in zip(held, values, layout.clean, strict=True)
    ]
    amounts = _placed(held, layout.places, size)
    prices = _placed([price for price, _ in each], layout.places, size)
    return Columns(
        reading=reading,
        places=layout.places,
        amounts=amounts,
        prices=prices,
        per_amount=_placed([share for _, share in each], layout.places, size),
        per_price=[1 / price if price > 0 else 0.0 for price in prices],
        worth=sum(map(mul, amounts, prices)),
        reserves=sum(values),
        stables=frozenset([layout.places[row] for row in layout.stable if held[row] > 0]),
    )


def _placed(figures: list[float], places: tuple[int, ...], size: int) -> list[float]:
    """Return figures at their places, 0 everywhere else."""
    if len(places) == size and places == tuple(range(size)):
        return figures
    column = [0.0] * size
    for place, figure in zip(places, figures, strict=True):
        column[place] = figure
    return column


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
