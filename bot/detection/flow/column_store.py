"""Computes flows from columns of numbers, so that years of readings are worked through in seconds.

The flow between two readings is one sum of products: amounts now × prices before, minus what was there before. Where
that would not be the whole answer (a chain is missing, a slot vanished just now, a stablecoin appeared) nothing is
returned, and `computation` goes through the slots with `net_flow` and `reading_diff` instead.

An example: 100 USDT and 500 BTC at $1, then 90 USDT and 500 BTC: 590 − 600 = −10 USD. If USDT is not in the second
reading at all, but was in the reading just before it, there is no answer: it may be a fault of one reading.
"""

from collections.abc import Collection, Sequence
from typing import Generic

from bot.detection.flow.column_arithmetic import Arithmetic, V
from bot.detection.flow.net_flow import SHOWN_ASSETS
from bot.detection.flow.reading_columns import ReadingColumns, SlotGroups, SlotPlaces, reading_columns
from bot.detection.flow.reading_diff import ReadingDiff
from bot.domain.flow import AssetFlow, Flow, Window
from bot.domain.reading import Holdings, Reading


class ColumnStore(Generic[V]):
    """The columns of one exchange's readings, of which the newest `max_readings` made are kept."""

    def __init__(self, own_tokens: Collection[str], arithmetic: Arithmetic[V], *, max_readings: int) -> None:
        self._arithmetic = arithmetic
        self._max_readings = max_readings
        self._places = SlotPlaces(own_tokens)
        self._columns_by_id: dict[int, ReadingColumns[V]] = {}

    def columns(self, reading: Reading) -> ReadingColumns[V]:
        """Return a reading as columns: those that were made of this very object before, or new ones."""
        # Comparing readings by value would cost more than the columns save. An id is safe as a key: the columns refer
        # to their reading, so it lives as long as they do, and no other object can get its id.
        columns = self._columns_by_id.get(id(reading))
        return columns or self._add(reading)

    def flow(
        self, window: Window, base: Reading, end: Reading, previous: Reading | None, *, with_assets: bool
    ) -> Flow | None:
        """Return the net flow between two readings, None where only `net_flow` gives the whole answer.

        `previous` is the reading just before `end`.
        """
        at_base, at_end = self._pair(base, end)
        # Layouts and sets are shared by most readings: comparing by identity first is what makes the checks free.
        if at_base.layout is not at_end.layout and not at_base.chains <= at_end.chains:
            return None
        if at_base.stablecoins is not at_end.stablecoins and not at_end.stablecoins <= at_base.stablecoins:
            return None
        if previous is not None and _any_slot_vanished(previous, end):
            return None
        if with_assets:
            moved = self._arithmetic.minus(at_end.amounts, at_base.amounts)
            moved_usd = self._arithmetic.times(moved, at_base.prices)
            usd, assets = self._arithmetic.total(moved_usd), self._largest(moved, moved_usd)
        else:
            usd, assets = self._arithmetic.dot(at_end.amounts, at_base.prices) - at_base.total_usd, ()
        share = usd / at_base.reserves_usd if at_base.reserves_usd > 0 else 0.0
        return Flow(window, base.as_of, end.as_of, usd, share, at_base.reserves_usd, assets)

    def quiet_diff(
        self, previous: Reading, latest: Reading, *, jump: float, large: float, least: float
    ) -> ReadingDiff | None:
        """Return the difference of two readings if it is quiet: no guard has to remember any of it; else None.

        All three limits are fractions. It is quiet when no asset worth `large` of what was there left or came, and no
        chain or asset of at least `least` of what was there moved by more than `jump` of itself.
        """
        before, now = self._pair(previous, latest)
        large_usd = large * before.total_usd
        if not before.total_usd or _any_slot_vanished(previous, latest) or self._appeared_usd(before, now) >= large_usd:
            return None
        moved_usd = self._arithmetic.times(self._arithmetic.minus(now.amounts, before.amounts), before.prices)
        # First one cheap question about all slots; only where it says "perhaps", the sums of every chain and asset.
        if self._arithmetic.absolute_total(moved_usd) >= large_usd and any(
            abs(usd) >= large_usd for usd in self._group_totals(self._places.assets, moved_usd)
        ):
            return None
        if self._arithmetic.any_exceeds(moved_usd, before.values, jump) and any(
            _any_jumped(
                self._group_totals(groups, before.values),
                self._group_totals(groups, moved_usd),
                jump,
                least * before.total_usd,
            )
            for groups in (self._places.chains, self._places.assets)
        ):
            return None
        return ReadingDiff(previous, latest, before.total_usd, self._arithmetic.total(moved_usd), (), {}, is_quiet=True)

    def prices_are_steady(self, previous: Reading, latest: Reading, *, tolerated: float, least: float) -> bool:
        """Return whether no asset of weight changed its price by more than a fraction `tolerated`.

        An asset has weight when it is worth `least` of the reserves or more, at either price. Its price is that over
        all chains, for sources state slightly different prices on each.
        """
        before, now = self._pair(previous, latest)
        price_changes = self._arithmetic.minus(now.prices, before.prices)
        if not self._arithmetic.any_exceeds(price_changes, before.prices, tolerated):
            return True
        totals = [
            self._group_totals(self._places.assets, column)
            for column in (before.amounts, before.values, now.amounts, now.values)
        ]
        return not any(
            abs(usd_now * amount_before / (amount_now * usd_before) - 1) > tolerated
            and max(usd_now, usd_before * amount_now / amount_before) >= least * now.reserves_usd
            for amount_before, usd_before, amount_now, usd_now in zip(*totals, strict=True)
            if usd_before > 0 and amount_now > 0
        )

    def _pair(self, earlier: Reading, later: Reading) -> tuple[ReadingColumns[V], ReadingColumns[V]]:
        """Return two readings as columns of one length."""
        first, second = self.columns(earlier), self.columns(later)
        if first.size != second.size:  # the second brought slots that were new, so the first has become too short
            return self.columns(earlier), second
        return first, second

    def _add(self, reading: Reading) -> ReadingColumns[V]:
        holdings, count_before = Holdings.of(reading.holdings), self._places.count
        positions = self._places.positions(holdings.layout)
        if self._places.count > count_before:  # columns of different lengths cannot be subtracted
            self._columns_by_id.clear()
        columns = reading_columns(reading, holdings, positions, self._places.count, self._arithmetic)
        self._columns_by_id[id(reading)] = columns
        if len(self._columns_by_id) > self._max_readings:
            del self._columns_by_id[next(iter(self._columns_by_id))]  # the oldest: dicts keep the order of insertion
        return columns

    def _appeared_usd(self, before: ReadingColumns[V], now: ReadingColumns[V]) -> float:
        """Return the worth of what is in slots that were empty before, in USD; own tokens count too."""
        if before.layout == now.layout and before.is_full:
            return 0.0
        held_before = {slot for slot, (amount, _) in before.reading.holdings.items() if amount > 0}
        slots = zip(now.layout.slots, Holdings.of(now.reading.holdings).usd, strict=True)
        return sum(usd for slot, usd in slots if slot not in held_before)

    def _group_totals(self, groups: SlotGroups, column: V) -> list[float]:
        return self._arithmetic.group_totals(groups.group_of_place, len(groups.names), column)

    def _largest(self, moved: V, moved_usd: V) -> tuple[AssetFlow, ...]:
        """Return one flow per asset over all its chains, largest first by worth, `SHOWN_ASSETS` at most."""
        usd_by_asset = self._group_totals(self._places.assets, moved_usd)
        amounts = self._arithmetic.figures(moved)
        sizes = list(map(abs, usd_by_asset))
        # Sorting plain floats is cheap; names and amounts are looked up for the few that pass the smallest one shown.
        smallest_shown = min(sorted(sizes)[-SHOWN_ASSETS:], default=0.0)
        largest = sorted(
            [(size, number) for number, size in enumerate(sizes) if size >= smallest_shown and size], reverse=True
        )
        names, members = self._places.assets.names, self._places.assets.members
        return tuple(
            [
                AssetFlow(names[number], sum([amounts[place] for place in members[number]]), usd_by_asset[number])
                for _, number in largest[:SHOWN_ASSETS]
            ]
        )


def _any_jumped(was_usd: Sequence[float], moved_usd: Sequence[float], jump: float, least_usd: float) -> bool:
    """Return whether a group worth `least_usd` or more, before or after, moved by more than a fraction of itself."""
    return any(
        abs(moved) > jump * was and max(was, was + moved) >= least_usd
        for was, moved in zip(was_usd, moved_usd, strict=True)
    )


def _any_slot_vanished(earlier: Reading, later: Reading) -> bool:
    """Return whether a slot of the earlier reading is not in the later one; an amount of 0 is still there."""
    before, after = Holdings.of(earlier.holdings).layout, Holdings.of(later.holdings).layout
    return before is not after and not after.rows.keys() >= before.rows.keys()
