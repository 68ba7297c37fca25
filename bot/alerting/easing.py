"""How an incident gets milder and ends: by lower readings over a time, or because most of what left came back.

- Ease: elevated, then −0.2 % at 14:00, 17:00 and 20:00. The first two readings count, the third ends it: at least two
  readings, over at least 6 h. With −4 % at 17:00 the count would begin anew.
- Came back: $2.6 B left (−4 %) and $1.3 B or more of it is back while everything is below its threshold for leaving:
  resolved at once as an internal move, without the 6 h.
"""

from dataclasses import replace
from datetime import datetime

from bot.alerting.announcing import as_announced, reannounce_if_changed
from bot.alerting.lifecycle_policy import Policy
from bot.domain.incident import Ending, Incident, IncidentState, Step, StepReason
from bot.domain.signal import Signal

# An internal move need not bring everything back, as fees and customers' own withdrawals go on meanwhile.
_RETURNED_PART = 0.5


def ease(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    """Return the incident after a comparable signal that is milder: the reading is counted, and enough of them ease it.

    It goes down to what the signal shows by the thresholds for leaving, or ends where that is nothing.
    """
    since = incident.easing_since or signal.as_of
    lower_readings = incident.easing_seen + 1
    easing = replace(incident, easing_since=since, easing_seen=lower_readings)
    # Nobody was told that an unconfirmed incident is real, so two readings that refute it are enough.
    span = policy.leave_span if incident.confirmed else policy.confirm_gap
    if lower_readings < policy.leave_readings or signal.as_of - since < span:
        return reannounce_if_changed(policy, easing, signal, now, before=incident)
    eased = replace(easing, easing_since=None, easing_seen=0)
    if signal.easing is None:
        return resolve(eased, Ending.CALM, signal, now)
    return as_announced(replace(eased, severity=signal.easing), StepReason.DEESCALATED, signal, now)


def resolve(incident: Incident, ending: Ending, signal: Signal, now: datetime) -> Step:
    """Return the incident resolved, with this evidence."""
    return as_announced(
        replace(incident, state=IncidentState.RESOLVED, ending=ending), StepReason.RESOLVED, signal, now
    )


def has_come_back(incident: Incident, signal: Signal) -> bool:
    """Return whether everything is below its threshold for leaving because most of what left has come back since."""
    worst_usd = (incident.worst.usd if incident.worst else None) or 0.0
    returned_usd = signal.returned_usd(since=incident.first_as_of)
    # Without the middle condition an incident whose worst was $0 would end by $0 that came back.
    return signal.easing is None and returned_usd > 0 and returned_usd >= _RETURNED_PART * -worst_usd
