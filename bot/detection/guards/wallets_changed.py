"""What is remembered of an exchange, reading after reading: moves that are no flow, round trips, odd prices.

A wallet list that changes looks like a flow in one chain or one asset, in one step, while the rest stands still. It is
held for one reading. What comes back was a round trip; what stays is not counted, in either direction, and said. A drop
is remembered for three days all the same: should the rest leave after it, it was the beginning of a run.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.detection.flow.reading_diff import LARGE, RETURN_WITHIN, ReadingDiff, SlotChange
from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.detection.guards.missing_chains import note_absence, stood_still
from bot.detection.guards.odd_prices import odd_prices
from bot.detection.guards.pass_through import pass_through
from bot.detection.guards.source_glitch import MarketMoves, source_glitch
from bot.detection.thresholds import ISOLATED_MOVE_JUMP, ISOLATED_MOVE_SHARE
from bot.domain.flow import Hold, HoldReason
from bot.domain.guard_state import Adjustment, Departure, GuardState, IsolatedMove, RestMove, RoundTrip
from bot.domain.reading import NO_HOLDING, Reading
from bot.domain.withdrawals import Withdrawals

FLAT = 0.01
REMEMBERED = timedelta(hours=72)
REST_LEAVES_SHARE = -0.015
_DAY = timedelta(days=1)
_HALF = 0.5
_NOTHING_KNOWN = GuardState()


def inspect(  # noqa: PLR0913 — a step, and what it is judged by
    ledger: GuardState,
    taken: ReadingDiff,
    own_tokens: Collection[str],
    market: MarketMoves,
    doors: Withdrawals | None = None,
    *,
    prices_moved: bool = True,
) -> GuardState:
    """Return the ledger after one more step; every step is inspected once, in order.

    The market knows this step and what the others did in the same round. A quiet step may be given where the ledger is
    not busy; where no price `prices_moved` far none is looked at.
    """
    latest, at = taken.latest, taken.latest.as_of
    kept = note_absence(_forget(ledger, at), taken.previous, latest, own_tokens)
    if prices_moved or kept.odd_prices:
        odd = odd_prices(kept.odd_prices, taken.previous, latest, own_tokens, market)
        kept = replace(kept, odd_prices=odd)
    found = source_glitch(market, latest, held=ledger.glitch is not None)
    if taken.is_quiet:
        return replace(kept, glitch=found) if found or ledger.glitch else kept
    moved = _travel(_settle(kept, taken.previous, latest), taken, at)
    alone = stood_still(ledger, taken.latest, own_tokens, within=FLAT)
    suspecting = replace(moved, suspect=moved.suspect or (_suspect(ledger, taken, at) if alone else None))
    passing = pass_through(suspecting, taken, own_tokens, at) if taken.was_usd else suspecting
    counted = _count(_stride(passing, taken, at), doors)
    return replace(counted, glitch=found)


def is_busy(ledger: GuardState) -> bool:
    """Return whether the ledger waits for something that only the details of the next step tell."""
    return bool(ledger.suspect or ledger.departures or ledger.rebased or ledger.arrivals)


def incomparable(ledger: GuardState) -> Hold | None:
    """Return why the newest reading cannot be compared with those before it, None when it can."""
    if ledger.glitch:
        seen = ledger.glitch
        return Hold(HoldReason.SOURCE_GLITCH, f"{seen.moved} of {seen.read} exchanges moved more than 3 % at once")
    if ledger.suspect:
        held = ledger.suspect
        return Hold(HoldReason.WALLETS_CHANGED, f"{held.group}, {held.share * 100:+.1f} % of reserves in one step")
    return None


def _forget(ledger: GuardState, now: datetime) -> GuardState:
    """Return the ledger without what is too old to matter."""
    if ledger == _NOTHING_KNOWN:
        return ledger
    return replace(
        ledger,
        adjustments=tuple(adjustment for adjustment in ledger.adjustments if now - adjustment.at < LONGEST_LOOKBACK),
        rebased=tuple(move for move in ledger.rebased if now - move.at <= REMEMBERED),
        counted=tuple(move for move in ledger.counted if now - move.at <= REMEMBERED),
        rest_moves=tuple(stride for stride in ledger.rest_moves if now - stride.at < _DAY),
        departures=tuple(departure for departure in ledger.departures if now - departure.at <= RETURN_WITHIN),
        round_trips=tuple(trip for trip in ledger.round_trips if now - trip.back_at <= RETURN_WITHIN),
        arrivals=tuple(arrival for arrival in ledger.arrivals if now - arrival.at <= RETURN_WITHIN),
        pass_throughs=tuple(passage for passage in ledger.pass_throughs if now - passage.left_at <= RETURN_WITHIN),
        missing_chains=tuple(
            absence
            for absence in ledger.missing_chains
            if absence.until is None or now - absence.until < LONGEST_LOOKBACK
        ),
    )


def _settle(ledger: GuardState, previous: Reading, latest: Reading) -> GuardState:
    """Return the ledger with what was held decided: it came back, or it stays.

    While most of it lies on chains that are not there to tell, that waits, but not for ever.
    """
    held = ledger.suspect
    if held is None:
        return ledger
    there = sum(abs(amount.amount) for amount in held.amounts if amount.slot.chain in latest.chains)
    if there <= _HALF * sum(abs(amount.amount) for amount in held.amounts) and latest.as_of - held.at <= RETURN_WITHIN:
        return ledger
    if -_moved_since(held, previous, latest) / held.usd > _HALF:
        trip = RoundTrip(held.group, held.at, latest.as_of, abs(held.usd))
        no_flow = (*ledger.adjustments, *_there_and_back(held, previous, latest))
        return replace(ledger, suspect=None, round_trips=(*ledger.round_trips, trip), adjustments=no_flow)
    return replace(
        ledger, suspect=None, adjustments=(*ledger.adjustments, *held.amounts), rebased=(*ledger.rebased, held)
    )


def _moved_since(held: IsolatedMove, previous: Reading, latest: Reading) -> float:
    """Return what moved in the held slots in the step after, in USD."""
    moved = 0.0
    for adjustment in held.amounts:
        before, after = (
            previous.holdings.get(adjustment.slot, NO_HOLDING),
            latest.holdings.get(adjustment.slot, NO_HOLDING),
        )
        amount, usd = before if before.amount > 0 else after
        moved += (after.amount - before.amount) * (usd / amount) if amount > 0 else 0.0
    return moved


def _there_and_back(held: IsolatedMove, previous: Reading, latest: Reading) -> Iterator[Adjustment]:
    """Yield what moved and came back, both ways: no flow either for a window that starts from the reading between."""
    for amount in held.amounts:
        before, after = previous.holdings.get(amount.slot, NO_HOLDING), latest.holdings.get(amount.slot, NO_HOLDING)
        least, most = sorted((0.0, -amount.amount))
        if back := min(max(after.amount - before.amount, least), most):
            yield from (Adjustment(amount.slot, -back, amount.at), Adjustment(amount.slot, back, latest.as_of))


def _suspect(before: GuardState, taken: ReadingDiff, at: datetime) -> IsolatedMove | None:
    """Return the largest part that moved by itself while everything else, which is most of it, stood still."""
    net = taken.usd
    found: list[tuple[float, str, str]] = []
    for (kind, name), part in taken.parts.items():
        rest = taken.was_usd - part.was_usd
        large = max(part.was_usd, part.was_usd + part.moved_usd) >= ISOLATED_MOVE_SHARE * taken.was_usd
        alone = rest >= _HALF * taken.was_usd and abs(net - part.moved_usd) < FLAT * rest
        if large and alone and abs(part.moved_usd) > ISOLATED_MOVE_JUMP * part.was_usd:
            found.append((abs(part.moved_usd), kind, name))
    if not found:
        return None
    _, kind, name = max(found)
    move = _move(taken, kind, name, at)
    is_known = _is_return(before, name) or _brings_back(before, taken, move) or _goes_on(before, move)
    return None if is_known else move


def _is_return(before: GuardState, name: str) -> bool:
    """Return whether the part was held at the reading before: its step now only settles that."""
    return before.suspect is not None and before.suspect.group == name


def _brings_back(before: GuardState, taken: ReadingDiff, move: IsolatedMove) -> bool:
    """Return whether most of what came in is of assets that had left just before: that settles, and changes nothing."""
    left = {departure.asset for departure in before.departures}
    slots = {amount.slot for amount in move.amounts}
    back = sum(change.usd for change in taken.changes if change.slot in slots and change.slot.asset in left)
    return move.usd > 0 and back > _HALF * move.usd


def _goes_on(before: GuardState, move: IsolatedMove) -> bool:
    """Return whether one part after another leaves: a drop that was held counts by now, and the next is no riddle."""
    return move.usd < 0 and bool(before.counted)


def _move(taken: ReadingDiff, kind: str, name: str, at: datetime) -> IsolatedMove:
    own = [change for change in taken.changes if name == (change.slot.chain if kind == "chain" else change.slot.asset)]
    amounts = tuple(Adjustment(change.slot, change.amount, at) for change in own if not change.vanished)
    part = taken.parts[kind, name]
    share = part.moved_usd / taken.was_usd
    return IsolatedMove(name, at, part.moved_usd, share, amounts, taken.was_usd - part.was_usd)


def _travel(ledger: GuardState, taken: ReadingDiff, at: datetime) -> GuardState:
    """Return the ledger with large amounts noted that left in this step, and those that came back in it."""
    if not taken.was_usd:
        return ledger
    amounts, worth = _by_asset(taken.changes)
    waiting = tuple(
        replace(
            departure,
            returned=departure.returned
            + max(0.0, amounts.get(departure.asset, 0.0) + _reappeared(departure.asset, taken)),
        )
        for departure in ledger.departures
    )
    back = [departure for departure in waiting if departure.returned > _HALF * departure.amount]
    left = [
        Departure(asset, at, -amounts[asset], -usd) for asset, usd in worth.items() if usd <= -LARGE * taken.was_usd
    ]
    return replace(
        ledger,
        departures=(*(departure for departure in waiting if departure not in back), *left),
        round_trips=(
            *ledger.round_trips,
            *(RoundTrip(departure.asset, departure.at, at, departure.usd) for departure in back),
        ),
    )


def _reappeared(asset: str, taken: ReadingDiff) -> float:
    """Return the units of an asset in slots that were empty before: it is back."""
    return sum(held.amount for slot, held in taken.appeared() if slot.asset == asset)


def _by_asset(changes: Iterable[SlotChange]) -> tuple[dict[str, float], dict[str, float]]:
    amounts: defaultdict[str, float] = defaultdict(float)
    worth: defaultdict[str, float] = defaultdict(float)
    for change in changes:
        amounts[change.slot.asset] += change.amount
        worth[change.slot.asset] += change.usd
    return amounts, worth


def _stride(ledger: GuardState, taken: ReadingDiff, at: datetime) -> GuardState:
    """Return the ledger with what the rest did in this step, while there is a drop to remember."""
    drops = _drops(ledger)
    if not drops:
        return replace(ledger, rest_moves=())
    aside = {amount.slot for drop in drops for amount in drop.amounts}
    rest = sum(change.usd for change in taken.changes if change.slot not in aside)
    return replace(ledger, rest_moves=(*ledger.rest_moves, RestMove(at, rest)))


def _count(ledger: GuardState, doors: Withdrawals | None) -> GuardState:
    """Return the ledger with remembered drops counted in full after all, once the rest leaves or doors close."""
    drops = _drops(ledger)
    left = sum(stride.usd for stride in ledger.rest_moves)
    run = [drop for drop in drops if (doors and doors.are_shut) or left <= REST_LEAVES_SHARE * drop.rest_usd]
    if not run:
        return ledger
    freed = {(amount.slot, amount.at) for move in run for amount in move.amounts}
    return replace(
        ledger,
        adjustments=tuple(
            adjustment for adjustment in ledger.adjustments if (adjustment.slot, adjustment.at) not in freed
        ),
        rebased=tuple(move for move in ledger.rebased if move not in run),
        counted=(*ledger.counted, *run),
    )


def _drops(ledger: GuardState) -> Sequence[IsolatedMove]:
    return [move for move in ledger.rebased if move.usd < 0]
