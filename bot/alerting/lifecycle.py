"""An incident's life as one pure function: what one signal makes of it, and why.

It is the same for every signal source. A signal is asked how severe and how large it is, what was measured, whether
that may be judged and whether it may ease; what the figures are about is known to the source and its card alone.

Each part of the life has a file, whose docstring works its rules with examples:

| part | file |
|---|---|
| what waits, what opens, what confirms | `opening.py` |
| what has to be known before anything eases | `evidence.py` |
| easing, resolving, coming back as an internal move | `easing.py` |
| what is announced, frozen, released and remembered | `announcing.py`, `worst_figures.py` |
| over how many readings and how much time | `lifecycle_policy.py` |

In all of them elevated begins at −3 % of the reserves without own tokens in 24 h and may end above −1.8 %, and severe
begins at −8 %. Three rules are here. Escalate: elevated at −4 %, then −10 %: severe, told at once. Blocked: two major
assets cannot be withdrawn any more. An elevated incident becomes critical and stays open, even at −0.2 %, until
withdrawals open again. Observed: a signal that was seen before changes nothing. What identifies it is the time of its
reading together with what can be withdrawn, so that the closing of 12:50 makes critical of the reading of 12:00 at
once. But a known reading is no further evidence of calm: when withdrawals open at 15:10, easing begins to be counted
with the first reading after that.
"""

from dataclasses import replace
from datetime import datetime

from bot.alerting.announcing import as_announced, hold, reannounce_if_changed
from bot.alerting.easing import ease, has_come_back, resolve
from bot.alerting.evidence import is_comparable, is_incomplete
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.opening import judge_first, judge_pending, with_confirmation
from bot.domain.flow import HoldReason
from bot.domain.incident import Ending, Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Rule, Signal
from bot.domain.withdrawals import CRITICAL_CLOSED_MAJORS, DEAD_AFTER

# A watch is too small to be called critical, whatever is closed.
_RAISED_WHILE_BLOCKED = frozenset({Severity.ELEVATED, Severity.SEVERE})


def advance(
    policy: Policy, incident: Incident | None, signal: Signal, now: datetime, *, sensitivity: Sensitivity
) -> Step:
    """Return the incident after this signal, and why it is so.

    An observation that was made before changes nothing, nor does a signal that could not be graded, but that people are
    told once (HELD), also when it is the known reading that has become too old. Absence of data never opens, eases or
    resolves. `now` dates what happened and spaces announcements; severity rests on the readings' own times.
    """
    if incident is None:
        return judge_first(policy, signal, now, sensitivity)
    if signal.as_of < incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    # Before the check for a known reading: a source that went silent shows the same reading, which is too old now.
    if not signal.graded:
        return _raised_while_held(policy, incident, signal, now) or hold(policy, incident, signal, now)
    if signal.observation == incident.signal.observation and not _waits_to_be_told(incident, signal):
        return Step(incident, StepReason.NOTHING)
    if incident.state is IncidentState.PENDING:
        return judge_pending(policy, incident, signal, now)
    return _judge_open(policy, incident, signal, now)


def _judge_open(policy: Policy, incident: Incident, newest: Signal, now: datetime) -> Step:
    signal = _raised_while_blocked(incident, _blocked_since_it_began(incident, newest))
    if rank(signal.severity) > incident.severity.rank and signal.severity:
        return _escalated(policy, incident, signal, now)
    is_known_reading = signal.as_of == incident.signal.as_of
    # While people cannot withdraw, an outflow stops because it must: that is not calm.
    if rank(signal.easing) < incident.severity.rank and not signal.blocks_easing:
        if is_known_reading:
            return reannounce_if_changed(policy, incident, signal, now, before=incident)
        if not is_comparable(incident, signal):
            return hold(policy, incident, signal, now)
        if has_come_back(incident, signal):
            return resolve(incident, Ending.INTERNAL_MOVE, signal, now)
        return ease(policy, incident, signal, now)
    lasting = with_confirmation(policy, incident, signal)
    # As severe as before, or between the two thresholds: what was counted towards easing is void. Not so where a part
    # is missing and only the worst case is as severe: that is no evidence, neither of trouble nor of calm.
    if not is_incomplete(incident, signal) or rank(signal.severity) >= incident.severity.rank:
        lasting = replace(lasting, easing_since=None, easing_seen=0)
    return reannounce_if_changed(policy, lasting, signal, now, before=incident)


def _escalated(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    severity = signal.severity or incident.severity
    worse = replace(incident, severity=severity, easing_since=None, easing_seen=0)
    return as_announced(with_confirmation(policy, worse, signal), StepReason.ESCALATED, signal, now)


def _raised_while_blocked(incident: Incident, signal: Signal) -> Signal:
    """Return a signal as what it becomes where easing is blocked and the incident was elevated or severe.

    Grading knows what the figures show now. What they showed before easing was blocked, the incident knows: an outflow
    of 4 % that fell to 0.2 % once withdrawals closed is critical, not calm.
    """
    reason, raised = signal.blocks_easing, signal.severity_while_blocked
    if reason is None or raised is None or incident.severity not in _RAISED_WHILE_BLOCKED:
        return signal
    if raised.rank <= max(rank(signal.severity), incident.severity.rank):
        return signal
    return replace(signal, severity=raised, reasons=(*signal.reasons, reason))


def _blocked_since_it_began(incident: Incident, signal: Signal) -> Signal:
    """Return a signal that blocks easing also by majors that are dead by now and were not when the incident began.

    What has been closed for a month is no news. But a run that ended at closed withdrawals has not calmed down by that.
    """
    if signal.blocks_easing or not signal.withdrawals:
        return signal
    began = incident.first_as_of
    count = sum(
        major.may_be_closed or (major.is_dead and major.since is not None and began - major.since < DEAD_AFTER)
        for major in signal.withdrawals
    )
    if count < CRITICAL_CLOSED_MAJORS or incident.source_rule != Rule.OUTFLOW:
        return signal
    return replace(signal, blocks_easing=Reason(None, CLOSED_WITHDRAWALS, float(count), float(CRITICAL_CLOSED_MAJORS)))


def _raised_while_held(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step | None:
    """Return the incident raised because easing is blocked now, though the figures of this signal are held.

    That withdrawals are closed is known without any figure; the message keeps those that it shows. None where nothing
    gets worse by it, and where an operator paused the exchange.
    """
    if incident.state is not IncidentState.OPEN or any(hold.reason is HoldReason.WITHHELD for hold in signal.holds):
        return None
    shown = replace(
        incident.announced,
        severity=None,
        withdrawals=signal.withdrawals,
        blocks_easing=signal.blocks_easing,
        severity_while_blocked=signal.severity_while_blocked,
    )
    raised = _raised_while_blocked(incident, shown)
    if raised.severity is None:
        return None
    step = _escalated(policy, incident, raised, now)
    return replace(step, incident=replace(step.incident, signal=signal, held=incident.held)) if step.incident else None


def _waits_to_be_told(incident: Incident, signal: Signal) -> bool:
    """Return whether withdrawals have opened or closed since the last announcement, which was too short ago then."""
    return incident.state is IncidentState.OPEN and incident.announced.withdrawals != signal.withdrawals
