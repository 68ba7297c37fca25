"""Wallets changed: one chain or asset moves far in one reading while the rest stands still.

A source that adds or drops wallets of an exchange makes such a move, and customers seldom do. It is held for one
reading. If the next one has it back, it was a round trip; if it stays, it is left out of every window, whichever its
direction, and said. `drops_counted_later` counts a drop after all should customers follow.

Example: Tron 100 → 50 while Bitcoin stays at 900. It is held once, then the net flow is 0.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(Tron=(100, 50, 50), Bitcoin=(900, 900, 900))
    >>> wallets_hold(state_after(series[:2])).detail
    'Tron, -5.0 % of reserves in one step'
    >>> state = state_after(series)
    >>> state.held_move, flow_usd(series, state)
    (None, 0.0)
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.detection.flow.reading_diff import RETURN_WITHIN, ReadingDiff
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.missing_chains import rest_is_unchanged
from bot.detection.thresholds import ISOLATED_MOVE_JUMP, ISOLATED_MOVE_SHARE
from bot.domain.flow import Hold, HoldReason
from bot.domain.guard_state import Adjustment, GuardState, IsolatedMove, RoundTrip
from bot.domain.reading import NO_HOLDING, Reading

FLAT = 0.01
"""The rest stands still while its net move is below this share of itself. A judgement: most usual days move less."""
_HALF = 0.5  # more than half of a move must come back to be a return; less than half of the reserves may move alone


def wallets_hold(state: GuardState) -> Hold | None:
    """Return why the newest reading is held, None where no move waits for the next one."""
    move = state.held_move
    if move is None:
        return None
    return Hold(HoldReason.WALLETS_CHANGED, f"{move.group}, {move.share * 100:+.1f} % of reserves in one step")


def settle_held_move(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with the move that was held decided: it came back (a round trip), or it stays (excluded)."""
    move, latest = state.held_move, given.latest
    if move is None or _is_undecided(move, latest):
        return state
    if -_moved_since(move, given.previous, latest) / move.usd > _HALF:
        trip = RoundTrip(move.group, move.at, latest.as_of, abs(move.usd))
        no_flow = (*state.adjustments, *_there_and_back(move, given.previous, latest))
        return replace(state, held_move=None, round_trips=(*state.round_trips, trip), adjustments=no_flow)
    return replace(
        state,
        held_move=None,
        adjustments=(*state.adjustments, *move.amounts),
        excluded_moves=(*state.excluded_moves, move),
    )


def hold_isolated_move(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with a move held that the newest reading shows, unless one is held already."""
    if state.held_move or not rest_is_unchanged(given.before, given.latest, given.own_tokens, within=FLAT):
        return state
    return replace(state, held_move=_isolated_move(given.before, given.diff, given.at))


def _is_undecided(move: IsolatedMove, latest: Reading) -> bool:
    """Return whether most of the move lies on chains that the reading lacks; after two days it is decided all the same.

    Without that limit a chain that is gone for good would keep the exchange held for ever.
    """
    there = sum(abs(amount.amount) for amount in move.amounts if amount.slot.chain in latest.chains)
    whole = sum(abs(amount.amount) for amount in move.amounts)
    return there <= _HALF * whole and latest.as_of - move.at <= RETURN_WITHIN


def _moved_since(move: IsolatedMove, previous: Reading, latest: Reading) -> float:
    """Return what moved in the held slots since the reading that was held, in USD, positive = came in."""
    moved = 0.0
    for amount in move.amounts:
        before, after = previous.holdings.get(amount.slot, NO_HOLDING), latest.holdings.get(amount.slot, NO_HOLDING)
        # A slot that was emptied has no price of its own, so that what came back to it is valued at the new one.
        units, usd = before if before.amount > 0 else after
        moved += (after.amount - before.amount) * (usd / units) if units > 0 else 0.0
    return moved


def _there_and_back(move: IsolatedMove, previous: Reading, latest: Reading) -> Iterator[Adjustment]:
    """Yield what moved and came back, both ways: no flow either for a window that starts from the reading between.

    A slot gives back at most what it had taken; what moved beyond that is a flow of its own.
    """
    for amount in move.amounts:
        before, after = previous.holdings.get(amount.slot, NO_HOLDING), latest.holdings.get(amount.slot, NO_HOLDING)
        least, most = sorted((0.0, -amount.amount))
        if back := min(max(after.amount - before.amount, least), most):
            yield from (Adjustment(amount.slot, -back, amount.at), Adjustment(amount.slot, back, latest.as_of))


def _isolated_move(before: GuardState, diff: ReadingDiff, at: datetime) -> IsolatedMove | None:
    """Return the largest chain or asset that moved by itself while everything else, which is most of it, stood still.

    None as well where the move only settles or continues what is known already.
    """
    candidates: list[tuple[float, str, str]] = []
    for (kind, name), part in diff.parts.items():
        rest_usd = diff.was_usd - part.was_usd
        is_large = max(part.was_usd, part.was_usd + part.moved_usd) >= ISOLATED_MOVE_SHARE * diff.was_usd
        # The rest has to be most of the exchange: against a small rest every large move would look isolated.
        is_alone = rest_usd >= _HALF * diff.was_usd and abs(diff.usd - part.moved_usd) < FLAT * rest_usd
        if is_large and is_alone and abs(part.moved_usd) > ISOLATED_MOVE_JUMP * part.was_usd:
            candidates.append((abs(part.moved_usd), kind, name))
    if not candidates:
        return None
    _, kind, name = max(candidates)
    move = _described(diff, kind, name, at)
    is_explained = _was_held(before, name) or _brings_back(before, diff, move) or _follows_counted_drop(before, move)
    return None if is_explained else move


def _was_held(before: GuardState, name: str) -> bool:
    """Return whether the same part was held at the reading before: its move now only settles that."""
    return before.held_move is not None and before.held_move.group == name


def _brings_back(before: GuardState, diff: ReadingDiff, move: IsolatedMove) -> bool:
    """Return whether most of what came in is of assets that had left just before: that is a return, no new wallets."""
    left = {departure.asset for departure in before.departures}
    slots = {amount.slot for amount in move.amounts}
    back_usd = sum(change.usd for change in diff.changes if change.slot in slots and change.slot.asset in left)
    return move.usd > 0 and back_usd > _HALF * move.usd


def _follows_counted_drop(before: GuardState, move: IsolatedMove) -> bool:
    """Return whether a drop follows one that counts by now: a run that empties asset after asset is held no longer."""
    return move.usd < 0 and bool(before.counted_drops)


def _described(diff: ReadingDiff, kind: str, name: str, at: datetime) -> IsolatedMove:
    own = [change for change in diff.changes if name == (change.slot.chain if kind == "chain" else change.slot.asset)]
    # A slot that vanished is drained, and counts as flow; wallets that change leave something behind.
    amounts = tuple(Adjustment(change.slot, change.amount, at) for change in own if not change.vanished)
    part = diff.parts[kind, name]
    share = part.moved_usd / diff.was_usd
    return IsolatedMove(name, at, part.moved_usd, share, amounts, diff.was_usd - part.was_usd)
