from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backtest.numpy_arithmetic import NumpyArithmetic
from bot.detection.engine import signal_at_newest, states_after_new_readings
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.column_store import ColumnStore
from bot.detection.flow.computation import ColumnComputation
from bot.detection.flow.net_flow import net_flow
from bot.detection.guards.market_moves import MarketMoves
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Window
from bot.domain.jump import Jump, Verdict
from bot.domain.reading import Reading
from bot.domain.signal import Signal
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, reading
from tests.detection.quiet_past import PRICES, WORTH, book

slots = st.sampled_from(sorted(WORTH))
parts = st.one_of(st.floats(0.97, 1.03), st.sampled_from((-1.0, 0.0, 0.3, 0.9, 2.0)))
moves = st.dictionaries(slots, parts, max_size=6)
prices = st.dictionaries(
    st.sampled_from(sorted(PRICES)), st.one_of(st.floats(0.9, 1.1), st.sampled_from((0.0, 0.1, 3.0))), max_size=2
)
drawn_moves = st.lists(st.tuples(st.sampled_from((HOUR, DAY)), moves, prices), min_size=2, max_size=12)


def columns_of(
    exchange: Exchange, by: Arithmetic[Any] = PLAIN_ARITHMETIC, *, shows_assets: bool = True
) -> ColumnComputation:
    return ColumnComputation(exchange.own_tokens, by, max_readings=8, shows_assets=shows_assets)


def signals_over(
    exchange: Exchange, readings: list[Reading], okx_readings: list[Reading], by: Arithmetic[Any] | None
) -> list[Signal]:
    """Return every signal of an exchange that is read beside another one, in columns or (by None) in detail.

    Each has the jumps as the guards remember them, moves and all.
    """
    states = {
        listed.id: ExchangeState(listed, computation=columns_of(listed, by) if by else None)
        for listed in (exchange, OKX)
    }
    market, signals = MarketMoves(), []
    for latest, beside in zip(readings, okx_readings, strict=True):
        states, market = states_after_new_readings(states, [latest, beside], market)
        state = states[exchange.id]
        signals.append(replace(signal_at_newest(state, latest.as_of), jumps=state.guard_state.jumps))
    return signals


@pytest.mark.parametrize("by", [PLAIN_ARITHMETIC, NumpyArithmetic()], ids=["plain", "numpy"])
@settings(max_examples=100, deadline=None)
@given(drawn=drawn_moves)
def test_columns_and_detail_say_the_same(
    by: Arithmetic[Any], drawn: list[tuple[object, dict[str, float], dict[str, float]]]
) -> None:
    at, readings, okx_readings = NOON, list[Reading](), list[Reading]()
    for length, moved, priced in drawn:
        at += HOUR if length == HOUR else DAY
        readings.append(book(at, moved, prices={asset: PRICES[asset] * part for asset, part in priced.items()}))
        okx_readings.append(book(at, exchange="okx"))

    for quick, slow in zip(
        signals_over(BINANCE, readings, okx_readings, by),
        signals_over(BINANCE, readings, okx_readings, None),
        strict=True,
    ):
        assert [flow.window for flow in quick.flows] == [flow.window for flow in slow.flows]
        for flow, detailed in zip(quick.flows, slow.flows, strict=True):
            assert flow.usd == pytest.approx(detailed.usd, rel=1e-9, abs=1.0)
            assert flow.share == pytest.approx(detailed.share, rel=1e-9, abs=1e-9)
            assert flow.reserves_usd == pytest.approx(detailed.reserves_usd)
            assert (flow.start, flow.end, flow.missing_chains) == (
                detailed.start,
                detailed.end,
                detailed.missing_chains,
            )
            assert_same_assets(flow, detailed)
            assert (flow.hold and flow.hold.reason) == (detailed.hold and detailed.hold.reason)
        assert [(note.reason, note.subject, note.at) for note in quick.notes] == [
            (note.reason, note.subject, note.at) for note in slow.notes
        ]
        assert list(map(what_became_of, quick.jumps)) == list(map(what_became_of, slow.jumps))
        for jump, detailed_jump in zip(quick.jumps, slow.jumps, strict=True):
            assert jump.usd == pytest.approx(detailed_jump.usd, rel=1e-6)


def what_became_of(jump: Jump) -> tuple[object, ...]:
    """Return everything about a jump but its figures, which differ by errors of rounding."""
    parts = tuple((part.asset, tuple(move.at for move in part.moves)) for part in jump.parts)
    return (jump.group, jump.at, jump.reason, jump.verdict, jump.decided_at, jump.turns, jump.turned_at, parts)


def assert_same_assets(quick: Flow, detailed: Flow) -> None:
    """Which assets are shown is the same, but for those whose worth is an error of rounding."""
    least = 1e-6 * max((abs(asset.usd) for asset in detailed.assets), default=0.0)
    shown, expected = (
        {part.asset: part for part in flow.assets if abs(part.usd) > least} for flow in (quick, detailed)
    )
    assert shown.keys() == expected.keys()
    for asset, part in shown.items():
        assert part.usd == pytest.approx(expected[asset].usd, rel=1e-6)
        assert part.amount == pytest.approx(expected[asset].amount, rel=1e-6)


def test_the_assets_of_a_flow_come_largest_first_and_dust_is_not_shown() -> None:
    before = {f"Tron/T{number}": (1e6 * (number + 1), 1.0) for number in range(20)}
    after = {slot: (amount * (0.9 if amount % 2e6 else 1.1), price) for slot, (amount, price) in before.items()}
    base, end = reading(before), reading(after, at=NOON + DAY)

    found = ColumnStore(BINANCE.own_tokens, PLAIN_ARITHMETIC, max_readings=8).flow(
        Window.DAY, base, end, {}, with_assets=True
    )

    assert found
    assert [asset.asset for asset in found.assets] == [f"T{number}" for number in range(19, 7, -1)]
    assert found.assets == net_flow(Window.DAY, base, end, BINANCE.own_tokens).assets


def test_a_quiet_week_is_worked_out_in_columns() -> None:
    """Else years of eighty exchanges would take minutes: no asset is added up where nothing happens."""
    state = ExchangeState(BINANCE, computation=columns_of(BINANCE, shows_assets=False))
    for day in range(9):
        state = state.with_reading(book(NOON + day * DAY, dict.fromkeys(WORTH, 1 + day / 1000)))

    flows = signal_at_newest(state, NOON + 8 * DAY).flows
    assert [flow.window for flow in flows] == [Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.FORTNIGHT]
    assert all(flow.assets == () for flow in flows)
    assert all(flow.assets for flow in signal_at_newest(replace(state, computation=None), NOON + 8 * DAY).flows)


def test_a_small_part_that_moves_alone_is_not_overlooked_in_columns() -> None:
    """Eight thousandths of reserves that fall by two fifths move less in all than is large."""
    state = ExchangeState(BINANCE, computation=columns_of(BINANCE))
    for hour, sol in enumerate((0.8e9, 0.48e9)):
        state = state.with_reading(
            reading({"Tron/USDT": (99.2e9, 1.0), "Solana/SOL": (sol / 20, 20.0)}, at=NOON + hour * HOUR)
        )

    (fell,) = state.guard_state.jumps
    assert (fell.group, fell.verdict) == ("SOL", Verdict.WAITING)
    assert fell.share == pytest.approx(-0.0032)
