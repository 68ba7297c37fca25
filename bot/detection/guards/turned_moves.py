"""Turned moves: what came in uncounted leaves uncounted, and what left uncounted comes back uncounted.

A jump remembers how much of it still stands, between 0 and its whole amount. Every later move of the same asset first
takes from that, newest jump first; only what is left over is a move of its own. So the parts of one change of a wallet
list may return in any number of steps.

Example: 60 USDT appear (uncounted) beside 300, then 110 leave. 60 of them belong to what appeared; 50 are flow.

    >>> from datetime import timedelta
    >>> from bot.domain.jump import JumpReason, Verdict
    >>> from tests.builders import NOON, jump
    >>> came = jump("USDT", 60, reason=JumpReason.APPEARED, verdict=Verdict.NOT_COUNTED)
    >>> (came,), left = with_moves_taken((came,), {"USDT": -110}, NOON + timedelta(hours=1), {})
    >>> left["USDT"], came.standing
    (-50.0, 0.0)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.detection.flow.reading_diff import RETURN_WITHIN
from bot.detection.flow.uncounted import clamped
from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from bot.domain.reading import NO_HOLDING, Holding

REMEMBERED = timedelta(days=90)
"""How long what was not counted may turn round: as long as the readings go back that the state is made from again."""
WHOLE_RETURN_WITHIN = timedelta(days=30)
"""How long an amount that left is recognised when it is back in one step: an address that nobody listed was a cold
wallet of the exchange. As long as the longest window."""
WHOLE_RETURN_SHARE = 0.03
"""The least share of reserves that is recognised so late: that of an elevated day. On a restless exchange 1 % of an
asset leaves or comes on an ordinary day, and a deposit as large as what left last week is a coincidence: left out, it
would turn a day on which 1.6 % left and 1.1 % came into a watch."""
_WHOLE_WITHIN = 0.1  # of the amount that left: customers move a little meanwhile
_SAME_FRACTION = 0.03  # of itself: customers move little in the hour in which a source changes its mind
_HALF = 0.5
"""A jump that has come back takes only a move by which more than this fraction of it is away again, for of less it
would never be decided. What is smaller is a step of its own."""


def with_moves_taken(
    jumps: Sequence[Jump], moves: Mapping[str, float], at: datetime, before: Mapping[str, Holding]
) -> tuple[tuple[Jump, ...], Mapping[str, float]]:
    """Return the jumps with what turned round of them, and the moves that are left; units by asset, signed.

    `before` is what was there of each asset before these moves.
    """
    left = {asset: float(units) for asset, units in moves.items()}
    after: list[Jump] = []
    for known in reversed(jumps):  # the newest first: what came last leaves first
        jump = known
        step = left.get(jump.parts[0].asset, 0.0)
        parts = tuple(_taken(jump, part, left, at) for part in jump.parts)
        if parts != jump.parts:
            jump = replace(jump, parts=parts, repeats=_repeats(jump, step, before))
        after.append(jump)
    return tuple(reversed(after)), left


def _repeats(jump: Jump, step: float, before: Mapping[str, Holding]) -> bool:
    """Return whether a jump is away again, by the same fraction of its asset; any other move leaves that as it was.

    Asked of the whole step: of a larger loss only a part is what was away before.
    """
    part = jump.parts[0]
    if step * part.amount <= 0 or jump.verdict is not Verdict.RETURNED:
        return jump.repeats
    held = before.get(part.asset, NO_HOLDING).amount
    if not held or not part.before:
        return False
    return abs((step / held) / (part.amount / part.before) - 1) <= _SAME_FRACTION


def tracked_assets(jumps: Sequence[Jump], at: datetime) -> frozenset[str]:
    """Return the assets whose moves a jump may take."""
    return frozenset(
        part.asset for jump in jumps if _is_remembered(jump, at) or _may_return_whole(jump, at) for part in jump.parts
    )


def without_old_moves(jump: Jump, at: datetime) -> Jump:
    """Return a jump whose moves before all windows are added up: a year of small ones would be a long list."""
    parts = tuple(_compact(part, at - LONGEST_LOOKBACK) for part in jump.parts)
    return replace(jump, parts=parts) if parts != jump.parts else jump


def _taken(jump: Jump, part: JumpPart, left: dict[str, float], at: datetime) -> JumpPart:
    """Return a part with as much of the asset's move as it takes, which is removed from `left`."""
    units = left.get(part.asset, 0.0)
    if not units or not (_is_remembered(jump, at) or _is_whole_return(jump, part, units, at)):
        return part
    standing = sum(move.amount for move in part.moves)
    change = clamped(standing + units, part.amount) - standing
    is_away_again = change * part.amount > 0
    # Once it is back, only another change of mind of the source is part of it, not what customers do.
    if is_away_again and jump.verdict is Verdict.RETURNED and not _leaves_again(jump, part, standing + change, at):
        return part
    if not change:
        return part
    left[part.asset] = units - change
    return replace(part, moves=(*part.moves, Move(at, change)))


def _leaves_again(jump: Jump, part: JumpPart, standing: float, at: datetime) -> bool:
    return _has_just_returned(jump, at) and abs(standing) > _HALF * abs(part.amount)


def recently_wrong(jumps: Sequence[Jump], at: datetime) -> frozenset[str]:
    """Return the assets of which a drop came back within the last two days: another one may be as wrong."""
    returned = [jump for jump in jumps if jump.usd < 0 and _has_just_returned(jump, at)]
    return frozenset(part.asset for jump in returned for part in jump.parts)


def _has_just_returned(jump: Jump, at: datetime) -> bool:
    if jump.verdict is not Verdict.RETURNED or jump.turned_at is None:
        return False
    return at - jump.turned_at <= RETURN_WITHIN


def _is_whole_return(jump: Jump, part: JumpPart, units: float, at: datetime) -> bool:
    """Return whether a move brings back what left within 30 days (3 % of reserves), in one step and to a tenth."""
    return _may_return_whole(jump, at) and abs(units + part.amount) <= _WHOLE_WITHIN * abs(part.amount)


def _may_return_whole(jump: Jump, at: datetime) -> bool:
    is_large_drop = jump.share <= -WHOLE_RETURN_SHARE and jump.reason is JumpReason.LARGE
    return is_large_drop and not jump.turns and at - jump.at <= WHOLE_RETURN_WITHIN


def _is_remembered(jump: Jump, at: datetime) -> bool:
    """Return whether any move may still be part of a jump: two days where it counts, else ninety."""
    is_large_only = jump.reason is JumpReason.LARGE or jump.verdict is Verdict.COUNTED
    since = jump.turned_at or jump.at
    return at - since <= RETURN_WITHIN if is_large_only else at - jump.at < REMEMBERED


def _compact(part: JumpPart, before: datetime) -> JumpPart:
    old = [move for move in part.moves if move.at < before]
    if len(old) <= 1:
        return part
    total = Move(old[-1].at, sum(move.amount for move in old))
    return replace(part, moves=(total, *part.moves[len(old) :]))
