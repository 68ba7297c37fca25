from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.engine import ExchangeState, Outflow, OutflowState, look, rounds, take_round
from bot.detection.flow.computation import ColumnComputation, DetailedComputation, FlowComputation
from bot.detection.guards.source_glitch import NO_OTHERS, MarketMoves
from bot.detection.outflow import grade
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
    """Return the case of sixty days around $60 B, of which a fifth of a percent moved in turn."""
    case = ExchangeState(BINANCE)
    for day in range(count, 0, -1):
        case = case.take(holding(60 + 0.12 * (day % 2), at=MIDNIGHT - day * DAY))
    return case


def test_a_day_of_outflow_is_seen_over_every_window_that_contains_it() -> None:
    seen = look(quiet_weeks().take(holding(57, at=MIDNIGHT)), MIDNIGHT)

    assert [flow.window for flow in seen.flows] == [one for one in Window if one is not Window.HOUR]
    assert {round(flow.share, 3) for flow in seen.flows} <= {-0.05, -0.052}
    assert grade(seen, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert seen.baseline
    assert seen.baseline.days == 59


def test_as_a_signal_source_it_sees_what_a_look_sees() -> None:
    outflow, fallen = Outflow(), holding(57, at=MIDNIGHT)
    state = outflow.take(OutflowState({"binance": quiet_weeks(), "okx": ExchangeState(OKX)}), [fallen])

    seen = outflow.signal(state, "binance", MIDNIGHT)

    assert outflow.subjects(state) == ["binance"]
    assert seen == look(quiet_weeks().take(fallen), MIDNIGHT)
    assert outflow.grade(seen, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert outflow.signal(state, "okx", MIDNIGHT) is outflow.signal(outflow.begin(), "binance", MIDNIGHT) is None


def test_a_case_keeps_what_its_longest_window_needs() -> None:
    case = quiet_weeks().take(holding(57, at=MIDNIGHT))

    assert case.kept[0].as_of == MIDNIGHT - 34 * DAY
    assert len(case.days) == 61


@pytest.mark.parametrize(("days", "known"), [(89, 89), (90, 90), (91, 90), (120, 90)])
def test_a_case_remembers_ninety_days(days: int, known: int) -> None:
    assert len(quiet_weeks(days).days) == known


def test_an_older_reading_changes_nothing() -> None:
    case = quiet_weeks()

    assert case.take(holding(10, at=MIDNIGHT - 3 * DAY)) is case


def test_columns_are_no_part_of_what_a_case_is() -> None:
    fast = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, most=8))

    assert (fast, repr(fast)) == (ExchangeState(BINANCE), repr(ExchangeState(BINANCE)))


def test_a_case_without_a_past_has_no_windows() -> None:
    seen = look(ExchangeState(BINANCE).take(holding(60)), NOON)

    assert (seen.flows, seen.baseline, seen.previous_as_of) == ((), None, None)


def test_a_reading_that_repeats_the_last_one_is_no_new_reading() -> None:
    """A stalled source is not calm: a day later the case is stale."""
    cases, market = take_round({"binance": quiet_weeks()}, [holding(57, at=MIDNIGHT)], MarketMoves())

    cases, market = take_round(cases, [holding(57, at=MIDNIGHT + DAY)], market)

    assert cases["binance"].kept[-1].as_of == MIDNIGHT
    holds = {flow.hold.reason for flow in look(cases["binance"], MIDNIGHT + DAY).flows if flow.hold}
    assert holds == {HoldReason.STALE}


def test_a_round_takes_every_exchange_that_was_read() -> None:
    cases = {"binance": ExchangeState(BINANCE), "okx": ExchangeState(OKX)}

    after, market = take_round(cases, [holding(60), holding(9, exchange="okx")], MarketMoves())
    after, market = take_round(after, [holding(61, at=NOON + HOUR)], market)

    assert [len(one.kept) for one in after.values()] == [2, 1]
    assert {id_: move.reading.as_of for id_, move in market.stirs.items()} == {"binance": NOON + HOUR, "okx": NOON}


def test_what_an_operator_withholds_is_not_graded() -> None:
    seen = look(
        quiet_weeks().take(holding(50, at=MIDNIGHT)), MIDNIGHT, withheld="since 08:20 UTC, because of a migration"
    )

    assert {(flow.hold.reason, flow.hold.detail) for flow in seen.flows if flow.hold} == {
        (HoldReason.WITHHELD, "since 08:20 UTC, because of a migration")
    }
    assert grade(seen, Sensitivity.NORMAL).severity is None


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
def test_closed_doors_make_an_outflow_critical(
    billions: float, closed: tuple[str, ...], severity: Severity | None
) -> None:
    doors = Withdrawals(closed=tuple((asset, MIDNIGHT) for asset in closed))
    case = quiet_weeks().take(holding(billions, at=MIDNIGHT))

    seen = grade(look(case, MIDNIGHT, doors=doors), Sensitivity.NORMAL)

    assert seen.severity is severity
    assert seen.closed_withdrawals == doors.closed
    assert (CLOSED_WITHDRAWALS in {reason.measure for reason in seen.reasons}) is (severity is Severity.CRITICAL)


def test_readings_are_gathered_by_the_hour_each_exchange_once() -> None:
    at = [MIDNIGHT, MIDNIGHT + HOUR / 3, MIDNIGHT + HOUR]
    readings = [holding(60, at=moment, exchange=name) for moment in at for name in ("binance", "okx")]

    assert [len(some) for some in rounds(reversed(readings))] == [2, 2, 2]


