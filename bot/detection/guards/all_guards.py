"""Runs every guard over one more reading of an exchange, and says how the readings are to be understood.

For the engine, live and in backtests alike. There are two steps, because the other exchanges of a round are looked at
in between: `understood` says how a reading compares with the one before (names, units, missing parts), `inspect` judges
what moved.

    >>> from tests.detection.guards.worked_series import readings, state_after
    >>> series = readings(Tron=(100, 50, 50), Bitcoin=(900, 900, 900))
    >>> [jump.verdict.value for jump in state_after(series).jumps]
    ['not counted']
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.detection.flow.reading_diff import RETURN_WITHIN, SUDDEN
from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.lost_parts import open_parts, with_lost_parts
from bot.detection.guards.moved_together import SPARSE_GAP, have_moved_together
from bot.detection.guards.odd_prices import record_odd_prices
from bot.detection.guards.redenominations import with_redenominations
from bot.detection.guards.renamed_assets import with_renamed_slots, without_second_names
from bot.detection.guards.restatement import in_known_terms, restated, with_first_names
from bot.detection.guards.suspected_steps import ReadingStep, suspected_jumps
from bot.detection.guards.turned_moves import (
    REMEMBERED,
    WHOLE_RETURN_WITHIN,
    recently_wrong,
    tracked_assets,
    with_moves_taken,
    without_old_moves,
)
from bot.detection.guards.verdicts import COUNTS_WITHIN, LATER_FLOWS_KEPT, MAY_COUNT, Evidence, is_run_under_way, judged
from bot.domain.guard_state import GuardState, LargeStep, LaterFlow
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import NO_HOLDING, Reading
from bot.domain.withdrawals import CRITICAL_CLOSED_MAJORS, closed_majors

_LARGE_STEPS_KEPT = timedelta(days=90)
_MOST = 0.5  # of an asset of which the reading lacks more than half, nothing is told


def understood(state: GuardState, previous: Reading, latest: Reading, own_tokens: Collection[str]) -> GuardState:
    """Return the state with what a reading says about names, units and missing parts; `previous` as it was read."""
    before = restated(previous, state)
    state = with_renamed_slots(state, before, with_first_names(latest, state), own_tokens)
    known = in_known_terms(latest, state)
    state = with_redenominations(state, before, known, own_tokens)
    before = without_second_names(restated(previous, state), state, latest.as_of)
    return with_lost_parts(state, before, known, own_tokens)


def needs_understanding(state: GuardState) -> bool:
    """Return whether the next reading cannot be compared as it is: a part is missing, or a slot has another name."""
    return bool(state.renamed_slots or any(part.until is None for part in state.lost_parts))


def inspect(state: GuardState, given: GuardInput) -> GuardState:
    """Return the guard state after one more reading; readings are inspected once each, in order of time.

    `state` is what `understood` made of it. A diff without details (`is_quiet`) may be given where nothing needs to be
    understood; it tells the moves of the assets that `watched_assets` names.
    """
    state = record_odd_prices(_without_expired(state, given.at), given)
    diff = given.diff
    moved = {asset: move.units for asset, move in diff.moves.items()}
    for asset, came in diff.appeared.items():
        moved[asset] = moved.get(asset, 0.0) + came.units
    jumps: tuple[Jump, ...] = state.jumps
    left: Mapping[str, float] = moved
    if jumps:
        # Asked of jumps that came back alone: to add it up for every reading would be the larger work.
        has_returned = any(jump.verdict is Verdict.RETURNED for jump in jumps)
        before = given.previous.by_asset() if has_returned else {}
        jumps, left = with_moves_taken(jumps, moved, given.at, before)
    kept = {asset: left[asset] / units for asset, units in moved.items() if left[asset] != units}
    step = ReadingStep(diff, kept, given.own_tokens)
    state = _with_later_flow(state, step, given.at)
    if jumps:
        jumps = judged(jumps, _evidence(state, given, step))
    if not diff.is_quiet:
        jumps += tuple(
            suspected_jumps(
                step,
                together=have_moved_together(given.market, given.latest),
                back_chains=_back_chains(state, given.at),
                runs=is_run_under_way(jumps, given.at, state.large_steps),
                recently_wrong=recently_wrong(jumps, given.at),
            )
        )
    steps = state.large_steps
    if diff.was_usd and abs(diff.usd) >= SUDDEN * diff.was_usd:
        steps = (*steps, LargeStep(given.at, diff.usd / diff.was_usd))
    later_flows = state.later_flows if any(map(_may_count, jumps)) else ()
    if (jumps, steps, later_flows) == (state.jumps, state.large_steps, state.later_flows):
        return state  # most readings leave nothing to remember
    return replace(state, jumps=jumps, large_steps=steps, later_flows=later_flows)


def watched_assets(state: GuardState, at: datetime) -> frozenset[str]:
    """Return the assets whose moves are wanted of a quiet diff as well: those of jumps that may turn round."""
    return tracked_assets(state.jumps, at)


def _with_later_flow(state: GuardState, step: ReadingStep, at: datetime) -> GuardState:
    """Return the state with what moved in this reading beside the jumps, as long as one of them may count after all."""
    if not any(map(_may_count, state.jumps)):
        return state
    return replace(state, later_flows=(*state.later_flows, LaterFlow(at, step.usd)))


def _evidence(state: GuardState, given: GuardInput, step: ReadingStep) -> Evidence:
    diff = step.diff
    return Evidence(
        given.at,
        sum(step.usd.values()) / diff.was_usd if diff.was_usd else 0.0,
        state.later_flows,
        has_closed=len(closed_majors(given.withdrawals)) >= CRITICAL_CLOSED_MAJORS,
        is_sparse=given.at - given.previous.as_of > SPARSE_GAP,
        unseen=_unseen(state, given.latest),
    )


def _unseen(state: GuardState, latest: Reading) -> frozenset[str]:
    """Return what the reading lacks most of, as jumps are named: chains, assets, and assets on a chain."""
    parts = open_parts(state)
    if not parts:  # nearly always: the sums by asset below are spared
        return frozenset()
    lost_units: defaultdict[str, float] = defaultdict(float)
    for slot, held in (entry for part in parts for entry in part.holdings.items()):
        lost_units[slot.asset] += held.amount
    known = latest.by_asset()  # as it is understood: with what the lost parts held last
    assets = (asset for asset, units in lost_units.items() if units > _MOST * known.get(asset, NO_HOLDING).amount)
    return frozenset([*(part.name for part in parts), *assets])


def _may_count(jump: Jump) -> bool:
    # What came back may be away again, and customers may leave in the very reading that says so.
    return jump.usd < 0 and jump.verdict in MAY_COUNT | {Verdict.WAITING, Verdict.RETURNED}


def _back_chains(state: GuardState, at: datetime) -> frozenset[str]:
    return frozenset(slot.chain for part in state.lost_parts if part.until == at for slot in part.holdings)


def _without_expired(state: GuardState, at: datetime) -> GuardState:
    """Return the state without what is too old to concern a window or another guard."""
    jumps = tuple(without_old_moves(jump, at) for jump in state.jumps if not _is_expired(jump, at))
    large_steps = tuple(step for step in state.large_steps if at - step.at <= _LARGE_STEPS_KEPT)
    later_flows = tuple(flow for flow in state.later_flows if at - flow.at < LATER_FLOWS_KEPT)
    # Most readings change nothing: the state stays the same object, which is cheap to compare.
    if (jumps, large_steps, later_flows) == (state.jumps, state.large_steps, state.later_flows):
        return state
    return replace(state, jumps=jumps, large_steps=large_steps, later_flows=later_flows)


def _counted_for(jump: Jump) -> timedelta:
    """Return how long a jump that counts is remembered."""
    if jump.reason is not JumpReason.LARGE:
        return COUNTS_WITHIN
    return WHOLE_RETURN_WITHIN if jump.usd < 0 else RETURN_WITHIN


def _is_expired(jump: Jump, at: datetime) -> bool:
    if jump.is_counted:
        return at - (jump.decided_at or jump.at) > _counted_for(jump)
    last_move = max(move.at for part in jump.parts for move in part.moves)
    has_left_windows = at - last_move >= LONGEST_LOOKBACK
    return has_left_windows and (at - jump.at >= REMEMBERED or jump.verdict is Verdict.RETURNED)
