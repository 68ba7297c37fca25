"""What the source did not tell, or told impossibly: what is lost, since when, until when, and what flows meanwhile."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.guards.lost_parts import open_parts, with_lost_parts
from bot.domain.flow import HoldReason
from bot.domain.guard_state import GuardState, LostPart
from bot.domain.jump import JumpReason, Verdict
from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, jump, reading
from tests.detection.guards.worked_series import flow_between, flow_usd, on_chains, readings, state_after

SECOND = timedelta(seconds=1)
OWN = frozenset({"OWN"})
USUAL = {"Ethereum/ETH": 100.0, "Ethereum/USDC": 50.0, "Tron/USDT": 250.0, "Bitcoin/BTC": 600.0}
USDC = Slot("Ethereum", "USDC")
ETH = Slot("Ethereum", "ETH")


def without(*slots: str, **changed: float) -> dict[str, float]:
    """Return what is usual without these slots, and with other amounts of assets."""
    return {slot: changed.get(slot.split("/")[1], units) for slot, units in USUAL.items() if slot not in slots}


def told(
    units: Mapping[str, float],
    *,
    at: timedelta = timedelta(),
    zero: Collection[Slot] = (),
    impossible: Collection[Slot] = (),
    price: float = 1.0,
) -> Reading:
    held = reading({slot: (amount, price) for slot, amount in units.items()}, at=NOON + at, exchange="example")
    return replace(held, zero_slots=frozenset(zero), impossible_slots=frozenset(impossible))


BEFORE = told(USUAL, at=-HOUR)


def lost(latest: Reading, *, before: Reading = BEFORE, known: GuardState | None = None) -> tuple[LostPart, ...]:
    return with_lost_parts(known or GuardState(), before, latest, OWN).lost_parts


def names(latest: Reading, *, before: Reading = BEFORE, known: GuardState | None = None) -> list[str]:
    return [part.name for part in lost(latest, before=before, known=known) if part.until is None]


class TestAChain:
    def test_that_is_not_in_the_reading_is_lost(self) -> None:
        (part,) = lost(told(without("Ethereum/ETH", "Ethereum/USDC")))

        assert part == LostPart("Ethereum", NOON, {}, BEFORE)
        assert dict(part.holdings) == {ETH: Holding(100, 100), USDC: Holding(50, 50)}
        assert part.last is BEFORE

    def test_is_lost_once_and_back_once(self) -> None:
        series = readings(Tron=(100, None, None, 100, 100), Base=(50, None, 50, 50, 50), Bitcoin=(850,) * 5)
        times = [held.as_of for held in series]

        found = [
            {part.name: (part.since, part.until) for part in state_after(series[:count]).lost_parts}
            for count in range(2, 6)
        ]

        assert found == [
            {"Base": (times[1], None), "Tron": (times[1], None)},
            {"Base": (times[1], times[2]), "Tron": (times[1], None)},
            *[{"Base": (times[1], times[2]), "Tron": (times[1], times[3])}] * 2,
        ]

    def test_is_back_with_any_of_its_assets(self) -> None:
        """The one that is still not there is waited for: the source may have read a part of the chain only."""
        away, less = without("Ethereum/ETH", "Ethereum/USDC"), without("Ethereum/USDC")
        series = on_chains(USUAL, away, less, less, less, less, less, less, less, less)

        for count in range(3, 9):
            state = state_after(series[:count])
            flow = flow_between(series[0], series[count - 1], state)
            assert [part.name for part in open_parts(state)] == ["USDC on Ethereum"]
            assert (flow.usd, flow.lowest_usd) == (0.0, -50.0)
        for count in (9, 10):
            drained = state_after(series[:count])
            assert open_parts(drained) == []
            assert flow_usd(series[:count], drained) == -50.0

    def test_that_is_back_in_parts_moves_nothing(self) -> None:
        away, less = without("Ethereum/ETH", "Ethereum/USDC"), without("Ethereum/USDC")
        series = on_chains(USUAL, away, less, less, less, USUAL, less, less)

        for count in range(3, 7):
            state = state_after(series[:count])
            assert flow_usd(series[:count], state) == flow_usd(series[count - 2 : count], state) == 0.0
        # An asset that drops out while its chain was there all the time is drained at the second reading.
        assert flow_usd(series, state_after(series)) == -50.0

    def test_that_is_new_is_not_lost_from_readings_before_it(self) -> None:
        series = on_chains(without("Tron/USDT"), USUAL, USUAL)

        assert state_after(series).lost_parts == ()

    def test_that_holds_the_own_token_only_makes_nothing_uncertain(self) -> None:
        series = on_chains({**USUAL, "Base/OWN": 500.0}, USUAL)
        flow = flow_between(series[0], series[1], state_after(series))

        assert (flow.missing_chains, flow.lowest_usd) == ((), None)


class TestAToken:
    def test_that_drops_out_for_one_reading_flows_neither_way(self) -> None:
        series = on_chains(USUAL, without("Ethereum/USDC"), USUAL)
        gone, back = state_after(series[:2]), state_after(series)

        assert [(part.name, part.is_drained_next, dict(part.holdings)) for part in gone.lost_parts] == [
            ("USDC on Ethereum", True, {USDC: Holding(50, 50)})
        ]
        assert [part.until for part in back.lost_parts] == [series[2].as_of]
        for start in (0, 1):
            assert flow_usd(series[start:2], gone) == 0.0
            assert flow_usd(series[start:], back) == 0.0
        assert back.jumps == ()

    def test_that_is_still_gone_was_drained(self) -> None:
        series = on_chains(USUAL, *[without("Ethereum/USDC")] * 4)

        for count in range(3, 6):
            state = state_after(series[:count])
            assert [(part.name, part.until) for part in state.lost_parts] == [("USDC on Ethereum", series[2].as_of)]
            flow = flow_between(series[0], series[count - 1], state)
            assert (flow.usd, flow.lowest_usd, flow.hold) == (-50.0, None, None)
            # Counted in the windows that begin before the second reading without it.
            assert flow_usd(series[1:count], state) == -50.0
            assert flow_usd(series[2:count], state) == 0.0
            assert [(found.group, found.reason) for found in state.jumps] == [("USDC", JumpReason.LARGE)]

    @pytest.mark.parametrize(
        ("came", "is_moved"),
        [
            ({"Tron/USDT": 300.0}, True),
            ({"Tron/USDT": 275.0}, True),
            ({"Tron/USDT": 274.9}, False),
            ({"Base/USDC": 25.0}, True),
            ({"Base/DAI": 25.0}, True),
            ({"Base/DAI": 15.0, "Tron/USDT": 260.0}, True),
            ({"Base/DAI": 50.0, "Tron/USDT": 220.0}, False),
            ({"Bitcoin/BTC": 650.0}, False),
        ],
    )
    def test_that_came_elsewhere_by_half_is_not_waited_for(self, came: Mapping[str, float], *, is_moved: bool) -> None:
        series = on_chains(USUAL, *[{**without("Ethereum/USDC"), **came}] * 2)

        assert bool(state_after(series[:2]).lost_parts) is not is_moved

    @pytest.mark.parametrize(("usdt", "is_moved"), [(285.0, True), (284.9, False)])
    def test_that_drops_out_of_several_chains_came_elsewhere_by_half_of_all_of_it(
        self, usdt: float, *, is_moved: bool
    ) -> None:
        before = told({**USUAL, "Bitcoin/USDC": 20.0}, at=-HOUR)

        found = names(told(without("Ethereum/USDC", USDT=usdt)), before=before)

        assert found == ([] if is_moved else ["USDC on Ethereum", "USDC on Bitcoin"])

    def test_that_is_no_stablecoin_moves_to_its_own_kind_only(self) -> None:
        gone = without("Ethereum/ETH")

        assert names(told({**gone, "Tron/USDT": 350.0})) == ["ETH on Ethereum"]
        assert names(told({**gone, "Base/ETH": 50.0})) == []
        assert names(told({**gone, "Base/ETH": 49.9})) == ["ETH on Ethereum"]
        dear = told(USUAL, at=-HOUR, price=3.0)
        assert names(told({**gone, "Base/ETH": 50.0}, price=3.0), before=dear) == []
        assert names(told({**gone, "Base/ETH": 49.9}, price=3.0), before=dear) == ["ETH on Ethereum"]

    def test_that_is_converted_is_no_flow_from_the_first_reading_on(self) -> None:
        series = on_chains(USUAL, *[without("Ethereum/USDC", USDT=300.0)] * 3)

        for count in range(2, 5):
            state = state_after(series[:count])
            for start in range(count - 1):
                flow = flow_between(series[start], series[count - 1], state)
                assert (flow.usd, flow.lowest_usd, flow.hold) == (0.0, None, None)

    def test_that_came_back_may_drop_out_again(self) -> None:
        back = LostPart("USDC on Ethereum", NOON - 2 * DAY, {USDC: Holding(50, 50)}, BEFORE, NOON - DAY, True)  # noqa: FBT003
        known = GuardState(lost_parts=(back,))

        assert names(told(without("Ethereum/USDC")), known=known) == ["USDC on Ethereum"]

    def test_that_was_drained_and_comes_back_returns(self) -> None:
        series = on_chains(USUAL, *[without("Ethereum/USDC")] * 2, USUAL)
        state = state_after(series)

        assert [found.verdict for found in state.jumps] == [Verdict.RETURNED]
        for start in range(3):
            assert flow_usd(series[start:], state) == 0.0

    @pytest.mark.parametrize("price", [0.25, 1.0, 4.0])
    @pytest.mark.parametrize(("units", "is_noticed"), [(0.0101, True), (0.0099, False)])
    def test_below_a_hundred_thousandth_is_dust(self, units: float, price: float, *, is_noticed: bool) -> None:
        held = {**USUAL, "Tron/USDT": 250 - units, "Ethereum/DUST": units, "Bitcoin/OWN": 9e9}
        before = told(held, at=-HOUR, price=price)

        assert names(told(USUAL, price=price), before=before) == (["DUST on Ethereum"] if is_noticed else [])

    def test_that_is_the_exchanges_own_or_was_empty_is_not_waited_for(self) -> None:
        before = told({**USUAL, "Ethereum/OWN": 50.0, "Ethereum/LINK": 0.0}, at=-HOUR)

        assert names(told(USUAL), before=before) == []

    def test_that_had_a_value_without_an_amount_is_not_waited_for(self) -> None:
        before = replace(BEFORE, holdings={**BEFORE.holdings, Slot("Ethereum", "LINK"): Holding(0.0, 50.0)})

        assert names(told(USUAL), before=before) == []
        # Nor has it a price by which an amount would be absurd.
        assert names(told({**USUAL, "Ethereum/LINK": 5.0}), before=before) == []

    def test_is_waited_for_where_other_stablecoins_may_have_left_with_it(self) -> None:
        """As much DAI came as half of the USDC that are gone, but all USDT are missing."""
        latest = told({**without("Ethereum/USDC", "Tron/USDT"), "Base/DAI": 25.0})

        assert names(latest) == ["Tron", "USDC on Ethereum"]

    def test_of_which_the_source_says_nothing_that_can_be_is_missing_and_not_drained(self) -> None:
        latest = told(without("Ethereum/USDC"), impossible=[USDC])
        (part,) = lost(latest)

        assert (part.name, part.is_drained_next, dict(part.holdings)) == (
            "USDC on Ethereum", False, {USDC: Holding(50, 50)}
        )  # fmt: skip
        later = replace(latest, as_of=NOON + HOUR)
        assert lost(later, known=GuardState(lost_parts=(part,))) == (part,)

    def test_of_which_there_was_less_than_one_may_be_missing(self) -> None:
        before = told({**USUAL, "Ethereum/USDC": 0.5}, at=-HOUR)

        (part,) = lost(told(without("Ethereum/USDC"), impossible=[USDC]), before=before)

        assert (part.name, part.is_drained_next) == ("USDC on Ethereum", False)

    def test_that_was_not_there_is_not_missing(self) -> None:
        assert names(told(USUAL, impossible=[Slot("Ethereum", "LINK")])) == []


class TestAnExactZero:
    @pytest.mark.parametrize("price", [0.25, 1.0, 4.0])
    @pytest.mark.parametrize(
        ("slot", "eth", "usdc", "is_fault"),
        [
            (ETH, None, 50.0, True),
            (ETH, None, 50.5, True),
            (ETH, None, 49.5, True),
            (ETH, None, 50.51, False),
            (ETH, None, 49.49, False),
            (USDC, 100.0, None, False),
        ],
    )
    def test_of_the_largest_asset_of_a_still_chain_is_a_fault(
        self, slot: Slot, eth: float | None, usdc: float | None, price: float, *, is_fault: bool
    ) -> None:
        """Any other of such weight is waited for: the next reading that says so has it drained."""
        amounts = {"Ethereum/ETH": eth, "Ethereum/USDC": usdc}
        held = without(*amounts) | {name: amount for name, amount in amounts.items() if amount is not None}

        found = lost(told(held, zero=[slot], price=price), before=told(USUAL, at=-HOUR, price=price))

        name = f"{slot.asset} on Ethereum"
        assert [(part.name, part.is_drained_next) for part in found] == [(name, not is_fault)]

    def test_of_one_of_two_equal_ones_is_a_fault(self) -> None:
        before = told(without(USDC=100.0), at=-HOUR)

        assert names(told(without("Ethereum/USDC"), zero=[USDC]), before=before) == ["USDC on Ethereum"]

    @pytest.mark.parametrize(("usdc", "found"), [(0.25, ["ETH on Ethereum"]), (0.2, [])])
    def test_of_less_than_one_unit_is_a_fault_too(self, usdc: float, found: list[str]) -> None:
        before = told({**USUAL, "Ethereum/ETH": 0.5, "Ethereum/USDC": 0.25}, at=-HOUR)
        latest = told({**without("Ethereum/ETH"), "Ethereum/USDC": usdc}, zero=[ETH])

        assert names(latest, before=before) == found

    def test_that_is_no_fault_has_left_at_the_second_reading(self) -> None:
        series = on_chains(USUAL, *[without("Ethereum/USDC")] * 2)
        series[1:] = [replace(held, zero_slots=frozenset({USDC})) for held in series[1:]]
        waiting, drained = state_after(series[:2]), state_after(series)
        first, second = flow_between(series[0], series[1], waiting), flow_between(series[0], series[2], drained)

        assert [part.is_drained_next for part in open_parts(waiting)] == [True]
        assert (first.usd, first.lowest_usd, first.hold is not None) == (0.0, -50.0, True)
        assert open_parts(drained) == []
        assert (second.usd, second.hold) == (-50.0, None)

    def test_that_is_converted_is_not_waited_for(self) -> None:
        assert names(told({**without("Ethereum/USDC"), "Base/DAI": 49.0}, zero=[USDC])) == []

    @pytest.mark.parametrize("price", [0.25, 1.0, 4.0])
    @pytest.mark.parametrize(("units", "is_waited_for"), [(5.0, True), (4.9, False)])
    def test_below_half_a_percent_has_left_at_once(self, units: float, price: float, *, is_waited_for: bool) -> None:
        held = {**USUAL, "Bitcoin/BTC": 600.0 + 50.0 - units, "Ethereum/USDC": units}
        before = told({**held, "Bitcoin/OWN": 1e6}, at=-HOUR, price=price)
        del held["Ethereum/USDC"]

        assert bool(names(told({**held, "Bitcoin/OWN": 1e6}, zero=[USDC], price=price), before=before)) is is_waited_for

    def test_where_nothing_was_is_none(self) -> None:
        assert names(told(USUAL, zero=[Slot("Ethereum", "LINK")])) == []
        before = told({**USUAL, "Ethereum/LINK": 0.0}, at=-HOUR)
        assert names(told(USUAL, zero=[Slot("Ethereum", "LINK")]), before=before) == []

    def test_where_the_chain_had_nothing_is_none(self) -> None:
        empty = {**USUAL, "Base/ETH": 0.0}

        assert names(told(empty, zero=[Slot("Base", "LINK")]), before=told(empty, at=-HOUR)) == []

    def test_is_a_fault_beside_a_value_without_an_amount(self) -> None:
        before = replace(BEFORE, holdings={**BEFORE.holdings, Slot("Ethereum", "LINK"): Holding(0.0, 5.0)})

        assert names(told(without("Ethereum/ETH"), zero=[ETH]), before=before) == ["ETH on Ethereum"]

    def test_of_the_second_of_three_is_waited_for(self) -> None:
        before = told({**USUAL, "Ethereum/LINK": 10.0}, at=-HOUR)
        (part,) = lost(told({**without("Ethereum/USDC"), "Ethereum/LINK": 10.0}, zero=[USDC]), before=before)

        assert (part.name, part.is_drained_next) == ("USDC on Ethereum", True)

    def test_of_all_that_a_chain_has_is_a_missing_chain(self) -> None:
        tron = Slot("Tron", "USDT")

        assert names(told(without("Tron/USDT"), zero=[tron])) == ["Tron"]

    def test_of_the_largest_asset_beside_an_empty_one_is_a_fault(self) -> None:
        before = told({**USUAL, "Ethereum/LINK": 0.0}, at=-HOUR)
        latest = told(without("Ethereum/ETH") | {"Ethereum/LINK": 0.0}, zero=[ETH])

        assert names(latest, before=before) == ["ETH on Ethereum"]

    def test_is_a_fault_where_the_chain_was_missing_for_days(self) -> None:
        away = {slot: held for slot, held in BEFORE.holdings.items() if slot.chain == "Ethereum"}
        known = GuardState(lost_parts=(LostPart("Ethereum", NOON - 3 * DAY, away, BEFORE),))

        assert names(told(without("Ethereum/ETH"), zero=[ETH]), known=known) == ["ETH on Ethereum"]

    def test_is_back_with_the_next_answer(self) -> None:
        series = on_chains(USUAL, without("Ethereum/ETH"), without("Ethereum/ETH"), USUAL)
        series[1:3] = [replace(held, zero_slots=frozenset({ETH})) for held in series[1:3]]
        away, back = state_after(series[:3]), state_after(series)

        assert [part.name for part in open_parts(away)] == ["ETH on Ethereum"]
        assert open_parts(back) == []
        for start in range(3):
            assert flow_usd(series[start:3], away) == flow_usd(series[start:], back) == 0.0


class TestSeveralExactZeros:
    LINK = Slot("Ethereum", "LINK")
    TRX = Slot("Tron", "TRX")
    BEFORE = told({**USUAL, "Ethereum/LINK": 5.5, "Ethereum/SHIB": 1.0, "Tron/TRX": 50.0}, at=-HOUR)

    def found(self, *zero: Slot, known: GuardState | None = None, **changed: float) -> dict[str, bool]:
        """Return what is lost by zeros of these slots, and whether it is drained at the next reading."""
        units = {
            f"{slot.chain}/{slot.asset}": changed.get(slot.asset, held.amount)
            for slot, held in self.BEFORE.holdings.items()
            if slot not in zero
        }
        parts = lost(told(units, zero=zero), before=self.BEFORE, known=known)
        return {part.name: part.is_drained_next for part in parts if part.until is None and part.since == NOON}

    def test_of_weight_are_a_fault_while_the_others_stand_still(self) -> None:
        fault = {"LINK on Ethereum": False, "USDC on Ethereum": False}

        assert self.found(USDC, self.LINK) == fault
        assert self.found(USDC, self.LINK, ETH=99.1) == fault
        assert self.found(USDC, self.LINK, ETH=98.9) == dict.fromkeys(fault, True)

    def test_on_two_chains_are_a_fault_too(self) -> None:
        assert self.found(USDC, self.TRX) == {"TRX on Tron": False, "USDC on Ethereum": False}
        assert self.found(USDC, self.TRX, USDT=240.0) == {"TRX on Tron": True, "USDC on Ethereum": True}

    def test_have_the_small_ones_of_their_chain_with_them(self) -> None:
        shib = Slot("Ethereum", "SHIB")

        assert self.found(USDC, self.LINK, shib).keys() == {"LINK on Ethereum", "SHIB on Ethereum", "USDC on Ethereum"}
        assert self.found(USDC, shib) == {"USDC on Ethereum": True}
        assert self.found(USDC, self.TRX, shib).keys() == {"SHIB on Ethereum", "TRX on Tron", "USDC on Ethereum"}

    def test_one_after_the_other_are_waited_for_alone(self) -> None:
        """USDC was stated to be zero an hour ago, and is drained now: LINK alone is no failed call for many."""
        waiting = LostPart("USDC on Ethereum", NOON - HOUR, {USDC: Holding(50, 50)}, self.BEFORE, is_drained_next=True)

        assert self.found(USDC, self.LINK, known=GuardState(lost_parts=(waiting,))) == {"LINK on Ethereum": True}

    def test_one_beside_a_fault_that_lasts_is_a_fault_too(self) -> None:
        lasting = LostPart("ETH on Ethereum", NOON - HOUR, {ETH: Holding(100, 100)}, self.BEFORE)

        assert self.found(ETH, USDC, known=GuardState(lost_parts=(lasting,))) == {"USDC on Ethereum": False}

    def test_of_the_largest_asset_has_the_small_ones_of_its_chain_with_it(self) -> None:
        found = self.found(ETH, Slot("Ethereum", "SHIB"))

        assert found == {"ETH on Ethereum": False, "SHIB on Ethereum": False}

    def test_leave_small_ones_of_other_chains_alone(self) -> None:
        before = told({**USUAL, "Ethereum/LINK": 5.5, "Bitcoin/ORDI": 1.0}, at=-HOUR)
        zero = (USDC, self.LINK, Slot("Bitcoin", "ORDI"))

        assert names(told(without("Ethereum/USDC"), zero=zero), before=before) == [
            "LINK on Ethereum",
            "USDC on Ethereum",
        ]

    def test_are_not_what_drops_out_beside_them(self) -> None:
        before = told({**USUAL, "Ethereum/SHIB": 1.0}, at=-HOUR)

        assert names(told(without("Ethereum/USDC"), zero=[USDC]), before=before) == [
            "USDC on Ethereum",
            "SHIB on Ethereum",
        ]

    def test_last_until_they_are_told_again(self) -> None:
        series = on_chains(*[{**USUAL, "Ethereum/LINK": 10.0}] * 5)
        for number in range(1, 4):
            held = {slot: own for slot, own in series[number].holdings.items() if slot not in {USDC, self.LINK}}
            series[number] = replace(series[number], holdings=held, zero_slots=frozenset({USDC, self.LINK}))

        for count in range(2, 6):
            state = state_after(series[:count])
            assert flow_usd(series[:count], state) == 0.0
            assert len(open_parts(state)) == (2 if count < 5 else 0)


class TestAnAbsurdAmount:
    @pytest.mark.parametrize("price", [2.0**-13, 1.0, 4.0])
    @pytest.mark.parametrize(("units", "is_absurd"), [(3000.0, False), (3000.1, True), (1e20, True)])
    def test_is_more_than_three_times_everything(self, units: float, price: float, *, is_absurd: bool) -> None:
        held = told({**USUAL, "Bitcoin/OWN": 9e9}, at=-HOUR, price=price)

        found = lost(told({**without(USDC=units), "Bitcoin/OWN": 9e30}, price=price), before=held)

        assert [(part.name, dict(part.holdings)) for part in found] == (
            [("USDC on Ethereum", {USDC: Holding(50, 50 * price)})] if is_absurd else []
        )

    @pytest.mark.parametrize(("usd", "is_absurd"), [(3000.0, False), (3000.1, True)])
    def test_may_be_that_of_an_asset_that_was_not_there(self, usd: float, *, is_absurd: bool) -> None:
        latest = told({**USUAL, "Ethereum/SCAM": usd})
        found = lost(latest)

        assert [(part.name, dict(part.holdings)) for part in found] == (
            [("SCAM on Ethereum", {Slot("Ethereum", "SCAM"): NO_HOLDING})] if is_absurd else []
        )

    def test_is_judged_at_the_price_before(self) -> None:
        """It is the amount that is absurd, not a market that rose: on a new chain at the price elsewhere, too."""
        assert names(told(USUAL, price=1e9)) == []
        for part in (1, 2**-10):
            units = {slot: held * part for slot, held in USUAL.items()}
            assert names(told(units, price=1e9), before=told(units, at=-HOUR, price=part)) == []
        assert names(told({**USUAL, "Base/ETH": 5.0}, price=1e9)) == []
        assert names(told({**USUAL, "Base/ETH": 5000.0}, price=1e-6)) == ["ETH on Base"]
        # Without a price before there is only that of now.
        worthless = told({**USUAL}, at=-HOUR)
        worthless = replace(worthless, holdings={**worthless.holdings, Slot("Tron", "SCAM"): Holding(5.0, 0.0)})
        assert names(told({**USUAL, "Tron/SCAM": 5000.0}, price=1.0), before=worthless) == ["SCAM on Tron"]

    def test_is_judged_at_the_price_of_its_own_slot(self) -> None:
        """Half an ETH was worth 1,000; a token of its name elsewhere, worth nothing, says nothing of it."""
        before = told(USUAL, at=-HOUR)
        named_alike = {ETH: Holding(0.5, 1000.0), Slot("Base", "ETH"): Holding(1e9, 1.0)}
        before = replace(before, holdings={**before.holdings, **named_alike})
        latest = replace(before, as_of=NOON, holdings={**before.holdings, ETH: Holding(5.0, 10_000.0)})

        assert names(latest, before=before) == ["ETH on Ethereum"]

    def test_flows_neither_when_it_comes_nor_when_it_goes(self) -> None:
        for slot in ("Ethereum/USDC", "Ethereum/SCAM"):
            series = on_chains(USUAL, {**USUAL, slot: 1e15}, {**USUAL, slot: 1e15}, USUAL, USUAL)
            for count in range(2, 6):
                state = state_after(series[:count])
                for start in range(count):
                    assert flow_usd(series[start:count], state) == 0.0
                assert state.jumps == ()

    def test_that_goes_away_with_its_asset_is_over(self) -> None:
        series = on_chains(USUAL, {**USUAL, "Ethereum/SCAM": 1e15}, *[USUAL] * 3)
        state = state_after(series)

        assert flow_usd(series, state) == flow_usd(series[1:], state) == 0.0
        assert flow_between(series[0], series[-1], state).hold is None

    @pytest.mark.parametrize("price", [2.0**-10, 1.0, 2.0**10])
    @pytest.mark.parametrize(("age", "is_believed"), [(2 * DAY, False), (2 * DAY + SECOND, True)])
    def test_is_believed_after_two_days(self, age: timedelta, price: float, *, is_believed: bool) -> None:
        before = told(USUAL, at=-HOUR, price=price)
        part = LostPart("USDC on Ethereum", NOON - age, {USDC: Holding(50, 50 * price)}, before)
        known = GuardState(lost_parts=(part,))

        (found,) = lost(told(without(USDC=5000.0), price=price), before=before, known=known)

        assert found.until == (NOON if is_believed else None)

    @pytest.mark.parametrize("price", [2.0**-10, 1.0])
    @pytest.mark.parametrize(("units", "is_believed"), [(30_000.0, True), (30_000.1, False), (1e20, False)])
    @pytest.mark.parametrize("slot", ["Ethereum/USDC", "Ethereum/SCAM"])
    def test_of_more_than_thirty_times_everything_is_never_believed(
        self, slot: str, units: float, price: float, *, is_believed: bool
    ) -> None:
        before = told(USUAL, at=-HOUR, price=price)
        latest = told({**USUAL, slot: units}, price=price)
        (part,) = lost(latest, before=before)

        for age in (3 * DAY, 34 * DAY, 90 * DAY):
            known = GuardState(lost_parts=(replace(part, since=NOON - age),))
            assert names(latest, before=before, known=known) == ([] if is_believed else [part.name])

    def test_that_lasts_for_weeks_is_no_flow_at_any_time(self) -> None:
        series = on_chains(USUAL, *[{**USUAL, "Ethereum/USDC": 5e13}] * 12, USUAL, hours=84)
        for count in range(2, 15):
            state = state_after(series[:count])
            assert flow_usd(series[:count], state) == flow_usd(series[count - 2 : count], state) == 0.0
            assert state.jumps == ()

    def test_is_believed_where_everything_had_collapsed_by_the_fault_before(self) -> None:
        """A hundredth of everything for a reading, then all of it again: more than three times, and no fault."""
        small = {slot: units / 100 for slot, units in USUAL.items()}
        series = on_chains(USUAL, small, USUAL)
        state = state_after(series)

        assert state.lost_parts == ()
        assert [found.verdict for found in state.jumps] == [Verdict.RETURNED]
        assert flow_usd(series, state) == flow_usd(series[1:], state) == 0.0

    @pytest.mark.parametrize(
        ("verdict", "units", "is_absurd"),
        [
            (Verdict.WAITING, 3300.0, False),
            (Verdict.WAITING, 3300.1, True),
            (Verdict.NOT_COUNTED, 3300.0, False),
            (Verdict.COUNTED, 3300.0, False),
            (Verdict.COUNTED, 3300.1, True),
        ],
    )
    def test_is_measured_with_what_left_and_may_be_back(
        self, verdict: Verdict, units: float, *, is_absurd: bool
    ) -> None:
        rise = jump("ETH", 500, verdict=Verdict.NOT_COUNTED)
        known = GuardState(jumps=(jump("BTC", -100, verdict=verdict), rise))

        assert bool(names(told(without(USDC=units)), known=known)) is is_absurd

    def test_of_an_exchange_that_had_nothing_is_not_judged(self) -> None:
        before = told({"Ethereum/ETH": 0.0, "Bitcoin/OWN": 5.0}, at=-HOUR)

        assert names(told({"Ethereum/ETH": 5000.0, "Bitcoin/OWN": 5.0}), before=before) == []


class TestWhileAPartIsAway:
    def test_every_window_across_its_loss_is_uncertain_by_its_worth(self) -> None:
        """Of 1,000 a chain of 250 is missing while 60 leave the rest: between −310 and +190."""
        series = on_chains(USUAL, without("Tron/USDT", BTC=540.0))
        flow = flow_between(series[0], series[1], state_after(series))

        assert (flow.usd, flow.lowest_usd, flow.highest_usd) == (-60.0, -310.0, 190.0)
        assert flow.missing_chains == ("Tron",)
        assert flow.hold
        assert (flow.hold.reason, flow.hold.detail) == (HoldReason.CHAIN_MISSING, "Tron, 25.0 % of reserves")

    def test_a_small_part_holds_nothing(self) -> None:
        units = {"Litecoin/LTC": 20.0, "Tron/USDT": 380.0, "Bitcoin/BTC": 600.0}
        rest = {slot: held for slot, held in units.items() if slot != "Litecoin/LTC"}
        series = on_chains(units, rest)
        flow = flow_between(series[0], series[1], state_after(series))

        assert (flow.hold, flow.lowest_usd, flow.highest_usd) == (None, -20.0, 20.0)


class TestAPartThatIsBack:
    @pytest.mark.parametrize("units", [125.0, 375.0])
    def test_changed_alone_is_held_and_then_not_counted(self, units: float) -> None:
        series = on_chains(USUAL, *[without("Tron/USDT")] * 6, *[without(USDT=units)] * 3)

        back, stays, on = (state_after(series[:count]) for count in (8, 9, 10))

        assert [(found.group, found.usd, found.verdict) for found in back.jumps] == [
            ("USDT", units - 250, Verdict.WAITING)
        ]
        for state, count in ((stays, 9), (on, 10)):
            assert [found.verdict for found in state.jumps] == [Verdict.NOT_COUNTED]
            assert [flow_usd(series[start:count], state) for start in range(count)] == [0.0] * count

    def test_changed_while_the_rest_left_too_is_flow(self) -> None:
        series = on_chains(USUAL, without("Tron/USDT"), without(USDT=125.0, BTC=560.0))
        state = state_after(series)

        assert {found.reason for found in state.jumps} == {JumpReason.LARGE}
        assert flow_usd(series, state) == -165.0

    def test_smaller_counts_in_full_when_the_rest_leaves_after_it(self) -> None:
        half = without(USDT=125.0)
        series = on_chains(USUAL, without("Tron/USDT"), half, half, without(USDT=125.0, BTC=588.0))
        state = state_after(series)

        assert state.jumps[0].verdict is Verdict.COUNTED
        assert flow_usd(series, state) == -137.0

    def test_with_what_had_left_the_others_is_no_flow(self) -> None:
        """While Tron is away, USDT on Ethereum goes there: the asset is netted once both are told."""
        units = {"Ethereum/USDT": 100.0, "Tron/USDT": 300.0, "Bitcoin/BTC": 600.0}
        away = [{"Ethereum/USDT": 100.0 - 10 * step, "Bitcoin/BTC": 600.0} for step in range(1, 5)]
        series = on_chains(units, *away, {"Ethereum/USDT": 60.0, "Tron/USDT": 340.0, "Bitcoin/BTC": 600.0})
        state = state_after(series)

        for start in range(len(series)):
            assert flow_usd(series[start:], state) == pytest.approx(0.0)

    def test_as_it_was_is_nothing(self) -> None:
        series = on_chains(USUAL, *[without("Tron/USDT")] * 3, USUAL)
        state = state_after(series)

        assert state.jumps == ()
        for start in range(4):
            flow = flow_between(series[start], series[-1], state)
            assert (flow.usd, flow.hold, flow.lowest_usd) == (0.0, None, None)

    def test_with_another_that_came_back_smaller_is_one_jump(self) -> None:
        units = {"Tron/TRX": 50.0, "Solana/SOL": 50.0, "Bitcoin/BTC": 900.0}
        smaller = {"Tron/TRX": 20.0, "Solana/SOL": 30.0, "Bitcoin/BTC": 900.0}
        series = on_chains(units, {"Bitcoin/BTC": 900.0}, smaller, smaller)

        assert [(found.group, found.usd, found.verdict) for found in state_after(series).jumps] == [
            ("Solana, Tron", -50.0, Verdict.NOT_COUNTED)
        ]

    def test_before_another_that_went_with_it_ends_alone(self) -> None:
        """Solana never comes back, and what is Tron's goes to Ethereum: a swap."""
        units = {"Tron/USDT": 200.0, "Solana/SOL": 100.0, "Ethereum/USDT": 100.0, "Bitcoin/BTC": 600.0}
        rest = {"Ethereum/USDT": 100.0, "Bitcoin/BTC": 600.0}
        back = {"Tron/USDT": 200.0, **rest}
        series = on_chains(units, rest, rest, back, {**back, "Tron/USDT": 150.0, "Ethereum/USDT": 150.0})
        state = state_after(series)

        assert {part.name: part.until for part in state.lost_parts} == {"Solana": None, "Tron": series[3].as_of}
        assert flow_usd(series[1:], state) == 0.0
        assert state.jumps == ()

    def test_every_other_reading_moves_nothing(self) -> None:
        series = on_chains(*[USUAL, without("Tron/USDT")] * 20)

        for count in (38, 39, 40):
            state = state_after(series[:count])
            assert state.jumps == ()
            assert [flow_usd(series[start:count], state) for start in range(0, count, 7)] == [0.0] * 6


