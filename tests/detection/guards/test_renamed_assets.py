"""From which figures on what vanished and what appeared are one asset under two names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import ClassVar

import pytest

from bot.detection.guards.renamed_assets import with_renamed_slots
from bot.detection.guards.restatement import restated
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, RenamedSlot
from bot.domain.jump import JumpReason, Verdict
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, jump, reading
from tests.detection.guards.worked_series import flow_between, flow_usd, on_chains, state_after
from tests.detection.invariants.engine_runs import signal_of, states

OLD, NEW = Slot("Arbitrum", "USDT"), Slot("Arbitrum", "USDT0")
USUAL = {"Arbitrum/USDT": 100.0, "Arbitrum/ETH": 200.0, "Tron/USDT": 300.0, "Bitcoin/BTC": 400.0}


def without(*slots: str, **renamed: float) -> dict[str, float]:
    """Return what is usual without these slots, and with USDT0 on Arbitrum or another chain."""
    kept = {slot: units for slot, units in USUAL.items() if slot not in slots}
    return kept | {f"{chain}/USDT0": units for chain, units in renamed.items()}


RENAMED = without("Arbitrum/USDT", Arbitrum=100.0)


def priced(units: Mapping[str, float], *, price: float = 1.0, at: timedelta = timedelta()) -> Reading:
    """Return a reading with USDT0 at a price."""
    return reading({slot: (held, price if "USDT0" in slot else 1.0) for slot, held in units.items()}, at=NOON + at)


def names(before: Mapping[str, float], after: Mapping[str, float], *, price: float = 1.0) -> list[tuple[Slot, Slot]]:
    state = with_renamed_slots(GuardState(), priced(before, at=-HOUR), priced(after, price=price), {"OWN"})
    assert all(name.at == NOON for name in state.renamed_slots)
    return [(name.original, name.renamed) for name in state.renamed_slots]


class TestTheSameAsset:
    @pytest.mark.parametrize(
        ("units", "price", "is_same"),
        [
            # The same amount to a hundredth, the price to a quarter …
            (99.01, 0.76, True), (98.97, 0.76, False), (100.99, 1.24, True), (101.03, 1.24, False),
            (100.0, 0.75, True), (100.0, 0.74, False), (100.0, 1.25, True), (100.0, 1.26, False),
            # … or to a tenth, and the price to a twentieth.
            (90.01, 0.96, True), (89.9, 0.96, False), (109.99, 1.04, True), (110.1, 1.04, False),
            (95.0, 0.951, True), (95.0, 0.949, False), (95.0, 1.049, True), (95.0, 1.051, False),
        ],
    )  # fmt: skip
    def test_has_the_same_amount_and_price_or_nearly_the_same_amount_at_the_same_price(
        self, units: float, price: float, *, is_same: bool
    ) -> None:
        found = names(USUAL, without("Arbitrum/USDT", Arbitrum=units), price=price)

        assert found == ([(OLD, NEW)] if is_same else [])

    @pytest.mark.parametrize(("price", "is_same"), [(0.87, False), (0.88, True), (0.98, True), (1.06, False)])
    def test_has_the_price_of_before_or_that_on_another_chain(self, price: float, *, is_same: bool) -> None:
        """A day later ETH costs 7.5 % less everywhere: 0.925, with or without a new name."""
        before = {"Arbitrum/ETH": 200.0, "Ethereum/ETH": 500.0, "Arbitrum/USDT": 100.0}
        after = {"Arbitrum/ETH0": (195.0, price), "Ethereum/ETH": (500.0, 0.925), "Arbitrum/USDT": (100.0, 1.0)}

        state = with_renamed_slots(GuardState(), priced(before, at=-HOUR), reading(after), ())

        assert bool(state.renamed_slots) is is_same

    @pytest.mark.parametrize(("worth", "is_noted"), [(1.0, True), (0.995, False)])
    def test_is_worth_a_thousandth_of_reserves_before(self, worth: float, *, is_noted: bool) -> None:
        before = {"Arbitrum/USDT": worth, "Arbitrum/ETH": 200.0, "Bitcoin/BTC": 800 - worth, "Bitcoin/OWN": 9e9}
        after = {"Arbitrum/USDT0": 1.0, "Arbitrum/ETH": 200.0, "Bitcoin/BTC": 800.0, "Bitcoin/OWN": 9e9}

        assert bool(names(before, after)) is is_noted

    @pytest.mark.parametrize(("worth", "is_noted"), [(1.0, True), (0.995, False)])
    def test_is_worth_a_thousandth_of_reserves_after(self, worth: float, *, is_noted: bool) -> None:
        before = {"Arbitrum/USDT": 1.0, "Arbitrum/ETH": 200.0, "Bitcoin/BTC": 799.0}

        assert bool(names(before, {"Arbitrum/USDT0": worth, "Arbitrum/ETH": 200.0})) is is_noted

    def test_is_on_the_same_chain(self) -> None:
        assert names(USUAL, without("Arbitrum/USDT", Tron=100.0)) == []

    def test_was_not_there_by_the_other_name_before(self) -> None:
        assert names(USUAL | {"Arbitrum/USDT0": 5.0}, RENAMED) == []
        assert names(USUAL | {"Arbitrum/USDT0": 0.0}, RENAMED) == [(OLD, NEW)]

    def test_is_gone_by_its_first_name(self) -> None:
        assert names(USUAL, USUAL | {"Arbitrum/USDT0": 100.0}) == []
        assert names(USUAL, RENAMED | {"Arbitrum/USDT": 0.0}) == []

    def test_is_not_one_of_a_chain_that_is_missing(self) -> None:
        assert names(USUAL, without("Arbitrum/USDT", "Arbitrum/ETH")) == []

    def test_is_the_nearest_of_several_and_each_is_one_only(self) -> None:
        usdc, usdc_e = Slot("Arbitrum", "USDC"), Slot("Arbitrum", "USDC.E")
        before = USUAL | {"Arbitrum/USDC": 103.0}
        after = without("Arbitrum/USDT") | {"Arbitrum/USDC.E": 104.0, "Arbitrum/USDT0": 98.0}

        assert names(before, after) == [(usdc, usdc_e), (OLD, NEW)]
        assert names(USUAL, after) == [(OLD, NEW)]
        # A third that appears as well is no name of either.
        assert names(before, after | {"Arbitrum/DAI": 96.0}) == [(usdc, usdc_e), (OLD, NEW)]

    def test_is_the_nearest_by_its_price_as_well(self) -> None:
        after = {"Arbitrum/ARB": (100.0, 0.96), "Arbitrum/USDT0": (98.0, 1.0), "Arbitrum/ETH": (200.0, 1.0)}

        state = with_renamed_slots(GuardState(), priced(USUAL, at=-HOUR), reading(after), ())

        assert [name.renamed for name in state.renamed_slots] == [NEW]

    def test_is_no_reserve_that_an_own_token_took_the_place_of(self) -> None:
        own = without("Arbitrum/USDT") | {"Arbitrum/OWN": 100.0}

        assert names(USUAL, own) == []
        assert names(own, without("Arbitrum/USDT", Arbitrum=100.0)) == [(Slot("Arbitrum", "OWN"), NEW)]
        other = without("Arbitrum/USDT") | {"Arbitrum/OWN 2": 100.0}
        before, after = priced(own, at=-HOUR), priced(other)
        assert with_renamed_slots(GuardState(), before, after, {"OWN", "OWN 2"}).renamed_slots != ()

    def test_is_not_what_has_no_amount(self) -> None:
        before, after = priced(USUAL, at=-HOUR), priced(RENAMED)
        odd = replace(after, holdings={**after.holdings, NEW: Holding(0.0, 100.0)})

        assert with_renamed_slots(GuardState(), before, odd, ()).renamed_slots == ()


class TestAChainByAnotherName:
    CHAIN = {"Tron/USDT": 300.0, "Bitcoin/BTC": 400.0, "ArbitrumOne/USDT": 100.0, "ArbitrumOne/ETH": 200.0}  # noqa: RUF012 — never changed

    def test_has_the_same_assets(self) -> None:
        assert names(USUAL, self.CHAIN) == [
            (OLD, Slot("ArbitrumOne", "USDT")),
            (Slot("Arbitrum", "ETH"), Slot("ArbitrumOne", "ETH")),
        ]
        series = on_chains(USUAL, self.CHAIN, self.CHAIN, USUAL)
        state = state_after(series)
        assert (state.jumps, state.lost_parts) == ((), ())
        assert [flow_usd(series[start:], state) for start in range(3)] == [0.0] * 3

    def test_may_have_an_asset_of_which_there_is_nothing(self) -> None:
        old, new = Slot("Arbitrum", "LINK"), Slot("ArbitrumOne", "LINK")
        before, after = {**USUAL, "Arbitrum/LINK": 0.0}, {**self.CHAIN, "ArbitrumOne/LINK": 0.0}

        assert (old, new) in names(before, after)

    def test_is_not_one_that_was_there_before(self) -> None:
        before = USUAL | {"ArbitrumOne/LINK": 5.0}

        assert names(before, self.CHAIN | {"ArbitrumOne/LINK": 5.0}) == []

    def test_is_not_one_of_a_chain_that_is_still_there(self) -> None:
        assert names(USUAL, without("Arbitrum/USDT") | {"ArbitrumOne/USDT": 100.0}) == []

    @pytest.mark.parametrize(
        ("usdt", "eth", "is_same"), [(96.0, 182.0, True), (90.1, 1.0, False), (1.0, 180.1, True), (100.0, 150.0, False)]
    )
    def test_has_half_of_its_worth_in_the_same_amounts(self, usdt: float, eth: float, *, is_same: bool) -> None:
        after = self.CHAIN | {"ArbitrumOne/USDT": usdt, "ArbitrumOne/ETH": eth}

        assert len(names(USUAL, after)) == (2 if is_same else 0)

    @pytest.mark.parametrize(("eth", "is_same"), [(98.0, True), (100.0, True), (102.0, False)])
    def test_has_half_of_its_worth_at_least(self, eth: float, *, is_same: bool) -> None:
        before = {"Arbitrum/USDT": 100.0, "Arbitrum/ETH": eth, "Bitcoin/BTC": 800.0}
        after = {"ArbitrumOne/USDT": 100.0, "ArbitrumOne/ETH": 10.0, "Bitcoin/BTC": 800.0}

        assert bool(names(before, after)) is is_same

    @pytest.mark.parametrize(("price", "is_same"), [(0.75, True), (0.74, False), (1.25, True), (1.26, False)])
    def test_has_the_same_prices_within_a_quarter(self, price: float, *, is_same: bool) -> None:
        before = {"Arbitrum/USDT0": 100.0, "Bitcoin/BTC": 400.0}

        assert bool(names(before, {"ArbitrumOne/USDT0": 100.0, "Bitcoin/BTC": 400.0}, price=price)) is is_same

    @pytest.mark.parametrize(("units", "is_same"), [(90.1, True), (89.9, False), (109.9, True), (110.1, False)])
    def test_has_the_same_amounts_within_a_tenth(self, units: float, *, is_same: bool) -> None:
        before = {"Arbitrum/USDT": 100.0, "Bitcoin/BTC": 400.0}

        assert bool(names(before, {"ArbitrumOne/USDT": units, "Bitcoin/BTC": 400.0})) is is_same

    def test_counts_what_left_in_the_same_hour(self) -> None:
        after = self.CHAIN | {"ArbitrumOne/USDT": 96.0, "ArbitrumOne/ETH": 160.0, "ArbitrumOne/LINK": 0.3}
        before = USUAL | {"Arbitrum/USDT": 101.0, "Arbitrum/LINK": 0.5, "Arbitrum/USDC": 300.0}
        series = on_chains(before, after | {"ArbitrumOne/USDC": 300.0}, after | {"ArbitrumOne/USDC": 300.0})
        state = state_after(series)

        # What is small or moved far has the chain's new name all the same.
        assert flow_usd(series, state) == pytest.approx(-5.0 - 40.0 - 0.2)
        assert flow_usd(series[1:], state) == 0.0
        assert state.lost_parts == ()

    def test_is_the_nearest_of_several(self) -> None:
        before = {"Arbitrum/ETH": 100.0, "Optimism/ETH": 104.0, "Bitcoin/BTC": 400.0}
        after = {"ArbitrumOne/ETH": 101.0, "Mainnet/ETH": 103.0, "Bitcoin/BTC": 400.0}

        assert names(before, after) == [
            (Slot("Arbitrum", "ETH"), Slot("ArbitrumOne", "ETH")),
            (Slot("Optimism", "ETH"), Slot("Mainnet", "ETH")),
        ]

    @pytest.mark.parametrize(("worth", "is_noted"), [(1.0, True), (0.995, False)])
    def test_is_worth_a_thousandth_of_reserves(self, worth: float, *, is_noted: bool) -> None:
        before = {"Arbitrum/ETH": worth, "Bitcoin/BTC": 1000.0 - worth}

        assert bool(names(before, {"ArbitrumOne/ETH": 1.0, "Bitcoin/BTC": 1000.0 - worth})) is is_noted

    @pytest.mark.parametrize(("eth", "is_same"), [(200.0, True), (150.0, False)])
    def test_has_half_of_it_under_the_same_names(self, eth: float, *, is_same: bool) -> None:
        after = {"Tron/USDT": 300.0, "Bitcoin/BTC": 400.0, "ArbitrumOne/USDT0": 96.0, "ArbitrumOne/ETH": eth}
        both = [(Slot("Arbitrum", "ETH"), Slot("ArbitrumOne", "ETH")), (OLD, Slot("ArbitrumOne", "USDT0"))]

        assert names(USUAL, after) == (both if is_same else [])


@pytest.mark.parametrize(("age", "is_kept"), [(90 * DAY - HOUR, True), (90 * DAY, False)])
def test_a_name_is_remembered_for_ninety_days(age: timedelta, *, is_kept: bool) -> None:
    known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, NOON - age),))
    other = Slot("Arbitrum", "WETH")
    before, after = priced(USUAL, at=-HOUR), priced(USUAL)
    more = priced(without("Arbitrum/ETH") | {"Arbitrum/WETH": 200.0})

    assert with_renamed_slots(known, before, after, ()).renamed_slots == (known.renamed_slots if is_kept else ())
    assert with_renamed_slots(known, before, more, ()).renamed_slots == (
        *(known.renamed_slots if is_kept else ()),
        RenamedSlot(Slot("Arbitrum", "ETH"), other, NOON),
    )


@pytest.mark.parametrize(("asset", "is_kept"), [("USDT", True), ("USDT0", False)])
def test_a_name_is_remembered_as_long_as_a_jump_is_known_by_it(asset: str, *, is_kept: bool) -> None:
    known = GuardState(jumps=(jump(asset),), renamed_slots=(RenamedSlot(OLD, NEW, NOON - 99 * DAY),))

    found = with_renamed_slots(known, priced(USUAL, at=-HOUR), priced(USUAL), ())

    assert found.renamed_slots == (known.renamed_slots if is_kept else ())


def test_where_nothing_is_renamed_the_state_stays_the_same_object() -> None:
    known = GuardState()

    assert with_renamed_slots(known, priced(USUAL, at=-HOUR), priced(USUAL), ()) is known


class TestARenamedAsset:
    def test_is_no_flow_when_its_name_is_old_and_a_jump_of_it_is_not(self) -> None:
        """Renamed on day 0, a third of it leaves alone on day 80: not counted, on day 95 as little as on day 81."""
        old = {"Arbitrum/USDT": 100.0, "Arbitrum/ETH": 300.0, "Bitcoin/BTC": 600.0}
        new = {"Arbitrum/USDT0": 100.0, "Arbitrum/ETH": 300.0, "Bitcoin/BTC": 600.0}
        less = {**new, "Arbitrum/USDT0": 60.0}
        series = on_chains(old, new, new, less, less, less, hours=[24.0 * day for day in (0, 1, 79, 80, 81, 95)])

        for count in (5, 6):
            assert flow_usd(series[2:count], state_after(series[:count])) == 0.0

    def test_moves_nothing_at_once_later_or_when_it_is_renamed_back(self) -> None:
        series = on_chains(USUAL, RENAMED, RENAMED, USUAL, USUAL)

        for count in range(2, 6):
            state = state_after(series[:count])
            assert state.jumps == ()
            assert state.lost_parts == ()
            for start in range(count):
                assert flow_usd(series[start:count], state) == 0.0

    @pytest.mark.parametrize("fast", [True, False])
    def test_is_counted_once_in_a_window_that_begins_with_the_new_name(self, *, fast: bool) -> None:
        """In the hour of the new name 4 % of it leave, later nothing: no window has it under both names."""
        series = on_chains(USUAL, *[without("Arbitrum/USDT", Arbitrum=96.0)] * 30)
        for state in islice(states(series, fast=fast), 1, None):
            flow = signal_of(state).flow(Window.DAY)
            if flow is not None:
                counted = (flow.usd, flow.reserves_usd)
                assert counted == ((-4.0, 1000.0) if flow.start == series[0].as_of else (0.0, 996.0))

    def test_moves_nothing_when_it_is_renamed_back_weeks_later_in_traffic(self) -> None:
        less, back = without("Arbitrum/USDT", Arbitrum=96.0), USUAL | {"Arbitrum/USDT": 80.0}
        series = on_chains(USUAL, less, less, back, back, hours=[0.0, 1.0, 1000.0, 1001.0, 1002.0])
        state = state_after(series)

        assert [flow_usd(series[start:], state) for start in range(5)] == [-20.0, -16.0, -16.0, 0.0, 0.0]
        assert state.lost_parts == ()

    @pytest.mark.parametrize("empty", [OLD, NEW])
    def test_is_not_missing_where_the_other_name_is_told_with_nothing(self, empty: Slot) -> None:
        """Not even where it is the largest of its chain, of which a zero is a node's error."""
        old, new = {**USUAL, "Arbitrum/ETH": 20.0}, {**RENAMED, "Arbitrum/ETH": 20.0}
        later = {**(new if empty is OLD else old), "Tron/USDT": 290.0}
        told = [new, later] if empty is OLD else [new, new, old, later]
        first, *others = on_chains(old, *told)
        series = [
            first,
            *(replace(latest, zero_slots=frozenset({empty} - latest.holdings.keys())) for latest in others),
        ]
        state = state_after(series)

        assert state.lost_parts == ()
        assert flow_usd(series, state) == -10.0

    def test_that_swaps_its_name_with_another_of_the_same_worth_moves_nothing(self) -> None:
        """Two dollars are each called as the other was: what left one came to the other."""
        usual = {"Arbitrum/USDT": 100.0, "Arbitrum/USDC": 60.0, "Bitcoin/BTC": 800.0}
        swapped = {"Arbitrum/USDT": 60.0, "Arbitrum/USDC": 99.0, "Bitcoin/BTC": 800.0}
        series = on_chains(usual, swapped, swapped)

        assert [flow_usd(series[start:], state_after(series)) for start in range(3)] == [-1.0, 0.0, 0.0]

    def test_is_one_of_two_names_that_are_there_at_once(self) -> None:
        """Half of it under either name: nothing moved."""
        both = without("Arbitrum/USDT", Arbitrum=50.0) | {"Arbitrum/USDT": 50.0}
        series = on_chains(USUAL, RENAMED, both, RENAMED, USUAL)

        for count in range(2, 6):
            assert flow_usd(series[:count], state_after(series[:count])) == 0.0

    def test_leaves_as_the_asset_that_it_is(self) -> None:
        less = without("Arbitrum/USDT", Arbitrum=88.0)
        series = on_chains(USUAL, RENAMED, less)
        state = state_after(series)

        flow = flow_between(series[0], series[-1], state)

        assert [(asset.asset, asset.amount) for asset in flow.assets] == [("USDT", -12.0)]
        assert [(jump.group, jump.reason) for jump in state.jumps] == [("USDT", JumpReason.LARGE)]

    def test_that_moved_to_another_chain_under_its_new_name_is_netted(self) -> None:
        elsewhere = without("Arbitrum/USDT", Arbitrum=60.0) | {"Tron/USDT": 340.0}
        series = on_chains(USUAL, RENAMED, elsewhere)
        state = state_after(series)

        assert (state.jumps, flow_between(series[0], series[-1], state).assets) == ((), ())

    def test_keeps_what_was_left_out_of_it(self) -> None:
        """A third of the dollars leaves alone and is not counted; then the rest is renamed, and all come back."""
        units = {"Arbitrum/USDT": 100.0, "Arbitrum/ETH": 300.0, "Bitcoin/BTC": 600.0}
        less = units | {"Arbitrum/USDT": 60.0}
        new = {"Arbitrum/USDT0": 60.0, "Arbitrum/ETH": 300.0, "Bitcoin/BTC": 600.0}
        series = on_chains(units, less, less, new, new | {"Arbitrum/USDT0": 100.0})
        state = state_after(series)

        assert [(jump.group, jump.verdict) for jump in state.jumps] == [("USDT", Verdict.RETURNED)]
        for start in range(5):
            assert flow_usd(series[start:], state) == 0.0


