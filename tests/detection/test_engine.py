"""Rounds of readings in, one signal for each exchange out."""

from datetime import timedelta

import pytest

from bot.detection.engine import rounds, signal_at_newest, states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.outflow import grade
from bot.domain.flow import HoldReason, Window
from bot.domain.jump import Verdict
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import CLOSED_WITHDRAWALS
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, majors, reading
from tests.detection.quiet_past import MIDNIGHT, book, days_of, quiet_weeks


def test_a_day_of_outflow_is_seen_over_every_window_that_contains_it() -> None:
    signal = signal_at_newest(quiet_weeks().with_reading(holding(57, at=MIDNIGHT)), MIDNIGHT)

    assert [flow.window for flow in signal.flows] == [window for window in Window if window is not Window.HOUR]
    assert {round(flow.share, 3) for flow in signal.flows} <= {-0.05, -0.052}
    assert grade(signal, Sensitivity.NORMAL).severity is Severity.ELEVATED
    assert signal.baseline
    assert signal.baseline.days == 59


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


def test_reserves_at_the_start_are_never_those_of_a_partial_reading() -> None:
    """For 30 hours the source leaves out Tron, three fifths of everything: windows have it as it was last told."""
    state = quiet_weeks()
    for hour in range(31):
        at = MIDNIGHT + hour * HOUR
        state = state.with_reading(reading({"Bitcoin/BTC": (1.2e6 + hour, 20_000.0)}, at=at))

    flows = signal_at_newest(state, MIDNIGHT + 30 * HOUR).flows

    assert {window: flow.lost_at_start for flow in flows for window in [flow.window] if flow.lost_at_start} == {
        Window.HOUR: ("Tron",),
        Window.DAY: ("Tron",),
    }
    assert [round(flow.reserves_usd / 1e9) for flow in flows] == [60] * len(Window)


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
    withdrawals = majors(*closed)
    state = quiet_weeks().with_reading(holding(billions, at=MIDNIGHT))

    signal = grade(signal_at_newest(state, MIDNIGHT, withdrawals=withdrawals), Sensitivity.NORMAL)

    assert signal.severity is severity
    assert signal.withdrawals == withdrawals
    assert (CLOSED_WITHDRAWALS in {reason.measure for reason in signal.reasons}) is (severity is Severity.CRITICAL)


def test_readings_are_gathered_by_the_hour_each_exchange_once() -> None:
    at = [MIDNIGHT, MIDNIGHT + HOUR / 3, MIDNIGHT + HOUR]
    readings = [holding(60, at=moment, exchange=name) for moment in at for name in ("binance", "okx")]

    gathered = rounds(reversed(readings))

    assert [{reading.as_of for reading in readings} for readings in gathered] == [{moment} for moment in at]
    assert [len(readings) for readings in gathered] == [2, 2, 2]


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


def test_a_round_gives_each_exchange_its_own_withdrawals() -> None:
    closed_both = majors("BTC", "USDT")
    dropped = {"Tron/USDT": 0.5}
    exchanges = {"binance": BINANCE, "okx": OKX}
    states, market = {id_: days_of(exchange) for id_, exchange in exchanges.items()}, MarketMoves()
    for hour in range(3):
        readings = [
            book(NOON + hour * HOUR, {**dropped, "Solana/SOL": 1 + hour / 1000}, exchange=id_) for id_ in exchanges
        ]
        states, market = states_after_round(states, readings, market, {"binance": closed_both} if hour == 2 else None)

    verdicts = [[jump.verdict for jump in state.guard_state.jumps] for state in states.values()]
    assert verdicts == [[Verdict.COUNTED], [Verdict.NOT_COUNTED]]


def test_a_chain_that_is_missing_is_in_a_signal_as_it_was_last_told() -> None:
    """Solana, $5 B of $60 B, is not read while 3.4 % leaves the rest: between −11.8 and +4.9 % in truth."""
    state = days_of().with_reading(book(NOON, {"Solana/SOL": -1.0, "Tron/USDT": 0.9}))

    day = signal_at_newest(state, NOON).flow(Window.DAY)

    assert day
    assert (day.usd, day.reserves_usd) == pytest.approx((-2.055e9, 60.06e9))
    assert (day.low, day.high) == pytest.approx((-7.06e9 / 60.06e9, 2.95e9 / 60.06e9))
    assert (day.missing_chains, day.hold and day.hold.reason) == (("Solana",), HoldReason.CHAIN_MISSING)


def test_a_window_may_start_while_a_chain_is_missing() -> None:
    """Solana counts at its start with the $5.005 B that it was last told to hold: it is back with $5 B."""
    state = days_of().with_reading(book(NOON, {"Solana/SOL": -1.0}))
    for hour in range(1, 25):
        state = state.with_reading(book(NOON + hour * HOUR, {"Tron/USDT": 1 - hour / 1000}))

    day = signal_at_newest(state, NOON + DAY).flow(Window.DAY)

    assert day
    assert (day.start, day.hold) == (NOON, None)
    assert day.usd == pytest.approx(-24 / 1000 * 20e9 - 0.005e9)


def test_what_left_alone_and_came_back_flowed_in_neither_direction() -> None:
    """BTC falls to 60 % alone, which waits, and is back an hour later: nothing flowed in either direction."""
    state, signals = days_of(), []
    for hour, part in enumerate((0.6, 1.0)):
        state = state.with_reading(book(NOON + hour * HOUR, {"Bitcoin/BTC": part * 1.001, "Tron/USDT": 1 + hour / 1e4}))
        signals.append(signal_at_newest(state, NOON + hour * HOUR))

    assert [signal.jumps[0].verdict for signal in signals] == [Verdict.WAITING, Verdict.RETURNED]
    assert all(flow.usd == pytest.approx(0.0, abs=5e7) for signal in signals for flow in signal.flows)
    assert signals[-1].returned_usd(since=NOON) == pytest.approx(0.4 * 20.02e9, rel=1e-6)
