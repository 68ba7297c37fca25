"""Lives through a past as the live bot would have: the same engine, the same grades, the same life of incidents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.alerting.lifecycle import Policy, advance
from bot.detectors.engine import Case, look, take_round
from bot.detectors.market import ALONE, Market
from bot.detectors.outflow import grade
from bot.domain.doors import Doors, Gate
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Hold, HoldReason
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.outlook import Spell
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal

TURNS = frozenset(
    {StepReason.OPENED, StepReason.ESCALATED, StepReason.DEESCALATED, StepReason.HELD, StepReason.RESOLVED}
)
"""What is told of a life; the rest only changes figures."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that would have been told: a turn of an incident, or with HELD and no incident that figures are held.

    `at` is the time of the reading it rests on. `flow` leads: of the incident, or the shortest held one. `holds` are
    the reasons for which windows are held. `inhibited_by` is the market-wide incident under which nobody was notified.
    """

    at: datetime
    exchange: str
    reason: StepReason
    signal: Signal
    incident: Incident | None = None
    flow: Flow | None = None
    holds: tuple[Hold, ...] = ()
    inhibited_by: Incident | None = None


class Trial:
    """One life through a past under one preset.

    Readings before `since` teach the windows and the usual days and are not judged. Rounds come in the order of time.
    """

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        *,
        gates: Mapping[str, Sequence[Gate]] | None = None,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
        since: datetime | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._cases: dict[str, Case] = {one.id: Case(one) for one in exchanges}
        self._sensitivity = sensitivity
        self._since = since
        self._policy = policy or Policy()
        self._market: Market = ALONE
        self._doors: dict[str, Doors] = {}
        self._incidents: dict[str, Incident] = {}
        self._spells: dict[str, tuple[Spell, ...]] = {}
        self._held: dict[str, frozenset[HoldReason]] = {}
        self._stories: dict[int, Incident] = {}

    def take(self, readings: Sequence[Reading]) -> list[Telling]:
        """Return what is told after one round; at most one reading of each exchange is in it."""
        self._cases, self._market = take_round(self._cases, readings, self._market, self._doors)
        judged = [one for one in readings if self._since is None or one.as_of >= self._since]
        return [telling for one in judged for telling in self._judge(one)]

    def incidents(self) -> list[Incident]:
        """Return every incident that was opened, as it is now, in the order of their numbers."""
        return list(self._stories.values())

    def _judge(self, reading: Reading) -> Iterator[Telling]:
        exchange, now = reading.exchange, reading.as_of
        spells = self._spells.get(exchange, ())
        seen = look(self._cases[exchange], now, doors=self._doors.get(exchange), spells=spells)
        signal = grade(seen, self._sensitivity)
        before = self._incidents.get(exchange)
        step = self._numbered(advance(self._policy, before, signal, now, sensitivity=self._sensitivity))
        self._keep(exchange, step)
        if step.reason in TURNS:
            yield Telling(now, exchange, step.reason, signal, step.incident, signal.leading_flow, _holds(signal))
        if self._is_held_anew(exchange, signal) and step.reason is not StepReason.HELD:
            yield Telling(
                now, exchange, StepReason.HELD, signal, self._open(exchange), _held_flow(signal), _holds(signal)
            )

    def _numbered(self, step: Step) -> Step:
        incident = step.incident
        if incident is None or incident.number or incident.state is IncidentState.PENDING:
            return step
        return step.numbered(len(self._stories) + 1)

    def _keep(self, exchange: str, step: Step) -> None:
        """Remember an incident while it lives, and its time for ever: those days are not usual ones."""
        incident = step.incident
        if incident and incident.number:
            self._stories[incident.number] = incident
        if incident is None or incident.state is IncidentState.RESOLVED:
            self._incidents.pop(exchange, None)
        else:
            self._incidents[exchange] = incident
        if incident and incident.peak.rank >= Severity.ELEVATED.rank and step.reason in TURNS:
            end = incident.changed_at if incident.state is IncidentState.RESOLVED else None
            others = (one for one in self._spells.get(exchange, ()) if one.start != incident.first_as_of)
            self._spells[exchange] = (*others, Spell(incident.first_as_of, end))

    def _open(self, exchange: str) -> Incident | None:
        incident = self._incidents.get(exchange)
        return incident if incident and incident.state is IncidentState.OPEN else None

    def _is_held_anew(self, exchange: str, signal: Signal) -> bool:
        """Return whether a window is held for a reason that was not there at the look before."""
        reasons = frozenset(hold.reason for hold in _holds(signal))
        known = self._held.get(exchange, frozenset())
        self._held[exchange] = reasons
        return not reasons <= known


def _held_flow(signal: Signal) -> Flow | None:
    return next((flow for flow in signal.flows if flow.hold), None)


def _holds(signal: Signal) -> tuple[Hold, ...]:
    """Return the reasons for which windows are held, each once."""
    return tuple(dict.fromkeys(flow.hold for flow in signal.flows if flow.hold))
