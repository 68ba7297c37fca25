"""One reading as columns of numbers, and the place that each slot has in the columns of its exchange.

Every slot that an exchange ever had is given a place once, so that figures of two readings stand side by side and can
be subtracted as whole columns. An example: the first reading has Tron/USDT and Bitcoin/BTC, which get places 0 and 1.
The next one has Base/ETH as well, which gets place 2; the columns of the first, made again, have a 0 there.
"""

from array import array
from collections.abc import Collection
from dataclasses import dataclass
from typing import Generic

from bot.detection.flow.column_arithmetic import Arithmetic, V
from bot.detection.flow.slot_groups import SlotGroups
from bot.domain.reading import Holdings, Layout, Reading, Slot

# Readings in a row nearly always share a layout. A source that shuffled its rows each time would fill the memory.
_MAX_LAYOUTS = 100


@dataclass(frozen=True, slots=True, eq=False)
class ReadingColumns(Generic[V]):
    """The figures of one reading, each column `size` long; 0 stands for a slot that the reading does not have.

    `amounts` are units, `values` USD and `prices` USD per unit. Values and prices are 0 for own tokens, and for what
    has no amount. `total_usd` is the sum of the values, `reserves_usd` that of everything without own tokens; they
    differ where the source states a value for an amount of 0. `is_full` says that every slot of the reading has an
    amount. `held` are the places of what it has an amount of, own tokens left out.
    """

    reading: Reading
    layout: Layout
    amounts: V
    values: V
    prices: V
    size: int
    is_full: bool
    total_usd: float
    reserves_usd: float
    held: frozenset[int]

    @property
    def chains(self) -> frozenset[str]:
        """Return the chains that the reading covers."""
        return self.layout.chains


@dataclass(frozen=True, slots=True, eq=False)
class SlotPositions:
    """Where the rows of one layout stand in the columns.

    `places` has the place of each row, None where the rows are the places in their order. `is_reserve` has 1 for each
    row, and 0 for own tokens; None where there are no own tokens. `reserve_places` are the places of everything else.
    None spares the common case a copy or a product of the column.
    """

    places: tuple[int, ...] | None
    is_reserve: "array[float] | None"
    reserve_places: frozenset[int]


class SlotPlaces:
    """The places of all slots that an exchange ever had; they are only ever added, so a slot keeps its place."""

    def __init__(self, own_tokens: Collection[str]) -> None:
        self.chains, self.assets = SlotGroups(), SlotGroups()
        self._own_tokens = own_tokens
        self._places: dict[Slot, int] = {}
        self._positions: dict[Layout, SlotPositions] = {}

    @property
    def count(self) -> int:
        """Return how many places there are: the length of every column that is made now."""
        return len(self._places)

    def positions(self, layout: Layout) -> SlotPositions:
        """Return where a layout's rows stand; slots that are new get the next places."""
        return self._positions.get(layout) or self._add(layout)

    def _add(self, layout: Layout) -> SlotPositions:
        count_before = len(self._places)
        places = tuple([self._places.setdefault(slot, len(self._places)) for slot in layout.slots])
        for slot in list(self._places)[count_before:]:
            self.chains.add(slot.chain)
            self.assets.add(slot.asset)
        # With more places, what stood in order does so no longer: columns have become longer.
        if len(self._places) > count_before or len(self._positions) >= _MAX_LAYOUTS:
            self._positions.clear()
        is_reserve = array("d", [0.0 if slot.asset in self._own_tokens else 1.0 for slot in layout.slots])
        in_order = places == tuple(range(len(self._places)))
        positions = self._positions[layout] = SlotPositions(
            None if in_order else places,
            None if all(is_reserve) else is_reserve,
            frozenset([place for row, place in enumerate(places) if is_reserve[row]]),
        )
        return positions


def reading_columns(
    reading: Reading, holdings: Holdings, positions: SlotPositions, size: int, arithmetic: Arithmetic[V]
) -> ReadingColumns[V]:
    """Return a reading's figures, given as `holdings`, as columns of length `size`."""
    amounts, values = arithmetic.column(holdings.amounts), arithmetic.column(holdings.usd)
    if positions.is_reserve:
        values = arithmetic.times(values, arithmetic.column(positions.is_reserve))
    reserves_usd = total_usd = arithmetic.total(values)
    held = positions.reserve_places
    is_full = arithmetic.minimum(amounts) > 0
    if is_full:
        prices = arithmetic.over(values, amounts)
    else:
        # Rows without an amount have no price: they are divided by 1 instead of by 0, and count as not there.
        rows = zip(holdings.amounts, arithmetic.figures(values), strict=True)
        priced = [(amount, usd) if amount > 0 else (1.0, 0.0) for amount, usd in rows]
        values = arithmetic.column(array("d", [usd for _, usd in priced]))
        prices = arithmetic.over(values, arithmetic.column(array("d", [amount for amount, _ in priced])))
        total_usd = arithmetic.total(values)
        empty_rows = [row for row, amount in enumerate(holdings.amounts) if amount <= 0]
        held -= {positions.places[row] if positions.places else row for row in empty_rows}
    if positions.places is not None:
        amounts, values, prices = (
            arithmetic.placed(column, positions.places, size) for column in (amounts, values, prices)
        )
    return ReadingColumns(
        reading, holdings.layout, amounts, values, prices, size, is_full, total_usd, reserves_usd, held
    )
