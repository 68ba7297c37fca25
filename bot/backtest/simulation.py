"""Lives through a past as the live bot would have: the same engine, the same grades, the same life of incidents."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.alerting.lifecycle import Policy, advance
from bot.alerting.market_wide import advance_market, sheltered
from bot.detection.engine import ExchangeState, look, take_round
from bot.detection.flow.arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.column_store import ColumnStore
from bot.detection.guards.source_glitch import MarketMoves
from bot.detection.outflow import grade
from bot.detection.withdrawals.status import after
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import Flow, Hold, HoldReason
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal
from bot.domain.snapshot import IncidentSpan
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


@dataclass(frozen=True, slots=True)
class _ExchangeStep:
    """What one look makes of an exchange's story under one preset."""

    preset: Sensitivity
    reading: Reading
    signal: Signal
    before: Incident | None
    step: Step


@dataclass(slots=True)
class _ExchangeLife:
    """The incidents of one preset: those that live, by exchange, and all there were, by exchange and number."""

    current: dict[str, Incident] = field(default_factory=dict)
    stories: defaultdict[str, dict[int, Incident]] = field(default_factory=lambda: defaultdict(dict))

    def keep(self, exchange: str, incident: Incident | None) -> None:
        """Remember an incident as it is now."""
        if incident is None or incident.state is IncidentState.RESOLVED:
            self.current.pop(exchange, None)
        else:
            self.current[exchange] = incident
        if incident and incident.number:
            self.stories[exchange][incident.number] = incident


