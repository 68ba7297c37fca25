"""Round trip: a large amount of one asset leaves and comes back within two days, so that nothing flowed.

Net flow over a window that holds both is 0 by itself. This guard remembers what left, so that people are told of the
return, and so that a return is neither held as a change of wallets nor taken for a deposit.

Example: BTC 100 → 72 → 100 within 60 h: net flow 0, although the first step alone was −28 % of the BTC.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(hours=30, BTC=(100, 72, 100), ETH=(900, 900, 900))
    >>> [(departure.asset, departure.usd) for departure in state_after(series[:2]).departures]
    [('BTC', 28.0)]
    >>> state = state_after(series)
    >>> [(trip.asset, trip.usd) for trip in state.round_trips], flow_usd(series, state)
    ([('BTC', 28.0)], 0.0)
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from bot.detection.flow.reading_diff import LARGE, ReadingDiff, SlotChange
from bot.detection.guards.guard_input import GuardInput
from bot.domain.guard_state import Departure, GuardState, RoundTrip

_HALF = 0.5  # more than half must be back. A judgement: customers take out a part of it meanwhile


def record_round_trips(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with large amounts remembered that left, and with those that came back as round trips.

    Amounts add up over an asset's chains: what moves from one chain to another left nothing.
    """
    diff, at = given.diff, given.at
    if not diff.was_usd:
        return state
    units, usd = _by_asset(diff.changes)
    waiting = tuple(
        replace(departure, returned=departure.returned + _came_in(departure.asset, units, diff))
        for departure in state.departures
    )
    back = [departure for departure in waiting if departure.returned > _HALF * departure.amount]
    left = [
        Departure(asset, at, -units[asset], -moved_usd)
        for asset, moved_usd in usd.items()
        if moved_usd <= -LARGE * diff.was_usd
    ]
    trips = (RoundTrip(departure.asset, departure.at, at, departure.usd) for departure in back)
    return replace(
        state,
        departures=(*(departure for departure in waiting if departure not in back), *left),
        round_trips=(*state.round_trips, *trips),
    )


def _came_in(asset: str, units: dict[str, float], diff: ReadingDiff) -> float:
    """Return the units of an asset that came in, those in slots that were empty before included; never below 0."""
    reappeared = sum(holding.amount for slot, holding in diff.appeared() if slot.asset == asset)
    return max(0.0, units.get(asset, 0.0) + reappeared)


def _by_asset(changes: Iterable[SlotChange]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the units and the USD that moved, by asset, signed."""
    units: defaultdict[str, float] = defaultdict(float)
    usd: defaultdict[str, float] = defaultdict(float)
    for change in changes:
        units[change.slot.asset] += change.amount
        usd[change.slot.asset] += change.usd
    return units, usd
