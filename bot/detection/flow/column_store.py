"""Readings as columns of numbers, so that the flows of years are worked out in seconds.

Every slot an exchange ever had is given a place in its columns once, and the columns only grow. The flow between two
readings is then one sum of products. Where that would not be the whole truth (a chain is missing, a slot vanished just
now, a stablecoin appeared) nothing is returned, and the detailed way of `netflow` and `step` is taken.
"""

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic

from bot.detection.flow.arithmetic import Arithmetic, V
from bot.detection.flow.net_flow import SHOWN_ASSETS
from bot.detection.flow.reading_diff import ReadingDiff
from bot.domain.assets import STABLECOINS
from bot.domain.flow import AssetFlow, Flow, Window
from bot.domain.reading import Holdings, Layout, Reading, Slot

_MOST_LAYOUTS = 100


@dataclass(frozen=True, slots=True, eq=False)
class ReadingColumns(Generic[V]):
    """One reading, by place; 0 stands for what is not there.

    `values` and `prices` are 0 for own tokens, and for what has no amount. `worth` is the sum of the values, `reserves`
    that of all clean value in USD. It `is_full` when every slot has an amount. `stables` are the places of stablecoins
    that are there.
    """

    reading: Reading
    layout: Layout
    amounts: V
    values: V
    prices: V
    size: int
    is_full: bool
    worth: float
    reserves: float
    stables: frozenset[int]

    @property
    def chains(self) -> frozenset[str]:
        """Return the chains that the reading covers."""
        return self.layout.chains


@dataclass(frozen=True, slots=True, eq=False)
class _SlotPositions:
    """Where the rows of a layout stand in the columns.

    `places` is None where they stand in their own order. `clean` is 1 for what is no own token, else 0, and None where
    there is no own token. `stable` are the rows of stablecoins.
    """

    places: tuple[int, ...] | None
    clean: "array[float] | None"
    stable: tuple[int, ...]
    stables: frozenset[int]


