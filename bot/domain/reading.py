"""What an exchange held at one moment, and how well a source is doing."""

from array import array
from collections.abc import Collection, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

from typing_extensions import override

from bot.domain.errors import SourceFault

_MOST_LAYOUTS = 100  # a list of slots is read in hundreds of rows, most of them alike


class Slot(NamedTuple):
    """Where an amount lies: one asset on one chain, spelled as the upstream spells them."""

    chain: str
    asset: str


class Holding(NamedTuple):
    """How much lies there: `amount` in units of the asset, `usd` its value at the time of the reading."""

    amount: float
    usd: float


NOTHING_HELD = Holding(0.0, 0.0)


class Layout:
    """Which slots holdings lie in, in their order.

    Readings in a row nearly always have the same slots. Where they share one layout, what depends on the slots alone is
    worked out once.
    """

    def __init__(self, slots: Iterable[Slot]) -> None:
        self.slots = tuple(slots)

    @cached_property
    def rows(self) -> Mapping[Slot, int]:
        """Return where each slot stands."""
        return {slot: row for row, slot in enumerate(self.slots)}

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
    """The layouts that rows of positions in a list of slots stand for; the same positions give the same layout.

    Raises IndexError for a position beyond the slots.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._known: dict[bytes, Layout] = {}

    def at(self, positions: "array[int]") -> Layout:
        """Return the layout of the slots at some positions, each named once."""
        key = positions.tobytes()
        layout = self._known.get(key)
        if layout is None:
            if len(self._known) >= _MOST_LAYOUTS:
                self._known.clear()
            layout = self._known[key] = Layout(map(self._slots.__getitem__, positions))
        return layout


class Holdings(Mapping[Slot, Holding]):  # noqa: PLW1641 — as a dict, it compares by value and has no hash
    """Holdings kept as columns: a year of an exchange's days in a few megabytes.

    As a dict, one holding takes seven times the memory, and making them by the hundred thousand sets off the
    garbage collector on the event loop. The columns have a row for every slot of the layout.
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
        """Return the pairs; going over them needs no index."""
        return _Pairs(self)

    @override
    def values(self) -> ValuesView[Holding]:
        """Return the holdings; going over them needs no index."""
        return _Held(self)

    def held(self) -> Iterator[Holding]:
        """Yield the holdings in the order of the columns, made at half the price of calling the class."""
        return map(tuple.__new__, repeat(Holding), zip(self.amounts, self.usd, strict=True))

    def pairs(self) -> Iterator[tuple[Slot, Holding]]:
        """Yield the pairs in the order of the columns."""
        return zip(self.layout.slots, self.held(), strict=True)

    @override
    def __repr__(self) -> str:
        return f"Holdings({dict(self)})"


class _Pairs(ItemsView[Slot, Holding]):
    """The items of `Holdings`, row by row."""

    __slots__ = ()

    _mapping: Holdings

    @override
    def __iter__(self) -> Iterator[tuple[Slot, Holding]]:
        return self._mapping.pairs()


class _Held(ValuesView[Holding]):
    """The values of `Holdings`, row by row."""

    __slots__ = ()

    _mapping: Holdings

    @override
    def __iter__(self) -> Iterator[Holding]:
        return self._mapping.held()


@dataclass(frozen=True)
class Reading:
    """All holdings of one exchange at one moment.

    `as_of` is when it was true by the source's word, `fetched_at` when we got it; both aware, UTC. It has no slots, so
    that chains and assets, which every answer asks for, are worked out once: a large exchange has hundreds of holdings.
    """

    exchange: str
    source: str
    as_of: datetime
    fetched_at: datetime
    holdings: Mapping[Slot, Holding]

    @cached_property
    def chains(self) -> frozenset[str]:
        """Return the chains that the reading covers."""
        return Holdings.of(self.holdings).layout.chains

    def total_usd(self, *, without: Collection[str] = ()) -> float:
        """Return the value of all holdings in USD, leaving out the assets named in `without`."""
        held = Holdings.of(self.holdings)
        if held.layout.assets.isdisjoint(without):
            return sum(held.usd)
        return sum([usd for slot, usd in zip(held.layout.slots, held.usd, strict=True) if slot.asset not in without])

    def by_asset(self) -> Mapping[str, Holding]:
        """Return amounts and values added up over chains, largest value first."""
        return self._by_asset

    @cached_property
    def _by_asset(self) -> Mapping[str, Holding]:
        totals: dict[str, Holding] = {}
        for slot, holding in self.holdings.items():
            amount, usd = totals.get(slot.asset, (0.0, 0.0))
            totals[slot.asset] = Holding(amount + holding.amount, usd + holding.usd)
        return dict(sorted(totals.items(), key=lambda item: -item[1].usd))


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one request to an upstream (`defillama/cexs`, `defillama/binance-cex`) has been doing.

    `fault` is None while it works; `failing_since` is the first failure of the present spell.
    """

    source: str
    last_success: datetime | None = None
    failing_since: datetime | None = None
    fault: SourceFault | None = None
    detail: str = ""
