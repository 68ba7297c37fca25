"""Columns and detail are two computations of one interface, with the same figures whatever is known of the readings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backtest.numpy_arithmetic import NumpyArithmetic
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.computation import ColumnComputation, DetailedComputation
from bot.domain.flow import AssetFlow, Flow, Window
from bot.domain.guard_state import LostPart
from bot.domain.jump import Jump, Verdict
from bot.domain.reading import Reading
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, jump
from tests.detection.flow.drawn_books import OWN, PRICES, knowledge, two_calm_readings, two_readings

THEN = NOON - DAY
EACH_ARITHMETIC = pytest.mark.parametrize("by", [PLAIN_ARITHMETIC, NumpyArithmetic()], ids=["plain", "numpy"])


def columns(by: Arithmetic[Any] = PLAIN_ARITHMETIC) -> ColumnComputation:
    return ColumnComputation(OWN, by, max_readings=8, shows_assets=True)


def shown_assets(flow: Flow) -> dict[str, AssetFlow]:
    """Return the assets of a flow by name, without those whose worth is an error of rounding."""
    least = 1.0 + 1e-6 * flow.reserves_usd
    return {asset.asset: asset for asset in flow.assets if abs(asset.usd) > least}


@EACH_ARITHMETIC
@settings(max_examples=100, deadline=None)
@given(two_readings(), knowledge)
def test_columns_and_detail_give_the_same_flow(
    by: Arithmetic[Any], books: tuple[Reading, Reading], known: tuple[list[Jump], list[LostPart]]
) -> None:
    """To rounding: columns add up in another order."""
    jumps, lost_parts = known

    quick, slow = (
        computation.flow(Window.DAY, *books, jumps=jumps, lost_parts=lost_parts)
        for computation in (columns(by), DetailedComputation(OWN))
    )

    rounding = 1e-9 * slow.reserves_usd + 1e-3
    assert quick.usd == pytest.approx(slow.usd, rel=1e-9, abs=rounding)
    assert quick.reserves_usd == pytest.approx(slow.reserves_usd, rel=1e-9)
    assert quick.share * quick.reserves_usd == pytest.approx(slow.share * slow.reserves_usd, rel=1e-9, abs=rounding)
    assert (quick.lowest_usd, quick.highest_usd) == (slow.lowest_usd, slow.highest_usd)
    assert quick.doubted_usd == slow.doubted_usd
    assert (quick.start, quick.end, quick.missing_chains, quick.hold) == (
        slow.start, slow.end, slow.missing_chains, slow.hold
    )  # fmt: skip
    shown, expected = shown_assets(quick), shown_assets(slow)
    assert shown.keys() == expected.keys()
    for asset, part in shown.items():
        assert part.usd == pytest.approx(expected[asset].usd, rel=1e-6)
        assert part.amount == pytest.approx(expected[asset].amount, rel=1e-6)


@EACH_ARITHMETIC
@settings(max_examples=100, deadline=None)
@given(two_calm_readings())
def test_columns_and_detail_give_the_same_quiet_diff(by: Arithmetic[Any], books: tuple[Reading, Reading]) -> None:
    watched = PRICES.keys() - OWN

    quick, slow = columns(by).quiet_diff(*books, watched), DetailedComputation(OWN).reading_diff(*books)

    if quick is None:
        return
    assert (quick.previous, quick.latest, quick.is_quiet) == (*books, True)
    rounding = 1e-9 * slow.was_usd
    assert quick.was_usd == pytest.approx(slow.was_usd, rel=1e-9)
    assert quick.usd == pytest.approx(slow.usd, rel=1e-9, abs=rounding)
    moved = {asset: move.units for asset, move in (*slow.appeared.items(), *slow.moves.items())}
    for asset in watched:
        move = quick.moves.get(asset)
        assert (move.units if move else 0.0) == pytest.approx(moved.get(asset, 0.0), rel=1e-6, abs=1e-3)
        assert (move.usd if move else 0.0) == pytest.approx(
            slow.moves[asset].usd if asset in slow.moves else 0.0, rel=1e-6, abs=rounding
        )


@settings(max_examples=100, deadline=None)
@given(two_readings(), knowledge)
def test_a_flow_lies_between_its_bounds(
    books: tuple[Reading, Reading], known: tuple[list[Jump], list[LostPart]]
) -> None:
    jumps, lost_parts = known

    flow = DetailedComputation(OWN).flow(Window.DAY, *books, jumps=jumps, lost_parts=lost_parts)

    assert flow.low <= flow.share <= flow.high
    assert flow.doubted_usd <= 0
    assert (flow.lowest_usd is None) is (flow.highest_usd is None)
    assert flow.lowest_usd is not None or (flow.hold, flow.missing_chains) == (None, ())


@given(two_readings(), st.sampled_from((0.0, 1e9)))
def test_readings_that_are_alike_have_no_flow(books: tuple[Reading, Reading], left: float) -> None:
    """Whatever the jumps between them say: what left and came back is no flow in either direction."""
    base = books[0]
    end = replace(base, as_of=NOON)
    said = [jump(asset, sign * left, verdict=Verdict.NOT_COUNTED) for asset in PRICES for sign in (-1, 1, 1)]

    for computation in (columns(), DetailedComputation(OWN)):
        assert computation.flow(Window.DAY, base, end, jumps=said).usd == pytest.approx(0.0, abs=1e-3)


class TestWhatColumnsDoThemselves:
    """What is computed in columns has no assets here, what is computed in detail has two."""

    BASE, END = holding(60, at=THEN), holding(59)

    def asset_count(self, jumps: Sequence[Jump] = (), lost_parts: Sequence[LostPart] = ()) -> int:
        computation = ColumnComputation(BINANCE.own_tokens, max_readings=8)
        return len(computation.flow(Window.DAY, self.BASE, self.END, jumps=jumps, lost_parts=lost_parts).assets)

    def test_is_all_that_is_certain_with_what_is_not_counted(self) -> None:
        assert self.asset_count() == 0
        assert self.asset_count([jump("USDT", -1.0, at=NOON, verdict=Verdict.NOT_COUNTED)]) == 0

    @pytest.mark.parametrize(
        ("verdict", "count"),
        [
            (Verdict.COUNTED, 0),
            (Verdict.NOT_COUNTED, 0),
            (Verdict.RETURNED, 0),
            (Verdict.WAITING, 2),
            (Verdict.DOUBTED, 2),
        ],
    )
    def test_is_left_to_the_details_while_a_jump_may_count_or_not(self, verdict: Verdict, count: int) -> None:
        assert self.asset_count([jump(verdict=verdict)]) == count

    @pytest.mark.parametrize(
        ("since", "until", "count"),
        [
            (THEN - HOUR, None, 2),
            (THEN - HOUR, THEN + HOUR, 2),
            (THEN - HOUR, THEN, 0),
            (THEN + HOUR, NOON, 0),
            (NOON - HOUR, None, 2),
            (NOON + HOUR, None, 0),
        ],
    )
    def test_is_left_to_the_details_while_an_end_of_the_window_lacks_a_part(
        self, since: datetime, until: datetime | None, count: int
    ) -> None:
        lost = LostPart("Tron", since, self.BASE.holdings, self.BASE, until)

        assert self.asset_count(lost_parts=[lost]) == count

    def test_has_assets_where_they_are_shown_and_wanted(self) -> None:
        shows = ColumnComputation(BINANCE.own_tokens, max_readings=8, shows_assets=True)

        assert len(shows.flow(Window.DAY, self.BASE, self.END).assets) == 2
        assert shows.flow(Window.DAY, self.BASE, self.END, with_assets=False).assets == ()


def test_the_detailed_way_has_no_quicker_way_and_checks_every_price() -> None:
    detailed = DetailedComputation(BINANCE.own_tokens)
    in_columns = ColumnComputation(BINANCE.own_tokens, max_readings=8)
    base, end = holding(60, at=THEN), holding(59.9)

    assert (detailed.own_tokens, in_columns.own_tokens) == (BINANCE.own_tokens, BINANCE.own_tokens)
    assert detailed.quiet_diff(base, end, ()) is None
    assert (detailed.prices_moved(base, end), in_columns.prices_moved(base, end)) == (True, False)
    assert in_columns.reading_diff(base, end) == detailed.reading_diff(base, end)
    assert in_columns.quiet_diff(base, end, ())
