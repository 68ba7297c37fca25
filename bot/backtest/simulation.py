"""Lives through a past as the live bot would have: the same engine, the same grades, the same life of incidents."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from bot.alerting.lifecycle import Policy
from bot.alerting.round import (
    ExchangeStep,
    KnownHolds,
    RoundResult,
    RoundSignal,
    RoundState,
    RoundStep,
    elevated_spans,
    judge_round,
)
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.computation import ColumnComputation
from bot.detection.outflow_source import Outflow, OutflowState
from bot.detection.withdrawals.status import with_statuses
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import Flow, Hold
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal, source_rule
from bot.domain.signal_source import SignalSource, signals_of
from bot.domain.withdrawals import Withdrawals, WithdrawalStatus

TOLD_REASONS = frozenset(
    {StepReason.OPENED, StepReason.ESCALATED, StepReason.DEESCALATED, StepReason.HELD, StepReason.RESOLVED}
)
"""What is told of a life; the rest only changes figures."""

_REMEMBERED = 48  # readings in columns: what the windows of a month of days start from, and some of the last day


@dataclass(frozen=True, slots=True)
class SimulatedAlert:
    """One thing that would have been told: a turn of an incident, or with HELD and no incident that figures are held.

    `at` is the time of the reading it rests on. `flow` leads: of the incident, or the shortest held one. `holds` are
    the reasons for which windows are held. `inhibited_by` is the market-wide incident under which nobody is notified.
    """

    at: datetime
    exchange: str
    reason: StepReason
    signal: Signal
    incident: Incident | None = None
    flow: Flow | None = None
    holds: tuple[Hold, ...] = ()
    inhibited_by: Incident | None = None


class _History:
    """Every incident of one subject that was ever opened, as it is now, by preset, subject and number."""

    def __init__(self, presets: Iterable[Sensitivity]) -> None:
        self._incidents = {preset: defaultdict[str, dict[int, Incident]](dict) for preset in presets}

    def keep(self, step: RoundStep) -> None:
        """Keep an incident as it is after a step; what is pending has no number, and may come to nothing."""
        incident = step.step.incident
        if incident and incident.number:
            self._incidents[step.key.sensitivity][incident.subject][incident.number] = incident

    def of_subject(self, subject: str) -> Iterable[Incident]:
        """Return the incidents of a subject, each number once: as the first of the presets saw it, if it did."""
        by_number: dict[int, Incident] = {}
        for of_preset in reversed(self._incidents.values()):
            by_number |= of_preset[subject]
        return by_number.values()

    def of_preset(self, preset: Sensitivity) -> list[Incident]:
        """Return the incidents of a preset in the order of their numbers."""
        incidents = [one for by_number in self._incidents[preset].values() for one in by_number.values()]
        return sorted(incidents, key=lambda incident: incident.number)


class Simulation:
    """One life through a past under one preset. Rounds come in the order of time.

    Readings before `since` teach the windows and the usual days and are not judged. `gates` are what is known of
    withdrawals by exchange, oldest first. Beside the preset the normal one is lived, as it always is: it says what is
    market-wide. `by` is who calculates. `sources` are the signal sources beside the outflow, whose readings are given
    to `take_from`.
    """

    def __init__(  # noqa: PLR0913 — what is lived through, by which rules, and who calculates
        self,
        exchanges: Iterable[Exchange],
        *,
        gates: Mapping[str, Sequence[WithdrawalStatus]] | None = None,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
        since: datetime | None = None,
        policy: Policy | None = None,
        by: Arithmetic[Any] = PLAIN_ARITHMETIC,
        sources: Iterable[SignalSource[Any, Any]] = (),
    ) -> None:
        cases = {
            exchange.id: ExchangeState(
                exchange, computation=ColumnComputation(exchange.own_tokens, by, max_readings=_REMEMBERED)
            )
            for exchange in exchanges
        }
        self._sources: dict[str, SignalSource[Any, Any]] = {source.rule: source for source in (Outflow(), *sources)}
        self._states: dict[str, Any] = {Rule.OUTFLOW: OutflowState(cases)}
        self._sensitivity = sensitivity
        self._since = since
        self._policy = policy or Policy()
        self._gates = {exchange: deque(known) for exchange, known in (gates or {}).items() if known}
        self._presets = tuple(dict.fromkeys((Sensitivity.NORMAL, sensitivity)))
        self._state = RoundState()
        self._history = _History(self._presets)
        self._holds = KnownHolds()
        self._numbers = count(1)

    def take(self, readings: Sequence[Reading]) -> list[SimulatedAlert]:
        """Return what is told after one round of reserves; at most one reading of each exchange is in it."""
        result = self.judge(readings)
        return list(self._told(result)) if result else []

    def take_from(self, rule: str, readings: Sequence[Any], now: datetime) -> list[SimulatedAlert]:
        """Return what is told after what another source has read by now; without a reading, of figures that are old."""
        source = self._sources[rule]
        state = self._states[rule] = source.take(self._states.get(rule, source.begin()), readings)
        if self._since and now < self._since:
            return []
        signals = [(signal, now) for signal in signals_of(source, state, now)]
        return list(self._told(self._judge(signals, now)))

    def judge(self, readings: Sequence[Reading]) -> RoundResult | None:
        """Return the steps of one round, None where it only teaches what is usual."""
        for reading in readings:
            self._turn_gates(reading)
        outflow = self._sources[Rule.OUTFLOW]
        state: OutflowState = outflow.take(self._states[Rule.OUTFLOW], readings)
        judged = [reading for reading in readings if self._since is None or reading.as_of >= self._since]
        episodes = {
            id_: elevated_spans(self._history.of_subject(id_)) for id_ in (reading.exchange for reading in judged)
        }
        self._states[Rule.OUTFLOW] = state = replace(state, incident_spans=episodes)
        if not judged:
            return None
        looks = [(outflow.signal(state, reading.exchange, reading.as_of), reading.as_of) for reading in judged]
        return self._judge([(signal, at) for signal, at in looks if signal], judged[-1].as_of)

    def _judge(self, signals: Sequence[tuple[Signal, datetime]], now: datetime) -> RoundResult:
        """Return the steps of one round, and keep what becomes of the incidents."""
        seen = [RoundSignal(signal, at, self._presets) for signal, at in signals]
        draft = judge_round(self._policy, self._state, seen, self._grade, now=now)
        result = draft.numbered({story: next(self._numbers) for story in draft.unnumbered})
        self._state = result.state
        for step in result.steps:
            self._history.keep(step)
        return result

    def incidents(self) -> list[Incident]:
        """Return every incident of one subject that was opened, as it is now, in the order of their numbers."""
        return self._history.of_preset(self._sensitivity)

    def _grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        return self._sources[source_rule(signal.rule)].grade(signal, sensitivity)

    def _told(self, result: RoundResult) -> Iterator[SimulatedAlert]:
        market = result.market.step.incident
        if market and result.market.step.reason in TOLD_REASONS:
            flow = market.signal.leading_flow
            yield SimulatedAlert(result.market.at, MARKET.id, result.market.step.reason, market.signal, market, flow)
        for step in result.steps:
            if step.key.sensitivity is self._sensitivity:
                yield from self._tellings(step, market)

    def _tellings(self, judged: ExchangeStep, market: Incident | None) -> Iterator[SimulatedAlert]:
        at, exchange, signal, step = judged.at, judged.key.subject, judged.signal, judged.step
        incident, holds = step.incident, signal.holds
        is_held_anew = bool(self._holds.new_reasons(judged.key.story, signal))
        inhibited_by = market if incident and incident.is_inhibited else None
        held = next((flow for flow in signal.flows if flow.hold), None)
        if step.reason in TOLD_REASONS:
            flow = held if held and step.reason is StepReason.HELD else signal.leading_flow
            yield SimulatedAlert(at, exchange, step.reason, signal, incident, flow, holds, inhibited_by)
        if is_held_anew and step.reason is not StepReason.HELD:
            told = incident if incident and incident.state is IncidentState.OPEN else None
            yield SimulatedAlert(at, exchange, StepReason.HELD, signal, told, held, holds, inhibited_by)

    def _turn_gates(self, reading: Reading) -> None:
        """Let the gates of an exchange be as they were at the reading; where none was ever seen, they are unknown."""
        known = self._gates.get(reading.exchange, deque())
        turned = []
        while known and known[0].since <= reading.as_of:
            turned.append(known.popleft())
        if turned:
            state: OutflowState = self._states[Rule.OUTFLOW]
            doors = with_statuses(state.withdrawals.get(reading.exchange, Withdrawals()), turned)
            self._states[Rule.OUTFLOW] = replace(state, withdrawals={**state.withdrawals, reading.exchange: doors})
