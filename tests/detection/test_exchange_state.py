"""What one exchange state knows: which readings and days it keeps, and what it says of a newer reading."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.detection.guards.market_moves import NO_OTHERS
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, LargeStep, LostPart, RenamedSlot
from bot.domain.jump import Verdict
from bot.domain.reading import Slot
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, jump, reading
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
            ({"Tron/USDT": 100.0, "Base/USDT": 100.0}, {"Tron/USDT": 100.0}, 0.0),
            ({"Tron/USDT": 1.0, "Base/USDT": 100.0}, {"Tron/USDT": 100.0}, 99 / 101),
            ({"Tron/USDT": 100.0, "Tron/TRX": 50.0}, {"Tron/USDT": 85.0}, -0.1),
            ({"Tron/USDT": 100.0, "Base/TRX": 50.0}, {"Tron/USDT": 85.0, "Base/USDT": 15.0, "Base/TRX": 50.0}, 0.0),
            ({"Tron/USDT": 100.0}, {"Tron/USDT": 90.0, "Tron/USDC": 10.0}, 0.0),
            ({"Tron/USDT": 0.0}, {"Tron/USDT": 100.0}, None),
            ({"Tron/USDT": 200.0, "Binance/BNB": 900.0}, {"Tron/USDT": 190.0, "Binance/BNB": 9.0}, -0.05),
            ({"Tron/USDT": 200.0, "Binance/BNB": 900.0}, {"Tron/USDT": 190.0}, -0.05),
        ],
    )
    def test_is_the_share_that_moved_with_what_is_missing_as_it_was_last_told(
        self, before: Mapping[str, float], now: Mapping[str, float], share: float | None
    ) -> None:
        first, second = (
            reading({slot: (amount, 1.0) for slot, amount in parts.items()}, at=at)
            for parts, at in ((before, NOON - HOUR), (now, NOON))
        )

        for computation in (None, ColumnComputation(BINANCE.own_tokens, max_readings=8)):
            move = ExchangeState(BINANCE, computation=computation).with_reading(first).last_move(second)
            assert move.share == (None if share is None else pytest.approx(share))

    def test_is_unknown_of_a_first_reading(self) -> None:
        move = ExchangeState(BINANCE).last_move(holding(60))

        assert (move.diff, move.share, move.is_record, move.is_sparse) == (None, None, False, False)

    @pytest.mark.parametrize(
        ("steps", "is_record"),
        [((), True), ((-0.04,), True), ((0.05,), False), ((0.04, -0.06), False), ((-0.05,), False)],
    )
    def test_is_a_record_when_no_remembered_step_was_as_large_in_either_direction(
        self,
        steps: tuple[float, ...],
        is_record: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        state = replace(
            ExchangeState(BINANCE).with_reading(holding(60, at=NOON - HOUR)),
            guard_state=GuardState(large_steps=tuple(LargeStep(NOON - DAY, share) for share in steps)),
        )

        assert state.last_move(holding(57)).share == -0.05
        assert state.last_move(holding(57)).is_record is is_record

    def test_is_no_record_where_nothing_was_there(self) -> None:
        nothing = reading({"Tron/USDT": (0.0, 1.0)}, at=NOON - HOUR)
        state = replace(
            ExchangeState(BINANCE).with_reading(nothing),
            guard_state=GuardState(large_steps=(LargeStep(NOON - DAY, -0.05),)),
        )

        move = state.last_move(holding(57))

        assert (move.share, move.is_record) == (None, False)

    @pytest.mark.parametrize(("gap", "is_sparse"), [(12 * HOUR, False), (12 * HOUR + timedelta(seconds=1), True)])
    def test_is_sparse_when_the_reading_before_is_more_than_half_a_day_old(
        self,
        gap: timedelta,
        is_sparse: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        assert ExchangeState(BINANCE).with_reading(holding(60, at=NOON - gap)).last_move(holding(57)).is_sparse is (
            is_sparse
        )

    def test_knows_what_its_reading_lacks(self) -> None:
        state = ExchangeState(BINANCE).with_reading(book(NOON - HOUR))

        move = state.last_move(book(NOON, {"Solana/SOL": -1.0, "Tron/USDT": 0.9}))

        assert move.diff
        assert move.diff.latest.chains == book(NOON).chains
        assert move.share == pytest.approx(-2e9 / 60e9)
        assert move.state
        assert [part.name for part in move.state.lost_parts] == ["Solana"]

    def test_is_worked_out_in_columns_where_little_moved_and_nothing_has_to_be_understood(self) -> None:
        state = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, max_readings=8)).with_reading(
            holding(60, at=NOON - HOUR)
        )
        missing = LostPart("Base", NOON - DAY, {}, holding(60, at=NOON - 2 * DAY))
        renamed = RenamedSlot(Slot("Tron", "MATIC"), Slot("Tron", "POL"), NOON - DAY)

        for guard_state, is_quiet in (
            (GuardState(), True),
            (GuardState(jumps=(jump(at=NOON - HOUR),)), True),
            (GuardState(lost_parts=(replace(missing, until=NOON - HOUR),)), True),
            (GuardState(lost_parts=(missing,)), False),
            (GuardState(renamed_slots=(renamed,)), False),
        ):
            diff = replace(state, guard_state=guard_state).last_move(holding(59.9)).diff
            assert diff
            assert diff.is_quiet is is_quiet
        detailed = replace(state, computation=None).last_move(holding(59.9)).diff
        assert detailed
        assert not detailed.is_quiet

    def test_tells_in_columns_what_the_assets_of_jumps_did(self) -> None:
        """Else what left uncounted could not come back in small steps."""
        state = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, max_readings=8)).with_reading(
            holding(60, at=NOON - HOUR)
        )

        move = replace(state, guard_state=GuardState(jumps=(jump("BTC", at=NOON - DAY),))).last_move(holding(59.9))

        assert move.diff
        assert move.diff.is_quiet
        assert {asset: moved.usd for asset, moved in move.diff.moves.items()} == {"BTC": pytest.approx(-0.04e9)}

    def test_is_taken_from_the_market_only_for_its_own_reading(self) -> None:
        first, gone = book(NOON + HOUR), book(NOON + 2 * HOUR, {"Tron/USDT": 0.5})
        state = days_of(until=NOON)
        market = NO_OTHERS.after([state.last_move(first)])

        after = state.with_reading(first, market).with_reading(gone, market)

        assert [jump.verdict for jump in after.guard_state.jumps] == [Verdict.WAITING]
        assert after.guard_state == state.with_reading(first).with_reading(gone).guard_state


@pytest.mark.parametrize("fast", [True, False])
def test_a_price_that_jumps_is_noticed_whichever_way_flows_are_computed(fast: bool) -> None:  # noqa: FBT001 — a table's column
    computation = ColumnComputation(BINANCE.own_tokens, max_readings=50) if fast else None
    state = replace(days_of(until=NOON), computation=computation)

    found = state.with_reading(book(NOON, prices={"SOL": 2.0})).guard_state.odd_prices

    assert [(odd.asset, odd.price, odd.since) for odd in found] == [("SOL", 20.0, NOON)]


@pytest.mark.parametrize("fast", [True, False])
def test_a_day_is_learned_without_what_was_no_flow(fast: bool) -> None:  # noqa: FBT001 — a table's column
    computation = ColumnComputation(BINANCE.own_tokens, max_readings=50) if fast else None
    state = replace(days_of(until=MIDNIGHT), computation=computation)
    for at in (MIDNIGHT, MIDNIGHT + 8 * HOUR, MIDNIGHT + 9 * HOUR, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY):
        part = 0.5 if at > MIDNIGHT else 1.0
        state = state.with_reading(book(at, {"Tron/USDT": part, "Bitcoin/BTC": 0.99 if at > MIDNIGHT + DAY else 1.0}))

    assert [day.share for day in state.days[-2:]] == pytest.approx([0.0, -0.2e9 / 50e9], abs=1e-9)


def test_a_day_is_learned_once() -> None:
    state = quiet_weeks()
    for hour in range(3):
        state = state.with_reading(holding(60 - hour, at=MIDNIGHT + hour * HOUR))

    assert [day.day for day in state.days[-2:]] == [MIDNIGHT - DAY, MIDNIGHT]
    assert state.days[-1].reserves_usd == 60e9


def test_a_day_that_is_held_is_not_learned() -> None:
    """Whether half of Tron counts is decided by the next reading: the day has no share until the next one begins."""
    state = days_of(until=MIDNIGHT).with_reading(book(MIDNIGHT, {"Tron/USDT": 0.5}))

    assert state.days[-1].share is None
    assert state.days[-1].reserves_usd == pytest.approx(50e9)


def test_a_day_that_begins_while_a_chain_is_missing_has_its_reserves_all_the_same() -> None:
    state = days_of(until=MIDNIGHT).with_reading(book(MIDNIGHT, {"Solana/SOL": -1.0}))

    assert state.days[-1].share is None
    assert state.days[-1].reserves_usd == pytest.approx(60.005e9)
