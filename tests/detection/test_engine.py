from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.engine import rounds, signal_at_newest, states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation, DetailedComputation, FlowComputation
from bot.detection.guards.market_moves import NO_OTHERS, MarketMoves
from bot.detection.outflow import grade
from bot.detection.outflow_source import Outflow, OutflowState
from bot.domain.flow import HoldReason, Window
from bot.domain.guard_state import Adjustment, Departure, GuardState, RoundTrip
from bot.domain.reading import Slot
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import CLOSED_WITHDRAWALS
from bot.domain.withdrawals import Withdrawals
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, reading
from tests.detection.quiet_past import book, days_of

MIDNIGHT = NOON.replace(hour=0)


def quiet_weeks(count: int = 60) -> ExchangeState:
    """Return the state of sixty days around $60 B, of which a fifth of a percent moved in turn."""
    state = ExchangeState(BINANCE)
    for day in range(count, 0, -1):
        state = state.with_reading(holding(60 + 0.12 * (day % 2), at=MIDNIGHT - day * DAY))
    return state


def test_a_day_of_outflow_is_seen_over_every_window_that_contains_it() -> None:
    signal = signal_at_newest(quiet_weeks().with_reading(holding(57, at=MIDNIGHT)), MIDNIGHT)

    assert [flow.window for flow in signal.flows] == [window for window in Window if window is not Window.HOUR]
    assert {round(flow.share, 3) for flow in signal.flows} <= {-0.05, -0.052}
    assert grade(signal, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert signal.baseline
    assert signal.baseline.days == 59


def test_the_signal_source_gives_the_signal_of_the_engine() -> None:
    outflow, fallen = Outflow(), holding(57, at=MIDNIGHT)
    state = outflow.take(OutflowState({"binance": quiet_weeks(), "okx": ExchangeState(OKX)}), [fallen])

    signal = outflow.signal(state, "binance", MIDNIGHT)

    assert outflow.subjects(state) == ["binance"]
    assert signal == signal_at_newest(quiet_weeks().with_reading(fallen), MIDNIGHT)
    assert outflow.grade(signal, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert outflow.signal(state, "okx", MIDNIGHT) is outflow.signal(outflow.begin(), "binance", MIDNIGHT) is None


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


def test_columns_are_no_part_of_what_a_state_is() -> None:
    fast = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, max_readings=8))

    assert (fast, repr(fast)) == (ExchangeState(BINANCE), repr(ExchangeState(BINANCE)))


def test_a_state_without_a_past_has_no_windows() -> None:
    signal = signal_at_newest(ExchangeState(BINANCE).with_reading(holding(60)), NOON)

    assert (signal.flows, signal.baseline, signal.previous_as_of) == ((), None, None)


def test_a_reading_that_repeats_the_last_one_is_no_new_reading() -> None:
    """A stalled source is not calm: a day later the state is stale."""
    states, market = states_after_round({"binance": quiet_weeks()}, [holding(57, at=MIDNIGHT)], MarketMoves())

    states, market = states_after_round(states, [holding(57, at=MIDNIGHT + DAY)], market)

    assert states["binance"].recent_readings[-1].as_of == MIDNIGHT
    holds = {flow.hold.reason for flow in signal_at_newest(states["binance"], MIDNIGHT + DAY).flows if flow.hold}
    assert holds == {HoldReason.STALE}


def test_a_round_changes_the_state_of_every_exchange_that_was_read() -> None:
    states = {"binance": ExchangeState(BINANCE), "okx": ExchangeState(OKX)}

    after, market = states_after_round(states, [holding(60), holding(9, exchange="okx")], MarketMoves())
    after, market = states_after_round(after, [holding(61, at=NOON + HOUR)], market)

    assert [len(state.recent_readings) for state in after.values()] == [2, 1]
    assert {id_: move.reading.as_of for id_, move in market.last_moves.items()} == {"binance": NOON + HOUR, "okx": NOON}


def test_what_an_operator_suppresses_is_not_graded() -> None:
    signal = signal_at_newest(
        quiet_weeks().with_reading(holding(50, at=MIDNIGHT)),
        MIDNIGHT,
        suppression="since 08:20 UTC, because of a migration",
    )

    assert {(flow.hold.reason, flow.hold.detail) for flow in signal.flows if flow.hold} == {
        (HoldReason.WITHHELD, "since 08:20 UTC, because of a migration")
    }
    assert grade(signal, Sensitivity.NORMAL).severity is None


