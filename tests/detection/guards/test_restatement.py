"""How a reading reads once names, units, prices and missing parts are known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.guards.restatement import in_known_terms, restated, restated_amounts
from bot.domain.guard_state import GuardState, LostPart, OddPrice, Redenomination, RenamedSlot
from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, reading

LATEST = reading({"Arbitrum/USDT0": (100, 1.0), "Tron/USDT": (300, 1.0), "Solana/SOL": (5, 2.0)})
OLD, NEW = Slot("Arbitrum", "USDT"), Slot("Arbitrum", "USDT0")
SOL, TRON = Slot("Solana", "SOL"), Slot("Tron", "USDT")


class TestNames:
    @pytest.mark.parametrize(("at", "slot"), [(NOON, OLD), (NOON - HOUR, OLD), (NOON + HOUR, NEW)])
    def test_are_the_first_ones_from_the_renaming_on(self, at: datetime, slot: Slot) -> None:
        known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, at),))

        found = in_known_terms(LATEST, known)

        assert dict(found.holdings) == {
            slot: Holding(100, 100), TRON: Holding(300, 300), SOL: Holding(5, 10)
        }  # fmt: skip

    def test_of_one_slot_add_up(self) -> None:
        both = replace(LATEST, holdings={**LATEST.holdings, OLD: Holding(7, 14)})
        known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, NOON),))

        assert in_known_terms(both, known).holdings[OLD] == Holding(107, 114)

    def test_are_put_right_in_what_is_impossible_or_zero_too(self) -> None:
        other, other_new, dai = Slot("Base", "USDT"), Slot("Base", "USDT0"), Slot("Base", "DAI")
        said = replace(LATEST, impossible_slots=frozenset({other_new, dai}), zero_slots=frozenset({other_new, dai}))
        known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, NOON), RenamedSlot(other, other_new, NOON)))

        found = in_known_terms(said, known)

        assert found.impossible_slots == found.zero_slots == {other, dai}

    @pytest.mark.parametrize(("told", "empty"), [(NEW, OLD), (OLD, NEW)])
    def test_that_are_told_with_nothing_beside_the_other_name_are_no_missing_slot(
        self, told: Slot, empty: Slot
    ) -> None:
        said = reading({f"{told.chain}/{told.asset}": (100, 1.0)})
        known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, NOON),))

        zero = in_known_terms(replace(said, zero_slots=frozenset({empty})), known)
        impossible = in_known_terms(replace(said, impossible_slots=frozenset({empty})), known)

        assert (dict(zero.holdings), zero.zero_slots) == ({OLD: Holding(100, 100)}, frozenset())
        assert impossible.impossible_slots == frozenset()

    def test_are_put_right_where_only_a_zero_or_an_impossible_value_has_them(self) -> None:
        held = {slot: holding for slot, holding in LATEST.holdings.items() if slot != NEW}
        known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, NOON),))

        zero = in_known_terms(replace(LATEST, holdings=held, zero_slots=frozenset({NEW})), known)
        impossible = in_known_terms(replace(LATEST, holdings=held, impossible_slots=frozenset({NEW})), known)

        assert zero.zero_slots == impossible.impossible_slots == {OLD}


class TestWhatNeverHadAPrice:
    SAID = replace(
        LATEST, holdings={**LATEST.holdings, NEW: Holding(100, 0)}, unpriced_slots=frozenset({NEW, SOL}),
        impossible_slots=frozenset({OLD}),
    )  # fmt: skip

    @pytest.mark.parametrize("understand", [in_known_terms, restated_amounts, restated])
    def test_is_impossible(self, understand: Callable[[Reading, GuardState], Reading]) -> None:
        found = understand(self.SAID, GuardState())

        assert dict(found.holdings) == {TRON: Holding(300, 300), SOL: Holding(5, 10)}
        assert found.impossible_slots == {OLD, NEW}
        assert found.unpriced_slots == {SOL}

    @pytest.mark.parametrize(("price", "is_held"), [(3.0, True), (None, False)])
    def test_is_worth_the_price_of_the_old_name(self, price: float | None, *, is_held: bool) -> None:
        known = GuardState(renamed_slots=(RenamedSlot(OLD, NEW, NOON, price),))

        found = in_known_terms(self.SAID, known)

        assert found.holdings.get(OLD) == (Holding(100, 300) if is_held else None)
        assert found.unpriced_slots == ({OLD, SOL} if is_held else {SOL})
        assert found.impossible_slots == (frozenset() if is_held else {OLD})


class TestUnits:
    @pytest.mark.parametrize(
        ("ages", "factor"),
        [
            ([-HOUR], 1000.0),
            ([timedelta()], 1.0),
            ([HOUR], 1.0),
            ([-2 * HOUR, -HOUR], 1e6),
            ([HOUR, -HOUR], 1000.0),
        ],
    )
    def test_are_those_of_today(self, ages: list[timedelta], factor: float) -> None:
        """`ages` say how long before the reading the units changed; below zero: after it."""
        known = GuardState(redenominations=tuple(Redenomination("SOL", 1000.0, NOON - age) for age in ages))

        found = in_known_terms(LATEST, known)

        assert found.holdings[SOL] == Holding(5 * factor, 10)
        assert (found is LATEST) is (factor == 1.0)

    def test_are_those_of_the_asset_by_its_first_name(self) -> None:
        known = GuardState(
            renamed_slots=(RenamedSlot(OLD, NEW, NOON - DAY),),
            redenominations=(Redenomination("USDT", 10.0, NOON + HOUR),),
        )

        found = in_known_terms(LATEST, known)

        assert dict(found.holdings) == {OLD: Holding(1000, 100), TRON: Holding(3000, 300), SOL: Holding(5, 10)}


class TestLostParts:
    HELD = {TRON: Holding(250, 250), Slot("Tron", "TRX"): Holding(9, 9)}  # noqa: RUF012 — never changed

    @pytest.mark.parametrize(
        ("since", "until", "is_lacking"),
        [(NOON, None, True), (NOON - DAY, NOON, False), (NOON - DAY, NOON + HOUR, True), (NOON + HOUR, None, False)],
    )
    def test_are_as_they_were_last_told(self, since: datetime, until: datetime | None, *, is_lacking: bool) -> None:
        part = LostPart("Tron", since, self.HELD, LATEST, until)

        found = restated_amounts(LATEST, GuardState(lost_parts=(part,)))

        assert dict(found.holdings) == {**LATEST.holdings, **(self.HELD if is_lacking else {})}
        assert (found is LATEST) is not is_lacking

    def test_of_which_there_was_nothing_are_told_as_zero(self) -> None:
        known = GuardState(
            lost_parts=(
                LostPart("SOL on Solana", NOON, {SOL: NO_HOLDING}, LATEST),
                LostPart("ETH on Base", NOON, {Slot("Base", "ETH"): NO_HOLDING}, LATEST),
            )
        )

        assert dict(restated_amounts(LATEST, known).holdings) == {
            NEW: Holding(100, 100),
            TRON: Holding(300, 300),
            SOL: NO_HOLDING,
            Slot("Base", "ETH"): NO_HOLDING,
        }

    def test_that_went_at_different_times_are_each_as_they_were(self) -> None:
        first = LostPart("Tron", NOON - DAY, {TRON: Holding(1, 1)}, LATEST, NOON - HOUR)
        second = LostPart("Tron", NOON, {TRON: Holding(2, 2)}, LATEST)

        assert restated_amounts(LATEST, GuardState(lost_parts=(first, second))).holdings[TRON] == Holding(2, 2)


def test_prices_are_those_that_are_believed_in_what_is_missing_too() -> None:
    known = GuardState(
        lost_parts=(LostPart("Base", NOON, {Slot("Base", "SOL"): Holding(3, 6)}, LATEST),),
        odd_prices=(OddPrice("SOL", 20.0, NOON),),
    )

    found = restated(LATEST, known)

    assert (found.holdings[SOL], found.holdings[Slot("Base", "SOL")]) == (Holding(5, 100), Holding(3, 60))
    assert restated_amounts(LATEST, known).holdings[SOL] == Holding(5, 10)


def test_where_nothing_is_known_a_reading_stays_the_same_object() -> None:
    other = GuardState(
        renamed_slots=(RenamedSlot(Slot("Base", "ETH"), Slot("Base", "WETH"), NOON),),
        redenominations=(Redenomination("SOL", 10.0, NOON),),
    )

    assert restated(LATEST, GuardState()) is LATEST
    assert restated(LATEST, other) is LATEST