@pytest.mark.parametrize("came", [99.9, 95.0, 91.0, 85.0])
@pytest.mark.parametrize("chain", ["Arbitrum", "Tron"])
def test_dollars_that_leave_while_other_dollars_appear_count_by_the_difference(came: float, chain: str) -> None:
    """USDT are drained and USDC appears: on one chain within a tenth a new name, else a conversion; the same flow."""
    before = {"Arbitrum/USDT": 100.0, "Tron/TRX": 300.0, "Bitcoin/BTC": 600.0}
    after = {"Tron/TRX": 300.0, "Bitcoin/BTC": 600.0, f"{chain}/USDC": came, "Arbitrum/ARB": 1.0}
    series = on_chains(before, after, after)
    flow = flow_between(series[0], series[-1], state_after(series))

    assert flow.usd == pytest.approx(came - 100.0)


@pytest.mark.parametrize("came", [100.0, 96.0, 91.0])
def test_a_wrapped_asset_that_is_turned_into_another_counts_by_the_difference(came: float) -> None:
    before = {"Ethereum/WBTC": 100.0, "Ethereum/ETH": 300.0, "Bitcoin/BTC": 600.0}
    after = {"Ethereum/CBBTC": came, "Ethereum/ETH": 300.0, "Bitcoin/BTC": 600.0}
    series = on_chains(before, after, after)

    assert flow_usd(series, state_after(series)) == came - 100.0


