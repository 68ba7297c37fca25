"""What an exchange held at one moment, and the health of a source.

Holdings are kept as columns, because a year of a large exchange is a third of a million of them: the slots once for all
readings that have the same (`Layout`), and for each reading one array of amounts and one of values in USD. To the rest
of the program they are a `Mapping` of `Slot` to `Holding`, such as ("Tron", "USDT") to (5e9 units, 5e9 USD).
"""

from array import array
from collections.abc import Collection, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

from typing_extensions import override

from bot.domain.errors import SourceFault

_LAYOUT_CACHE_MAX = 100  # hundreds of readings share a few layouts; a bound, should every reading have its own


class Slot(NamedTuple):
    """One asset on one chain, both spelled as the upstream spells them."""

    chain: str
    asset: str


class Holding(NamedTuple):
    """What is in a slot: `amount` in units of the asset, `usd` its value at the time of the reading."""

    amount: float
    usd: float


NO_HOLDING = Holding(0.0, 0.0)


class Layout:
    """The slots of some holdings, in the order of the columns.

    Consecutive readings nearly always have the same slots. They share one layout, so what depends on the slots alone is
    computed once for all of them.
    """

    def __init__(self, slots: Iterable[Slot]) -> None:
        self.slots = tuple(slots)

    @cached_property
    def rows(self) -> Mapping[Slot, int]:
        """Return the row of each slot in the columns."""
        return {slot: row for row, slot in enumerate(self.slots)}

    @cached_property
    def merging(self) -> "tuple[Layout, Sequence[int]]":
        """Return the layout with each slot once, and for each row here its row there."""
        distinct = Layout(dict.fromkeys(self.slots))
        return distinct, [distinct.rows[slot] for slot in self.slots]

    @cached_property
    def chains(self) -> frozenset[str]:
        """Return the chains of the slots."""
        return frozenset(slot.chain for slot in self.slots)

    @cached_property
    def assets(self) -> frozenset[str]:
        """Return the assets of the slots."""
        return frozenset(slot.asset for slot in self.slots)

    @override
    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Layout) and self.slots == other.slots)

    @override
    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.slots)