class TestAPartThatIsNeverBack:
    @pytest.mark.parametrize(("age", "is_known"), [(35 * DAY - SECOND, True), (35 * DAY, False)])
    def test_is_gone_after_thirty_five_days(self, age: timedelta, *, is_known: bool) -> None:
        part = LostPart("Tron", NOON - age, {Slot("Tron", "USDT"): Holding(250, 250)}, BEFORE)
        known = GuardState(lost_parts=(part,))

        assert lost(told(without("Tron/USDT")), known=known) == ((part,) if is_known else ())

    @pytest.mark.parametrize(("age", "is_known"), [(35 * DAY - SECOND, True), (35 * DAY, False)])
    def test_that_is_back_is_remembered_as_long_from_its_end(self, age: timedelta, *, is_known: bool) -> None:
        part = LostPart("Tron", NOON - 50 * DAY, {Slot("Tron", "USDT"): Holding(250, 250)}, BEFORE, NOON - age)
        known = GuardState(lost_parts=(part,))

        assert lost(told(USUAL), known=known) == ((part,) if is_known else ())

    def test_silences_nobody(self) -> None:
        days = [0, 1, *range(2, 41)]
        gone = [without("Tron/USDT") | {"Bitcoin/BTC": 600 + day / 1000} for day in days[1:]]
        series = on_chains(USUAL, *gone, without("Tron/USDT", BTC=480.0), hours=[24.0 * day for day in [*days, 41]])
        state = state_after(series)

        assert state.lost_parts == ()
        flow = flow_between(series[-2], series[-1], state)
        assert (flow.hold, flow.lowest_usd) == (None, None)
        assert flow.share == pytest.approx(-0.16, abs=0.001)


def test_where_nothing_is_lost_the_state_stays_the_same_object() -> None:
    known = GuardState()

    assert with_lost_parts(known, BEFORE, told(USUAL), OWN) is known


@pytest.mark.parametrize(
    ("at", "is_lacking"),
    [(-2 * HOUR - SECOND, False), (-2 * HOUR, True), (-SECOND, True), (timedelta(), False), (HOUR, False)],
)
def test_a_part_is_lacking_from_its_first_reading_until_before_its_end(at: timedelta, *, is_lacking: bool) -> None:
    over = LostPart("Tron", NOON - 2 * HOUR, {}, BEFORE, NOON)

    assert over.lacks(NOON + at) is is_lacking
    assert replace(over, until=None).lacks(NOON + at) is (at >= -2 * HOUR)
