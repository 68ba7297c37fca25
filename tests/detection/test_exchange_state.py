"""What one exchange state knows: which readings and days it keeps, and what it says of a newer reading."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.detection.guards.market_moves import NO_OTHERS
from bot.domain.flow import Window
from bot.domain.guard_state import Departure, GuardState, RoundTrip
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, reading
from tests.detection.quiet_past import MIDNIGHT, book, days_of, quiet_weeks


def test_a_state_keeps_what_its_longest_window_needs() -> None:
    state = quiet_weeks().with_reading(holding(57, at=MIDNIGHT))

    assert state.recent_readings[0].as_of == MIDNIGHT - 34 * DAY
    assert len(state.days) == 61


@pytest.mark.parametrize(("days", "known"), [(89, 89), (90, 90), (91, 90), (120, 90)])
def test_a_state_remembers_ninety_days(days: int, known: int) -> None:
    assert len(quiet_weeks(days).days) == known


def test_an_older_reading_changes_nothing() -> None:
    state = quiet_weeks()

    assert state.with_reading(holding(10, at=MIDNIGHT - 3 * DAY)) is state


def test_a_reading_of_the_same_time_is_not_newer() -> None:
    state = ExchangeState(BINANCE).with_reading(holding(60))

    assert state.with_reading(holding(10)) is state
    assert state.with_reading(holding(10, at=NOON + timedelta(microseconds=1))) is not state


def test_columns_are_no_part_of_what_a_state_is() -> None:
    fast = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, max_readings=8))

    assert (fast, repr(fast)) == (ExchangeState(BINANCE), repr(ExchangeState(BINANCE)))


def test_nothing_read_gives_no_window() -> None:
    assert ExchangeState(BINANCE).bases(Window) == {}


def test_a_window_without_a_base_has_the_reading_that_is_too_old() -> None:
    state = ExchangeState(BINANCE)
    for hours in (90, 38, 11):
        state = state.with_reading(holding(60, at=NOON - hours * HOUR))
    state = state.with_reading(holding(60))

    bases = state.bases((Window.HOUR, Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.FORTNIGHT))

    assert {window: (NOON - base.as_of) / HOUR for window, base in bases.items()} == {
        Window.HOUR: 11,
        Window.DAY: 38,
        Window.THREE_DAYS: 38,
        Window.WEEK: 90,
    }
    assert state.unsuited_bases(Window) == [Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.FORTNIGHT, Window.MONTH]


def test_a_base_that_is_as_old_as_its_window_suits_it() -> None:
    state = quiet_weeks().with_reading(holding(60, at=MIDNIGHT))

    assert state.unsuited_bases(Window) == []


class TestTheLastMoveOfAReading:
    @pytest.mark.parametrize(
        ("before", "now", "share"),
        [
            ({"Tron/USDT": 100.0, "Base/USDT": 100.0}, {"Tron/USDT": 90.0, "Base/USDT": 100.0}, -0.05),
            ({"Tron/USDT": 0.25, "Base/USDT": 0.25}, {"Tron/USDT": 0.25, "Base/USDT": 0.5}, 0.5),
            ({"Tron/USDT": 100.0, "Base/USDT": 99.0}, {"Tron/USDT": 90.0}, -10 / 199),
            ({"Tron/USDT": 100.0, "Base/USDT": 100.0}, {"Tron/USDT": 100.0}, -1.0),
            ({"Tron/USDT": 1.0, "Base/USDT": 100.0}, {"Tron/USDT": 100.0}, -1.0),
            ({"Tron/USDT": 0.0}, {"Tron/USDT": 100.0}, None),
            ({"Tron/USDT": 200.0, "Binance/BNB": 900.0}, {"Tron/USDT": 190.0, "Binance/BNB": 9.0}, -0.05),
            ({"Tron/USDT": 200.0, "Binance/BNB": 900.0}, {"Tron/USDT": 190.0}, -0.05),
        ],
    )
    def test_is_the_share_that_moved_or_that_most_of_it_vanished(
        self, before: Mapping[str, float], now: Mapping[str, float], share: float | None
    ) -> None:
        first, second = (
            reading({slot: (amount, 1.0) for slot, amount in parts.items()}, at=at)
            for parts, at in ((before, NOON - HOUR), (now, NOON))
        )

        for computation in (None, ColumnComputation(BINANCE.own_tokens, max_readings=8)):
            assert ExchangeState(BINANCE, computation=computation).with_reading(first).last_move(second).share == share

    def test_is_unknown_of_a_first_reading(self) -> None:
        move = ExchangeState(BINANCE).last_move(holding(60))

        assert (move.diff, move.share) == (None, None)

    def test_is_worked_out_in_columns_where_little_moved_and_nothing_waits(self) -> None:
        state = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, max_readings=8)).with_reading(
            holding(60, at=NOON - HOUR)
        )
        trip = RoundTrip("BTC", NOON - HOUR, NOON, 1.0)

        for guard_state, is_quiet in (
            (GuardState(round_trips=(trip,)), True),
            (GuardState(departures=(Departure("BTC", NOON - HOUR, 1.0, 1.0),)), False),
        ):
            diff = replace(state, guard_state=guard_state).last_move(holding(59.9)).diff
            assert diff
            assert diff.is_quiet is is_quiet
        detailed = replace(state, computation=None).last_move(holding(59.9)).diff
        assert detailed
        assert not detailed.is_quiet

    def test_is_taken_from_the_market_only_for_its_own_reading(self) -> None:
        first, gone = book(NOON + HOUR), book(NOON + 2 * HOUR, {"Tron/USDT": 0.5})
        state = days_of(until=NOON)
        market = NO_OTHERS.after([state.last_move(first)])

        after = state.with_reading(first, market).with_reading(gone, market)

        assert after.guard_state.held_move
        assert after.guard_state == state.with_reading(first).with_reading(gone).guard_state


@pytest.mark.parametrize("fast", [True, False])
def test_a_day_is_learned_without_what_was_no_flow(fast: bool) -> None:  # noqa: FBT001 — a table's column
    computation = ColumnComputation(BINANCE.own_tokens, max_readings=50) if fast else None
    state = replace(days_of(until=MIDNIGHT), computation=computation)
    for at in (MIDNIGHT, MIDNIGHT + 8 * HOUR, MIDNIGHT + 9 * HOUR, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY):
        part = 0.5 if at > MIDNIGHT else 1.0
        state = state.with_reading(book(at, {"Tron/USDT": part, "Bitcoin/BTC": 0.99 if at > MIDNIGHT + DAY else 1.0}))

    assert [day.share for day in state.days[-2:]] == pytest.approx([0.0, -0.2e9 / 50e9], abs=1e-9)
