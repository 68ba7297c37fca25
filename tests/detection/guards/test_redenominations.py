"""From which figures on an asset is counted in other units, and what becomes of what is remembered of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.guards.redenominations import with_redenominations
from bot.domain.guard_state import GuardState, LostPart, Redenomination
from bot.domain.jump import JumpPart, Move, Verdict
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, jump, reading
from tests.detection.guards.worked_series import flow_usd, on_chains, readings, state_after


def abc(amount: float, price: float, *, rest: float = 900.0, at: timedelta = timedelta()) -> Reading:
    return reading(
        {"Ethereum/ABC": (amount, price), "Bitcoin/BTC": (rest, 1.0), "Bitcoin/OWN": (9e9, 1.0)}, at=NOON + at
    )


def factors(before: Reading, after: Reading) -> list[float]:
    units = with_redenominations(GuardState(), before, after, {"OWN"}).redenominations
    assert all((unit.asset, unit.at) == ("ABC", NOON) for unit in units)
    return [unit.factor for unit in units]


BEFORE = abc(100, 1.0, at=-HOUR)


class TestAnotherUnit:
    @pytest.mark.parametrize(
        ("factor", "is_noted"), [(5.0, True), (4.99, False), (0.2, True), (0.201, False), (1000.0, True), (1e-8, True)]
    )
    def test_is_a_fifth_or_five_times_as_many(self, factor: float, *, is_noted: bool) -> None:
        assert factors(BEFORE, abc(100 * factor, 1 / factor)) == ([pytest.approx(factor)] if is_noted else [])

    @pytest.mark.parametrize(("worth", "is_noted"), [(95.1, True), (94.9, False), (104.9, True), (106.0, False)])
    def test_is_worth_the_same_within_a_twentieth(self, worth: float, *, is_noted: bool) -> None:
        assert bool(factors(BEFORE, abc(100_000, worth / 100_000))) is is_noted

    @pytest.mark.parametrize(
        ("before", "after", "is_noted"), [(1.0, 1.0, True), (0.99, 1.0, False), (1.0, 0.99, False)]
    )
    def test_is_worth_a_thousandth_of_reserves_before_and_after(
        self, before: float, after: float, *, is_noted: bool
    ) -> None:
        found = factors(abc(before, 1.0, rest=1000 - before, at=-HOUR), abc(1000, after / 1000))

        assert bool(found) is is_noted

    def test_is_worth_a_thousandth_of_reserves_at_any_price(self) -> None:
        """Half a dollar in half a million units is less than that; a tenth of reserves at $3 is more."""
        assert factors(abc(500_000, 1e-6, rest=999.5, at=-HOUR), abc(1e9, 1e-9)) == []
        assert factors(abc(30, 3.0, at=-HOUR), abc(240, 0.375)) == [8.0]

    def test_is_none_of_an_asset_that_was_not_there_or_had_no_amount_or_value(self) -> None:
        nothing = reading({"Bitcoin/BTC": (900.0, 1.0)}, at=NOON - HOUR)
        after = abc(100_000, 0.001)

        for before in (nothing, abc(0, 1.0, at=-HOUR), abc(100, 0.0, at=-HOUR)):
            assert factors(before, after) == []
        assert factors(BEFORE, abc(0, 1.0)) == []
        assert factors(reading({"Ethereum/ABC": (100, 0.0)}, at=NOON - HOUR), after) == []
        # An amount of nothing that is worth something is a fault of the source.
        odd = replace(BEFORE, holdings={**BEFORE.holdings, Slot("Ethereum", "ABC"): Holding(0.0, 100.0)})
        assert factors(odd, after) == []
        assert factors(BEFORE, replace(odd, as_of=NOON)) == []

    @pytest.mark.parametrize(
        ("amount", "factor"), [(100_000, 1000), (96_000, 1000), (104_900, 1000), (94_000, 940), (1_050, 10), (600, 6)]
    )
    def test_has_the_power_of_ten_that_it_nearly_is(self, amount: float, factor: float) -> None:
        """What little the amounts differ by is flow."""
        assert factors(BEFORE, abc(amount, 100 / amount)) == [factor]

    @pytest.mark.parametrize(
        ("amount", "factor", "is_noted"),
        [
            (200, 10, False),
            (201, 10, True),
            (4_990, 10, True),
            (5_000, 10, False),
            (3_162, 1000, False),
            (3_163, 1000, True),
            (3_162_000, 1000, True),
            (3_163_000, 1000, False),
            (0.00317, 0.001, True),
            (0.00316, 0.001, False),
            (3.162, 0.001, True),
            (3.163, 0.001, False),
        ],
    )
    def test_is_none_where_more_moved_with_it_than_five_times_or_the_root_of_its_factor(
        self, amount: float, factor: float, *, is_noted: bool
    ) -> None:
        assert factors(BEFORE, abc(amount, 1 / factor)) == ([factor] if is_noted else [])

    def test_is_that_of_the_asset_on_all_its_chains(self) -> None:
        held = {"Ethereum/ABC": 60.0, "Base/ABC": 40.0, "Bitcoin/BTC": 900.0}
        new = {"Ethereum/ABC": 60_000.0, "Base/ABC": 40_000.0, "Bitcoin/BTC": 900.0}
        series = on_chains(held, new, new, prices={"ABC": (1.0, 0.001, 0.001)})
        state = state_after(series)

        assert [(unit.asset, unit.factor) for unit in state.redenominations] == [("ABC", 1000.0)]
        for start in range(3):
            assert flow_usd(series[start:], state) == pytest.approx(0.0, abs=1e-9)
        assert state.jumps == ()

    def test_may_be_that_of_one_of_its_chains(self) -> None:
        """The decimals of one contract were wrong; over both chains nothing flows."""
        series = [
            reading({"Ethereum/ABC": (60, 1.0), "Base/ABC": (40, 1.0), "Bitcoin/BTC": (900, 1.0)}),
            reading({"Ethereum/ABC": (60, 1.0), "Base/ABC": (40_000, 0.001), "Bitcoin/BTC": (900, 1.0)},
                    at=NOON + HOUR),
        ]  # fmt: skip
        state = state_after(series)

        assert [unit.factor for unit in state.redenominations] == [pytest.approx(400.6)]
        assert flow_usd(series, state) == pytest.approx(0.0, abs=1e-6)


class TestWhatIsRemembered:
    def test_is_converted(self) -> None:
        away = {Slot("Base", "ABC"): Holding(7.0, 14.0), Slot("Base", "ETH"): Holding(3.0, 3.0)}
        both = replace(
            jump("ABC", -30),
            parts=(JumpPart("ABC", -30, (Move(NOON, -30), Move(NOON, 5)), 100), jump("BTC", -1).parts[0]),
        )
        known = GuardState(jumps=(both, jump("BTC", -2)), lost_parts=(LostPart("Base", NOON - HOUR, away, BEFORE),))

        found = with_redenominations(known, BEFORE, abc(100_000, 0.001), {"OWN"})

        converted = JumpPart("ABC", -30_000, (Move(NOON, -30_000), Move(NOON, 5_000)), 100_000)
        assert found.jumps == (replace(both, parts=(converted, both.parts[1])), jump("BTC", -2))
        (part,) = found.lost_parts
        assert dict(part.holdings) == {
            Slot("Base", "ABC"): Holding(7_000.0, 14.0), Slot("Base", "ETH"): Holding(3.0, 3.0)
        }  # fmt: skip

    @pytest.mark.parametrize(("age", "is_kept"), [(90 * DAY - HOUR, True), (90 * DAY, False)])
    def test_lasts_for_ninety_days(self, age: timedelta, *, is_kept: bool) -> None:
        known = GuardState(redenominations=(Redenomination("XYZ", 10.0, NOON - age),))
        kept = known.redenominations if is_kept else ()

        assert with_redenominations(known, BEFORE, abc(100, 1.0), {"OWN"}).redenominations == kept
        assert with_redenominations(known, BEFORE, abc(100_000, 0.001), {"OWN"}).redenominations == (
            *kept,
            Redenomination("ABC", 1000.0, NOON),
        )

    def test_stays_the_same_object_where_no_unit_changed(self) -> None:
        known = GuardState()

        assert with_redenominations(known, BEFORE, abc(101, 1.0), {"OWN"}) is known


class TestARedenominatedAsset:
    def test_moves_nothing_at_once_later_or_when_it_is_counted_as_before_again(self) -> None:
        series = readings(
            prices={"ABC": (50, 0.05, 0.05, 50, 50)}, ABC=(2, 2_000, 2_000, 2, 2), BTC=(900, 900, 900, 900, 900)
        )

        for count in range(2, 6):
            state = state_after(series[:count])
            assert state.jumps == ()
            assert state.odd_prices == ()
            for start in range(count):
                assert flow_usd(series[start:count], state) == pytest.approx(0.0, abs=1e-9)

    def test_leaves_as_much_as_it_says_in_new_units(self) -> None:
        series = readings(prices={"ABC": (50, 0.05, 0.05)}, ABC=(2, 2_000, 1_500), BTC=(900, 900, 901))

        for start in (0, 1):
            assert flow_usd(series[start:], state_after(series)) == pytest.approx(-24.0)

    def test_counts_what_left_in_the_very_step(self) -> None:
        series = readings(prices={"ABC": (50, 0.05)}, ABC=(2, 1_960), BTC=(900, 900))

        assert flow_usd(series, state_after(series)) == pytest.approx(-2.0)

    def test_comes_back_in_new_units_where_it_left_in_old_ones(self) -> None:
        """Half of it leaves alone and is not counted; a thousand new units replace each; the half is back."""
        series = readings(prices={"ABC": (1, 1, 1, 0.001, 0.001)}, ABC=(100, 50, 50, 50_000, 100_000), BTC=(900,) * 5)
        away, back = state_after(series[:4]), state_after(series)

        assert [(jump.parts[0].amount, jump.verdict) for jump in away.jumps] == [(-50_000, Verdict.NOT_COUNTED)]
        assert [(jump.standing, jump.verdict) for jump in back.jumps] == [(0.0, Verdict.RETURNED)]
        for start in range(4):
            assert flow_usd(series[start:4], away) == pytest.approx(0.0, abs=1e-9)
            assert flow_usd(series[start:], back) == pytest.approx(0.0, abs=1e-9)

    @pytest.mark.parametrize("factor", [1000.0, 8.0])
    def test_is_noticed_and_comes_back_in_new_units_while_a_chain_of_it_is_missing(self, factor: float) -> None:
        held = {"Base/ABC": 40.0, "Ethereum/ABC": 60.0, "Bitcoin/BTC": 900.0}
        old, new = ({"Ethereum/ABC": units, "Bitcoin/BTC": 900.0} for units in (60.0, 60 * factor))
        prices = {"ABC": (1, 1, 1 / factor, 1 / factor)}
        series = on_chains(held, old, new, new | {"Base/ABC": 39 * factor}, prices=prices)
        state = state_after(series)

        assert [(unit.factor, unit.at) for unit in state.redenominations] == [(factor, series[2].as_of)]
        assert [(part.name, part.until) for part in state.lost_parts] == [("Base", series[3].as_of)]
        for start in range(3):
            assert flow_usd(series[start:3], state_after(series[:3])) == pytest.approx(0.0, abs=1e-9)
            assert flow_usd(series[start:], state) == pytest.approx(-1.0)


def test_a_run_in_the_very_reading_is_flow_in_the_new_units() -> None:
    """2 units at $50 become 1,500 at 5 cents: a quarter left."""
    series = readings(prices={"ABC": (50, 0.05)}, ABC=(2, 1_500), BTC=(900, 900))
    state = state_after(series)

    assert [new_unit.factor for new_unit in state.redenominations] == [1000.0]
    assert flow_usd(series, state) == pytest.approx(-25)


def test_a_price_that_is_a_tenth_of_itself_alone_is_no_new_unit() -> None:
    assert state_after(readings(prices={"ABC": (50, 5)}, ABC=(2, 2), BTC=(900, 900))).redenominations == ()
