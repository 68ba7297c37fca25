"""An incident's life as one pure function: what one look makes of it, and why.

It is the same for every signal source. A signal is asked how bad and how large it is, what was measured, whether that
may be judged and whether it may ease; what the figures are about is known to the source and its card alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.incident import Ending, Event, Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal, Size, source_rule


@dataclass(frozen=True, slots=True)
class Policy:
    """How an incident is entered and left.

    Two fresh readings `confirm_gap` apart confirm; where readings are more than `sparse` apart one is enough. An
    incident eases after `leave_readings` fresh readings over `leave_span` that graded lower. Figures are told again
    when the size moved by `retold_points`, or by `retold_part` of itself but not less than `retold_least`, at
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
    if _sparse(policy, signal) or signal.confirmed_by_source:
        return begin(signal, now, sensitivity, confirmed=True)
    if signal.severity.rank >= Severity.SEVERE.rank:
        return begin(signal, now, sensitivity, confirmed=False)
    return Step(_pending(signal, now, sensitivity), StepReason.PENDING)


def _pending(signal: Signal, now: datetime, sensitivity: Sensitivity) -> Incident:
    severity = signal.severity or Severity.WATCH
    return Incident(
        subject=signal.subject,
        rule=signal.rule,
        state=IncidentState.PENDING,
        severity=severity,
        peak=severity,
        started_at=now,
        changed_at=now,
        first_as_of=signal.as_of,
        signal=signal,
        announced=signal,
        announced_at=now,
        sensitivity=sensitivity,
    )


def _confirm(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    if signal.severity is None:
        return Step(None, StepReason.DISMISSED)
    if signal.as_of - incident.first_as_of >= policy.confirm_gap or signal.confirmed_by_source:
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
    signal = _raised(incident, seen)
    if rank(signal.severity) > incident.severity.rank and signal.severity:
        worse = replace(incident, severity=signal.severity, easing_since=None, easing_seen=0)
        return tell(_confirmed(policy, worse, signal), StepReason.ESCALATED, signal, now)
    # While people cannot withdraw, an outflow stops because it must: that is not calm.
    if _came_back(incident, signal) and not signal.blocks_easing:
        return end(incident, Ending.INTERNAL_MOVE, signal, now)
    if rank(signal.easing) < incident.severity.rank and not signal.blocks_easing:
        if not _comparable(incident, signal):
            return _withheld(incident, signal, now)
        return _ease(policy, incident, signal, now)
    holding_on = _confirmed(policy, replace(incident, easing_since=None, easing_seen=0), signal)
    return retell(policy, holding_on, signal, now, was=incident)


def _raised(incident: Incident, signal: Signal) -> Signal:
    """Return a signal as critical where easing is blocked and the incident was elevated or severe, however it eases.

    Grading knows what the figures show now. What they showed before easing was blocked, the incident knows: an outflow
    of 4 % that fell to 0.2 % once withdrawals closed is critical, not calm.
    """
    reason = signal.blocks_easing
    if reason is None or incident.severity not in _MADE_CRITICAL or signal.severity is Severity.CRITICAL:
        return signal
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
    worst_usd = (incident.worst.usd if incident.worst else None) or 0.0
    returned = signal.returned_usd(since=incident.first_as_of)
    return signal.severity is None and returned > 0 and returned >= _MOST_OF_IT * -worst_usd


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
    if now - incident.announced_at >= policy.retold_every and _moved(policy, incident.announced, signal):
        return tell(incident, StepReason.UPDATED, signal, now)
    quiet = replace(incident, signal=signal, rule=_rule(incident, signal), rests_on=_rests_on(incident, signal))
    return Step(quiet, StepReason.NOTHING)


def tell(incident: Incident, reason: StepReason, signal: Signal, now: datetime) -> Step:
    """Return the incident with this signal told: dated, counted, and noted in its history where it is a turn."""
    holds = signal.holds if reason is StepReason.HELD else ()
    event = Event(now, reason, incident.severity, signal.size, holds)
    told = replace(
        incident,
        signal=signal,
        announced=signal,
        announced_at=now,
        changed_at=now if reason in _EVENTS else incident.changed_at,
        peak=max(incident.peak, incident.severity, key=rank),
        held=reason is StepReason.HELD,
        rule=_rule(incident, signal),
        rests_on=_rests_on(incident, signal),
        worst=_worst(incident.worst, signal.size),
        steps=incident.steps + 1,
        events=(*incident.events, event) if reason in _EVENTS else incident.events,
        raised_by=signal.in_short() if reason in _RAISED else incident.raised_by,
    )
    return Step(told, reason)


def _worst(known: Size | None, size: Size | None) -> Size | None:
    """Return the lowest value and the lowest worth of two sizes; what is above zero is no trouble and counts as 0."""
    if size is None:
        return known
    usd = None if size.usd is None else min((known.usd if known else None) or 0.0, size.usd)
    return replace(size, value=min(known.value if known else 0.0, size.value), usd=usd)


def _rule(incident: Incident, signal: Signal) -> str:
    """Return the name of the incident's rule: a bleed is an outflow as soon as a shorter window is crossed, and stays.

    A name that is not the source's own rule is given up for the signal's; the source's own rule is kept.
    """
    is_own = incident.rule == source_rule(incident.rule)
    return incident.rule if is_own or signal.severity is None else signal.rule


def _rests_on(incident: Incident, signal: Signal) -> tuple[str, ...]:
    """Return what the incident's severity rests on: the signal's measurements where it is as severe, else the known."""
    if rank(signal.severity) < incident.severity.rank:
        return incident.rests_on
    return tuple(dict.fromkeys(reason.measurement for reason in signal.reasons))


def _comparable(incident: Incident, signal: Signal) -> bool:
    """Return whether everything that the incident rests on may be judged, and no part of it went missing since.

    A day after a chain was lost the window of a day compares what is left, and may well be calm; what was lost is not.
    """
    before = incident.raised_by
    lost = signal.incomplete - before.incomplete if before else ()
    return not lost and signal.judged.issuperset(incident.rests_on)


def _confirmed(policy: Policy, incident: Incident, signal: Signal) -> Incident:
    if incident.confirmed or (
        signal.as_of - incident.first_as_of < policy.confirm_gap and not signal.confirmed_by_source
    ):
        return incident
    return replace(incident, confirmed=True)


def _sparse(policy: Policy, signal: Signal) -> bool:
    return signal.previous_as_of is not None and signal.as_of - signal.previous_as_of > policy.sparse


def _moved(policy: Policy, told: Signal, signal: Signal) -> bool:
    """Return whether the size has changed enough to be news: 4 % to 4.3 % of reserves, or one more closed asset."""
    before, after = told.size, signal.size
    if before is None or after is None:
        return before is not after
    change = abs(after.value - before.value)
    return change >= policy.retold_points or change >= max(policy.retold_part * abs(before.value), policy.retold_least)