@pytest.mark.parametrize(
    ("billions", "closed", "severity"),
    [
        (57, ("BTC", "USDT"), Severity.CRITICAL),
        (57, ("BTC",), Severity.ELEVATED),
        (50, ("BTC", "USDT", "ETH"), Severity.CRITICAL),
        (59, ("BTC", "USDT"), Severity.WATCH),
        (60, ("BTC", "USDT"), None),
    ],
)
def test_closed_withdrawals_make_an_outflow_critical(
    billions: float, closed: tuple[str, ...], severity: Severity | None
) -> None:
    withdrawals = Withdrawals(closed=tuple((asset, MIDNIGHT) for asset in closed))
    state = quiet_weeks().with_reading(holding(billions, at=MIDNIGHT))

    signal = grade(signal_at_newest(state, MIDNIGHT, withdrawals=withdrawals), Sensitivity.NORMAL)

    assert signal.severity is severity
    assert signal.closed_withdrawals == withdrawals.closed
    assert (CLOSED_WITHDRAWALS in {reason.measure for reason in signal.reasons}) is (severity is Severity.CRITICAL)


def test_readings_are_gathered_by_the_hour_each_exchange_once() -> None:
    at = [MIDNIGHT, MIDNIGHT + HOUR / 3, MIDNIGHT + HOUR]
    readings = [holding(60, at=moment, exchange=name) for moment in at for name in ("binance", "okx")]

    assert [len(readings) for readings in rounds(reversed(readings))] == [2, 2, 2]


def test_nothing_read_gives_no_window() -> None:
    assert ExchangeState(BINANCE).bases(Window) == {}


def test_a_reading_of_the_same_time_is_not_newer() -> None:
    state = ExchangeState(BINANCE).with_reading(holding(60))

    assert state.with_reading(holding(10)) is state
    assert state.with_reading(holding(10, at=NOON + timedelta(microseconds=1))) is not state


def test_readings_of_two_hours_are_two_rounds_even_of_different_exchanges() -> None:
    readings = [
        holding(60, at=MIDNIGHT),
        holding(60, at=MIDNIGHT + HOUR - timedelta(microseconds=1), exchange="okx"),
        holding(60, at=MIDNIGHT + HOUR, exchange="bybit"),
    ]

    assert rounds(readings) == [readings[:2], readings[2:]]
    assert rounds([]) == []


def test_the_second_reading_knows_the_first() -> None:
    state = ExchangeState(BINANCE).with_reading(holding(60, at=NOON - HOUR)).with_reading(holding(60))

    assert signal_at_newest(state, NOON).previous_as_of == NOON - HOUR


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


def test_a_flow_from_a_base_at_the_very_time_of_an_adjustment_is_in_columns() -> None:
    """What is computed in columns has no assets here, what is computed in detail has."""
    in_columns, in_detail = (
        ColumnComputation(BINANCE.own_tokens, max_readings=8),
        DetailedComputation(BINANCE.own_tokens),
    )
    base, end = holding(60, at=NOON - DAY), holding(59)
    moved = Adjustment(Slot("Tron", "USDT"), 1.0, NOON - DAY)
    later = replace(moved, at=NOON - DAY + timedelta(microseconds=1))

    def assets_of(computation: FlowComputation, *adjustments: Adjustment) -> int:
        return len(computation.flow(Window.DAY, base, end, previous=base, adjustments=adjustments).assets)

    assert assets_of(in_columns) == assets_of(in_columns, moved) == 0
    assert assets_of(in_columns, later) == assets_of(in_columns, moved, later) == 2
    assert assets_of(in_detail) == 2


def test_a_round_gives_each_exchange_its_own_withdrawals() -> None:
    closed_both = Withdrawals(closed=(("BTC", NOON), ("USDT", NOON)))
    dropped = {"Tron/USDT": 0.5}
    exchanges = {"binance": BINANCE, "okx": OKX}
    states, market = {id_: days_of(exchange) for id_, exchange in exchanges.items()}, MarketMoves()
    for hour in range(3):
        readings = [
            book(NOON + hour * HOUR, {**dropped, "Solana/SOL": 1 + hour / 1000}, exchange=id_) for id_ in exchanges
        ]
        states, market = states_after_round(states, readings, market, {"binance": closed_both} if hour == 2 else None)

    assert [len(state.guard_state.counted_drops) for state in states.values()] == [1, 0]
