"""Verdicts: what becomes of the jumps with every reading.

- A jump that waits is decided by the next reading. It came back by more than half: returned, no flow either way. It
  stays: a jump of one part alone is not counted (a changed wallet list or one large transfer); one of everything by one
  factor is believed and counts; one that several exchanges made together counts if the outflow goes on, and is doubted
  if nothing more moves: it is flow, but makes nobody severe.
- A large move counts from the start. If it turns round within two days it is returned. What then still stands counts
  as before; of what came it is remembered as a large move of its own, which may leave as well.
- Having been wrong is remembered for two days: what returned and is away again waits for two readings an hour apart,
  and for twelve hours where it is the same amount as before and the rest stays: one of two servers tells it. Less
  than half of it that is away again is a large move of its own, and waits an hour as well.
- What is not counted, or doubted, counts in full after all within 72 h once the rest leaves (1.5 % of itself within
  24 h) or withdrawals of two majors close. So does the third drop of one asset within 30 days, with those before.

Example: Tron 100 → 50, not counted; then Bitcoin 900 → 880, −2.2 % of the rest. The net flow is −70, not −20.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(Tron=(100, 50, 50, 50), Bitcoin=(900, 900, 900, 880))
    >>> [state_after(series[:count]).jumps[0].verdict.value for count in (2, 3, 4)]
    ['waiting', 'not counted', 'counted']
    >>> flow_usd(series[:3], state_after(series[:3])), flow_usd(series, state_after(series))
    (0.0, -70.0)
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.detection.flow.reading_diff import LISTED, RETURN_WITHIN
from bot.domain.guard_state import LargeStep, LaterFlow
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict

COUNTS_WITHIN = timedelta(hours=72)
"""How long a drop may count after all. A judgement: the longer of the two windows in which an outflow may be severe."""
LATER_FLOWS_KEPT = timedelta(hours=24)
"""How far back the rest's own moves add up: its loss is that of a day, as in the thresholds."""
REST_LEAVES_SHARE = -0.015
"""The rest leaves once it lost this share of itself within those 24 h: the threshold of a watch."""
RUN_SHARE = -0.08
"""Large steps of 24 h that add up to this share of reserves are an outflow under way: the threshold of severe."""
GOES_ON_SHARE = -0.005
"""An outflow goes on after a jump of everything when the next reading shows this share of reserves leaving, or more."""
SAME_DIRECTION_WITHIN = timedelta(days=30)
SAME_DIRECTION_COUNT = 3
"""So many drops of one asset within 30 days are no upkeep of a wallet list any more."""
MAY_COUNT = frozenset({Verdict.NOT_COUNTED, Verdict.DOUBTED})
"""The verdicts of drops that count in full once the rest leaves."""
AGAIN_AFTER = timedelta(hours=1)
UNSTEADY_AFTER = timedelta(hours=12)
_HALF = 0.5  # more than half must be back. A judgement: customers take out a part of it meanwhile


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reading at `at` says about jumps.

    `share` is what moved in it beside the jumps, of reserves; `later_flows` are those of the last 24 h, this reading's
    included. `has_closed` says that withdrawals of two majors are closed, `is_sparse` that the reading before is many
    hours old. `unseen` are the chains, the assets and the assets on a chain of which the reading lacks most.
    """

    at: datetime
    share: float
    later_flows: Sequence[LaterFlow]
    has_closed: bool
    is_sparse: bool
    unseen: Collection[str]


def judged(jumps: Sequence[Jump], evidence: Evidence) -> tuple[Jump, ...]:
    """Return the jumps of earlier readings with their verdicts after one more."""
    decided: list[Jump] = []
    for jump in jumps:
        decided.append(_judged(jump, evidence))
        decided += _rest_of_rise(jump, decided[-1])
    thirds = _third_drops(decided, evidence.at)
    return tuple(
        _with_verdict(jump, Verdict.COUNTED, evidence.at)
        if jump in thirds or _counts_after_all(jump, evidence)
        else jump
        for jump in decided
    )


def is_run_under_way(jumps: Sequence[Jump], at: datetime, large_steps: Sequence[LargeStep] = ()) -> bool:
    """Return whether customers leave, so that what follows is held no longer.

    They do once a drop counts that first looked like upkeep, and once the large steps of a day made a severe outflow:
    after 40 % of everything left over ten hours, a chain that comes back nearly empty is no changed list of wallets.
    """
    return _left_in_large_steps(jumps, at, large_steps) <= RUN_SHARE or any(
        jump.usd < 0
        and jump.verdict is Verdict.COUNTED
        and jump.reason is not JumpReason.LARGE
        and jump.decided_at is not None
        and at - jump.decided_at <= COUNTS_WITHIN
        for jump in jumps
    )


def _left_in_large_steps(jumps: Sequence[Jump], at: datetime, large_steps: Sequence[LargeStep]) -> float:
    """Return which share of reserves left in the large steps of the last 24 h, as far as it counts; negative.

    A conversion takes much of one asset and is no large step of the whole; a drop that is held is no large move.
    """
    left = 0.0
    for step in large_steps:
        counted = [jump.share for jump in jumps if jump.at == step.at and _is_large_drop(jump)]
        if at - step.at <= LATER_FLOWS_KEPT:
            left += max(min(step.share, 0.0), sum(counted))
    return left


def _is_large_drop(jump: Jump) -> bool:
    return jump.usd < 0 and jump.is_counted and jump.reason is JumpReason.LARGE


def _judged(jump: Jump, evidence: Evidence) -> Jump:
    stands = jump.standing >= _HALF
    if stands != (jump.turns % 2 == 0):
        jump = replace(jump, turns=jump.turns + 1, turned_at=evidence.at)
    if not stands:
        return jump if jump.verdict is Verdict.RETURNED else _returned(jump, evidence.at)
    if jump.verdict is Verdict.RETURNED:
        return replace(jump, verdict=Verdict.WAITING)
    if jump.verdict is Verdict.WAITING and _is_decided(jump, evidence):
        return _with_verdict(jump, _final(jump, evidence), evidence.at)
    return jump


def _returned(jump: Jump, at: datetime) -> Jump:
    """Return a jump that came back. Of one that counted, what did not come back goes on to count.

    28 BTC left and 20 came back: 20 are no flow, 8 are.
    """
    if jump.is_counted:
        parts = tuple(_without_flow(part) for part in jump.parts)
        back = 1 - jump.standing
        jump = replace(jump, parts=parts, usd=jump.usd * back, share=jump.share * back)
    return _with_verdict(jump, Verdict.RETURNED, at)


def _without_flow(part: JumpPart) -> JumpPart:
    first, *others = part.moves
    standing = sum(move.amount for move in part.moves)
    return replace(part, amount=part.amount - standing, moves=(Move(first.at, first.amount - standing), *others))


def _rest_of_rise(before: Jump, after: Jump) -> Iterator[Jump]:
    """Yield as a jump of its own what has not left yet of a large amount that came, and has left by more than half.

    It may leave as well: 60 came, 40 left, and the 20 that leave within two days are as little flow as the 40 were.
    What is less than a tenth of a percent of reserves would change no figure that people see.
    """
    share, part = before.share * before.standing, before.parts[0]
    is_large_rise = before.usd > 0 and before.is_counted and before.reason is JumpReason.LARGE
    if is_large_rise and after.verdict is Verdict.RETURNED and share >= LISTED:
        units = part.amount * before.standing
        rest = replace(part, amount=units, moves=(Move(before.at, units),))
        yield replace(before, usd=before.usd * before.standing, share=share, parts=(rest,))


def _is_decided(jump: Jump, evidence: Evidence) -> bool:
    """Return whether a jump that waits has stood long enough.

    A part that is not told says nothing; after two days it is decided all the same, or one that is gone for good
    would keep the exchange waiting for ever.
    """
    since = jump.turned_at or jump.at
    if jump.group in evidence.unseen and evidence.at - jump.at <= RETURN_WITHIN:
        return False
    # A large step waits only where its asset was wrong before, as one does that has turned.
    if not jump.turns and jump.reason is not JumpReason.LARGE:
        return True
    # Where the rest leaves with what is away again, it is no other server of the source that shows the one asset lower.
    with_it = [flow for flow in evidence.later_flows if flow.at >= since]
    is_unsteady = jump.repeats and not _rest_leaves(jump, with_it, {part.asset for part in jump.parts})
    return evidence.at - since >= (UNSTEADY_AFTER if is_unsteady else AGAIN_AFTER)


def _final(jump: Jump, evidence: Evidence) -> Verdict:
    if jump.reason in {JumpReason.LARGE, JumpReason.EVENLY}:
        return Verdict.COUNTED
    if jump.reason is JumpReason.TOGETHER and jump.usd < 0:
        return Verdict.COUNTED if evidence.is_sparse or evidence.share <= GOES_ON_SHARE else Verdict.DOUBTED
    return Verdict.NOT_COUNTED


def _counts_after_all(jump: Jump, evidence: Evidence) -> bool:
    """Return whether a drop that was not counted is part of a run: customers follow, or cannot.

    A rise is never counted: new wallets of the exchange would hide what customers take out.
    """
    if jump.usd >= 0 or jump.verdict not in MAY_COUNT or evidence.at - jump.at > COUNTS_WITHIN:
        return False
    aside = {part.asset for part in jump.parts} if jump.reason is JumpReason.ALONE else set[str]()
    later = [flow for flow in evidence.later_flows if flow.at > jump.at]
    return evidence.has_closed or _rest_leaves(jump, later, aside)


def _rest_leaves(jump: Jump, flows: Iterable[LaterFlow], aside: Collection[str]) -> bool:
    """Return whether everything but the assets set aside lost so much in these flows that customers follow."""
    left_usd = sum(moved for flow in flows for asset, moved in flow.usd.items() if asset not in aside)
    return left_usd <= REST_LEAVES_SHARE * jump.rest_usd


def _third_drops(jumps: Sequence[Jump], at: datetime) -> list[Jump]:
    """Return the uncounted drops of every asset that has three of them within 30 days."""
    recent = [
        jump
        for jump in jumps
        if jump.usd < 0 and jump.verdict is Verdict.NOT_COUNTED and at - jump.at <= SAME_DIRECTION_WITHIN
    ]
    by_asset: dict[str, list[Jump]] = {}
    for jump in recent:
        by_asset.setdefault(jump.parts[0].asset, []).append(jump)
    return [jump for drops in by_asset.values() if len(drops) >= SAME_DIRECTION_COUNT for jump in drops]


def _with_verdict(jump: Jump, verdict: Verdict, at: datetime) -> Jump:
    return replace(jump, verdict=verdict, decided_at=at)
