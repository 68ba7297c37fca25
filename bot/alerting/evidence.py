"""What signals prove about an incident: which measurements it rests on, and whether a signal can say in full.

Calm needs evidence: an incident rests on every measurement that was ever past a threshold, not on the newest alone.
Example: opened by 24 h and later past 7 d as well, it ends when both can be compared and are back. A signal in which
7 d is held or absent, or that lacks a chain which was there when the incident last got worse, proves neither trouble
nor calm. So does one of the outflow while an operator has paused the withdrawals that made the incident critical:
without them every flow is less severe, and it would ease.
"""

from bot.domain.incident import Incident
from bot.domain.severity import rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Signal


def crossed(signal: Signal) -> tuple[str, ...]:
    """Return the measurements that are past a threshold, of whatever severity."""
    measured = {measurement.name for measurement in signal.measurements}
    reasons = (reason.measurement for reason in signal.reasons)
    # A reason need not be a measurement: "closed withdrawals" is none, and nothing would ever be comparable by it.
    return tuple(dict.fromkeys(name for name in (*signal.crossed, *reasons) if name in measured))


def crossed_so_far(incident: Incident, signal: Signal) -> tuple[str, ...]:
    """Return the measurements that were past a threshold at any time of the incident's life, this signal's included."""
    return tuple(dict.fromkeys((*incident.rests_on, *crossed(signal))))


def is_comparable(incident: Incident, signal: Signal) -> bool:
    """Return whether everything that was ever past a threshold may be judged, and no part of it went missing since.

    A day after a chain was lost the window of a day compares what is left, and may well be calm; what was lost is not.
    """
    raised_by = incident.raised_by
    lost = signal.incomplete - raised_by.incomplete if raised_by else ()
    if signal.withdrawals_are_withheld and _is_raised_by_withdrawals(incident):
        return False
    return not lost and signal.judged.issuperset(incident.rests_on)


def _is_raised_by_withdrawals(incident: Incident) -> bool:
    """Return whether an incident is as severe as it is because of closed withdrawals, and has not eased since."""
    raised_by = incident.raised_by
    if raised_by is None or rank(raised_by.severity) > incident.severity.rank:
        return False
    return any(reason.measure == CLOSED_WITHDRAWALS for reason in raised_by.reasons)


def is_incomplete(incident: Incident, signal: Signal) -> bool:
    """Return whether a signal cannot say in full what the incident's message shows.

    It proves nothing, or would ease while something that was ever past a threshold cannot be compared, or the leading
    window, now or in the message, lacks a part or has two bounds.
    """
    if not signal.graded:
        return True
    is_lower = rank(signal.easing) < incident.severity.rank and not signal.blocks_easing
    if is_lower and not is_comparable(incident, signal):
        return True
    leading = {signal.leading, incident.announced.leading}
    return not leading.isdisjoint(signal.incomplete) or not leading.isdisjoint(signal.uncertain)
