"""The data notice: a step of reserves that is held or not counted is said to those who subscribed. Pure.

Its input are the jumps of the outflow's signal, so it needs no readings of its own. There is one incident of rule
`data` for each exchange and event; the jumps of one reading are one event.

Example: 12 % of Binance's reserves, all BTC, leave in one reading at 12:00, and nothing else moves. At 12:00 the notice
INC-7 opens, watch, because the step is of 3 % or more (from 15 % on: elevated): "a changed wallet list or one large
transfer", waiting for the next reading. At 13:00 the BTC are still away: its message says that the step is not counted.
On the third day the BTC are back: it is resolved, "came back". Had everything else left meanwhile, it would be resolved
as counted, a part of the outflow. With neither it is resolved after 72 hours, as not counted.

A source that changes its mind every hour is told twice, the second time as unsteady. From the third step of one chain
or asset within 72 hours on only what stays away for six hours is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from bot.alerting.announcing import as_announced
from bot.alerting.easing import resolve
from bot.alerting.opening import open_incident
from bot.domain.flow import HoldReason
from bot.domain.incident import Ending, Incident, Step, StepReason
from bot.domain.jump import Jump, Verdict
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import STEP, Measurement, Reason, Rule, Signal, Size, Unit

NOTICE_SHARE = 0.03
"""A step from this share of reserves on is said: as much as makes an outflow of a day elevated."""
ELEVATED_NOTICE_SHARE = 0.15
"""From this share on it is elevated, and places that hear of severe alone are told as well."""
STEPS_LATELY = "steps in 72 h"
"""The measurement of a notice that counts the steps of the same chain or asset, itself included."""
_KEPT_OPEN = timedelta(hours=72)  # as long as a step that was left out may count after all
_TOLD_AT_ONCE = 2  # so many events of a chain or an asset within 72 hours; more say nothing new
_STAYS_AFTER = timedelta(hours=6)  # as long as easing takes: what flaps is back by then
_UNSETTLED = frozenset({Verdict.WAITING, Verdict.NOT_COUNTED})
_ENDINGS = {
    Verdict.RETURNED: Ending.RETURNED,
    Verdict.COUNTED: Ending.COUNTED,
    Verdict.DOUBTED: Ending.COUNTED,
}
# An event is as settled as its least settled jump; of what is settled, what counts matters most.
_VERDICT_OF_EVENT = (Verdict.WAITING, Verdict.COUNTED, Verdict.DOUBTED, Verdict.NOT_COUNTED, Verdict.RETURNED)
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


@dataclass(frozen=True, slots=True)
class JumpEvent:
    """The jumps of one reading of an exchange."""

    at: datetime
    jumps: tuple[Jump, ...]

    @property
    def verdict(self) -> Verdict:
        """Return what became of it."""
        verdicts = {jump.verdict for jump in self.jumps}
        return next(verdict for verdict in _VERDICT_OF_EVENT if verdict in verdicts)

    @property
    def share(self) -> float:
        """Return its size as a share of reserves, negative where it left: of what left and what came the larger."""
        return max(self._sums(), key=lambda sums: abs(sums[0]))[0]

    @property
    def usd(self) -> float:
        """Return the same in USD."""
        return max(self._sums(), key=lambda sums: abs(sums[0]))[1]

    def _sums(self) -> list[tuple[float, float]]:
        """Return what left and what came, each as a share and in USD: the one does not make the other smaller."""
        parts = ([jump for jump in self.jumps if jump.usd < 0], [jump for jump in self.jumps if jump.usd >= 0])
        return [(sum(jump.share for jump in part), sum(jump.usd for jump in part)) for part in parts]


def jump_events(jumps: Iterable[Jump]) -> list[JumpEvent]:
    """Return the events that jumps make, oldest first."""
    in_order = sorted(jumps, key=lambda jump: (jump.at, jump.group))
    return [JumpEvent(at, tuple(of_reading)) for at, of_reading in groupby(in_order, key=lambda jump: jump.at)]


def notice_key_rule(at: datetime) -> str:
    """Return the rule that an event's notice is stored under: two of one exchange may be open at once."""
    return f"{Rule.DATA} {at:%Y-%m-%dT%H:%M:%S}"


