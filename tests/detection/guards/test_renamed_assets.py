"""From which figures on what vanished and what appeared are one asset under two names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.guards.renamed_assets import with_renamed_slots
from bot.domain.guard_state import GuardState, RenamedSlot
from bot.domain.jump import JumpReason, Verdict
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, jump, reading
from tests.detection.guards.worked_series import flow_between, flow_usd, on_chains, state_after

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
    @pytest.mark.parametrize(("units", "is_same"), [(99.01, True), (98.9, False), (100.99, True), (101.1, False)])
    def test_has_the_same_amount_within_a_hundredth(self, units: float, *, is_same: bool) -> None:
        found = names(USUAL, without("Arbitrum/USDT", Arbitrum=units))

        assert found == ([(OLD, NEW)] if is_same else [])

    @pytest.mark.parametrize(("price", "is_same"), [(0.75, True), (0.74, False), (1.25, True), (1.26, False)])
    def test_has_the_same_price_within_a_quarter(self, price: float, *, is_same: bool) -> None:
        assert names(USUAL, RENAMED, price=price) == ([(OLD, NEW)] if is_same else [])

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

    def test_is_the_first_that_fits_and_each_is_one_only(self) -> None:
        before = USUAL | {"Arbitrum/USDC": 100.0}
        after = without("Arbitrum/USDT") | {"Arbitrum/USDT0": 100.0, "Arbitrum/USDC.E": 100.0}

        assert names(before, after) == [(OLD, NEW), (Slot("Arbitrum", "USDC"), Slot("Arbitrum", "USDC.E"))]
        # A third that appears as well is no name of either.
        assert len(names(before, after | {"Arbitrum/DAI": 100.0})) == 2

    @pytest.mark.parametrize("held", [Holding(0.0, 100.0), Holding(100.0, 0.0)])
    def test_is_not_what_has_no_amount_or_no_value(self, held: Holding) -> None:
        before, after = priced(USUAL, at=-HOUR), priced(RENAMED)
        odd = replace(after, holdings={**after.holdings, NEW: held})

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

    def test_is_not_one_that_was_there_before(self) -> None:
        before = USUAL | {"ArbitrumOne/LINK": 5.0}

        assert names(before, self.CHAIN | {"ArbitrumOne/LINK": 5.0}) == []

    def test_is_not_one_of_a_chain_that_is_still_there(self) -> None:
        assert names(USUAL, without("Arbitrum/USDT") | {"ArbitrumOne/USDT": 100.0}) == []

    def test_has_them_under_the_same_names(self) -> None:
        after = {"Tron/USDT": 300.0, "Bitcoin/BTC": 400.0, "ArbitrumOne/USDT0": 100.0, "ArbitrumOne/ETH": 150.0}

        assert names(USUAL, after) == []


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