class Layouts:
    """Makes layouts from positions in a list of slots; the same positions give the same layout object.

    Of the slots (A, B, C) the positions (0, 2) are the layout of A and C.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._layouts: dict[bytes, Layout] = {}

    def at(self, positions: "array[int]") -> Layout:
        """Return the layout of the slots at positions, each named once; raise IndexError for one beyond the slots."""
        key = positions.tobytes()
        layout = self._layouts.get(key)
        if layout is None:
            if len(self._layouts) >= _LAYOUT_CACHE_MAX:
                self._layouts.clear()
            layout = self._layouts[key] = Layout(map(self._slots.__getitem__, positions))
        return layout

    def slots_at(self, positions: Iterable[int]) -> frozenset[Slot]:
        """Return the slots at positions that have no columns; raise IndexError for one beyond the slots."""
        return frozenset(self._slots[position] for position in positions)


class Holdings(Mapping[Slot, Holding]):  # noqa: PLW1641 — as a dict, it compares by value and has no hash
    """Holdings as columns, with a row for every slot of the layout.

    A year of an exchange's days takes a few megabytes. In a dict a holding takes seven times as much, and making a
    hundred thousand of those objects starts a garbage collection, which stops the event loop.
    """

    __slots__ = ("amounts", "layout", "usd")

    def __init__(self, layout: Layout, amounts: "array[float]", usd: "array[float]") -> None:
        self.layout = layout
        self.amounts = amounts
        self.usd = usd

    @classmethod
    def of(cls, holdings: Mapping[Slot, Holding]) -> "Holdings":
        """Return any holdings as columns."""
        if isinstance(holdings, Holdings):
            return holdings
        amounts, usd = (array("d", [row[side] for row in holdings.values()]) for side in (0, 1))
        return cls(Layout(holdings), amounts, usd)

    @classmethod
    def merged(cls, layout: Layout, amounts: "array[float]", usd: "array[float]") -> "Holdings":
        """Return columns as holdings; rows of the same slot, which were two names of one asset, become one."""
        if len(layout.rows) == len(layout.slots):
            return cls(layout, amounts, usd)
        distinct, rows = layout.merging
        sums = cls(distinct, array("d", bytes(8 * len(distinct.slots))), array("d", bytes(8 * len(distinct.slots))))
        for row, amount, value in zip(rows, amounts, usd, strict=True):
            sums.amounts[row] += amount
            sums.usd[row] += value
        return sums

    @override
    def __len__(self) -> int:
        return len(self.amounts)

    @override
    def __iter__(self) -> Iterator[Slot]:
        return iter(self.layout.slots)

    @override
    def __getitem__(self, slot: Slot) -> Holding:
        row = self.layout.rows[slot]
        return Holding(self.amounts[row], self.usd[row])

    @override
    def __eq__(self, other: object) -> bool:
        if isinstance(other, Holdings) and self.layout == other.layout:
            return self.amounts == other.amounts and self.usd == other.usd
        return super().__eq__(other)

    @override
    def items(self) -> ItemsView[Slot, Holding]:
        """Return the pairs; iterating over them looks no slot up."""
        return _HoldingItems(self)

    @override
    def values(self) -> ValuesView[Holding]:
        """Return the holdings; iterating over them looks no slot up."""
        return _HoldingValues(self)

    def iter_values(self) -> Iterator[Holding]:
        """Yield the holdings in the order of the columns."""
        # `tuple.__new__` takes half the time of calling `Holding`, and this runs for every holding of every reading.
        return map(tuple.__new__, repeat(Holding), zip(self.amounts, self.usd, strict=True))

    def iter_items(self) -> Iterator[tuple[Slot, Holding]]:
        """Yield the pairs in the order of the columns."""
        return zip(self.layout.slots, self.iter_values(), strict=True)

    @override
    def __repr__(self) -> str:
        return f"Holdings({dict(self)})"


class _HoldingItems(ItemsView[Slot, Holding]):
    """The items of `Holdings`, row by row."""

    __slots__ = ()

    _mapping: Holdings

    @override
    def __iter__(self) -> Iterator[tuple[Slot, Holding]]:
        return self._mapping.iter_items()


class _HoldingValues(ValuesView[Holding]):
    """The values of `Holdings`, row by row."""

    __slots__ = ()

    _mapping: Holdings

    @override
    def __iter__(self) -> Iterator[Holding]:
        return self._mapping.iter_values()


@dataclass(frozen=True)
class Reading:
    """All holdings of one exchange at one moment.

    `as_of` is the time that the source gives it, `fetched_at` when it was fetched; both aware, UTC. `impossible_slots`
    are those that the source named with an amount or a value that cannot be (below zero, infinite, no number): they are
    not in `holdings`, and neither zero nor drained but missing. `zero_slots` are those that it gave an amount of zero
    and that have held something: everything left them, or a node answered an error. They are not in `holdings` either.
    `unpriced_slots` are held, and the source gave them a value that cannot be: theirs is made of an earlier price, and
    zero where there was none.

    The class has no `__slots__`, so that chains and sums by asset are computed once: every answer needs them, and a
    large exchange has hundreds of holdings.
    """

    exchange: str
    source: str
    as_of: datetime
    fetched_at: datetime
    holdings: Mapping[Slot, Holding]
    impossible_slots: frozenset[Slot] = frozenset()
    zero_slots: frozenset[Slot] = frozenset()
    unpriced_slots: frozenset[Slot] = frozenset()

    @cached_property
    def unvalued_slots(self) -> frozenset[Slot]:
        """Return the unpriced slots that never had a price: what they are worth is not known."""
        return frozenset(slot for slot in self.unpriced_slots if self.holdings.get(slot, NO_HOLDING).usd <= 0)

    @cached_property
    def chains(self) -> frozenset[str]:
        """Return the chains that the reading covers."""
        return Holdings.of(self.holdings).layout.chains

    def total_usd(self, *, without: Collection[str] = ()) -> float:
        """Return the value of all holdings in USD, leaving out the assets named in `without`."""
        holdings = Holdings.of(self.holdings)
        slots = holdings.layout.slots
        if holdings.layout.assets.isdisjoint(without):
            return sum(holdings.usd)
        return sum([usd for slot, usd in zip(slots, holdings.usd, strict=True) if slot.asset not in without])

    def by_asset(self) -> Mapping[str, Holding]:
        """Return amounts and values by asset, added up over the chains, largest value first."""
        return self._by_asset

    @cached_property
    def _by_asset(self) -> Mapping[str, Holding]:
        totals: dict[str, Holding] = {}
        for slot, holding in self.holdings.items():
            amount, usd = totals.get(slot.asset, (0.0, 0.0))
            totals[slot.asset] = Holding(amount + holding.amount, usd + holding.usd)
        return dict(sorted(totals.items(), key=lambda total: -total[1].usd))


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """Whether one request to an upstream (`defillama/cexs`, `defillama/binance`) works.

    `fault` is None while it does; else `failing_since` is the first failure since the last success. `detail` says more
    of the fault, or of a source that works what was left out of its newest reading: "ETH on Ethereum".
    """

    source: str
    last_success: datetime | None = None
    failing_since: datetime | None = None
    fault: SourceFault | None = None
    detail: str = ""
