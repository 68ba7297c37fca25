"""Simulates the live bot over a history: the same detection, thresholds and lifecycle of incidents.

Used by `runwatch backtest` and `/rehearse`. Readings come round by round and nothing is sent; what would have been
announced is returned. Example: daily rounds of 6, 7 and 8 November, before each of which 1 %, 11 % and 10 % left FTX.
`run_round` of the second returns one alert, "opened, severe" as INC-1 at that reading's time; the third changes its
figures only, which is no alert.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from bot.alerting.judging_round import (
    ExchangeStep,
    KnownHolds,
    RoundResult,
    RoundSignal,
    RoundState,
    RoundStep,
    elevated_spans,
    judge_round,
)
from bot.alerting.lifecycle_policy import Policy
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.computation import ColumnComputation
from bot.detection.outflow_source import Outflow, OutflowState
from bot.detection.withdrawals.guards.network_events import with_network_events
from bot.detection.withdrawals.majors import judged_majors
from bot.detection.withdrawals.record import with_recorded_changes
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import Flow
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal, source_rule
from bot.domain.signal_source import SignalSource, signals_of
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition

ALERT_REASONS = frozenset(
    {StepReason.OPENED, StepReason.ESCALATED, StepReason.DEESCALATED, StepReason.HELD, StepReason.RESOLVED}
)
"""Steps that a backtest prints; all others only change the figures of a message."""

# Readings kept in columns: the starts of the windows of a month of days, and some readings of the last day.
_MAX_COLUMNS = 48


@dataclass(frozen=True, slots=True)
class SimulatedAlert:
    """What would have been announced: a step of an incident, or (HELD, without an incident) that figures are held.

    `at` is the time of the reading it rests on. `flow` leads: of the incident, or the shortest held one. `inhibited_by`
    is the market-wide incident under which nobody is notified.
    """

    at: datetime
    exchange: str
    reason: StepReason
    signal: Signal
    incident: Incident | None = None
    flow: Flow | None = None
    inhibited_by: Incident | None = None


class _OpenedIncidents:
    """Every incident of one subject that was ever opened, as it is now, by preset, subject and number."""

    def __init__(self, presets: Iterable[Sensitivity]) -> None:
        self._incidents = {preset: defaultdict[str, dict[int, Incident]](dict) for preset in presets}

    def record(self, step: RoundStep) -> None:
        """Record an incident as it is after a step; a pending one has no number, and may come to nothing."""
        incident = step.step.incident
        if incident and incident.number:
            self._incidents[step.key.sensitivity][incident.subject][incident.number] = incident

    def of_subject(self, subject: str) -> Iterable[Incident]:
        """Return the incidents of a subject, each number once: as the first of the presets that has it."""
        by_number: dict[int, Incident] = {}
        for of_preset in reversed(self._incidents.values()):
            by_number |= of_preset[subject]
        return by_number.values()

    def of_preset(self, preset: Sensitivity) -> list[Incident]:
        """Return the incidents of a preset in the order of their numbers."""
        incidents = [incident for by_number in self._incidents[preset].values() for incident in by_number.values()]
        return sorted(incidents, key=lambda incident: incident.number)


class Simulation:
    """One run through a history under one preset. Rounds come in the order of time.

    Readings before `since` fill the windows and teach the usual days, and are not judged. `withdrawal_changes` are
    oldest first, by exchange. Beside the preset the normal one is judged, as it always is: it says what is market-wide.
    `arithmetic` is what columns are calculated with. `sources` are the signal sources beside the outflow; their
    readings go to `run_other_source`.
    """

    def __init__(  # noqa: PLR0913 — what is simulated, by which rules, and what calculates
        self,
        exchanges: Iterable[Exchange],
        *,
        withdrawal_changes: Mapping[str, Sequence[WithdrawalTransition]] | None = None,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
        since: datetime | None = None,
        policy: Policy | None = None,
        arithmetic: Arithmetic[Any] = PLAIN_ARITHMETIC,
        sources: Iterable[SignalSource[Any, Any]] = (),
    ) -> None:
        exchange_states = {
            exchange.id: ExchangeState(
                exchange, computation=ColumnComputation(exchange.own_tokens, arithmetic, max_readings=_MAX_COLUMNS)
            )
            for exchange in exchanges
        }
        self._sources: dict[str, SignalSource[Any, Any]] = {source.rule: source for source in (Outflow(), *sources)}
        self._states: dict[str, Any] = {Rule.OUTFLOW: OutflowState(exchange_states)}
        self._sensitivity = sensitivity
        self._since = since
        self._policy = policy or Policy()
        self._withdrawal_changes = {
            exchange: deque(changes) for exchange, changes in (withdrawal_changes or {}).items() if changes
        }
        self._withdrawals: dict[str, ExchangeWithdrawals] = {}
        self._presets = tuple(dict.fromkeys((Sensitivity.NORMAL, sensitivity)))
        self._state = RoundState()
        self._opened_incidents = _OpenedIncidents(self._presets)
        self._holds = KnownHolds()
        self._numbers = count(1)  # as a store that is new would give them

    def run_round(self, readings: Sequence[Reading]) -> list[SimulatedAlert]:
        """Return the alerts after one round of reserves, in which there is at most one reading of each exchange."""
        result = self.judge_reserves(readings)
        return list(self.alerts_of_round(result)) if result else []

    def run_other_source(self, rule: str, readings: Sequence[Any], now: datetime) -> list[SimulatedAlert]:
        """Return the alerts after another source's readings of one time; without any, of its figures grown older."""
        source = self._sources[rule]
        state = self._states[rule] = source.update(self._states.get(rule, source.initial_state()), readings)
        if self._since and now < self._since:
            return []
        signals = [(signal, now) for signal in signals_of(source, state, now)]
        return list(self.alerts_of_round(self._judge(signals, now)))

    def judge_reserves(self, readings: Sequence[Reading]) -> RoundResult | None:
        """Return the steps of one round of reserves, None where all of it lies before `since`."""
        # Before the readings, so that a run and the closing of withdrawals that answers it are seen in one round.
        self._apply_withdrawal_changes(readings)
        outflow = self._sources[Rule.OUTFLOW]
        state: OutflowState = outflow.update(self._states[Rule.OUTFLOW], readings)
        judged = [reading for reading in readings if self._since is None or reading.as_of >= self._since]
        episodes = {
            id_: elevated_spans(self._opened_incidents.of_subject(id_))
            for id_ in (reading.exchange for reading in judged)
        }
        self._states[Rule.OUTFLOW] = state = replace(state, incident_spans=episodes)
        if not judged:
            return None
        signals = [(outflow.signal(state, reading.exchange, reading.as_of), reading.as_of) for reading in judged]
        return self._judge([(signal, at) for signal, at in signals if signal], judged[-1].as_of)

    def _judge(self, signals: Sequence[tuple[Signal, datetime]], now: datetime) -> RoundResult:
        """Return the steps of one round, and record what becomes of the incidents."""
        round_signals = [RoundSignal(signal, at, self._presets) for signal, at in signals]
        draft = judge_round(self._policy, self._state, round_signals, self._grade, now=now)
        result = draft.numbered({story: next(self._numbers) for story in draft.unnumbered})
        self._state = result.state
        for step in result.steps:
            if not _is_notice(step):
                self._opened_incidents.record(step)
        return result

    def incidents(self) -> list[Incident]:
        """Return every incident of one subject that was opened, as it is now, in the order of their numbers."""
        return self._opened_incidents.of_preset(self._sensitivity)

    def _grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        return self._sources[source_rule(signal.rule)].grade(signal, sensitivity)

    def steps_of_round(self, result: RoundResult) -> Iterator[ExchangeStep]:
        """Yield the steps of a judged round under the simulation's preset, each with the signal of its reading.

        Data notices have no preset of their own: every place hears of them.
        """
        return (step for step in result.steps if step.key.sensitivity is self._sensitivity or _is_notice(step))

    def alerts_of_round(self, result: RoundResult) -> Iterator[SimulatedAlert]:
        """Yield the alerts of a judged round, the market-wide one first. Each round is asked for once, in order."""
        market = result.market.step.incident
        if market and result.market.step.reason in ALERT_REASONS:
            flow = market.signal.leading_flow
            yield SimulatedAlert(result.market.at, MARKET.id, result.market.step.reason, market.signal, market, flow)
        for step in self.steps_of_round(result):
            yield from self._alerts_of_step(step, market)

    def _alerts_of_step(self, judged: ExchangeStep, market: Incident | None) -> Iterator[SimulatedAlert]:
        at, exchange, signal, step = judged.at, judged.key.subject, judged.signal, judged.step
        incident = step.incident
        is_newly_held = bool(self._holds.new_reasons(judged.key.story, signal))
        inhibited_by = market if incident and incident.is_inhibited else None
        # Flows are in the order of their windows, so this is the shortest one that is held.
        held_flow = next((flow for flow in signal.flows if flow.hold), None)
        if step.reason in ALERT_REASONS:
            flow = held_flow if held_flow and step.reason is StepReason.HELD else signal.leading_flow
            yield SimulatedAlert(at, exchange, step.reason, signal, incident, flow, inhibited_by)
        # Without an open incident nobody would be told; for a backtest it is worth a line that figures were held.
        if is_newly_held and step.reason is not StepReason.HELD:
            open_incident = incident if incident and incident.state is IncidentState.OPEN else None
            yield SimulatedAlert(at, exchange, StepReason.HELD, signal, open_incident, held_flow, inhibited_by)

    def _apply_withdrawal_changes(self, readings: Sequence[Reading]) -> None:
        """Bring the withdrawals of a round's exchanges to the times of their readings; without a record, nothing."""
        if not self._withdrawal_changes:  # nearly always
            return
        state: OutflowState = self._states[Rule.OUTFLOW]
        # First all changes, then what follows: what one exchange closed may be excused by what others did.
        stale = [reading for reading in readings if self._record_due_changes(reading) or _may_age(state, reading)]
        if not stale:
            return
        self._withdrawals = with_network_events(self._withdrawals, stale[-1].as_of)
        majors = {
            # A record holds until its next line, however long ago the last one was.
            reading.exchange: judged_majors(
                replace(self._withdrawals[reading.exchange], as_of=reading.as_of), reading.as_of
            )
            for reading in stale
        }
        self._states[Rule.OUTFLOW] = replace(state, withdrawals={**state.withdrawals, **majors})

    def _record_due_changes(self, reading: Reading) -> bool:
        """Record the changes up to a reading, and return whether there were any."""
        changes = self._withdrawal_changes.get(reading.exchange, deque())
        due_changes = []
        while changes and changes[0].at <= reading.as_of:
            due_changes.append(changes.popleft())
        if due_changes:
            known = self._withdrawals.get(reading.exchange, ExchangeWithdrawals(reading.exchange))
            self._withdrawals[reading.exchange] = with_recorded_changes(known, due_changes)
        return bool(due_changes)


def _may_age(state: OutflowState, reading: Reading) -> bool:
    """Return whether an exchange's majors may be judged otherwise without a change: by time, what is closed is excused.

    What is open stays as it is, and costs nothing.
    """
    majors = state.withdrawals.get(reading.exchange, ())
    return any(WithdrawalState.CLOSED in {major.state, major.last_known} for major in majors)


def _is_notice(step: RoundStep) -> bool:
    return step.step.incident is not None and step.step.incident.rule == Rule.DATA
