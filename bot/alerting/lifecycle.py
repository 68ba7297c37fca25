"""An incident's life as one pure function: what one look makes of it, and why."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.flow import Flow, HoldReason, Window
from bot.domain.incident import Ending, Event, Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Rule, Signal


@dataclass(frozen=True, slots=True)
class Policy:
    """How an incident is entered and left.

    Two fresh readings `confirm_gap` apart confirm; where readings are more than `sparse` apart one is enough. An
    incident eases after `leave_readings` fresh readings over `leave_span` that graded lower. Figures are told again
    when the leading share moved by `retold_points`, or by `retold_part` of itself but not less than `retold_least`, at
    most every `retold_every`. What was never confirmed needs no `leave_span`: two readings that refute it are enough.
    """

    confirm_gap: timedelta = timedelta(minutes=10)
    sparse: timedelta = timedelta(hours=12)
    leave_readings: int = 2
    leave_span: timedelta = timedelta(hours=6)
    retold_every: timedelta = timedelta(minutes=5)
    retold_points: float = 0.0025
    retold_part: float = 0.1
    retold_least: float = 0.001


_MOST_OF_IT = 0.5
_RAISED = frozenset({StepReason.OPENED, StepReason.ESCALATED})
_EVENTS = _RAISED | {StepReason.DEESCALATED, StepReason.RESOLVED, StepReason.HELD, StepReason.RELEASED}
_MADE_CRITICAL = frozenset({Severity.ELEVATED, Severity.SEVERE})


def advance(
    policy: Policy, incident: Incident | None, signal: Signal, now: datetime, *, sensitivity: Sensitivity
) -> Step:
    """Return the incident after this look, and why it is so.

    A reading that was seen before changes nothing, nor does a signal that could not be graded, but that people are
    told once (HELD), also when it is the known reading that has become too old. Absence of data never opens, eases or
    resolves. `now` only dates what happened: every decision rests on the readings' own times.
    """
    if incident is None:
        return _begin(policy, signal, now, sensitivity)
    if signal.as_of < incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    if not signal.graded:
        return _withheld(incident, signal, now)
    if signal.as_of == incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    if incident.state is IncidentState.PENDING:
        return _confirm(policy, incident, signal, now)
    return _live_on(policy, incident, signal, now)


def begin(signal: Signal, now: datetime, sensitivity: Sensitivity, *, confirmed: bool) -> Step:
    """Return the incident that a signal with a severity opens."""
    return _open(_pending(signal, now, sensitivity), signal, now, confirmed=confirmed)


def _begin(policy: Policy, signal: Signal, now: datetime, sensitivity: Sensitivity) -> Step:
    if signal.severity is None:
        return Step(None, StepReason.NOTHING)
    if _sparse(policy, signal) or signal.seconded:
        return begin(signal, now, sensitivity, confirmed=True)
    if signal.severity.rank >= Severity.SEVERE.rank:
        return begin(signal, now, sensitivity, confirmed=False)
    return Step(_pending(signal, now, sensitivity), StepReason.PENDING)


def _pending(signal: Signal, now: datetime, sensitivity: Sensitivity) -> Incident:
    severity = signal.severity or Severity.WATCH
    return Incident(
        exchange=signal.exchange,
        rule=signal.rule,
        state=IncidentState.PENDING,
        severity=severity,
        peak=severity,
        started_at=now,
        changed_at=now,
        first_as_of=signal.as_of,
        signal=signal,
        told=signal,
        told_at=now,
        sensitivity=sensitivity,
    )


def _confirm(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    if signal.severity is None:
        return Step(None, StepReason.DISMISSED)
    if signal.as_of - incident.first_as_of >= policy.confirm_gap or signal.seconded:
        return _open(incident, signal, now, confirmed=True)
    if signal.severity.rank >= Severity.SEVERE.rank:
        return _open(incident, signal, now, confirmed=False)
    worst = max(incident.peak, signal.severity, key=rank)
    return Step(replace(incident, signal=signal, severity=signal.severity, peak=worst), StepReason.PENDING)


def _open(incident: Incident, signal: Signal, now: datetime, *, confirmed: bool) -> Step:
    severity = signal.severity or incident.severity
    opened = replace(incident, state=IncidentState.OPEN, severity=severity, peak=severity, confirmed=confirmed)
    return tell(opened, StepReason.OPENED, signal, now)


def _live_on(policy: Policy, incident: Incident, seen: Signal, now: datetime) -> Step:
    signal = _behind_doors(incident, seen)
    if rank(signal.severity) > incident.severity.rank and signal.severity:
        worse = replace(incident, severity=signal.severity, easing_since=None, easing_seen=0)
        return tell(_confirmed(policy, worse, signal), StepReason.ESCALATED, signal, now)
    if _came_back(incident, signal) and not signal.doors_are_shut:
        return end(incident, Ending.INTERNAL_MOVE, signal, now)
    # An outflow that stops at a closed door is not calm.
    if rank(signal.easing) < incident.severity.rank and not signal.doors_are_shut:
        if not _comparable(incident, signal):
            return _withheld(incident, signal, now)
        return _ease(policy, incident, signal, now)
    holding_on = _confirmed(policy, replace(incident, easing_since=None, easing_seen=0), signal)
    return retell(policy, holding_on, signal, now, was=incident)


def _behind_doors(incident: Incident, signal: Signal) -> Signal:
    """Return a signal as critical where the doors are shut on an outflow that was elevated or worse, however it eases.

    Grading knows what the windows show now. That people were leaving when they could, the incident knows.
    """
    if not signal.doors_are_shut or incident.severity not in _MADE_CRITICAL or signal.severity is Severity.CRITICAL:
        return signal
    reason = signal.door_reason(signal.leading or incident.windows[0])
    return replace(signal, severity=Severity.CRITICAL, reasons=(*signal.reasons, reason))


def _ease(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    since = incident.easing_since or signal.as_of
    seen = incident.easing_seen + 1
    easing = replace(incident, easing_since=since, easing_seen=seen)
    span = policy.leave_span if incident.confirmed else policy.confirm_gap
    if seen < policy.leave_readings or signal.as_of - since < span:
        return retell(policy, easing, signal, now, was=incident)
    rested = replace(easing, easing_since=None, easing_seen=0)
    if signal.easing is None:
        return end(rested, Ending.CALM, signal, now)
    return tell(replace(rested, severity=signal.easing), StepReason.DEESCALATED, signal, now)


def end(incident: Incident, ending: Ending, signal: Signal, now: datetime) -> Step:
    """Return the incident resolved, with this evidence."""
    return tell(replace(incident, state=IncidentState.RESOLVED, ending=ending), StepReason.RESOLVED, signal, now)


def _came_back(incident: Incident, signal: Signal) -> bool:
    """Return whether no threshold is crossed any more because most of what left has come back since."""
    returned = sum(trip.usd for trip in signal.trips if trip.back_at > incident.first_as_of)
    return signal.severity is None and returned > 0 and returned >= _MOST_OF_IT * -incident.worst_usd


def _withheld(incident: Incident, signal: Signal, now: datetime) -> Step:
    if incident.state is not IncidentState.OPEN or incident.held:
        return Step(incident, StepReason.NOTHING)
    return tell(incident, StepReason.HELD, signal, now)


def retell(policy: Policy, incident: Incident, signal: Signal, now: datetime, *, was: Incident) -> Step:
    """Return the incident with fresh figures, told again only when they say something new."""
    if incident.confirmed and not was.confirmed:
        return tell(incident, StepReason.CONFIRMED, signal, now)
    if incident.held:
        return tell(incident, StepReason.RELEASED, signal, now)
    if now - incident.told_at >= policy.retold_every and _moved(policy, incident.told, signal):
        return tell(incident, StepReason.UPDATED, signal, now)
    quiet = replace(incident, signal=signal, rule=_rule(incident, signal), windows=_crossed(incident, signal))
    return Step(quiet, StepReason.NOTHING)


def tell(incident: Incident, reason: StepReason, signal: Signal, now: datetime) -> Step:
    """Return the incident with this evidence told: dated, counted, and noted in its history where it is a turn."""
    leading = signal.leading_flow
    share, usd = (leading.share, leading.usd) if leading else (None, None)
    holds = signal.holds if reason is StepReason.HELD else ()
    event = Event(now, reason, incident.severity, share, usd, holds)
    told = replace(
        incident,
        signal=signal,
        told=signal,
        told_at=now,
        changed_at=now if reason in _EVENTS else incident.changed_at,
        peak=max(incident.peak, incident.severity, key=rank),
        held=reason is StepReason.HELD,
        rule=_rule(incident, signal),
        windows=_crossed(incident, signal),
        worst_share=min(incident.worst_share, share or 0.0),
        worst_usd=min(incident.worst_usd, usd or 0.0),
        steps=incident.steps + 1,
        events=(*incident.events, event) if reason in _EVENTS else incident.events,
        grounds=_in_short(signal) if reason in _RAISED else incident.grounds,
    )
    return Step(told, reason)


def _in_short(signal: Signal) -> Signal:
    """Return the evidence without what would make it heavy to keep: the assets of windows that do not lead."""
    flows = (flow if flow.window is signal.leading else replace(flow, assets=()) for flow in signal.flows)
    return replace(signal, flows=tuple(flows))


def _rule(incident: Incident, signal: Signal) -> Rule:
    """Return the rule's word: a bleed is an outflow as soon as a shorter window is crossed, and stays one."""
    return signal.rule if signal.severity and incident.rule is Rule.BLEED else incident.rule


