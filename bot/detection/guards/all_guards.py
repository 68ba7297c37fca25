"""Runs every guard over one more reading of an exchange, in order, and says whether that reading is held.

For the engine, live and in backtests alike. A reading in which nothing moved far, the usual case, passes four guards;
the others ask for the details of what moved.

    >>> from tests.detection.guards.worked_series import readings, state_after
    >>> series = readings(Tron=(100, 50, 50), Bitcoin=(900, 900, 900))
    >>> incomparable(state_after(series[:2])).reason.value, incomparable(state_after(series))
    ('wallets changed', None)
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from bot.detection.flow.reading_diff import RETURN_WITHIN, ReadingDiff
from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.detection.guards.drops_counted_later import REMEMBERED, REST_MOVES_KEPT, count_drops, record_rest_move
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.guards.missing_chains import record_missing_chains
from bot.detection.guards.odd_prices import record_odd_prices
from bot.detection.guards.pass_through import record_pass_throughs
from bot.detection.guards.round_trip import record_round_trips
from bot.detection.guards.source_glitch import glitch_hold, record_source_glitch
from bot.detection.guards.wallets_changed import hold_isolated_move, settle_held_move, wallets_hold
from bot.domain.flow import Hold
from bot.domain.guard_state import GuardState
from bot.domain.withdrawals import Withdrawals

Guard = Callable[[GuardState, GuardInput], GuardState]
_NOTHING_KNOWN = GuardState()


def inspect(  # noqa: PLR0913 — what moved, and what it is judged by
    state: GuardState,
    diff: ReadingDiff,
    own_tokens: Collection[str],
    market: MarketMoves,
    withdrawals: Withdrawals | None = None,
    *,
    prices_moved: bool = True,
) -> GuardState:
    """Return the guard state after one more reading; readings are inspected once each, in order of time.

    `market` knows this move and those of the other exchanges in the same round. A diff without details (`is_quiet`) may
    be given where the state is not busy. `prices_moved` False says that no price moved far, so that none is checked.
    """
    given = GuardInput(state, diff, own_tokens, market, withdrawals, prices_moved)
    for guard in _GUARDS if diff.is_quiet else (*_GUARDS, *_GUARDS_OF_DETAILS):
        state = guard(state, given)
    return state


def forget_expired(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state without what is too old to concern a window or another guard."""
    if state == _NOTHING_KNOWN:
        return state
    now = given.at
    return replace(
        state,
        adjustments=tuple(adjustment for adjustment in state.adjustments if now - adjustment.at < LONGEST_LOOKBACK),
        excluded_moves=tuple(move for move in state.excluded_moves if now - move.at <= REMEMBERED),
        counted_drops=tuple(drop for drop in state.counted_drops if now - drop.at <= REMEMBERED),
        rest_moves=tuple(move for move in state.rest_moves if now - move.at < REST_MOVES_KEPT),
        departures=tuple(departure for departure in state.departures if now - departure.at <= RETURN_WITHIN),
        round_trips=tuple(trip for trip in state.round_trips if now - trip.back_at <= RETURN_WITHIN),
        arrivals=tuple(arrival for arrival in state.arrivals if now - arrival.at <= RETURN_WITHIN),
        pass_throughs=tuple(passed for passed in state.pass_throughs if now - passed.left_at <= RETURN_WITHIN),
        missing_chains=tuple(
            chain for chain in state.missing_chains if chain.until is None or now - chain.until < LONGEST_LOOKBACK
        ),
    )


_GUARDS: tuple[Guard, ...] = (
    forget_expired,
    record_missing_chains,
    record_odd_prices,
    record_source_glitch,
)
_GUARDS_OF_DETAILS: tuple[Guard, ...] = (
    settle_held_move,  # first: only one move is held at a time, and a new one may be in this very reading
    record_round_trips,
    hold_isolated_move,
    record_pass_throughs,  # after the two above: what came back, or is held, is no deposit
    record_rest_move,
    count_drops,  # last: with the rest's move of this very reading
)


def is_busy(state: GuardState) -> bool:
    """Return whether the state waits for something that only the details of the next diff tell."""
    return bool(state.held_move or state.departures or state.excluded_moves or state.arrivals)


def incomparable(state: GuardState) -> Hold | None:
    """Return why the newest reading cannot be compared with those before it, None when it can."""
    return glitch_hold(state) or wallets_hold(state)
