"""Pass-through: a large amount comes in and leaves again within two days, the mirror image of a round trip.

A label or a count that is wrong for some readings shows so, and so does a large deposit that moves on. What left is
taken out up to what had come, at both ends: a window that holds both is as it was, and one that begins in between shows
no outflow that was an inflow before. Nothing is taken out of what was there all the time.

Example: USDT 300 → 360 → 250. Of the 110 that leave, 60 had come in just before: a window that begins in between has
an outflow of 50.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(USDT=(300, 360, 250), BTC=(700, 700, 700))
    >>> state = state_after(series)
    >>> [(passed.asset, passed.usd) for passed in state.pass_throughs]
    [('USDT', 60.0)]
    >>> flow_usd(series[1:], state), flow_usd(series, state)
    (-50.0, -50.0)
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from bot.detection.flow.reading_diff import LARGE, ReadingDiff
from bot.detection.guards.guard_input import GuardInput
from bot.domain.guard_state import Adjustment, Arrival, GuardState, PassThrough
from bot.domain.reading import Slot

_HALF = 0.5  # more than half must leave again to be the same amount; half of what came must be new to the exchange
_CameIn = tuple[Slot, float, float]  # units, and their worth in USD


def record_pass_throughs(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with large amounts remembered that came in, and those left out that leave again.

    Runs once the held move is decided: what that is made of has a guard of its own, as has what only came back.
    """
    diff, at = given.diff, given.at
    if not diff.was_usd:
        return state
    gone = {change.slot: -change.amount for change in diff.changes if change.amount < 0}
    passed, waiting = list[PassThrough](), list[Arrival]()
    for arrival in state.arrivals:
        left = [
            (amount.slot, min(amount.amount, gone.get(amount.slot, 0.0)), amount.amount) for amount in arrival.amounts
        ]
        part = sum(units for _, units, _ in left) / sum(whole for _, _, whole in left)
        if part > _HALF:
            amounts = tuple(Adjustment(slot, units, arrival.at) for slot, units, _ in left if units > 0)
            passed.append(PassThrough(arrival.asset, at, arrival.usd * part, amounts))
        else:
            waiting.append(arrival)
    no_flow = (adjustment for pass_through in passed for adjustment in _both_ways(pass_through))
    return replace(
        state,
        arrivals=(*waiting, *_arrivals(state, diff, given.own_tokens, at)),
        pass_throughs=(*state.pass_throughs, *passed),
        adjustments=(*state.adjustments, *no_flow),
    )


def _both_ways(passed: PassThrough) -> Iterator[Adjustment]:
    """Yield what came, dated when it came, and what left again, dated when it left."""
    for amount in passed.amounts:
        yield amount
        yield Adjustment(amount.slot, -amount.amount, passed.left_at)


def _arrivals(state: GuardState, diff: ReadingDiff, own_tokens: Collection[str], at: datetime) -> Iterator[Arrival]:
    """Yield what came in, asset by asset, when it is large and not paid for by other assets that left.

    A conversion brings nothing: else customers who leave with what their coins were turned into would not be seen.
    """
    appeared = [(slot, held.amount, held.usd) for slot, held in diff.appeared() if slot.asset not in own_tokens]
    grown = [(change.slot, change.amount, change.usd) for change in diff.changes if change.amount > 0]
    came_in: defaultdict[str, list[_CameIn]] = defaultdict(list)
    for slot, units, usd in (*grown, *appeared):
        came_in[slot.asset].append((slot, units, usd))
    net_usd = diff.usd + sum(usd for _, _, usd in appeared)
    # What comes back, wholly or in part, and what is held are explained already; they are no deposits.
    returning = {trip.asset for trip in state.round_trips if trip.back_at == at}
    returning |= {departure.asset for departure in state.departures}
    held = {amount.slot for amount in state.held_move.amounts} if state.held_move else set[Slot]()
    for asset, parts in came_in.items():
        usd = sum(worth for _, _, worth in parts)
        is_new = asset not in returning and not any(slot in held for slot, _, _ in parts)
        if is_new and usd >= LARGE * diff.was_usd and net_usd >= _HALF * usd:
            yield Arrival(asset, at, tuple(Adjustment(slot, units, at) for slot, units, _ in parts), usd)
