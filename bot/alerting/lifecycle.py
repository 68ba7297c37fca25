"""An incident's life as one pure function: what one signal makes of it, and why.

It is the same for every signal source. A signal is asked how severe and how large it is, what was measured, whether
that may be judged and whether it may ease; what the figures are about is known to the source and its card alone.

Each rule with an example. All shares are of the reserves without own tokens; elevated begins at −3 % in 24 h and may
end above −1.8 %, severe begins at −8 %.

- Confirm: −4 % at 12:00 is pending and told to nobody. At 12:10 still −4 %: opened. Had it been −0.2 % then: dismissed.
- Severe needs no second reading: −10 % at 12:00 opens at once, "not confirmed yet"; the reading of 12:10 confirms it.
- Sparse readings: where the reading before is 13 h old, one reading opens and confirms. A daily source would otherwise
  tell a day late.
- Ease: elevated, then −0.2 % at 14:00, 17:00 and 20:00. The first two readings count, the third ends it: at least two
  readings, over at least 6 h. With −4 % at 17:00 the count would begin anew.
- Calm needs evidence: it rests on every window that was ever past a threshold, not on the newest alone. Opened by 24 h
  and later past 7 d as well: it ends when both can be compared and are back. Held or absent is not back.
- Held: the chain that held a third of the reserves is missing at 14:00. Nothing is concluded, the incident stays open,
  and its message keeps the figures of 13:00 and says so once. When the chain is back and 6 h have passed, or as soon
  as the figures are others, it is released. A chain that is there every other hour so makes one edit in 6 h.
- At least: while a chain is missing, 60 % of the rest have left, which is at least 55 % of everything. The certain 55 %
  open, escalate and are announced; until then the last complete figures stay.
- Came back: $2.6 B left (−4 %) and $1.3 B or more of it is back while everything is below its threshold for leaving:
  resolved at once as an internal move, without the 6 h.
- Re-announce: at −4.0 % the message is edited from −4.25 % on (0.25 points), at −1.6 % from −1.76 % on (a tenth), at
  −0.6 % from −0.7 % on (0.1 points at least), and at most every 5 min.
- Blocked: two major assets cannot be withdrawn any more. An elevated incident becomes critical and stays open, even at
  −0.2 %, until withdrawals open again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.incident import Ending, Event, Incident, IncidentState, Step, StepReason, WorstMoment
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal, Size, source_rule


@dataclass(frozen=True, slots=True)
class Policy:
    """How an incident is entered and left.

    Two fresh readings `confirm_gap` apart confirm; where readings are more than `sparse_gap` apart one is enough. An
    incident eases after `leave_readings` fresh readings over `leave_span` that graded lower; one that was never
    confirmed needs `confirm_gap` instead of `leave_span`. Figures are announced again when the size changed by
    `reannounce_points`, or by `reannounce_part` of itself but not less than `reannounce_least`, at most every
    `reannounce_every`. Sizes are in the signal's own unit: 0.0025 is 0.25 points of reserves. That figures are frozen,
    or no longer, is announced `hold_every` after the last time at the earliest.
    """

    # A poll interval: readings that are closer may come from one run of the source, with one fault in both.
    confirm_gap: timedelta = timedelta(minutes=10)
    # Half a day: hourly sources never have such a gap unless they were down, daily ones always do.
    sparse_gap: timedelta = timedelta(hours=12)
    # One low reading may be a fault of the source, and an outflow pauses for an hour or two without being over.
    leave_readings: int = 2
    leave_span: timedelta = timedelta(hours=6)
    # Platforms limit how often a message is edited, and every edit of an alert goes to all of its places.
    reannounce_every: timedelta = timedelta(minutes=5)
    # For large outflows points count, for small ones parts; below a tenth of a point the card would show the same.
    reannounce_points: float = 0.0025
    reannounce_part: float = 0.1
    reannounce_least: float = 0.001
    # As long as easing takes: a chain that comes and goes with every reading says nothing new in between.
    hold_every: timedelta = timedelta(hours=6)


# An internal move need not bring everything back, as fees and customers' own withdrawals go on meanwhile.
_RETURNED_PART = 0.5
_WORSENING = frozenset({StepReason.OPENED, StepReason.ESCALATED})
# What goes into the history that `/why` shows. Updates and confirmations would push these out of it.
_HISTORY_REASONS = _WORSENING | {StepReason.DEESCALATED, StepReason.RESOLVED, StepReason.HELD, StepReason.RELEASED}
_HOLD_REASONS = frozenset({StepReason.HELD, StepReason.RELEASED})
# A watch is too small to be called critical, whatever is closed.
_CRITICAL_WHEN_BLOCKED = frozenset({Severity.ELEVATED, Severity.SEVERE})


def advance(
    policy: Policy, incident: Incident | None, signal: Signal, now: datetime, *, sensitivity: Sensitivity
) -> Step:
    """Return the incident after this signal, and why it is so.

    A reading that was seen before changes nothing, nor does a signal that could not be graded, but that people are
    told once (HELD), also when it is the known reading that has become too old. Absence of data never opens, eases or
    resolves. `now` only dates what happened: every decision rests on the readings' own times.
    """
    if incident is None:
        return _judge_first(policy, signal, now, sensitivity)
    if signal.as_of < incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    # Before the check for a known reading: a source that went silent shows the same reading, which is too old now.
    if not signal.graded:
        return _hold(policy, incident, signal, now)
    if signal.as_of == incident.signal.as_of:
        return Step(incident, StepReason.NOTHING)
    if incident.state is IncidentState.PENDING:
        return _judge_pending(policy, incident, signal, now)
    return _judge_open(policy, incident, signal, now)


def open_incident(signal: Signal, now: datetime, sensitivity: Sensitivity, *, confirmed: bool) -> Step:
    """Return the incident that a signal with a severity opens."""
    return _open(_pending(signal, now, sensitivity), signal, now, confirmed=confirmed)


def _judge_first(policy: Policy, signal: Signal, now: datetime, sensitivity: Sensitivity) -> Step:
    if signal.severity is None:
        return Step(None, StepReason.NOTHING)
    if _is_sparse(policy, signal) or signal.confirmed_by_source or _has_waited(policy, signal):
        return open_incident(signal, now, sensitivity, confirmed=True)
    # Ten minutes matter when a twelfth of the reserves has left; that it may be a fault of the source is said.
    if signal.severity.rank >= Severity.SEVERE.rank:
        return open_incident(signal, now, sensitivity, confirmed=False)
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
        rests_on=_crossed(signal),
    )


def _judge_pending(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    if signal.severity is None:
        return Step(None, StepReason.DISMISSED)
    if signal.as_of - incident.first_as_of >= policy.confirm_gap or signal.confirmed_by_source:
        return _open(incident, signal, now, confirmed=True)
    if signal.severity.rank >= Severity.SEVERE.rank:
        return _open(incident, signal, now, confirmed=False)
    worst = max(incident.peak, signal.severity, key=rank)
    rests_on = _crossed_so_far(incident, signal)
    pending = replace(incident, signal=signal, severity=signal.severity, peak=worst, rests_on=rests_on)
    return Step(pending, StepReason.PENDING)


def _open(incident: Incident, signal: Signal, now: datetime, *, confirmed: bool) -> Step:
    severity = signal.severity or incident.severity
    # The peak begins anew: what was seen only while pending was told to nobody.
    opened = replace(incident, state=IncidentState.OPEN, severity=severity, peak=severity, confirmed=confirmed)
    return as_announced(opened, StepReason.OPENED, signal, now)


def _judge_open(policy: Policy, incident: Incident, newest: Signal, now: datetime) -> Step:
    signal = _critical_while_blocked(incident, newest)
    if rank(signal.severity) > incident.severity.rank and signal.severity:
        worse = replace(incident, severity=signal.severity, easing_since=None, easing_seen=0)
        return as_announced(_with_confirmation(policy, worse, signal), StepReason.ESCALATED, signal, now)
    # While people cannot withdraw, an outflow stops because it must: that is not calm.
    if rank(signal.easing) < incident.severity.rank and not signal.blocks_easing:
        if not _is_comparable(incident, signal):
            return _hold(policy, incident, signal, now)
        if _has_come_back(incident, signal):
            return resolve(incident, Ending.INTERNAL_MOVE, signal, now)
        return _ease(policy, incident, signal, now)
    lasting = _with_confirmation(policy, incident, signal)
    # As severe as before, or between the two thresholds: what was counted towards easing is void. Not so where a part
    # is missing and only the worst case is as severe: that is no evidence, neither of trouble nor of calm.
    if not _is_incomplete(incident, signal) or rank(signal.severity) >= incident.severity.rank:
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


def _ease(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
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


def _has_come_back(incident: Incident, signal: Signal) -> bool:
    """Return whether everything is below its threshold for leaving because most of what left has come back since."""
    worst_usd = (incident.worst.usd if incident.worst else None) or 0.0
    returned_usd = signal.returned_usd(since=incident.first_as_of)
    # Without the middle condition an incident whose worst was $0 would end by $0 that came back.
    return signal.easing is None and returned_usd > 0 and returned_usd >= _RETURNED_PART * -worst_usd


def _hold(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
    """Return the incident as it was, with the announcement that its figures are frozen, once per hold."""
    # Nothing is said of an incident that people have not heard of.
    if incident.state is not IncidentState.OPEN:
        return Step(incident, StepReason.NOTHING)
    if not incident.held and _may_announce_hold(policy, incident, now):
        return as_announced(incident, StepReason.HELD, signal, now)
    # A known reading that is too old by now is judged at every poll, and changes nothing.
    known = signal.as_of == incident.signal.as_of
    return Step(incident if known else _with_signal(incident, signal), StepReason.NOTHING)


def _may_announce_hold(policy: Policy, incident: Incident, now: datetime) -> bool:
    """Return whether the last announcement that figures are frozen, or no longer, is long enough ago."""
    last = next((event.at for event in reversed(incident.events) if event.reason in _HOLD_REASONS), None)
    return last is None or now - last >= policy.hold_every


def reannounce_if_changed(
    policy: Policy, incident: Incident, signal: Signal, now: datetime, *, before: Incident
) -> Step:
    """Return the incident with fresh figures, announced again only when they say something new.

    Incomplete figures say that only where their certain end is worse than what was announced.
    """
    if incident.confirmed and not before.confirmed:
        return as_announced(incident, StepReason.CONFIRMED, signal, now)
    is_news = now - incident.announced_at >= policy.reannounce_every and _is_news(policy, incident.announced, signal)
    if _is_incomplete(incident, signal):
        if is_news and _is_worse(incident.announced, signal):
            return as_announced(incident, StepReason.UPDATED, signal, now)
        return _hold(policy, incident, signal, now)
    if incident.held and (is_news or _may_announce_hold(policy, incident, now)):
        return as_announced(incident, StepReason.RELEASED, signal, now)
    if is_news:
        return as_announced(incident, StepReason.UPDATED, signal, now)
    # `announced` stays, so that many small changes add up to one that is news.
    return Step(_with_signal(incident, signal), StepReason.NOTHING)


def as_announced(incident: Incident, reason: StepReason, signal: Signal, now: datetime) -> Step:
    """Return the incident with this signal announced: dated, counted, and added to its history for some reasons."""
    holds = signal.holds if reason is StepReason.HELD else ()
    event = Event(now, reason, incident.severity, signal.size, holds)
    is_frozen = reason is StepReason.HELD or (reason is StepReason.CONFIRMED and _is_incomplete(incident, signal))
    figures = _figures_to_keep(incident, signal) if is_frozen else signal
    announced = replace(
        _with_signal(incident, signal),
        announced=figures,
        announced_at=now,
        changed_at=now if reason in _HISTORY_REASONS else incident.changed_at,
        peak=max(incident.peak, incident.severity, key=rank),
        held=is_frozen or (reason is not StepReason.RESOLVED and _is_incomplete(incident, signal)),
        worst=_worst_size(incident.worst, figures.size),
        steps=incident.steps + 1,
        events=(*incident.events, event) if reason in _HISTORY_REASONS else incident.events,
        raised_by=signal.in_short() if reason in _WORSENING else incident.raised_by,
    )
    return Step(announced, reason)


def _with_signal(incident: Incident, signal: Signal) -> Incident:
    """Return the incident with its newest signal, and with what that changes whether it is announced or not."""
    return replace(
        incident,
        signal=signal,
        rule=_rule_name(incident, signal),
        rests_on=_crossed_so_far(incident, signal),
        last_complete=_last_complete(incident, signal),
        worst_moment=_worst_moment(incident.worst_moment, signal),
    )


def _last_complete(incident: Incident, signal: Signal) -> Signal | None:
    """Return the newest signal that was complete, None where this one is, or none ever was."""
    if not _is_incomplete(incident, signal):
        return None
    if incident.last_complete or _is_incomplete(incident, incident.signal):
        return incident.last_complete
    return incident.signal.in_short()


def _figures_to_keep(incident: Incident, signal: Signal) -> Signal:
    """Return the signal whose figures a message shows from now on: the last complete one, if that is the newer."""
    last = _last_complete(incident, signal)
    return last if last and last.as_of > incident.announced.as_of else incident.announced


def _worst_moment(so_far: WorstMoment | None, signal: Signal) -> WorstMoment | None:
    """Return the worse of what was and what is; a calm signal is no moment of trouble."""
    if signal.severity is None or signal.size is None or signal.leading is None:
        return so_far
    newest = WorstMoment(signal.as_of, signal.severity, signal.leading, signal.size, _excess(signal))
    if so_far is None:
        return newest
    if so_far.measurement == newest.measurement:
        return newest if newest.size.value < so_far.size.value else so_far
    # −20 % in 30 days is less than −9 % in one: of different windows the more severe one is worse, and of those that
    # are as severe the one further past its threshold.
    return max(so_far, newest, key=lambda moment: (moment.severity.rank, moment.excess))


def _excess(signal: Signal) -> float:
    """Return how many times its threshold the leading measurement is, 1 where none of it is crossed."""
    size = signal.size
    limits = [
        reason.threshold
        for reason in signal.reasons
        if reason.measurement == signal.leading and size and reason.value == size.value and reason.threshold
    ]
    return size.value / limits[0] if size and limits else 1.0


def _worst_size(so_far: Size | None, size: Size | None) -> Size | None:
    """Return the lowest value and the lowest worth of two sizes; what is above zero is no trouble and counts as 0."""
    if size is None:
        return so_far
    # Each on its own: −4 % of much may be more dollars than −5 % of little, and subscriptions ask for either.
    usd = None if size.usd is None else min((so_far.usd if so_far else None) or 0.0, size.usd)
    return replace(size, value=min(so_far.value if so_far else 0.0, size.value), usd=usd)


def _rule_name(incident: Incident, signal: Signal) -> str:
    """Return the name of the incident's rule: a bleed is an outflow as soon as a shorter window is crossed, and stays.

    A name that is not the source's own rule is given up for the signal's; the source's own rule is kept.
    """
    is_source_rule = incident.rule == source_rule(incident.rule)
    return incident.rule if is_source_rule or signal.severity is None else signal.rule


def _crossed(signal: Signal) -> tuple[str, ...]:
    """Return the measurements that are past a threshold, of whatever severity."""
    measured = {measurement.name for measurement in signal.measurements}
    reasons = (reason.measurement for reason in signal.reasons)
    # A reason need not be a measurement: "closed withdrawals" is none, and nothing would ever be comparable by it.
    return tuple(dict.fromkeys(name for name in (*signal.crossed, *reasons) if name in measured))


def _crossed_so_far(incident: Incident, signal: Signal) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*incident.rests_on, *_crossed(signal))))


def _is_comparable(incident: Incident, signal: Signal) -> bool:
    """Return whether everything that was ever past a threshold may be judged, and no part of it went missing since.

    A day after a chain was lost the window of a day compares what is left, and may well be calm; what was lost is not.
    """
    raised_by = incident.raised_by
    lost = signal.incomplete - raised_by.incomplete if raised_by else ()
    return not lost and signal.judged.issuperset(incident.rests_on)


def _is_incomplete(incident: Incident, signal: Signal) -> bool:
    """Return whether a signal cannot say in full what the incident's message shows.

    It proves nothing, or would ease while something that was ever past a threshold cannot be compared, or the leading
    window, now or in the message, lacks a part or has two bounds.
    """
    if not signal.graded:
        return True
    is_lower = rank(signal.easing) < incident.severity.rank and not signal.blocks_easing
    if is_lower and not _is_comparable(incident, signal):
        return True
    leading = {signal.leading, incident.announced.leading}
    return not leading.isdisjoint(signal.incomplete) or not leading.isdisjoint(signal.uncertain)


def _with_confirmation(policy: Policy, incident: Incident, signal: Signal) -> Incident:
    """Return the incident confirmed where this signal is late enough, or another source says the same."""
    is_too_early = signal.as_of - incident.first_as_of < policy.confirm_gap
    if incident.confirmed or (is_too_early and not signal.confirmed_by_source):
        return incident
    return replace(incident, confirmed=True)


def _has_waited(policy: Policy, signal: Signal) -> bool:
    """Return whether the figures were seen long enough before, and waited for this reading to confirm them."""
    return signal.seen_since is not None and signal.as_of - signal.seen_since >= policy.confirm_gap


def _is_sparse(policy: Policy, signal: Signal) -> bool:
    # The very first reading of a subject is not sparse: nothing is known of how often it is read.
    return signal.previous_as_of is not None and signal.as_of - signal.previous_as_of > policy.sparse_gap


def _is_worse(announced: Signal, signal: Signal) -> bool:
    """Return whether what is certain of a size is further below zero than what was announced."""
    before, after = announced.size, signal.size
    return after is not None and (before is None or after.value < before.value)


def _is_news(policy: Policy, announced: Signal, signal: Signal) -> bool:
    """Return whether the size has changed enough to be news: 4 % to 4.3 % of reserves, or one more closed asset."""
    before, after = announced.size, signal.size
    if before is None or after is None:
        return before is not after
    change = abs(after.value - before.value)
    by_part = max(policy.reannounce_part * abs(before.value), policy.reannounce_least)
    return change >= policy.reannounce_points or change >= by_part
