"""The rest leaves: a drop that was left out as a change of wallets counts in full once customers leave after it.

The first large withdrawal of a run can look like a change of wallets: one asset falls, the rest stands still. So a
drop is remembered for 72 h. If everything else loses 1.5 % meanwhile, or withdrawals of two majors close, it counts.

Example: Tron 100 → 50, excluded; then Bitcoin 900 → 880, −2.2 % of the rest. The net flow is −70, not −20.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(Tron=(100, 50, 50, 50), Bitcoin=(900, 900, 900, 880))
    >>> flow_usd(series[:3], state_after(series[:3]))
    0.0
    >>> state = state_after(series)
    >>> [drop.group for drop in state.counted_drops], flow_usd(series, state)
    (['Tron'], -70.0)
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.detection.guards.guard_input import GuardInput
from bot.domain.guard_state import GuardState, IsolatedMove, RestMove

REMEMBERED = timedelta(hours=72)
"""How long a drop may count after all. A judgement: the longer of the two windows in which an outflow may be severe."""
REST_MOVES_KEPT = timedelta(hours=24)
"""How far back the rest's own moves add up: its loss is that of a day, as in the thresholds."""
REST_LEAVES_SHARE = -0.015
"""The rest leaves once it lost this share of itself within those 24 h: the threshold of a watch."""


def record_rest_move(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with what the rest did since the reading before, as long as there is a drop to remember."""
    drops = _excluded_drops(state)
    if not drops:
        return replace(state, rest_moves=())
    # The slots of a drop are no part of the rest: what comes back to them must not hide what leaves elsewhere.
    aside = {amount.slot for drop in drops for amount in drop.amounts}
    rest_usd = sum(change.usd for change in given.diff.changes if change.slot not in aside)
    return replace(state, rest_moves=(*state.rest_moves, RestMove(given.at, rest_usd)))


def count_drops(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with excluded drops counted in full after all, once the rest leaves or withdrawals close.

    Closed withdrawals are the sign of a run that needs no second one. A rise is never counted: new wallets of the
    exchange would hide what customers take out.
    """
    left_usd = sum(rest_move.usd for rest_move in state.rest_moves)
    has_closed = given.withdrawals is not None and given.withdrawals.two_majors_closed
    counting = [drop for drop in _excluded_drops(state) if has_closed or left_usd <= REST_LEAVES_SHARE * drop.rest_usd]
    if not counting:
        return state
    # Without their adjustments the drops are part of every window that begins before them, from now on.
    counted = {(amount.slot, amount.at) for drop in counting for amount in drop.amounts}
    return replace(
        state,
        adjustments=tuple(
            adjustment for adjustment in state.adjustments if (adjustment.slot, adjustment.at) not in counted
        ),
        excluded_moves=tuple(move for move in state.excluded_moves if move not in counting),
        counted_drops=(*state.counted_drops, *counting),
    )


def _excluded_drops(state: GuardState) -> Sequence[IsolatedMove]:
    return [move for move in state.excluded_moves if move.usd < 0]