class ColumnStore(Generic[V]):
    """The columns of one exchange's readings, the `most` last made remembered; what it returns never changes."""

    def __init__(self, own_tokens: Collection[str], arithmetic: Arithmetic[V], *, most: int) -> None:
        self._own_tokens = own_tokens
        self._by = arithmetic
        self._most = most
        self._places: dict[Slot, int] = {}
        self._chains, self._assets = _Groups(), _Groups()
        self._placings: dict[Layout, _SlotPositions] = {}
        self._known: dict[int, ReadingColumns[V]] = {}

    def of(self, reading: Reading) -> ReadingColumns[V]:
        """Return a reading as columns."""
        known = self._known.get(id(reading))  # what is remembered lives on: no other reading gets its id
        if known is None:
            held = Holdings.of(reading.holdings)
            placing = self._placings.get(held.layout) or self._placed(held.layout)
            known = self._known[id(reading)] = self._columns(reading, held, placing)
            if len(self._known) > self._most:
                del self._known[next(iter(self._known))]
        return known

    def flow(
        self, window: Window, base: Reading, end: Reading, before: Reading | None, *, with_assets: bool
    ) -> Flow | None:
        """Return the net flow between two readings, None where only the detailed way tells all of it.

        `before` is the reading just before the end.
        """
        was, now = self._pair(base, end)
        if was.layout is not now.layout and not was.chains <= now.chains:
            return None
        if was.stables is not now.stables and not now.stables <= was.stables:
            return None
        if before is not None and _vanished(before, end):
            return None
        if with_assets:
            moved = self._by.minus(now.amounts, was.amounts)
            worth = self._by.times(moved, was.prices)
            usd, assets = self._by.total(worth), self._largest(moved, worth)
        else:
            usd, assets = self._by.dot(now.amounts, was.prices) - was.worth, ()
        share = usd / was.reserves if was.reserves > 0 else 0.0
        return Flow(window, base.as_of, end.as_of, usd, share, was.reserves, assets)

    def quiet_step(
        self, previous: Reading, latest: Reading, *, jump: float, large: float, least: float
    ) -> ReadingDiff | None:
        """Return a step of which nothing needs to be remembered, else None: its details are then to be looked at.

        In it no chain or asset of at least `least` of what is there moved by more than `jump` of itself, and no asset
        worth `large` of it or more left or came.
        """
        base, end = self._pair(previous, latest)
        if not base.worth or _vanished(previous, latest) or self._appeared(base, end) >= large * base.worth:
            return None
        worth = self._by.times(self._by.minus(end.amounts, base.amounts), base.prices)
        if self._by.size(worth) >= large * base.worth and any(
            abs(usd) >= large * base.worth for usd in self._sums(self._assets, worth)
        ):
            return None
        if self._by.any_exceeds(worth, base.values, jump) and any(
            _jumped(self._sums(groups, base.values), self._sums(groups, worth), jump, least * base.worth)
            for groups in (self._chains, self._assets)
        ):
            return None
        return ReadingDiff(previous, latest, base.worth, self._by.total(worth), (), {}, is_quiet=True)

    def prices_are_steady(self, previous: Reading, latest: Reading, *, tolerated: float, least: float) -> bool:
        """Return whether no asset worth `least` of the reserves or more changed its price by a part of itself."""
        base, end = self._pair(previous, latest)
        if not self._by.any_exceeds(self._by.minus(end.prices, base.prices), base.prices, tolerated):
            return True
        sums = [self._sums(self._assets, one) for one in (base.amounts, base.values, end.amounts, end.values)]
        each = zip(*sums, strict=True)
        return not any(
            abs(usd * held / (amount * worth) - 1) > tolerated
            and max(usd, worth * amount / held) >= least * end.reserves
            for held, worth, amount, usd in each
            if worth > 0 and amount > 0
        )

    def _pair(self, base: Reading, end: Reading) -> tuple[ReadingColumns[V], ReadingColumns[V]]:
        """Return two readings as columns of one length."""
        was, now = self.of(base), self.of(end)
        if was.size != now.size:  # the second brought slots that were new
            return self.of(base), now
        return was, now

    def _placed(self, layout: Layout) -> _SlotPositions:
        """Return where a layout stands; slots that are new get the next places, and what is remembered is made anew."""
        size = len(self._places)
        places = tuple([self._places.setdefault(slot, len(self._places)) for slot in layout.slots])
        for slot in list(self._places)[size:]:
            self._chains.add(slot.chain)
            self._assets.add(slot.asset)
        if len(self._places) > size or len(self._placings) >= _MOST_LAYOUTS:
            self._known.clear()
            self._placings.clear()
        clean = array("d", [0.0 if slot.asset in self._own_tokens else 1.0 for slot in layout.slots])
        stable = tuple([row for row, slot in enumerate(layout.slots) if slot.asset in STABLECOINS and clean[row]])
        in_order = places == tuple(range(len(self._places)))
        placing = self._placings[layout] = _SlotPositions(
            None if in_order else places,
            None if all(clean) else clean,
            stable,
            frozenset([places[row] for row in stable]),
        )
        return placing

    def _columns(self, reading: Reading, held: Holdings, placing: _SlotPositions) -> ReadingColumns[V]:
        by, size = self._by, len(self._places)
        amounts, values = by.column(held.amounts), by.column(held.usd)
        if placing.clean:
            values = by.times(values, by.column(placing.clean))
        reserves, stables = by.total(values), placing.stables
        is_full, worth = by.least(amounts) > 0, reserves
        if is_full:
            prices = by.over(values, amounts)
        else:
            each = zip(held.amounts, by.figures(values), strict=True)
            there = [(amount, usd) if amount > 0 else (1.0, 0.0) for amount, usd in each]
            values = by.column(array("d", [usd for _, usd in there]))
            prices = by.over(values, by.column(array("d", [amount for amount, _ in there])))
            worth = by.total(values)
            gone = [row for row in placing.stable if held.amounts[row] <= 0]
            stables -= {placing.places[row] if placing.places else row for row in gone}
        if placing.places:
            amounts, values, prices = (by.placed(one, placing.places, size) for one in (amounts, values, prices))
        return ReadingColumns(reading, held.layout, amounts, values, prices, size, is_full, worth, reserves, stables)

    def _appeared(self, base: ReadingColumns[V], end: ReadingColumns[V]) -> float:
        """Return the worth of what is in slots that the base does not have."""
        if base.layout == end.layout and base.is_full:
            return 0.0
        known = {slot for slot, (amount, _) in base.reading.holdings.items() if amount > 0}
        slots = zip(end.layout.slots, Holdings.of(end.reading.holdings).usd, strict=True)
        return sum(usd for slot, usd in slots if slot not in known)

    def _sums(self, groups: "_Groups", column: V) -> list[float]:
        return self._by.sums(groups.of, len(groups.names), column)

    def _largest(self, moved: V, worth: V) -> tuple[AssetFlow, ...]:
        """Return one flow per asset, largest first, as many as are shown."""
        by_asset, amounts = self._sums(self._assets, worth), self._by.figures(moved)
        sizes = list(map(abs, by_asset))
        least = min(sorted(sizes)[-SHOWN_ASSETS:], default=0.0)
        found = sorted([(size, number) for number, size in enumerate(sizes) if size >= least and size], reverse=True)
        names, members = self._assets.names, self._assets.members
        return tuple(
            [
                AssetFlow(names[number], sum([amounts[place] for place in members[number]]), by_asset[number])
                for _, number in found[:SHOWN_ASSETS]
            ]
        )


class _Groups:
    """To which chain, or asset, each place belongs; both by number."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.members: list[list[int]] = []
        self.of = array("q")
        self._numbers: dict[str, int] = {}

    def add(self, name: str) -> None:
        """Say to which group the next place belongs."""
        number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
            self.members.append([])
        self.members[number].append(len(self.of))
        self.of.append(number)


def _jumped(was: Sequence[float], moved: Sequence[float], jump: float, least: float) -> bool:
    """Return whether a group of weight moved by more than a part of itself."""
    return any(
        abs(usd) > jump * worth and max(worth, worth + usd) >= least for worth, usd in zip(was, moved, strict=True)
    )


def _vanished(before: Reading, end: Reading) -> bool:
    """Return whether a slot of the reading before is not there any more."""
    was, now = Holdings.of(before.holdings).layout, Holdings.of(end.holdings).layout
    return was is not now and not now.rows.keys() >= was.rows.keys()
