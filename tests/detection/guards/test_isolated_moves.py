"""From which figure on a part that moves alone is held, and what the next step makes of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from bot.detection.flow.reading_diff import reading_diff
from bot.detection.guards.all_guards import inspect
from bot.detection.guards.market_moves import NO_OTHERS
from bot.domain.guard_state import Adjustment, Departure, GuardState, IsolatedMove, RoundTrip
from bot.domain.reading import Reading, Slot
from tests.builders import HOUR, NOON, reading

OWN = frozenset({"BNB"})
USUAL = {"Tron/USDT": 200.0, "Bitcoin/BTC": 400.0, "Ethereum/ETH": 400.0}
TRON = Slot("Tron", "USDT")
sizes = pytest.mark.parametrize("dollars", [2.0**-10, 1.0, 2.0**20])
"""What one unit is worth: every rule is about parts, the same for a small exchange and a large one."""


def held(parts: Mapping[str, float], *, at: datetime = NOON, dollars: float = 1.0) -> Reading:
    """Return a reading of so many units of each; one below 0 is not there."""
    return reading({slot: (units, dollars) for slot, units in parts.items() if units >= 0}, at=at)


def after(state: GuardState, *readings: Reading) -> GuardState:
    """Return the guard state after the moves from the first reading to the last."""
    for previous, latest in pairwise(readings):
        state = inspect(state, reading_diff(previous, latest, OWN), OWN, NO_OTHERS)
    return state


def held_move(
    before: Mapping[str, float], now: Mapping[str, float], *, dollars: float = 1.0, known: GuardState | None = None
) -> IsolatedMove | None:
    """Return what is held after one step in which some of `before` became `now`."""
    first = held(before, at=NOON - HOUR, dollars=dollars)
    return after(known or GuardState(), first, held({**before, **now}, dollars=dollars)).held_move


@sizes
@pytest.mark.parametrize(("units", "is_held"), [(140, False), (139, True), (260, False), (261, True), (0, True)])
def test_a_part_is_held_once_it_moves_by_more_than_three_tenths(
    units: float,
    dollars: float,
    is_held: bool,  # noqa: FBT001 — a table's column
) -> None:
    found = held_move(USUAL, {"Tron/USDT": units}, dollars=dollars)

    assert (found is not None) is is_held
    if found:
        moved = units - 200
        amounts = (Adjustment(TRON, moved, NOON),)
        assert found == IsolatedMove("Tron", NOON, moved * dollars, moved / 1000, amounts, 800 * dollars)


@sizes
@pytest.mark.parametrize(("units", "is_held"), [(393, True), (392, False), (407, True), (408, False)])
def test_a_part_is_held_while_the_rest_moves_less_than_a_hundredth(
    units: float,
    dollars: float,
    is_held: bool,  # noqa: FBT001 — a table's column
) -> None:
    found = held_move(USUAL, {"Tron/USDT": 100, "Bitcoin/BTC": units}, dollars=dollars)

    assert (found is not None) is is_held


@pytest.mark.parametrize(("units", "is_held"), [(500, True), (502, False)])
def test_a_part_is_held_while_it_is_no_more_than_half(
    units: float,
    is_held: bool,  # noqa: FBT001 — a table's column
) -> None:
    before = {"Tron/USDT": units, "Bitcoin/BTC": 250, "Ethereum/ETH": 750 - units}

    assert (held_move(before, {"Tron/USDT": 100}) is not None) is is_held


@pytest.mark.parametrize(
    ("was", "units", "is_held"), [(5, 1, True), (4.9, 1, False), (2, 5.1, True), (2, 4.9, False), (5, 9, True)]
)
def test_a_part_is_held_from_half_a_percent_on_before_or_after(
    was: float,
    units: float,
    is_held: bool,  # noqa: FBT001 — a table's column
) -> None:
    before = {"Solana/SOL": was, "Bitcoin/BTC": 500, "Ethereum/ETH": 500 - was}

    assert (held_move(before, {"Solana/SOL": units}) is not None) is is_held


def test_the_largest_part_that_moved_is_the_one_that_is_held() -> None:
    before = {"Tron/USDT": 100, "Tron/TRX": 5, "Bitcoin/BTC": 450, "Ethereum/ETH": 450}

    found = held_move(before, {"Tron/USDT": 50, "Tron/TRX": 1})

    assert found
    assert (found.group, found.usd) == ("Tron", -54)


def test_an_asset_is_held_over_all_its_chains_and_what_vanished_is_none_of_it() -> None:
    before = {"Tron/USDT": 100, "Ethereum/USDT": 100, "Base/USDT": 4, "Base/ETH": 96, "Bitcoin/BTC": 700}
    first, latest = (
        held(before, at=NOON - HOUR),
        held({**before, "Tron/USDT": 50, "Ethereum/USDT": 50, "Base/USDT": -1}),
    )

    found = after(GuardState(), first, latest).held_move

    assert found
    assert (found.group, found.usd, found.rest_usd) == ("USDT", -100, 796)
    assert [(amount.slot, amount.amount) for amount in found.amounts] == [(TRON, -50), (Slot("Ethereum", "USDT"), -50)]


class TestTheNextReading:
    @pytest.fixture
    def readings(self) -> tuple[Reading, Reading]:
        return held(USUAL, at=NOON - HOUR), held({**USUAL, "Tron/USDT": 100})

    @pytest.mark.parametrize(
        ("units", "came_back"), [(150, False), (151, True), (200, True), (100, False), (50, False)]
    )
    def test_decides_by_half_of_what_had_moved(
        self,
        readings: tuple[Reading, Reading],
        units: float,
        came_back: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        known = after(GuardState(), *readings)
        move = known.held_move
        assert move

        now = after(known, readings[1], held({**USUAL, "Tron/USDT": units}, at=NOON + HOUR))

        assert (now.held_move and now.held_move.group, now.excluded_moves) == (None, () if came_back else (move,))
        there_and_back = (Adjustment(TRON, 100 - units, NOON), Adjustment(TRON, units - 100, NOON + HOUR))
        assert now.adjustments == (there_and_back if came_back else move.amounts)
        trip = RoundTrip("Tron", NOON, NOON + HOUR, 100)
        assert [trip for trip in now.round_trips if trip.asset == "Tron"] == ([trip] if came_back else [])

    @pytest.mark.parametrize("unit", [2.0**-10, 1.0])
    @pytest.mark.parametrize(("units", "came_back"), [(130, False), (160, True)])
    def test_values_what_came_back_at_the_price_before(
        self,
        unit: float,
        units: float,
        came_back: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        rest = {"Bitcoin/BTC": (400 * unit, 1.0), "Ethereum/ETH": (400 * unit, 1.0)}
        days = [
            reading({**rest, "Tron/USDT": (amount * unit, price)}, at=NOON + hour * HOUR)
            for hour, (amount, price) in enumerate([(200, 1.0), (100, 1.0), (units, 3.0 if units < 150 else 0.1)])
        ]

        assert [move.group for move in after(GuardState(), *days).excluded_moves] == ([] if came_back else ["Tron"])

    def test_sees_what_came_back_to_an_empty_slot(self) -> None:
        days = [held({**USUAL, "Tron/USDT": units}, at=NOON + hour * HOUR) for hour, units in enumerate((200, 0, 200))]

        now = after(GuardState(), *days)

        assert (now.held_move, now.excluded_moves) == (None, ())
        assert "Tron" in {trip.asset for trip in now.round_trips}

    @sizes
    def test_sees_what_came_in_vanish_again(self, dollars: float) -> None:
        rest = {"Tron/TRX": 1.0, "Bitcoin/BTC": 8.0}
        days = [
            held({**rest, "Tron/USDT": units}, at=NOON + hour * HOUR, dollars=dollars)
            for hour, units in enumerate((0.25, 0.5, -1))
        ]

        now = after(GuardState(), *days)

        assert (now.held_move, now.excluded_moves, [trip.asset for trip in now.round_trips]) == (None, (), ["USDT"])

    def test_finds_nothing_in_a_slot_that_stays_empty(self) -> None:
        """Of one dollar that left nothing came back, and of one that came in nothing left."""
        left = {"Tron/USDT": 1, "Bitcoin/BTC": 4}
        came = {"Tron/USDT": 1, "Ethereum/USDT": 1, "Bitcoin/BTC": 8, "Solana/SOL": 8}
        for before, now in (
            (left, {**left, "Tron/USDT": 0}),
            (came, {**came, "Tron/USDT": 3, "Ethereum/USDT": 0}),
        ):
            first, second = held(before, at=NOON - HOUR), held(now)

            found = after(GuardState(), first, second, replace(second, as_of=NOON + HOUR))

            assert (found.held_move, len(found.excluded_moves), found.round_trips) == (None, 1, ())

    def test_leaves_out_there_and_back_only_in_the_slots_that_gave_back(self) -> None:
        """Of 50 and 50 that left, 60 came back to one slot: 50 of them and nothing of the other's were a round trip."""
        before = {"Tron/USDT": 100, "Ethereum/USDT": 100, "Bitcoin/BTC": 800}
        days = [
            held({**before, "Tron/USDT": tron, "Ethereum/USDT": ethereum}, at=NOON + hour * HOUR)
            for hour, (tron, ethereum) in enumerate([(100, 100), (50, 50), (110, 50)])
        ]

        now = after(GuardState(), *days)

        assert (now.held_move, now.excluded_moves) == (None, ())
        assert now.adjustments == (Adjustment(TRON, -50, NOON + HOUR), Adjustment(TRON, 50, NOON + 2 * HOUR))

    def test_waits_for_a_chain_that_is_not_there(self) -> None:
        before = {"Tron/USDT": 100, "Ethereum/USDT": 100, "Ethereum/ETH": 200, "Bitcoin/BTC": 600}
        now = {**before, "Tron/USDT": 50, "Ethereum/USDT": 50}
        partial = {"Tron/USDT": 50, "Bitcoin/BTC": 600}
        first, second = held(before, at=NOON - HOUR), held(now)
        known = after(GuardState(), first, second)

        waiting = after(known, second, held(partial, at=NOON + HOUR))
        decided = after(waiting, held(partial, at=NOON + HOUR), held(now, at=NOON + 2 * HOUR))

        assert known.held_move
        assert waiting.held_move == known.held_move
        assert (decided.held_move, decided.excluded_moves) == (None, (known.held_move,))

    @pytest.mark.parametrize("units", [100, 300])
    def test_settles_a_move_in_either_direction_and_holds_no_other(self, units: float) -> None:
        first, second = held(USUAL, at=NOON - HOUR), held({**USUAL, "Tron/USDT": units})

        assert after(GuardState(), first, second, held(USUAL, at=NOON + HOUR)).held_move is None

    def test_may_show_another_move_that_is_held(self, readings: tuple[Reading, Reading]) -> None:
        other = held({**USUAL, "Tron/USDT": 100, "Bitcoin/BTC": 600}, at=NOON + HOUR)

        found = after(GuardState(), *readings, other)

        assert found.held_move
        assert (found.held_move.group, [move.group for move in found.excluded_moves]) == ("Bitcoin", ["Tron"])