def test_an_asset_that_is_drained_while_another_of_its_worth_is_listed_counts_in_full() -> None:
    """Its price is another one: 100 LINK at $1, and 50 ARB at $2."""
    before = {"Arbitrum/LINK": 100.0, "Arbitrum/ETH": 300.0, "Bitcoin/BTC": 600.0}
    after = {"Arbitrum/ARB": 50.0, "Arbitrum/ETH": 300.0, "Bitcoin/BTC": 600.0}
    series = on_chains(before, after, after, prices={"ARB": [2.0] * 3})

    assert flow_usd(series, state_after(series)) == -100.0


class TestANameThatIsToldBeforeTheOldOneGoes:
    BOTH: ClassVar = {**USUAL, "Arbitrum/USDT0": 100.0}

    @pytest.mark.parametrize("readings_with_both", [1, 20, 100])
    def test_moves_nothing(self, readings_with_both: int) -> None:
        series = on_chains(USUAL, *[self.BOTH] * readings_with_both, RENAMED, RENAMED)

        for count in range(2, len(series) + 1):
            state = state_after(series[:count])
            assert [flow_usd([base, series[count - 1]], state) for base in series[:count]] == [0.0] * count
            assert state.lost_parts == ()

    def test_ends_the_jump_by_which_it_appeared(self) -> None:
        series = on_chains(USUAL, self.BOTH, self.BOTH, RENAMED)

        assert [(jump.group, jump.verdict) for jump in state_after(series).jumps] == [("USDT0", Verdict.RETURNED)]

    def test_counts_what_customers_take_in_the_hour_in_which_the_old_name_goes(self) -> None:
        less = without("Arbitrum/USDT", Arbitrum=96.0)
        series = on_chains(USUAL, self.BOTH, self.BOTH, less, less)

        assert [flow_usd(series[start:], state_after(series)) for start in range(5)] == [-4.0, -4.0, -4.0, 0.0, 0.0]

    @pytest.mark.parametrize(
        ("units", "price", "is_same"),
        [(100.9, 1.0, True), (101.1, 1.0, False), (99.1, 1.0, True), (98.9, 1.0, False), (100, 1.04, True),
         (100, 1.06, False)],
    )  # fmt: skip
    def test_had_the_same_amount_and_price_in_the_last_reading_with_both(
        self, units: float, price: float, *, is_same: bool
    ) -> None:
        """Else one asset was drained after another was listed, and counts in full."""
        both, after = USUAL | {"Arbitrum/USDT0": units}, without("Arbitrum/USDT", Arbitrum=units)
        series = on_chains(USUAL, both, both, after, after, prices={"USDT0": [price] * 5})

        assert bool(state_after(series).renamed_slots) is is_same
        assert flow_usd(series, state_after(series)) == (units - 100.0 if is_same else -100.0)

    @pytest.mark.parametrize(
        ("reason", "verdict", "is_same"),
        [
            (JumpReason.APPEARED, Verdict.NOT_COUNTED, True),
            (JumpReason.ALONE, Verdict.NOT_COUNTED, False),
            (JumpReason.APPEARED, Verdict.RETURNED, False),
        ],
    )
    def test_appeared_and_is_still_there(self, reason: JumpReason, verdict: Verdict, *, is_same: bool) -> None:
        """An asset that was there and grew is none, and neither is one of which what had appeared has left."""
        known = GuardState(jumps=(jump("USDT0", 100.0, reason=reason, verdict=verdict, at=NOON - DAY),))

        state = with_renamed_slots(known, priced(self.BOTH, at=-HOUR), priced(RENAMED), set())

        assert bool(state.renamed_slots) is is_same

    def test_was_not_there_all_the_time(self) -> None:
        series = on_chains(self.BOTH, self.BOTH, RENAMED, RENAMED)

        assert state_after(series).renamed_slots == ()
        assert flow_usd(series, state_after(series)) == -100.0

    def test_is_none_of_an_asset_that_was_on_the_chain_and_appeared_on_another(self) -> None:
        """The dollars on Tron are new, those on Arbitrum are not; of as many others there all are drained."""
        elsewhere = {"Tron/USDT0": 49.0}
        series = on_chains(self.BOTH, self.BOTH | elsewhere, *[RENAMED | elsewhere] * 2)

        assert state_after(series).renamed_slots == ()


