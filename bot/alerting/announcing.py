"""What of an incident is announced: figures that are news, that they are frozen, and what its history keeps.

- Re-announce: at −4.0 % the message is edited from −4.25 % on (0.25 points), at −1.6 % from −1.76 % on (a tenth), at
  −0.6 % from −0.7 % on (0.1 points at least), and at most every 5 min.
- Held: the chain that held a third of the reserves is missing at 14:00. Nothing is concluded, the incident stays open,
  and its message keeps the figures of 13:00 and says so once. When the chain is back and 6 h have passed, or as soon
  as the figures are others, it is released. A chain that is there every other hour so makes one edit in 6 h.
- At least: while a chain is missing, 60 % of the rest have left, which is at least 55 % of everything. The certain 55 %
  open, escalate and are announced; until then the last complete figures stay.
"""

from dataclasses import replace
from datetime import datetime

from bot.alerting.evidence import crossed_so_far, is_incomplete
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.worst_figures import worst_moment, worst_size
from bot.domain.incident import Event, Incident, IncidentState, Step, StepReason
from bot.domain.severity import rank
from bot.domain.signal import Signal, source_rule

_WORSENING = frozenset({StepReason.OPENED, StepReason.ESCALATED})
# What goes into the history that `/why` shows. Updates and confirmations would push these out of it.
_HISTORY_REASONS = _WORSENING | {StepReason.DEESCALATED, StepReason.RESOLVED, StepReason.HELD, StepReason.RELEASED}
_HOLD_REASONS = frozenset({StepReason.HELD, StepReason.RELEASED})


def as_announced(incident: Incident, reason: StepReason, signal: Signal, now: datetime) -> Step:
    """Return the incident with this signal announced: dated, counted, and added to its history for some reasons."""
    holds = signal.holds if reason is StepReason.HELD else ()
    event = Event(now, reason, incident.severity, signal.size, holds)
    is_frozen = reason is StepReason.HELD or (reason is StepReason.CONFIRMED and is_incomplete(incident, signal))
    figures = _figures_to_keep(incident, signal) if is_frozen else signal
    announced = replace(
        _with_signal(incident, signal),
        announced=figures,
        announced_at=now,
        changed_at=now if reason in _HISTORY_REASONS else incident.changed_at,
        rule=_rule_name(incident, signal) if reason in _WORSENING else incident.rule,
        peak=max(incident.peak, incident.severity, key=rank),
        held=is_frozen or (reason is not StepReason.RESOLVED and is_incomplete(incident, signal)),
        worst=worst_size(incident.worst, figures.size),
        steps=incident.steps + 1,
        events=(*incident.events, event) if reason in _HISTORY_REASONS else incident.events,
        raised_by=signal.in_short() if reason in _WORSENING else incident.raised_by,
    )
    return Step(announced, reason)


def reannounce_if_changed(
    policy: Policy, incident: Incident, signal: Signal, now: datetime, *, before: Incident
) -> Step:
    """Return the incident with fresh figures, announced again only when they say something new.

    Incomplete figures say that only where their certain end is worse than what was announced.
    """
    if incident.confirmed and not before.confirmed:
        return as_announced(incident, StepReason.CONFIRMED, signal, now)
    is_news = now - incident.announced_at >= policy.reannounce_every and _is_news(policy, incident.announced, signal)
    if is_incomplete(incident, signal):
        if is_news and _is_worse(incident.announced, signal):
            return as_announced(incident, StepReason.UPDATED, signal, now)
        return hold(policy, incident, signal, now)
    if incident.held and (is_news or _may_announce_hold(policy, incident, now)):
        return as_announced(incident, StepReason.RELEASED, signal, now)
    if is_news:
        return as_announced(incident, StepReason.UPDATED, signal, now)
    # `announced` stays, so that many small changes add up to one that is news.
    return Step(_with_signal(incident, signal), StepReason.NOTHING)


def hold(policy: Policy, incident: Incident, signal: Signal, now: datetime) -> Step:
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


def _with_signal(incident: Incident, signal: Signal) -> Incident:
    """Return the incident with its newest signal, and with what that changes whether it is announced or not."""
    return replace(
        incident,
        signal=signal,
        rests_on=crossed_so_far(incident, signal),
        last_complete=_last_complete(incident, signal),
        worst_moment=worst_moment(incident.worst_moment, signal),
    )


def _rule_name(incident: Incident, signal: Signal) -> str:
    """Return the name of the rule that an incident goes by from its opening or an escalation on.

    A bleed that escalates by a shorter window is an outflow, and stays one; one that does not escalate keeps its name
    to the end, so that everything that is told of it has one rule. A name that is not the source's own rule is given up
    for the signal's; the source's own rule is kept.
    """
    is_source_rule = incident.rule == source_rule(incident.rule)
    return incident.rule if is_source_rule else signal.rule


def _last_complete(incident: Incident, signal: Signal) -> Signal | None:
    """Return the newest signal that was complete, None where this one is, or none ever was."""
    if not is_incomplete(incident, signal):
        return None
    if incident.last_complete or is_incomplete(incident, incident.signal):
        return incident.last_complete
    return incident.signal.in_short()


def _figures_to_keep(incident: Incident, signal: Signal) -> Signal:
    """Return the signal whose figures a message shows from now on: the last complete one, if that is the newer."""
    last = _last_complete(incident, signal)
    return last if last and last.as_of > incident.announced.as_of else incident.announced


def _is_worse(announced: Signal, signal: Signal) -> bool:
    """Return whether what is certain of a size is further below zero than what was announced."""
    before, after = announced.size, signal.size
    return after is not None and (before is None or after.value < before.value)


def _is_news(policy: Policy, announced: Signal, signal: Signal) -> bool:
    """Return whether the size has changed enough to be news: 4 % to 4.3 % of reserves, or one more closed asset.

    What can be withdrawn is shown beside the size, and every change of it is news.
    """
    if announced.withdrawals != signal.withdrawals:
        return True
    before, after = announced.size, signal.size
    if before is None or after is None:
        return before is not after
    change = abs(after.value - before.value)
    by_part = max(policy.reannounce_part * abs(before.value), policy.reannounce_least)
    return change >= policy.reannounce_points or change >= by_part
