"""What came in and left again within two days: the mirror image of a round trip, and as little of a flow.

A label or a count that is wrong for some readings shows so, and so does a large deposit that moves on. What left is
taken out up to what had come, at both ends: a window that holds both is as it was, and one that begins in between shows
no outflow that was an inflow before. Nothing is taken out of what was there all the time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from bot.detection.flow.reading_diff import LARGE, ReadingDiff
from bot.domain.guard_state import Adjustment, Arrival, GuardState, PassThrough
from bot.domain.reading import Slot

_HALF = 0.5
_Came = tuple[Slot, float, float]  # units, and their worth in USD


def pass_through(ledger: GuardState, taken: ReadingDiff, own_tokens: Collection[str], at: datetime) -> GuardState:
    """Return the ledger with large amounts noted that came in this step, and those adjusted that left again in it.

    The suspect of the step is decided; what it is made of is its own affair, as is what only came back.
    """
    gone = {change.slot: -change.amount for change in taken.changes if change.amount < 0}
    passages, waiting = list[PassThrough](), list[Arrival]()
    for arrival in ledger.arrivals:
        left = [(each.slot, min(each.amount, gone.get(each.slot, 0.0)), each.amount) for each in arrival.amounts]
        part = sum(units for _, units, _ in left) / sum(whole for _, _, whole in left)
        if part > _HALF:
            amounts = tuple(Adjustment(slot, units, arrival.at) for slot, units, _ in left if units > 0)
            passages.append(PassThrough(arrival.asset, at, arrival.usd * part, amounts))
        else:
            waiting.append(arrival)
    return replace(
        ledger,
        arrivals=(*waiting, *_arrivals(ledger, taken, own_tokens, at)),
        pass_throughs=(*ledger.pass_throughs, *passages),
        adjustments=(*ledger.adjustments, *(each for passage in passages for each in _both_ways(passage))),
    )


def _both_ways(one: PassThrough) -> Iterator[Adjustment]:
    for each in one.amounts:
        yield each
        yield Adjustment(each.slot, -each.amount, one.left_at)


def _arrivals(ledger: GuardState, taken: ReadingDiff, own_tokens: Collection[str], at: datetime) -> Iterator[Arrival]:
    """Yield what came in, asset by asset, in a step that brought more than it took: a conversion brings nothing."""
    appeared = [(slot, held.amount, held.usd) for slot, held in taken.appeared() if slot.asset not in own_tokens]
    grown = [(change.slot, change.amount, change.usd) for change in taken.changes if change.amount > 0]
    came: defaultdict[str, list[_Came]] = defaultdict(list)
    for each in (*grown, *appeared):
        came[each[0].asset].append(each)
    net = taken.usd + sum(usd for _, _, usd in appeared)
    known = {trip.asset for trip in ledger.round_trips if trip.back_at == at} | {
        departure.asset for departure in ledger.departures
    }
    suspected = {amount.slot for amount in ledger.suspect.amounts} if ledger.suspect else set[Slot]()
    for asset, parts in came.items():
        usd = sum(each for _, _, each in parts)
        is_new = asset not in known and not any(slot in suspected for slot, _, _ in parts)
        if is_new and usd >= LARGE * taken.was_usd and net >= _HALF * usd:
            yield Arrival(asset, at, tuple(Adjustment(slot, units, at) for slot, units, _ in parts), usd)