class TestANameThatHasNoValueAtFirst:
    PRICE = 3.0

    def series(self, *prices: float, units: float = 100.0, **more: float) -> list[Reading]:
        """Return readings of USDT at $3, which is called USDT0 from the second on, at these prices; `more` is there."""
        after = without("Arbitrum/USDT", Arbitrum=units) | {f"Arbitrum/{asset}": held for asset, held in more.items()}
        count = len(prices) + 1
        return on_chains(
            {"Arbitrum/USDT": 100.0, "Arbitrum/ETH": 200.0, "Bitcoin/BTC": 400.0},
            *[{slot: held for slot, held in after.items() if slot != "Tron/USDT"}] * len(prices),
            prices={"USDT": [self.PRICE] * count, "USDT0": [0.0, *prices]} | {asset: [0.0] * count for asset in more},
        )

    @pytest.mark.parametrize("readings_without", [1, 2, 5])
    def test_moves_nothing_before_or_after_it_has_one(self, readings_without: int) -> None:
        series = self.series(*[0.0] * readings_without, self.PRICE, self.PRICE)

        for count in range(2, len(series) + 1):
            state = state_after(series[:count])
            assert (state.jumps, state.lost_parts) == ((), ())
            assert [flow_usd([base, series[count - 1]], state) for base in series[:count]] == [0.0] * count

    def test_is_worth_the_price_of_before_and_said_to_be_unpriced(self) -> None:
        series = self.series(0.0, 3.1)
        state = state_after(series)

        assert [name.price for name in state.renamed_slots] == [self.PRICE]
        assert [restated(at, state).holdings[OLD].usd for at in series] == [300.0, 300.0, 310.0]
        assert [restated(at, state).unpriced_slots for at in series] == [frozenset(), {OLD}, frozenset()]

    @pytest.mark.parametrize(("units", "is_same"), [(100.9, True), (99.1, True), (101.1, False), (98.9, False)])
    def test_has_the_same_amount_to_a_hundredth(self, units: float, *, is_same: bool) -> None:
        series = self.series(0.0, 0.0, 0.0, units=units)

        expected = (units - 100.0) * self.PRICE if is_same else -300.0
        assert flow_usd(series, state_after(series)) == pytest.approx(expected)

    def test_is_the_only_one_with_that_amount(self) -> None:
        """Of two assets without a price nobody can tell which it is, or whether it is either."""
        assert state_after(self.series(0.0, 0.0, SPAM=100.2)).renamed_slots == ()

    @pytest.mark.parametrize("fast", [True, False])
    def test_may_have_a_value_that_cannot_be(self, *, fast: bool) -> None:
        series = self.series(0.0, 0.0, 0.0, self.PRICE, *[self.PRICE] * 24)
        told = [replace(at, unpriced_slots=frozenset({NEW})) if 1 <= number <= 3 else at
                for number, at in enumerate(series)]  # fmt: skip

        for state in islice(states(told, fast=fast), 1, None):
            flow = signal_of(state).flow(Window.DAY)
            assert state.guard_state.lost_parts == ()
            assert flow is None or (flow.usd, flow.reserves_usd) == (0.0, 900.0)

    def test_counts_what_leaves_under_it(self) -> None:
        first, *others = self.series(0.0, 0.0, 0.0)
        less = replace(others[-1], holdings={**others[-1].holdings, NEW: Holding(80.0, 0.0)})
        series = [first, *others[:-1], less]

        assert [flow_usd(series[start:], state_after(series)) for start in range(3)] == [-60.0] * 3


