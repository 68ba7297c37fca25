"""Unreported parts: what the source has not told for hours, as steps that are not counted, so that people are told.

A chain that is away for an hour is the source's everyday upkeep and says nothing. One that two readings or more lack,
over six hours or more, is an *unreported part*: nobody knows whether the source lost it, or the exchange moved the
coins to addresses that nobody tracks. It is told in the same shape as a jump, with a verdict:

- WAITING: it is away, and may be back.
- NOT_COUNTED: it has been away for 72 h. From then on windows that begin without it leave it out (`flow.net_flow`).
- RETURNED: it is told again; `back_usd` is what it holds, at the prices of when it was last told.

An asset that dropped out while the rest of its chain is there is none: by the second reading it was drained.

Example: Tron, a tenth of everything, is away from 13:00 on. At 18:00 nothing is said; at 19:00 it is unreported.

    >>> from tests.detection.guards.worked_series import readings, state_after
    >>> series = readings(Tron=(100, *[None] * 7, 90), Bitcoin=[900] * 9)
    >>> def told(count):
    ...     known = series[:count]
    ...     return unreported_parts(state_after(known), known[-1], known[-2], ())
    >>> told(7), [(part.group, part.share, part.verdict.value) for part in told(8)]
    ((), [('Tron', -0.1, 'waiting')])
    >>> [(part.verdict.value, part.usd, part.back_usd) for part in told(9)]
    [('returned', -100.0, 90.0)]
"""

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from bot.detection.flow.net_flow import GONE_FROM_BOTH_ENDS
from bot.domain.guard_state import GuardState, LostPart
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import NO_HOLDING, Reading, Slot

AWAY_AT_LEAST = timedelta(hours=6)
"""How long a part has to be away before it is said. As long as easing takes, by judgement: what the source lost in one
of its hourly runs is back by then, and a chain that flaps is never away for so long."""
_RETURN_KEPT = timedelta(hours=72)  # as long as a notice may be open that has to end with it


def unreported_parts(
    state: GuardState, latest: Reading, previous: Reading | None, own_tokens: Collection[str]
) -> tuple[Jump, ...]:
    """Return the unreported parts, and those that are told again since 72 h at most, oldest first.

    `latest` is as it is understood, `previous` is the reading before it. `usd` and `share` (of reserves without own
    tokens) are negative: what was there when it was last told.
    """
    if not state.lost_parts:  # nearly always
        return ()
    long_away = [part for part in state.lost_parts if _is_unreported(part, latest.as_of, previous)]
    jumps = (_as_jump(part, state, latest, previous, own_tokens) for part in long_away)
    return tuple(jump for jump in sorted(jumps, key=lambda jump: (jump.at, jump.group)) if jump.usd)


def _is_unreported(part: LostPart, now: datetime, previous: Reading | None) -> bool:
    if part.is_drained_next or (part.until or now) - part.since < AWAY_AT_LEAST:
        return False
    if part.until is not None:
        return now - part.until <= _RETURN_KEPT
    return previous is not None and previous.as_of >= part.since


def _as_jump(
    part: LostPart, state: GuardState, latest: Reading, previous: Reading | None, own_tokens: Collection[str]
) -> Jump:
    known = set(_lost_before(part, state))
    slots = {slot for slot in part.holdings if slot.asset not in own_tokens and slot not in known}
    lost_usd = sum(part.holdings[slot].usd for slot in slots)
    reserves_usd = part.last.total_usd(without=own_tokens)
    return Jump(
        group=part.name,
        at=part.since,
        usd=-lost_usd,
        share=-lost_usd / reserves_usd if reserves_usd > 0 else 0.0,
        reason=JumpReason.UNREPORTED,
        verdict=_verdict(part, latest.as_of, previous),
        parts=(),
        rest_usd=reserves_usd - lost_usd,
        turned_at=part.until,
        back_usd=_worth_now(part, slots, state, latest) if part.until else None,
    )


def _lost_before(part: LostPart, state: GuardState) -> Iterator[Slot]:
    """Yield what other parts had lost already when a part went: it is a part of them, and is told once."""
    for other in state.lost_parts:
        if other.since < part.since and other.lacks(part.since):
            yield from other.holdings


def _verdict(part: LostPart, now: datetime, previous: Reading | None) -> Verdict:
    if part.until is not None:
        return Verdict.RETURNED
    # Where readings are days apart, the second one that lacks it may come after the 72 h, and is the first to say so.
    is_found_now = previous is not None and previous.as_of - part.since < AWAY_AT_LEAST
    return Verdict.WAITING if is_found_now or now - part.since < GONE_FROM_BOTH_ENDS else Verdict.NOT_COUNTED


def _worth_now(part: LostPart, slots: AbstractSet[Slot], state: GuardState, latest: Reading) -> float:
    """Return what the newest reading really tells of a part, at the prices of when it was last told."""
    away = {slot for other in state.lost_parts if other.lacks(latest.as_of) for slot in other.holdings}
    usd = 0.0
    for slot in slots - away:
        amount_then, usd_then = part.holdings[slot]
        usd += latest.holdings.get(slot, NO_HOLDING).amount * (usd_then / amount_then) if amount_then > 0 else 0.0
    return usd