class TestWhatComesBackWithItsChain:
    BEFORE: Mapping[str, float] = {"Ethereum/ETH": 100, "Ethereum/USDC": 100, "Bitcoin/BTC": 800}
    KNOWN = GuardState(departures=(Departure("ETH", NOON - HOUR, 900, 900),))

    @sizes
    @pytest.mark.parametrize(("eth", "usdc", "is_held"), [(150, 150, True), (151, 149, False), (200, 100, False)])
    def test_is_no_change_of_wallets_once_most_of_it_had_left(
        self,
        eth: float,
        usdc: float,
        dollars: float,
        is_held: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        now = {"Ethereum/ETH": eth, "Ethereum/USDC": usdc}

        assert (held_move(self.BEFORE, now, dollars=dollars, known=self.KNOWN) is not None) is is_held
        assert held_move(self.BEFORE, now, dollars=dollars) is not None

    @sizes
    def test_that_leaves_once_more_is_held(self, dollars: float) -> None:
        now = {"Ethereum/ETH": 50.0, "Ethereum/USDC": 50.0}

        assert held_move(self.BEFORE, now, dollars=dollars, known=self.KNOWN) is not None

    def test_is_counted_where_it_moved_alone(self) -> None:
        before = {"Tron/USDT": 100.0, "Base/ETH": 300.0, "Bitcoin/BTC": 600.0}
        now = {"Tron/USDT": 150.0, "Base/ETH": 330.0, "Bitcoin/BTC": 570.0}

        found = held_move(before, now, known=self.KNOWN)

        assert found
        assert found.usd == 50
