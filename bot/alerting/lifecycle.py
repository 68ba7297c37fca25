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
begins at −8 %. Two rules are here. Escalate: elevated at −4 %, then −10 %: severe, told at once. Blocked: two major
assets cannot be withdrawn any more. An elevated incident becomes critical and stays open, even at −0.2 %, until
withdrawals open again.
"""

from dataclasses import replace
from datetime import datetime

from bot.alerting.announcing import as_announced, hold, reannounce_if_changed
from bot.alerting.easing import ease, has_come_back, resolve
from bot.alerting.evidence import is_comparable, is_incomplete
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.opening import judge_first, judge_pending, with_confirmation
from bot.domain.incident import Ending, Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal

# A watch is too small to be called critical, whatever is closed.
_CRITICAL_WHEN_BLOCKED = frozenset({Severity.ELEVATED, Severity.SEVERE})


def advance(
    policy: Policy, incident: Incident | None, signal: Signal, now: datetime, *, sensitivity: Sensitivity
) -> Step:
    """Return the incident after this signal, and why it is so.

    A reading that was seen before changes nothing, nor does a signal that could not be graded, but that people are
    told once (HELD), also when it is the known reading that has become too old. Absence of data never opens, eases or
    resolves. `now` dates what happened and spaces announcements; severity rests on the readings' own times.
    """
    if incident is None:
        return judge_first(policy, signal, now, sensitivity)
    if signal.as_of < incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    # Before the check for a known reading: a source that went silent shows the same reading, which is too old now.
    if not signal.graded:
        return hold(policy, incident, signal, now)
    if signal.as_of == incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    if incident.state is IncidentState.PENDING:
        return judge_pending(policy, incident, signal, now)
    return _judge_open(policy, incident, signal, now)


def _judge_open(policy: Policy, incident: Incident, newest: Signal, now: datetime) -> Step:
    signal = _critical_while_blocked(incident, newest)
    if rank(signal.severity) > incident.severity.rank and signal.severity:
        worse = replace(incident, severity=signal.severity, easing_since=None, easing_seen=0)
        return as_announced(with_confirmation(policy, worse, signal), StepReason.ESCALATED, signal, now)
    # While people cannot withdraw, an outflow stops because it must: that is not calm.
    if rank(signal.easing) < incident.severity.rank and not signal.blocks_easing:
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


def _critical_while_blocked(incident: Incident, signal: Signal) -> Signal:
    """Return a signal as critical where easing is blocked and the incident was elevated or severe, however it eases.

    Grading knows what the figures show now. What they showed before easing was blocked, the incident knows: an outflow
    of 4 % that fell to 0.2 % once withdrawals closed is critical, not calm.
    """
    reason = signal.blocks_easing
    if reason is None or incident.severity not in _CRITICAL_WHEN_BLOCKED or signal.severity is Severity.CRITICAL:
        return signal
    return replace(signal, severity=Severity.CRITICAL, reasons=(*signal.reasons, reason))
