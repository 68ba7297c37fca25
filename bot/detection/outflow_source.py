"""The outflow as a signal source: the rule that backtests and cards know under the name "outflow".

It keeps every recent reading in memory, as a backtest does. The live bot cannot: it takes the same two steps of
`engine`, and reads from the store what windows start from.

An example: `initial_state()` knows no exchange. With `OutflowState({"binance": ExchangeState(BINANCE)})` and 60 daily
readings, `update` with one more that is 5 % lower gives a state of which `signal` has the flows −5 % over 24 h and
longer, and `grade` with the preset `normal` makes elevated of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from typing_extensions import override

from bot.detection.engine import signal_at_newest, states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.outflow import grade
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal
from bot.domain.signal_source import SignalSource
from bot.domain.snapshot import IncidentSpan
from bot.domain.withdrawals import Majors


@dataclass(frozen=True, slots=True)
class OutflowState:
    """What is known of all exchanges, each by its id.

    `market` has what they did together. `withdrawals` are those of the exchanges for which they are known,
    `incident_spans` the times of incidents of elevated or worse, whose days are not learned as normal.
    """

    states: Mapping[str, ExchangeState] = field(default_factory=dict)
    market: MarketMoves = MarketMoves()  # noqa: RUF009 — frozen
    withdrawals: Mapping[str, Majors] = field(default_factory=dict)
    incident_spans: Mapping[str, Sequence[IncidentSpan]] = field(default_factory=dict)


class Outflow(SignalSource[OutflowState, Reading]):
    """The outflow rule for all exchanges. Each needs a state before its first reading is taken."""

    rule = Rule.OUTFLOW

    @override
    def initial_state(self) -> OutflowState:
        return OutflowState()

    @override
    def update(self, state: OutflowState, readings: Sequence[Reading]) -> OutflowState:
        states, market = states_after_round(state.states, readings, state.market, state.withdrawals)
        return replace(state, states=states, market=market)

    @override
    def subjects(self, state: OutflowState) -> Collection[str]:
        return [id_ for id_, exchange_state in state.states.items() if exchange_state.latest]

    @override
    def signal(self, state: OutflowState, subject: str, now: datetime) -> Signal | None:
        exchange_state = state.states.get(subject)
        # An exchange that was never read has no flows and no time: there is nothing to say of it, not even "calm".
        if exchange_state is None or exchange_state.latest is None:
            return None
        return signal_at_newest(
            exchange_state,
            now,
            withdrawals=state.withdrawals.get(subject),
            incident_spans=state.incident_spans.get(subject, ()),
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        return grade(signal, sensitivity)