class TestWhatIsNoNewName:
    def test_is_a_chain_like_one_that_is_still_there(self) -> None:
        assert names(USUAL, USUAL | {"Tron 2/USDT": 300.0}) == []

    def test_is_a_chain_with_most_of_the_assets_and_a_little_less_of_each(self) -> None:
        """Of 200 on a chain that is gone 96.9 are on the new one, and were 102: less than half agrees."""
        before = {"Arbitrum/USDT": 102.0, "Arbitrum/ETH": 98.0, "Bitcoin/BTC": 800.0}

        assert names(before, {"ArbitrumOne/USDT": 96.9, "Bitcoin/BTC": 800.0}) == []

    def test_is_a_chain_where_the_same_amounts_cost_something_else(self) -> None:
        before, after = (
            reading({slot: (held, price) for slot, held in parts.items()}, at=at)
            for parts, price, at in ((USUAL, 1.0, NOON - HOUR), (TestAChainByAnotherName.CHAIN, 1.3, NOON))
        )

        assert with_renamed_slots(GuardState(), before, after, ()).renamed_slots == ()

    def test_is_that_of_the_second_of_two_that_fit(self) -> None:
        before = USUAL | {"Arbitrum/USDC": 100.5}

        assert names(before, RENAMED) == [(OLD, NEW)]

    def test_is_a_slot_that_was_there_with_less_than_a_unit(self) -> None:
        assert names(USUAL | {"Arbitrum/USDT0": 0.5}, RENAMED) == []

    def test_is_the_same_amount_on_a_known_chain_while_the_assets_own_chain_is_missing(self) -> None:
        before = USUAL | {"Base/LINK": 5.0}
        after = {"Tron/USDT": 300.0, "Bitcoin/BTC": 400.0, "Base/LINK": 5.0, "Base/USDT": 100.0, "Solana/SOL": 1.0}

        assert names(before, after) == []


@pytest.mark.parametrize("elsewhere", [Holding(0.0, 300.0), Holding(300.0, 0.0)])
def test_an_asset_without_a_price_on_other_chains_may_have_a_new_name(elsewhere: Holding) -> None:
    after = priced(RENAMED)
    after = replace(after, holdings={**after.holdings, Slot("Tron", "USDT"): elsewhere})

    found = with_renamed_slots(GuardState(), priced(USUAL, at=-HOUR), after, ())

    assert [(name.original, name.renamed) for name in found.renamed_slots] == [(OLD, NEW)]


def test_a_price_other_than_a_dollar_is_compared_with_itself() -> None:
    before, after = (
        reading({slot: (held, 3.0) for slot, held in parts.items()}, at=at)
        for parts, at in ((USUAL, NOON - HOUR), (RENAMED, NOON))
    )

    assert [name.renamed for name in with_renamed_slots(GuardState(), before, after, ()).renamed_slots] == [NEW]
