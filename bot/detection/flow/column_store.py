"""Computes flows from columns of numbers, so that years of readings are worked through in seconds.

The flow between two readings is one sum of products: amounts now × prices before, minus what was there before. Where
that would not be the whole answer (a chain is missing, or something appeared that may make up for what left) nothing
is returned, and `computation` goes through the slots with `net_flow` and `reading_diff` instead.

An example: 100 USDT and 500 BTC at $1, then 90 USDT and 500 BTC: 590 − 600 = −10 USD. If USDC appears as well, there is
no answer: USDT may have been converted into it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from bot.detection.flow.asset_moves import AssetMove
from bot.detection.flow.column_arithmetic import Arithmetic, V
from bot.detection.flow.net_flow import SHOWN_ASSETS
from bot.detection.flow.reading_columns import ReadingColumns, SlotPlaces, reading_columns
from bot.detection.flow.reading_diff import ReadingDiff
from bot.detection.flow.uncounted import clamped
from bot.domain.assets import STABLECOINS
from bot.domain.flow import AssetFlow, Flow, Window
from bot.domain.reading import Holdings, Reading

_ROUNDING = 1e-9
"""The share of reserves below which a difference comes from adding up in another order."""


@dataclass(frozen=True, slots=True)
class QuietLimits:
    """What a quiet difference stays below, as fractions of what was there before.

    No asset moves by `large` of everything, all together by less than `sudden`; what appears is worth less than
    `listed`; and no slot, chain or asset of at least `least` moves by more than `jump` of itself.
    """

    jump: float
    least: float
    large: float
    listed: float
    sudden: float


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
        return self._columns_by_id.get(id(reading)) or self._add(reading)

    def flow(
        self, window: Window, base: Reading, end: Reading, uncounted: Mapping[str, float], *, with_assets: bool
    ) -> Flow | None:
        """Return the net flow between two readings, None where only `net_flow` gives the whole answer.

        Of what moved, `uncounted` units by asset are not counted.
        """
        at_base, at_end = self._pair(base, end)
        # Layouts and sets are shared by most readings: comparing by identity first is what makes the checks free.
        if at_base.layout is not at_end.layout and not at_base.chains <= at_end.chains:
            return None
        if self._make_up_for_others(at_base, at_end):
            return None
        corrections = self._corrections(at_base, at_end, uncounted) if uncounted else {}
        if corrections is None:
            return None
        assets: tuple[AssetFlow, ...] = ()
        if with_assets:
            moved = self._arithmetic.minus(at_end.amounts, at_base.amounts)
            moved_usd = self._arithmetic.times(moved, at_base.prices)
            usd, assets = self._arithmetic.total(moved_usd), self._largest(moved, moved_usd, corrections)
        else:
            usd = self._arithmetic.dot(at_end.amounts, at_base.prices) - at_base.total_usd
        if corrections:
            usd += sum([counted_usd - usd_moved for usd_moved, counted_usd in corrections.values()])
        share = usd / at_base.reserves_usd if at_base.reserves_usd > 0 else 0.0
        return Flow(window, base.as_of, end.as_of, usd, share, at_base.reserves_usd, assets)

    def quiet_diff(
        self, previous: Reading, latest: Reading, watched: Collection[str], *, limits: QuietLimits
    ) -> ReadingDiff | None:
        """Return the difference of two readings if it is quiet: no guard has to remember any of it; else None.

        It has the moves of the assets `watched`.
        """
        before, now = self._pair(previous, latest)
        large_usd = limits.large * before.total_usd
        if (
            not before.total_usd
            or _any_slot_vanished(previous, latest)
            or self._make_up_for_others(before, now)
            or self._appeared_usd(before, now) >= limits.listed * before.total_usd
        ):
            return None
        moved = self._arithmetic.minus(now.amounts, before.amounts)
        moved_usd = self._arithmetic.times(moved, before.prices)
        usd = self._arithmetic.total(moved_usd)
        if abs(usd) >= limits.sudden * before.total_usd:
            return None
        # First one cheap question about all slots; only where it says "perhaps", the sums of every chain and asset.
        if self._arithmetic.absolute_total(moved_usd) >= large_usd and any(
            abs(asset_usd) >= large_usd for asset_usd in self._arithmetic.group_totals(self._places.assets, moved_usd)
        ):
            return None
        if self._arithmetic.any_exceeds(moved_usd, before.values, limits.jump) and self._any_group_jumped(
            before, moved_usd, limits
        ):
            return None
        moves = self._asset_moves(watched, moved, moved_usd) if watched else {}
        return ReadingDiff(previous, latest, before.total_usd, usd, moves, is_quiet=True)

    def prices_are_steady(self, previous: Reading, latest: Reading, *, tolerated: float, least: float) -> bool:
        """Return whether no asset of weight changed its price by more than a fraction `tolerated`.

        An asset has weight when it is worth `least` of the reserves or more, at either price. Its price is that over
        all chains, for sources state slightly different prices on each, and the last one is that of the amounts of now:
        of 400 SOL that move from a chain where one costs $1 to one where it costs $3 no price changes.
        """
        before, now = self._pair(previous, latest)
        price_changes = self._arithmetic.minus(now.prices, before.prices)
        if not self._arithmetic.any_exceeds(price_changes, before.prices, tolerated):
            return True
        amounts_before, usd_before, usd_now = (
            self._arithmetic.group_totals(self._places.assets, column)
            for column in (before.amounts, before.values, now.values)
        )
        prices_before, amounts_now = self._arithmetic.figures(before.prices), self._arithmetic.figures(now.amounts)
        for number, places in enumerate(self._places.assets.members):
            if usd_before[number] > 0:
                price = usd_before[number] / amounts_before[number]  # where a slot had none
                last_usd = sum([amounts_now[place] * (prices_before[place] or price) for place in places])
                changed_usd = abs(usd_now[number] - last_usd)
                if changed_usd > tolerated * last_usd and max(usd_now[number], last_usd) >= least * now.reserves_usd:
                    return False
        return True

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

    def _any_group_jumped(self, before: ReadingColumns[V], moved_usd: V, limits: QuietLimits) -> bool:
        """Return whether a slot, a chain or an asset of weight moved by more than the limit, of itself."""
        least_usd, arithmetic = limits.least * before.total_usd, self._arithmetic
        slots = (arithmetic.figures(before.values), arithmetic.figures(moved_usd))
        return _any_jumped(*slots, limits.jump, least_usd) or any(
            _any_jumped(
                arithmetic.group_totals(groups, before.values),
                arithmetic.group_totals(groups, moved_usd),
                limits.jump,
                least_usd,
            )
            for groups in (self._places.chains, self._places.assets)
        )

    def _asset_moves(self, watched: Collection[str], moved: V, moved_usd: V) -> Mapping[str, AssetMove]:
        units, usd = self._arithmetic.figures(moved), self._arithmetic.figures(moved_usd)
        moves = {
            asset: AssetMove(sum([units[place] for place in places]), sum([usd[place] for place in places]))
            for asset in watched
            if (places := self._places.assets.members_of(asset))
        }
        return {asset: move for asset, move in moves.items() if move.units}

    def _make_up_for_others(self, before: ReadingColumns[V], now: ReadingColumns[V]) -> bool:
        """Return whether something that appeared may make up for what left: of its own asset, or of stablecoins."""
        if before.held is now.held:
            return False
        assets = self._places.assets
        return any(
            assets.names[number] in STABLECOINS or any(place in before.held for place in assets.members[number])
            for number in {assets.group_of_place[place] for place in now.held - before.held}
        )

    def _corrections(
        self, at_base: ReadingColumns[V], at_end: ReadingColumns[V], uncounted: Mapping[str, float]
    ) -> Mapping[str, tuple[float, float]] | None:
        """Return what moved in the assets that are not counted in full, and what of it is counted, in USD.

        None where an uncounted drop took away an inflow: it may make up for what left other assets.
        """
        corrections: dict[str, tuple[float, float]] = {}
        columns = [
            self._arithmetic.figures(column)
            for column in (at_base.amounts, at_end.amounts, at_base.values, at_base.prices)
        ]
        for asset, units in uncounted.items():
            places = self._places.assets.members_of(asset)
            start, end, values, prices = ([figures[place] for place in places] for figures in columns)
            if sum(values) > 0:
                price = sum(values) / sum(start)
                usd = sum((now - then) * at for now, then, at in zip(end, start, prices, strict=True))
                counted_usd = clamped(usd - units * price, usd)
                if usd - units * price - counted_usd > _ROUNDING * at_base.total_usd:
                    return None
                corrections[asset] = usd, counted_usd
        return corrections

    def _largest(self, moved: V, moved_usd: V, corrections: Mapping[str, tuple[float, float]]) -> tuple[AssetFlow, ...]:
        """Return one flow per asset over all its chains, largest first by worth, `SHOWN_ASSETS` at most."""
        assets = self._places.assets
        units, usd = (self._arithmetic.group_totals(assets, column) for column in (moved, moved_usd))
        for asset, (usd_moved, counted_usd) in corrections.items():
            number = assets.number_of(asset)
            units[number] *= counted_usd / usd_moved if usd_moved else 0.0
            usd[number] = counted_usd
        sizes = list(map(abs, usd))
        # Numbers are sorted by plain floats, which is cheap; flows are made for those that are shown.
        largest = sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True)[:SHOWN_ASSETS]
        return tuple([AssetFlow(assets.names[number], units[number], usd[number]) for number in largest if usd[number]])


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