def _crossed(incident: Incident, signal: Signal) -> tuple[Window, ...]:
    """Return the windows that the incident's severity rests on: the signal's where it is as severe, else the known."""
    if rank(signal.severity) < incident.severity.rank:
        return incident.windows
    return tuple(dict.fromkeys(reason.window for reason in signal.reasons))


def _comparable(incident: Incident, signal: Signal) -> bool:
    """Return whether every window that the incident rests on is there and not held, and no chain was lost since.

    A day after a chain was lost the window of a day compares what is left, and may well be calm; what was lost is not.
    """
    flows = [signal.flow(window) for window in incident.windows]
    return not _lost_chains(incident.grounds, signal) and all(flow and flow.hold is None for flow in flows)


def _lost_chains(grounds: Signal | None, signal: Signal) -> bool:
    return grounds is not None and any(
        _lacks_chains(flow) and not _lacks_chains(grounds.flow(flow.window)) for flow in signal.flows
    )


def _lacks_chains(flow: Flow | None) -> bool:
    return flow is not None and flow.hold is not None and flow.hold.reason is HoldReason.CHAIN_MISSING


def _confirmed(policy: Policy, incident: Incident, signal: Signal) -> Incident:
    if incident.confirmed or (signal.as_of - incident.first_as_of < policy.confirm_gap and not signal.seconded):
        return incident
    return replace(incident, confirmed=True)


def _sparse(policy: Policy, signal: Signal) -> bool:
    return signal.previous_as_of is not None and signal.as_of - signal.previous_as_of > policy.sparse


def _moved(policy: Policy, told: Signal, signal: Signal) -> bool:
    before, after = told.leading_flow, signal.leading_flow
    if before is None or after is None:
        return before is not after
    change = abs(after.share - before.share)
    return change >= policy.retold_points or change >= max(policy.retold_part * abs(before.share), policy.retold_least)
