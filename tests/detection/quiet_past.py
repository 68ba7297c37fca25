"""A past to test the guards with: an exchange of $60 B on five chains, read every hour or every day."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import NO_OTHERS, MarketMoves
from bot.detection.outflow import grade
from bot.domain.exchange import Exchange
from bot.domain.flow import HoldReason, Window
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import NoteReason, Signal
from bot.domain.withdrawals import Majors
from tests.builders import BINANCE, DAY, NOON, holding, reading

MIDNIGHT = NOON.replace(hour=0)
PRICES = {"USDT": 1.0, "USDC": 1.0, "BTC": 20_000.0, "ETH": 1_000.0, "SOL": 20.0, "BNB": 250.0}
WORTH = {
    "Tron/USDT": 20e9, "Bitcoin/BTC": 20e9, "Ethereum/ETH": 10e9, "Ethereum/USDC": 5e9, "Solana/SOL": 5e9,
    "Binance/BNB": 6e9,
}  # fmt: skip


def book(
    at: datetime,
    parts: Mapping[str, float] | None = None,
    *,
    prices: Mapping[str, float] | None = None,
    exchange: str = "binance",
    scale: float = 1.0,
) -> Reading:
    """Return a reading in which every slot holds its part of what is usual (1.0); one below 0 leaves the slot out."""
    held = {slot: (parts or {}).get(slot, 1.0) for slot in WORTH}
    priced = {**PRICES, **(prices or {})}
    return reading(
        {
            slot: (scale * part * WORTH[slot] / PRICES[slot.split("/")[1]], priced[slot.split("/")[1]])
            for slot, part in held.items()
            if part >= 0
        },
        at=at,
        exchange=exchange,
    )


def days_of(
    exchange: Exchange = BINANCE, *, until: datetime = NOON, count: int = 40, scale: float = 1.0
) -> ExchangeState:
    """Return the state after so many daily readings that end a day before `until`; 0.1 % moves in and out in turn."""
    state = ExchangeState(exchange)
    for day in range(count, 0, -1):
        part = 1 + 0.001 * (day % 2)
        parts = dict.fromkeys(WORTH, part)
        state = state.with_reading(book(until - timedelta(days=day), parts, exchange=exchange.id, scale=scale))
    return state


def quiet_weeks(count: int = 60) -> ExchangeState:
    """Return the state after so many days around $60 B; a fifth of a percent moves in and out in turn."""
    state = ExchangeState(BINANCE)
    for day in range(count, 0, -1):
        state = state.with_reading(holding(60 + 0.12 * (day % 2), at=MIDNIGHT - day * DAY))
    return state


def graded_signal(state: ExchangeState, *, withdrawals: Majors | None = None) -> Signal:
    """Return the signal at the newest reading, graded under the normal preset."""
    latest = state.latest
    assert latest
    return grade(signal_at_newest(state, latest.as_of, withdrawals=withdrawals), Sensitivity.NORMAL)


def signals_after(state: ExchangeState, *readings: Reading, market: MarketMoves = NO_OTHERS) -> list[Signal]:
    """Return the graded signal after each further reading."""
    signals = []
    for further in readings:
        state = state.with_reading(further, market)
        signals.append(graded_signal(state))
    return signals


def hold_reasons(signal: Signal) -> set[HoldReason]:
    """Return why windows of a signal are held."""
    return {flow.hold.reason for flow in signal.flows if flow.hold}


def note_reasons(signal: Signal) -> set[NoteReason]:
    """Return what a signal has notes on."""
    return {note.reason for note in signal.notes}


def flow_share(signal: Signal, window: Window = Window.DAY) -> float:
    """Return the share of reserves that flowed over a window that was computed."""
    flow = signal.flow(window)
    assert flow
    return flow.share
