"""How an incident begins: what waits for a second reading, what opens at once, and what confirms it.

- Confirm: −4 % at 12:00 is pending and told to nobody. At 12:10 still −4 %: opened. Had it been −0.2 % then: dismissed.
- Severe needs no second reading: −10 % at 12:00 opens at once, "not confirmed yet"; the reading of 12:10 confirms it.
- Sparse readings: where the reading before is 13 h old, one reading opens and confirms. A daily source would otherwise
  tell a day late.
"""

from dataclasses import replace
from datetime import datetime

from bot.alerting.announcing import as_announced
from bot.alerting.evidence import crossed, crossed_so_far
from bot.alerting.lifecycle_policy import Policy
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal


def open_incident(signal: Signal, now: datetime, sensitivity: Sensitivity, *, confirmed: bool) -> Step:
    """Return the incident that a signal with a severity opens."""
    return _open(_pending(signal, now, sensitivity), signal, now, confirmed=confirmed)


def judge_first(policy: Policy, signal: Signal, now: datetime, sensitivity: Sensitivity) -> Step:
    """Return what a signal begins where no incident is under way: one that is open, one that waits, or nothing."""
    if signal.severity is None:
        return Step(None, StepReason.NOTHING)
    if _is_sparse(policy, signal) or signal.confirmed_by_source or _has_waited(policy, signal):
        return open_incident(signal, now, sensitivity, confirmed=True)
    # Ten minutes matter when a twelfth of the reserves has left; that it may be a fault of the source is said.
    if signal.severity.rank >= Severity.SEVERE.rank:
        return open_incident(signal, now, sensitivity, confirmed=False)
    return Step(_pending(signal, now, sensitivity), StepReason.PENDING)


def judge_pending(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    """Return what a later reading makes of an incident that waits for it: open, dismissed, or waiting on."""
    if signal.severity is None:
        return Step(None, StepReason.DISMISSED)
    if signal.as_of - incident.first_as_of >= policy.confirm_gap or signal.confirmed_by_source:
        return _open(incident, signal, now, confirmed=True)
    if signal.severity.rank >= Severity.SEVERE.rank:
        return _open(incident, signal, now, confirmed=False)
    worst = max(incident.peak, signal.severity, key=rank)
    rests_on = crossed_so_far(incident, signal)
    pending = replace(incident, signal=signal, severity=signal.severity, peak=worst, rests_on=rests_on)
    return Step(pending, StepReason.PENDING)


def with_confirmation(policy: Policy, incident: Incident, signal: Signal) -> Incident:
    """Return the incident confirmed where this signal is late enough, or another source says the same."""
    is_too_early = signal.as_of - incident.first_as_of < policy.confirm_gap
    if incident.confirmed or (is_too_early and not signal.confirmed_by_source):
        return incident
    return replace(incident, confirmed=True)


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
        rests_on=crossed(signal),
    )


def _open(incident: Incident, signal: Signal, now: datetime, *, confirmed: bool) -> Step:
    severity = signal.severity or incident.severity
    # The peak begins anew: what was seen only while pending was told to nobody.
    opened = replace(incident, state=IncidentState.OPEN, severity=severity, peak=severity, confirmed=confirmed)
    return as_announced(opened, StepReason.OPENED, signal, now)


def _has_waited(policy: Policy, signal: Signal) -> bool:
    """Return whether the figures were seen long enough before, and waited for this reading to confirm them."""
    return signal.seen_since is not None and signal.as_of - signal.seen_since >= policy.confirm_gap


def _is_sparse(policy: Policy, signal: Signal) -> bool:
    # The very first reading of a subject is not sparse: nothing is known of how often it is read.
    return signal.previous_as_of is not None and signal.as_of - signal.previous_as_of > policy.sparse_gap
