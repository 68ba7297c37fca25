"""The two steps of detection, which the live bot and the backtest share: take in a round of readings, then judge each.

    states, market = {exchange.id: ExchangeState(exchange) for exchange in exchanges}, MarketMoves()
    for readings in rounds(all_readings):
        states, market = states_after_round(states, readings, market, withdrawals)
        for reading in readings:
            signal = signal_at_newest(states[reading.exchange], now, …)

`alerting.judging_round` then judges the signals of a round. They go by rounds because a guard has to know what the
other exchanges of a source did at the same time: five exchanges that lose 4 % within one hour are a fault of the
source, one is not.

An example of a reading that is none: at 12:00 Binance is read with the same amounts and values as at 11:00, to the last
digit. The source has stalled, so the newest reading stays that of 11:00, and after 14:00 it is stale.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.guards.restatement import restated
from bot.detection.guards.source_figures import source_figures
from bot.detection.outflow import WINDOWS, WindowInputs, measure
from bot.domain.exchange import Listing
from bot.domain.reading import Reading
from bot.domain.signal import Signal
from bot.domain.snapshot import IncidentSpan
from bot.domain.withdrawals import Majors

SOURCE_FIGURES_MAX_AGE = timedelta(minutes=20)
"""How far apart a reading and the source's own figures may be fetched: two polls of the list, by default."""


def states_after_round(
    states: Mapping[str, ExchangeState],
    readings: Sequence[Reading],
    market: MarketMoves,
    withdrawals: Mapping[str, Majors] | None = None,
) -> tuple[dict[str, ExchangeState], MarketMoves]:
    """Return the states and the market after the readings of one round, at most one of each exchange.

    Every reading's exchange needs a state. `withdrawals` are those of the exchanges for which they are known. A reading
    that repeats the holdings of the newest one is left out: a stalled source is not calm, and later signals find the
    state stale.
    """
    new_readings = [reading for reading in readings if not _repeats_holdings(states[reading.exchange].latest, reading)]
    return states_after_new_readings(states, new_readings, market, withdrawals)


def states_after_new_readings(
    states: Mapping[str, ExchangeState],
    readings: Sequence[Reading],
    market: MarketMoves,
    withdrawals: Mapping[str, Majors] | None = None,
) -> tuple[dict[str, ExchangeState], MarketMoves]:
    """Return what `states_after_round` does, for readings of which a store has left out repetitions already."""
    # First the moves of all, then the states: each exchange is judged by what every other did in the same round.
    market_after = market.after(
        state.last_move(reading) for reading in readings if (state := states[reading.exchange]).is_new(reading)
    )
    withdrawals_of = withdrawals or {}
    changed = {
        reading.exchange: states[reading.exchange].with_reading(
            reading, market_after, withdrawals_of.get(reading.exchange)
        )
        for reading in readings
    }
    return {**states, **changed}, market_after


def rounds(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Return readings of many exchanges as rounds in order of time: those of one hour, at most one of each exchange.

    An hour, because sources publish every hour, exchange after exchange.
    """
    gathered: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda reading: reading.as_of):
        if not gathered or not _may_join(gathered[-1], reading):
            gathered.append([])
        gathered[-1].append(reading)
    return gathered


def signal_at_newest(  # noqa: PLR0913 — everything that a signal may rest on
    state: ExchangeState,
    now: datetime,
    *,
    withdrawals: Majors | None = None,
    listing: Listing | None = None,
    source_figures_max_age: timedelta = SOURCE_FIGURES_MAX_AGE,
    suppression: str | None = None,
    withdrawals_suppression: str | None = None,
    incident_spans: Sequence[IncidentSpan] = (),
) -> Signal:
    """Return the signal at the state's newest reading, not graded yet; `outflow.grade` grades it under a preset.

    The state has a reading. `now` only says how old that is. Absent where they are not known: `withdrawals`, the
    source's own row (`listing`, which counts when fetched within `source_figures_max_age` of the reading), and the
    words of an operator who paused the figures (`suppression`) or the withdrawals (`withdrawals_suppression`, without
    `withdrawals`). `incident_spans` are the exchange's incidents of
    elevated or worse, whose days are not learned as normal.
    """
    guard_state = state.guard_state
    latest = restated(state.recent_readings[-1], guard_state)
    bases = {window: restated(base, guard_state) for window, base in state.bases(WINDOWS).items()}
    return measure(
        state.exchange,
        WindowInputs(latest, state.previous, bases, state.days, guard_state, incident_spans),
        now,
        withdrawals=withdrawals,
        source_figures=source_figures(listing, latest, source_figures_max_age),
        suppression=suppression,
        withdrawals_suppression=withdrawals_suppression,
        computation=state.flow_computation,
    )


def _repeats_holdings(newest: Reading | None, reading: Reading) -> bool:
    return newest is not None and newest.holdings == reading.holdings


def _may_join(gathered: Sequence[Reading], reading: Reading) -> bool:
    """Return whether a reading belongs to a round: it is of the same hour, and its exchange is not in it yet."""
    is_same_hour = _hour(gathered[0]) == _hour(reading)
    return is_same_hour and all(other.exchange != reading.exchange for other in gathered)


def _hour(reading: Reading) -> datetime:
    return reading.as_of.replace(minute=0, second=0, microsecond=0)
