"""Data notices about parts of the reserves that the source does not tell any more: a second path to the same message.

A window has two ends while a chain is away, and is held; 72 hours later windows of a day compare the rest, and nothing
moves that could be told. So what has been away for hours (`detection.unreported_parts`) is an event like a step: the
parts that one reading was the first to lack.

Example: Tron, 12 % of reserves, is away from Monday 12:00 on. At 18:00 the notice INC-7 opens: "Tron is not reported".
On Tuesday it is back with $11 B of $12 B: resolved, "came back", and the figures say so. What of it left is judged by
the readings, like any other move. Were it still away on Thursday at 12:00, the notice would end as "not reported".

A chain that is away for half a day every day is told twice within 72 hours. The third time it has to be away for a day.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta

from bot.alerting.jump_event import TOLD_AT_ONCE, UNSETTLED, EventOfNotice, JumpEvent, count_lately, jump_events
from bot.domain.incident import Incident
from bot.domain.jump import Verdict
from bot.domain.signal import UNREPORTED, Signal

_STAYS_AFTER = timedelta(hours=24)  # by judgement: as long as the shortest graded window


def is_of_parts(signal: Signal) -> bool:
    """Return whether a notice's signal is about parts that are not reported, and not about a step."""
    return signal.leading == UNREPORTED


def unreported_events(open_notices: Sequence[Incident], signal: Signal, least_share: float) -> Iterator[EventOfNotice]:
    """Yield the events of an outflow's signal that are about parts, each with its notice, and notices without one.

    `open_notices` are those about parts. Events below `least_share` of reserves are left out.
    """
    events = jump_events(signal.unreported)
    of_notices = [(notice, _event_of(notice, events)) for notice in open_notices]
    for notice, event in of_notices:
        own = _only(event, {jump.group for jump in notice.signal.jumps}) if event else None
        count = count_lately(own, events) if own else 0
        yield EventOfNotice(notice.first_as_of, notice, own, count, is_news=False)
    told = [event for _, event in of_notices]
    for event in [event for event in events if event not in told]:
        # What went with it and is back already is nothing to tell of.
        away = _only(event, {jump.group for jump in event.jumps if jump.verdict is Verdict.WAITING})
        if away and away.share <= -least_share:
            count = count_lately(away, [earlier for earlier in events if earlier.share <= -least_share])
            yield EventOfNotice(event.at, None, away, count, is_news=_is_steady(away, signal, count))


def _only(event: JumpEvent, groups: AbstractSet[str]) -> JumpEvent | None:
    """Return what an event says of some chains and assets, None where it is not about them."""
    jumps = tuple(jump for jump in event.jumps if jump.group in groups)
    return JumpEvent(event.at, jumps) if jumps else None


def as_reported_again(signal: Signal) -> Signal:
    """Return a notice's signal with every part of it told again; how much it holds is not known."""
    return replace(signal, jumps=tuple(replace(jump, verdict=Verdict.RETURNED) for jump in signal.jumps))


def _event_of(notice: Incident, events: Sequence[JumpEvent]) -> JumpEvent | None:
    """Return the event that a notice is about: that of its time.

    Where the source tells the past otherwise by now, a part may have gone an hour earlier. It is told once anyway.
    """
    by_time = next((event for event in events if event.at == notice.first_as_of), None)
    groups = {jump.group for jump in notice.signal.jumps}
    return by_time or next(
        (event for event in events if event.verdict in UNSETTLED and not groups.isdisjoint(event.groups)), None
    )


def _is_steady(event: JumpEvent, signal: Signal, count: int) -> bool:
    """Return whether an event is told at once: it is no more than the second of its kind, or has lasted for a day."""
    return count <= TOLD_AT_ONCE or signal.as_of - event.at >= _STAYS_AFTER
