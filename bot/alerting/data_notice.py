"""The data notice: what the figures leave out of a step of reserves, or of a part that is not told, is said. Pure.

Its input are the jumps and the unreported parts of the outflow's signal, so it needs no readings of its own. There is
one incident of rule `data` for each exchange and event; the jumps of one reading are one event, and so are the parts
that it was the first to lack.

Example: 12 % of Binance's reserves, all BTC, leave in one reading at 12:00, and nothing else moves. At 12:00 the notice
INC-7 opens, watch, because the step is of 3 % or more (from 15 % on: elevated): "a changed wallet list or one large
transfer", waiting for the next reading. At 13:00 the BTC are still away: its message says that the step is not counted.
On the third day the BTC are back: it is resolved, "came back". Had everything else left meanwhile, it would be resolved
as counted, a part of the outflow. With neither it is resolved after 72 hours, as not counted.

A source that changes its mind every hour is told twice, the second time as unsteady. From the third step of one chain
or asset within 72 hours on only what stays away for six hours is said. `unreported_notice` has the rules for parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerting.announcing import as_announced
from bot.alerting.easing import resolve
from bot.alerting.jump_event import (
    KEPT_OPEN,
    TOLD_AT_ONCE,
    UNSETTLED,
    EventOfNotice,
    JumpEvent,
    count_lately,
    jump_events,
)
from bot.alerting.opening import open_incident
from bot.alerting.unreported_notice import as_reported_again, is_of_parts, unreported_events
from bot.domain.flow import HoldReason
from bot.domain.incident import Ending, Incident, Step, StepReason
from bot.domain.jump import Jump, Verdict
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import STEP, UNREPORTED, Measurement, Reason, Rule, Signal, Size, Unit

NOTICE_SHARE = 0.03
"""A step from this share of reserves on is said: as much as makes an outflow of a day elevated."""
ELEVATED_NOTICE_SHARE = 0.15
"""From this share on it is elevated, and places that hear of severe alone are told as well."""
STEPS_LATELY = "steps in 72 h"
"""The measurement of a notice that counts the events of the same chain or asset, itself included."""
_STAYS_AFTER = timedelta(hours=6)  # as long as easing takes: what flaps is back by then
_ENDINGS = {
    Verdict.RETURNED: Ending.RETURNED,
    Verdict.COUNTED: Ending.COUNTED,
    Verdict.DOUBTED: Ending.COUNTED,
}
# Whom a notice reaches: watch is told to those who hear of elevated, elevated to those who hear of severe as well.
HEARD_AS = {
    Severity.WATCH: Severity.ELEVATED,
    Severity.ELEVATED: Severity.SEVERE,
}
_LEAST_SEVERITY = {
    Severity.WATCH: Severity.WATCH,
    Severity.ELEVATED: Severity.WATCH,
    Severity.SEVERE: Severity.ELEVATED,
    Severity.CRITICAL: Severity.CRITICAL,
}


def notice_key_rule(at: datetime, signal: Signal) -> str:
    """Return the rule that the notice of an event is stored under: two of one exchange may be open at once.

    `signal` is the notice's own: one reading may be the first to show a step, and the first to lack a part.
    """
    return f"{Rule.DATA} {at:%Y-%m-%dT%H:%M:%S}{' unreported' if is_of_parts(signal) else ''}"


def notice_steps(
    open_notices: Sequence[Incident], signal: Signal, now: datetime
) -> Iterator[tuple[datetime, Incident | None, Step, Signal]]:
    """Yield what an outflow's signal makes of the exchange's notices: event, notice before, step, and its signal.

    `open_notices` are those of this exchange. Events without any consequence are left out.
    """
    if not (open_notices or signal.jumps or signal.unreported):  # nearly always
        return
    # Of the flows: that withdrawals alone are paused makes no step of reserves less doubtful.
    is_withheld = any(flow.hold and flow.hold.reason is HoldReason.WITHHELD for flow in signal.flows)
    of_parts = [notice for notice in open_notices if is_of_parts(notice.signal)]
    of_jumps = [notice for notice in open_notices if not is_of_parts(notice.signal)]
    for at, notice, event, count, is_news in (
        *_events_of_jumps(of_jumps, signal),
        *unreported_events(of_parts, signal, NOTICE_SHARE),
    ):
        if notice is None and event and is_news and not is_withheld:
            yield at, None, _opened(event, signal, now, count), _notice_signal(event, signal, count)
        elif notice and signal.as_of > notice.signal.as_of:
            shown = _notice_signal(event, signal, count) if event else _without_event(notice, signal)
            step = _advance(notice, shown, now)
            if step.incident is not notice:
                yield at, notice, step, shown


def _events_of_jumps(open_notices: Sequence[Incident], signal: Signal) -> Iterator[EventOfNotice]:
    """Yield the events that jumps are, each with its notice, and the notices whose jumps nobody remembers."""
    before = {notice.first_as_of: notice for notice in open_notices}
    jumps = jump_events((*signal.jumps, *_late_returns(signal)))
    in_order = [event for event in jumps if abs(event.share) >= NOTICE_SHARE or event.at in before]
    events = {event.at: event for event in in_order}
    for at in sorted({*before, *events}):
        event = events.get(at)
        count = count_lately(event, in_order) if event else 0
        yield EventOfNotice(at, before.get(at), event, count, event is not None and _is_told(event, signal, count))


def _late_returns(signal: Signal) -> Iterator[Jump]:
    """Yield as jumps of their own what turned round in the newest reading, of jumps whose notice is over long since.

    What came in uncounted in May and leaves in June is not counted either: the second step is said as the first was.
    """
    for jump in signal.jumps:
        if jump.verdict is Verdict.RETURNED and jump.turned_at == signal.as_of and jump.turned_at - jump.at > KEPT_OPEN:
            usd, share = -jump.usd, -jump.share
            yield replace(jump, at=jump.turned_at, usd=usd, share=share, verdict=Verdict.NOT_COUNTED)


def as_notice_listener(subscription: Subscription) -> Subscription:
    """Return a subscription with the least severity of a notice that it hears of, and by the preset notices have."""
    return replace(
        subscription,
        min_severity=_LEAST_SEVERITY[subscription.min_severity],
        sensitivity=Sensitivity.NORMAL,
        follows=(),
    )


def _is_told(event: JumpEvent, signal: Signal, count: int) -> bool:
    """Return whether an event without a notice is left out and of the newest readings: older ones had theirs.

    `count` says the number of its kind it is (1: the first); what flaps has to stay away for a while first.
    """
    if count > TOLD_AT_ONCE:
        return event.verdict is Verdict.NOT_COUNTED and _STAYS_AFTER <= signal.as_of - event.at < KEPT_OPEN
    is_new = event.at == signal.as_of or (signal.previous_as_of is not None and event.at >= signal.previous_as_of)
    return is_new and event.verdict in UNSETTLED


def _opened(event: JumpEvent, signal: Signal, now: datetime, count: int) -> Step:
    # No second reading is waited for: that the figures are doubtful is what is said.
    step = open_incident(_notice_signal(event, signal, count), now, Sensitivity.NORMAL, confirmed=True)
    # The event's time is the notice's identity, also where it was found one reading later.
    return Step(step.incident and replace(step.incident, first_as_of=event.at), step.reason)


def _without_event(notice: Incident, signal: Signal) -> Signal:
    """Return the newest signal of a notice whose event is not remembered any more.

    A jump has stayed as it was. A part that is not among those that are away is told again.
    """
    shown = as_reported_again(notice.signal) if is_of_parts(notice.signal) else notice.signal
    return replace(shown, as_of=signal.as_of)


def _advance(notice: Incident, shown: Signal, now: datetime) -> Step:
    verdict, of_parts = verdict_of(shown), is_of_parts(shown)
    if verdict not in UNSETTLED or shown.as_of - notice.first_as_of >= KEPT_OPEN:
        stayed = Ending.UNREPORTED if of_parts else Ending.NOT_COUNTED
        return resolve(notice, _ENDINGS.get(verdict, stayed), shown, now)
    # Of two chains that went together one may be back: that is said while the other is waited for.
    is_partly_back = of_parts and _verdicts(notice.announced) != _verdicts(shown)
    if is_partly_back or verdict_of(notice.announced) is not verdict:
        return as_announced(notice, StepReason.UPDATED, shown, now)
    return Step(notice, StepReason.NOTHING)


def _verdicts(signal: Signal) -> dict[str, Verdict]:
    return {jump.group: jump.verdict for jump in signal.jumps}


def verdict_of(signal: Signal) -> Verdict:
    """Return what became of the event that a notice's signal is about."""
    return JumpEvent(signal.as_of, signal.jumps).verdict


def _notice_signal(event: JumpEvent, signal: Signal, count: int) -> Signal:
    severity = Severity.ELEVATED if abs(event.share) >= ELEVATED_NOTICE_SHARE else Severity.WATCH
    measure = UNREPORTED if event.is_of_parts else STEP
    # Sizes are the worse the further below zero, and a step is as doubtful in either direction.
    size = Size(-abs(event.share), Unit.RESERVES, -abs(event.usd))
    limit = ELEVATED_NOTICE_SHARE if severity is Severity.ELEVATED else NOTICE_SHARE
    return Signal(
        subject=signal.subject,
        rule=Rule.DATA,
        as_of=signal.as_of,
        fetched_at=signal.fetched_at,
        source=signal.source,
        severity=severity,
        easing=severity,
        reasons=(Reason(None, measure, event.share, limit),),
        leading=measure,
        previous_as_of=signal.previous_as_of,
        figures=(Measurement(measure, size), Measurement(STEPS_LATELY, Size(-float(count), Unit.COUNT))),
        jumps=event.jumps,
    )