class Simulation:
    """One life through a past under one preset. Rounds come in the order of time.

    Readings before `since` teach the windows and the usual days and are not judged. `gates` are what is known of
    withdrawals by exchange, oldest first. Beside the preset the normal one is lived, as it always is: it says what is
    market-wide. `by` is who calculates.
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
    ) -> None:
        self._cases = {
            exchange.id: ExchangeState(exchange, sheet=ColumnStore(exchange.own_tokens, by, most=_REMEMBERED))
            for exchange in exchanges
        }
        self._sensitivity = sensitivity
        self._since = since
        self._policy = policy or Policy()
        self._market = MarketMoves()
        self._gates = {exchange: deque(known) for exchange, known in (gates or {}).items() if known}
        self._doors: dict[str, Withdrawals] = {}
        self._lives = {one: _ExchangeLife() for one in (Sensitivity.NORMAL, sensitivity)}
        self._market_wide: Incident | None = None
        self._held: dict[str, frozenset[HoldReason]] = {}
        self._given = 0

    def take(self, readings: Sequence[Reading]) -> list[SimulatedAlert]:
        """Return what is told after one round; at most one reading of each exchange is in it."""
        for reading in readings:
            self._turn_gates(reading)
        self._cases, self._market = take_round(self._cases, readings, self._market, self._doors)
        judged = [reading for reading in readings if self._since is None or reading.as_of >= self._since]
        return list(self._judge(judged)) if judged else []

    def incidents(self) -> list[Incident]:
        """Return every incident of an exchange that was opened, as it is now, in the order of their numbers."""
        mine = self._lives[self._sensitivity].stories
        return sorted(
            (story for stories in mine.values() for story in stories.values()), key=lambda incident: incident.number
        )

    def _judge(self, readings: Sequence[Reading]) -> Iterator[SimulatedAlert]:
        """Look at all that were read first, and only then say what it means: several at once may be market-wide."""
        strides = self._numbered([stride for reading in readings for stride in self._strides(reading)])
        market = self._advance_market(strides, readings[-1].as_of)
        if market.incident and market.reason in TOLD_REASONS:
            signal = market.incident.signal
            yield SimulatedAlert(
                readings[-1].as_of, MARKET.id, market.reason, signal, market.incident, signal.leading_flow
            )
        for exchange_step in strides:
            step = sheltered(exchange_step.step, exchange_step.before, market.incident)
            self._lives[exchange_step.preset].keep(exchange_step.reading.exchange, step.incident)
            if exchange_step.preset is self._sensitivity:
                yield from self._tellings(exchange_step, step, market.incident)

    def _strides(self, reading: Reading) -> Iterator[_ExchangeStep]:
        exchange, now = reading.exchange, reading.as_of
        seen = look(self._cases[exchange], now, doors=self._doors.get(exchange), spells=self._spells(exchange))
        for preset, life in self._lives.items():
            before, signal = life.current.get(exchange), grade(seen, preset)
            step = advance(self._policy, before, signal, now, sensitivity=preset)
            yield _ExchangeStep(preset, reading, signal, before, step)

    def _spells(self, exchange: str) -> list[IncidentSpan]:
        """Return the times of incidents of elevated or worse; of one number the normal preset has the word."""
        stories: dict[int, Incident] = {}
        for preset in reversed(self._lives):
            stories |= self._lives[preset].stories[exchange]
        return [
            IncidentSpan(story.first_as_of, story.changed_at if story.state is IncidentState.RESOLVED else None)
            for story in stories.values()
            if story.peak.rank >= Severity.ELEVATED.rank
        ]

    def _numbered(self, strides: Sequence[_ExchangeStep]) -> list[_ExchangeStep]:
        """Return the strides with a number for what has just opened: that of the same story, or a new one."""
        given = {
            id_: incident.number
            for life in self._lives.values()
            for id_, incident in life.current.items()
            if incident.number
        }
        found = []
        for stride in strides:
            incident = stride.step.incident
            if incident is None or incident.number or incident.state is IncidentState.PENDING:
                found.append(stride)
                continue
            number = given.get(incident.exchange) or self._next_number()
            given[incident.exchange] = number
            found.append(replace(stride, step=stride.step.numbered(number)))
        return found

    def _next_number(self) -> int:
        self._given += 1
        return self._given

    def _advance_market(self, strides: Sequence[_ExchangeStep], now: datetime) -> Step:
        """Return what is market-wide after these strides; the normal preset says so."""
        normal = {
            stride.reading.exchange: stride.step.incident for stride in strides if stride.preset is Sensitivity.NORMAL
        }
        known = {**self._lives[Sensitivity.NORMAL].current, **normal}
        step = advance_market(self._policy, self._market_wide, filter(None, known.values()), now)
        if step.incident and not step.incident.number:
            step = step.numbered(self._next_number())
        is_over = step.incident is None or step.incident.state is IncidentState.RESOLVED
        self._market_wide = None if is_over else step.incident
        return step

    def _tellings(self, stride: _ExchangeStep, step: Step, market: Incident | None) -> Iterator[SimulatedAlert]:
        at, exchange, signal, incident = stride.reading.as_of, stride.reading.exchange, stride.signal, step.incident
        holds = tuple(dict.fromkeys(flow.hold for flow in signal.flows if flow.hold))
        is_held_anew = self._is_held_anew(exchange, holds)
        is_quiet = incident and incident.under and incident.severity.rank < Severity.SEVERE.rank
        inhibited_by = market if is_quiet else None
        held = next((flow for flow in signal.flows if flow.hold), None)
        if step.reason in TOLD_REASONS:
            flow = held if held and step.reason is StepReason.HELD else signal.leading_flow
            yield SimulatedAlert(at, exchange, step.reason, signal, incident, flow, holds, inhibited_by)
        if is_held_anew and step.reason is not StepReason.HELD:
            told = incident if incident and incident.state is IncidentState.OPEN else None
            yield SimulatedAlert(at, exchange, StepReason.HELD, signal, told, held, holds, inhibited_by)

    def _is_held_anew(self, exchange: str, holds: Sequence[Hold]) -> bool:
        """Return whether a window is held for a reason that was not there at the look before."""
        reasons = frozenset(hold.reason for hold in holds)
        known = self._held.get(exchange, frozenset())
        self._held[exchange] = reasons
        return not reasons <= known

    def _turn_gates(self, reading: Reading) -> None:
        """Let the gates of an exchange be as they were at the reading; where none was ever seen, they are unknown."""
        known = self._gates.get(reading.exchange, deque())
        turned = []
        while known and known[0].since <= reading.as_of:
            turned.append(known.popleft())
        if turned:
            self._doors[reading.exchange] = after(self._doors.get(reading.exchange, Withdrawals()), turned)