def test_nothing_read_gives_no_window() -> None:
    assert ExchangeState(BINANCE).bases(Window) == {}


def test_a_reading_of_the_same_time_is_not_newer() -> None:
    case = ExchangeState(BINANCE).take(holding(60))

    assert case.take(holding(10)) is case
    assert case.take(holding(10, at=NOON + timedelta(microseconds=1))) is not case


def test_readings_of_two_hours_are_two_rounds_even_of_different_exchanges() -> None:
    readings = [
        holding(60, at=MIDNIGHT),
        holding(60, at=MIDNIGHT + HOUR - timedelta(microseconds=1), exchange="okx"),
        holding(60, at=MIDNIGHT + HOUR, exchange="bybit"),
    ]

    assert rounds(readings) == [readings[:2], readings[2:]]
    assert rounds([]) == []


def test_the_second_reading_knows_the_first() -> None:
    case = ExchangeState(BINANCE).take(holding(60, at=NOON - HOUR)).take(holding(60))

    assert look(case, NOON).previous_as_of == NOON - HOUR


class TestWhatAReadingStirs:
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

        for computation in (None, ColumnComputation(BINANCE.own_tokens, most=8)):
            assert ExchangeState(BINANCE, computation=computation).take(first).stir(second).share == share

    def test_is_unknown_of_a_first_reading(self) -> None:
        found = ExchangeState(BINANCE).stir(holding(60))

        assert (found.step, found.share) == (None, None)

    def test_is_worked_out_in_columns_where_little_moved_and_nothing_waits(self) -> None:
        case = ExchangeState(BINANCE, computation=ColumnComputation(BINANCE.own_tokens, most=8)).take(
            holding(60, at=NOON - HOUR)
        )
        trip = RoundTrip("BTC", NOON - HOUR, NOON, 1.0)

        for ledger, quiet in (
            (GuardState(round_trips=(trip,)), True),
            (GuardState(departures=(Departure("BTC", NOON - HOUR, 1.0, 1.0),)), False),
        ):
            taken = replace(case, ledger=ledger).stir(holding(59.9)).step
            assert taken
            assert taken.is_quiet is quiet
        whole = replace(case, computation=None).stir(holding(59.9)).step
        assert whole
        assert not whole.is_quiet

    def test_is_taken_from_the_market_only_for_its_own_reading(self) -> None:
        first, gone = book(NOON + HOUR), book(NOON + 2 * HOUR, {"Tron/USDT": 0.5})
        case = days_of(until=NOON)
        market = NO_OTHERS.after([case.stir(first)])

        after = case.take(first, market).take(gone, market)

        assert after.ledger.suspect
        assert after.ledger == case.take(first).take(gone).ledger


@pytest.mark.parametrize("fast", [True, False])
def test_a_day_is_learned_without_what_was_no_flow(fast: bool) -> None:  # noqa: FBT001 — a table's column
    computation = ColumnComputation(BINANCE.own_tokens, most=50) if fast else None
    case = replace(days_of(until=MIDNIGHT), computation=computation)
    for at in (MIDNIGHT, MIDNIGHT + 8 * HOUR, MIDNIGHT + 9 * HOUR, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY):
        part = 0.5 if at > MIDNIGHT else 1.0
        case = case.take(book(at, {"Tron/USDT": part, "Bitcoin/BTC": 0.99 if at > MIDNIGHT + DAY else 1.0}))

    assert [day.share for day in case.days[-2:]] == pytest.approx([0.0, -0.2e9 / 50e9], abs=1e-9)


def test_a_flow_from_a_base_at_the_very_time_of_an_adjustment_is_in_columns() -> None:
    """What is computed in columns has no assets here, what is computed in detail has."""
    in_columns, in_detail = ColumnComputation(BINANCE.own_tokens, most=8), DetailedComputation(BINANCE.own_tokens)
    base, end = holding(60, at=NOON - DAY), holding(59)
    moved = Adjustment(Slot("Tron", "USDT"), 1.0, NOON - DAY)
    later = replace(moved, at=NOON - DAY + timedelta(microseconds=1))

    def assets_of(computation: FlowComputation, *adjustments: Adjustment) -> int:
        return len(computation.flow(Window.DAY, base, end, previous=base, adjustments=adjustments).assets)

    assert assets_of(in_columns) == assets_of(in_columns, moved) == 0
    assert assets_of(in_columns, later) == assets_of(in_columns, moved, later) == 2
    assert assets_of(in_detail) == 2


def test_a_round_hands_each_exchange_its_own_doors() -> None:
    shut = Withdrawals(closed=(("BTC", NOON), ("USDT", NOON)))
    dropped = {"Tron/USDT": 0.5}
    exchanges = {"binance": BINANCE, "okx": OKX}
    cases, market = {id_: days_of(exchange) for id_, exchange in exchanges.items()}, MarketMoves()
    for hour in range(3):
        readings = [
            book(NOON + hour * HOUR, {**dropped, "Solana/SOL": 1 + hour / 1000}, exchange=id_) for id_ in exchanges
        ]
        cases, market = take_round(cases, readings, market, {"binance": shut} if hour == 2 else None)

    assert [len(case.ledger.counted) for case in cases.values()] == [1, 0]