def notice_steps(
    open_notices: Sequence[Incident], signal: Signal, now: datetime
) -> Iterator[tuple[datetime, Incident | None, Step, Signal]]:
    """Yield what an outflow's signal makes of the exchange's notices: event, notice before, step, and its signal.

    `open_notices` are those of this exchange. Events without any consequence are left out.
    """
    before = {notice.first_as_of: notice for notice in open_notices}
    jumps = jump_events((*signal.jumps, *_late_returns(signal)))
    in_order = [event for event in jumps if abs(event.share) >= NOTICE_SHARE or event.at in before]
    events = {event.at: event for event in in_order}
    for at in sorted({*before, *events}):
        notice, event = before.get(at), events.get(at)
        count = _count_lately(event, in_order) if event else 0
        if notice is None and event and _is_told(event, signal, count):
            yield at, None, _opened(event, signal, now, count), _notice_signal(event, signal, count)
        elif notice and signal.as_of > notice.signal.as_of:
            # An event that is not remembered any more has stayed as it was.
            shown = _notice_signal(event, signal, count) if event else replace(notice.signal, as_of=signal.as_of)
            step = _advance(notice, shown, now)
            if step.incident is not notice:
                yield at, notice, step, shown


def _late_returns(signal: Signal) -> Iterator[Jump]:
    """Yield as jumps of their own what turned round in the newest reading, of jumps whose notice is over long since.

    What came in uncounted in May and leaves in June is not counted either: the second step is said as the first was.
    """
    for jump in signal.jumps:
        if (
            jump.verdict is Verdict.RETURNED
            and jump.turned_at == signal.as_of
            and jump.turned_at - jump.at > _KEPT_OPEN
        ):
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
    if any(hold.reason is HoldReason.WITHHELD for hold in signal.holds):
        return False
    if count > _TOLD_AT_ONCE:
        return event.verdict is Verdict.NOT_COUNTED and _STAYS_AFTER <= signal.as_of - event.at < _KEPT_OPEN
    is_new = event.at == signal.as_of or (signal.previous_as_of is not None and event.at >= signal.previous_as_of)
    return is_new and event.verdict in _UNSETTLED


def _count_lately(event: JumpEvent, in_order: Sequence[JumpEvent]) -> int:
    """Return how many events of the same chain or asset there were in the 72 hours up to one, itself included."""
    groups = {jump.group for jump in event.jumps}
    return sum(
        timedelta() <= event.at - earlier.at < _KEPT_OPEN
        and not groups.isdisjoint(jump.group for jump in earlier.jumps)
        for earlier in in_order
    )


def _opened(event: JumpEvent, signal: Signal, now: datetime, count: int) -> Step:
    # No second reading is waited for: that the figures are doubtful is what is said.
    step = open_incident(_notice_signal(event, signal, count), now, Sensitivity.NORMAL, confirmed=True)
    # The event's time is the notice's identity, also where it was found one reading later.
    return Step(step.incident and replace(step.incident, first_as_of=event.at), step.reason)


def _advance(notice: Incident, shown: Signal, now: datetime) -> Step:
    verdict = verdict_of(shown)
    if verdict not in _UNSETTLED or shown.as_of - notice.first_as_of >= _KEPT_OPEN:
        return resolve(notice, _ENDINGS.get(verdict, Ending.NOT_COUNTED), shown, now)
    if verdict_of(notice.announced) is not verdict:
        return as_announced(notice, StepReason.UPDATED, shown, now)
    return Step(notice, StepReason.NOTHING)


def verdict_of(signal: Signal) -> Verdict:
    """Return what became of the event that a notice's signal is about."""
    return JumpEvent(signal.as_of, signal.jumps).verdict


def _notice_signal(event: JumpEvent, signal: Signal, count: int) -> Signal:
    severity = Severity.ELEVATED if abs(event.share) >= ELEVATED_NOTICE_SHARE else Severity.WATCH
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
        reasons=(Reason(None, STEP, event.share, limit),),
        leading=STEP,
        previous_as_of=signal.previous_as_of,
        figures=(Measurement(STEP, size), Measurement(STEPS_LATELY, Size(-float(count), Unit.COUNT))),
        jumps=event.jumps,
    )
