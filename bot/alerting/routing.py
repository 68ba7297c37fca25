"""Who is told what about a step of an incident."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.incident import Incident, Step, StepReason
from bot.domain.place import Subscription
from bot.domain.severity import Severity, rank
from bot.domain.signal import Signal

ANNOUNCED = frozenset({StepReason.OPENED, StepReason.ESCALATED})
"""Steps that are told in a new message, and the only ones that may ping."""
CLOSED = StepReason.RESOLVED
_SILENT = frozenset({StepReason.NOTHING, StepReason.PENDING, StepReason.DISMISSED})


@dataclass(frozen=True, slots=True)
class Audience:
    """The places of one step: those that hear of it for the first time or anew, and those whose message changes."""

    post: tuple[Subscription, ...] = ()
    edit: tuple[Subscription, ...] = ()


def audience(before: Incident | None, step: Step, subscriptions: Iterable[Subscription]) -> Audience:
    """Return who hears of a step.

    A place hears of an incident once its severity and its own floors are reached; from then on its message follows
    every change, downwards too.
    """
    incident = step.incident
    if incident is None or step.reason in _SILENT:
        return Audience()
    mine = [one for one in subscriptions if one.sensitivity is incident.sensitivity]
    if step.reason in ANNOUNCED:
        return _announced(before, incident, mine)
    knew = [one for one in mine if before and _was_told(one, before)]
    new = [one for one in mine if one not in knew and wants(one, incident.severity, incident.signal)]
    return Audience(post=tuple(new) if step.reason is not CLOSED else (), edit=tuple(knew))


def wants(subscription: Subscription, severity: Severity, signal: Signal) -> bool:
    """Return whether a severity and the leading flow reach what a subscription asks for."""
    flow = signal.leading_flow
    if rank(severity) < subscription.min_severity.rank or flow is None:
        return False
    return abs(flow.usd) >= (subscription.usd or 0.0) and abs(flow.share) >= (subscription.share or 0.0)


def _announced(before: Incident | None, incident: Incident, mine: list[Subscription]) -> Audience:
    post = tuple(one for one in mine if wants(one, incident.severity, incident.signal))
    edit = tuple(one for one in mine if one not in post and before and _was_told(one, before))
    return Audience(post, edit)


def _was_told(subscription: Subscription, before: Incident) -> bool:
    """Return whether the place may have heard of it: judged by the worst it has been, since floors apply one by one."""
    return before.steps > 0 and before.peak.rank >= subscription.min_severity.rank
