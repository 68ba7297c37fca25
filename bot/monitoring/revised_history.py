"""Takes over what a source says of its own past once two of its bodies in a row say it, ten minutes apart or more.

Every detail body repeats the daily points of the past. Each is compared with the reading that is stored for its time.
Example: from 1 to 9 March the source told 8,000 BTC instead of 10,000, and on 13 March it repairs its history. The body
of 12:00 tells eight points differently: they are proposed, and nothing changes. The body of 13:00 tells them so again:
they are taken over. A window that starts on 7 March then compares 10,000 with 10,000, as in a new installation.

- Differences of less than 0.01 % of the reserves are rounding.
- A point, or a chain of a point, that a body does not tell is unknown, not revised: what is stored of it stays. So is
  an amount that cannot be.
- A body that tells the stored figures again takes a proposal back. So of a source that tells two versions in turn
  nothing is ever taken over.
- Our hourly readings less than a day from a revised point are a record of the wrong time, and a new installation would
  not have them. They are kept on record, and no window starts from them any more.
- Only the last 91 days are compared: nothing older concerns a window or a usual day.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import structlog

from bot.detection.flow.baseline import MAX_DAYS
from bot.domain.reading import NO_HOLDING, Holding, Holdings, Reading, Slot
from bot.domain.signal import Note, NoteReason
from bot.ports.meter import Meter
from bot.ports.reading_revisions import ReadingRevisions
from bot.ports.readings import Readings
from bot.ports.sources import Clock

COMPARED_SPAN = timedelta(days=MAX_DAYS + 1)
"""How far back from its newest reading a body is compared: the usual days, and the one that the first of them is
compared with."""
NOTE_FOR = timedelta(days=7)
"""How long people are told that history was revised."""
_ROUNDING_SHARE = 1e-4  # of reserves: a hundredth of a per cent, far below what any window shows
# A body that is fetched twice at once, because a worker was restarted or two of them poll for a moment, is one body.
_BODIES_APART = timedelta(minutes=10)
_BASES_AT_A_TIME = 10  # unpacked in one go: some milliseconds for the largest exchange

log = structlog.get_logger()


class RevisedHistory:
    """Compares the detail bodies of exchanges with what is stored, and takes revisions over."""

    def __init__(self, readings: Readings, revisions: ReadingRevisions, *, clock: Clock, meter: Meter) -> None:
        self._readings = readings
        self._revisions = revisions
        self._clock = clock
        self._meter = meter
        self._logged: dict[str, frozenset[datetime]] = {}

    async def compare(self, exchange: str, body: Sequence[Reading]) -> None:
        """Compare the daily points of a body (readings, oldest first) with what is stored; raise StorageError."""
        points = daily_points(body)
        if not points:
            return  # an unchanged body: only its newest reading comes back
        proposed = await self._revisions.proposed(exchange)
        stored = await self._stored(exchange, points)
        comparisons: list[_Comparison] = []
        for point in points:
            comparisons.append(_compared(point, stored.get(point.as_of), proposed.get(point.as_of)))
            await asyncio.sleep(0)  # each takes up to 4 ms for the largest exchange
        revised = [comparison.told for comparison in comparisons if comparison.is_confirmed]
        if revised:
            # The newest reading is not stored where it repeats one that may be superseded now.
            standing = [*_beside_revised(comparisons), body[-1]]
            await self._take_over(exchange, revised, standing, told_until=body[-1].as_of)
        pending = [comparison.pending for comparison in comparisons if comparison.pending]
        told = {point.as_of for point in points}
        untold = [
            point for as_of, point in proposed.items() if as_of not in told and body[-1].as_of - as_of < COMPARED_SPAN
        ]
        if pending or proposed:
            await self._revisions.propose(exchange, [*pending, *untold])
        self._log_proposed(exchange, [point.as_of for point in pending])

    async def _stored(self, exchange: str, points: Sequence[Reading]) -> dict[datetime, Reading]:
        """Return the stored reading of each point's time: that of the time itself, else the newest one before it.

        A reading that repeats the one before it is not stored, so the one before it speaks for its time.
        """
        since, until = points[0].as_of, points[-1].as_of
        stored = {day.as_of: day async for day in self._readings.days(exchange, since=since, until=until)}
        unstored = [point.as_of for point in points if point.as_of not in stored]
        for start in range(0, len(unstored), _BASES_AT_A_TIME):
            moments = unstored[start : start + _BASES_AT_A_TIME]
            bases = await self._readings.bases(exchange, moments)
            for moment in moments:
                before = [base for base in bases if base.as_of <= moment]
                if before:
                    stored[moment] = max(before, key=lambda base: base.as_of)
        return stored

    async def _take_over(
        self, exchange: str, revised: Sequence[Reading], standing: Sequence[Reading], *, told_until: datetime
    ) -> None:
        superseded = await self._revisions.revise(
            exchange, revised, standing=standing, told_until=told_until, now=self._clock.now()
        )
        self._meter.count_revised_points(len(revised))
        self._logged.pop(exchange, None)
        log.warning(
            "history revised by the source",
            exchange=exchange,
            points=len(revised),
            first=str(revised[0].as_of),
            last=str(revised[-1].as_of),
            superseded=superseded,
        )

    def _log_proposed(self, exchange: str, times: Collection[datetime]) -> None:
        """Log a proposal once, however often a source takes it back and makes it again."""
        logged = self._logged.get(exchange, frozenset())
        if times and logged.isdisjoint(times):
            log.info("history told differently", exchange=exchange, points=len(times), first=str(min(times)))
        if times:
            self._logged[exchange] = logged | frozenset(times)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One daily point: what the body tells (`told`), what is stored for its time, and what follows.

    `pending` is what waits for the next body, None where the two are the same, and where two bodies have agreed on a
    revision (`is_confirmed`).
    """

    told: Reading
    stored: Reading | None
    pending: Reading | None = None
    is_confirmed: bool = False


def daily_points(body: Sequence[Reading]) -> list[Reading]:
    """Return the first reading of each UTC day of a body's last 91 days, but for its newest reading.

    The newest reading is the present. It becomes a part of history with the next body, if that still tells it.
    """
    first_of_day: dict[object, Reading] = {}
    for reading in body[:-1]:
        if body[-1].as_of - reading.as_of < COMPARED_SPAN:
            first_of_day.setdefault(reading.as_of.date(), reading)
    return list(first_of_day.values())


def tells_differently(stored: Reading, told: Reading) -> bool:
    """Return whether two readings of one time differ by more than rounding: 0.01 % of the reserves, in USD.

    Added up over all slots: what an amount differs by, at its price, or the value itself, whichever is more.
    """
    # Nearly every point is told exactly as it was before: 0.2 ms for 900 slots, where the sum takes 3 ms.
    if _is_exactly(Holdings.of(stored.holdings), Holdings.of(told.holdings)):
        return False
    before, after = dict(stored.holdings.items()), dict(told.holdings.items())
    difference_usd = sum(
        _difference_usd(before.get(slot, NO_HOLDING), after.get(slot, NO_HOLDING)) for slot in before.keys() | after
    )
    return difference_usd > _ROUNDING_SHARE * max(stored.total_usd(), told.total_usd())


def revision_note(revised_days: Mapping[datetime, datetime], now: datetime) -> Note | None:
    """Return the note that a source revised its history in the last seven days, None when it did not.

    `revised_days` has for the time of each revised point when it was taken over.
    """
    recent = {as_of: at for as_of, at in revised_days.items() if timedelta() <= now - at <= NOTE_FOR}
    if not recent:
        return None
    first, last = min(recent), max(recent)
    days = f"{len(recent)} days, {first:%Y-%m-%d} to {last:%Y-%m-%d}" if len(recent) > 1 else f"{first:%Y-%m-%d}"
    return Note(NoteReason.REVISED, days, at=max(recent.values()))


def _compared(point: Reading, stored: Reading | None, proposed: Reading | None) -> _Comparison:
    if stored is None:
        told, differs = point, True  # a day of which nothing is known: a new installation would have it
    elif stored.chains.isdisjoint(point.chains):
        told, differs = point, False  # the aggregate in the place of the chains: nothing that could be compared
    else:
        told = _with_untold_parts(point, stored)
        differs = tells_differently(stored, told)
    if not differs:
        return _Comparison(told, stored)
    if proposed is None or tells_differently(proposed, told):
        return _Comparison(told, stored, pending=told)
    if point.fetched_at - proposed.fetched_at < _BODIES_APART:
        return _Comparison(told, stored, pending=proposed)
    return _Comparison(told, stored, is_confirmed=True)


def _with_untold_parts(point: Reading, stored: Reading) -> Reading:
    """Return a point with what is stored of the chains and slots that it does not tell: unknown, not empty.

    What it has no value of is worth what its amount is at the stored price.
    """
    untold = stored.chains - point.chains
    if not untold and not point.impossible_slots and not point.unpriced_slots:
        return point
    holdings: dict[Slot, Holding] = dict(point.holdings.items())
    holdings |= {
        slot: Holding(holdings[slot].amount, holdings[slot].amount * (usd / amount))
        for slot, (amount, usd) in stored.holdings.items()
        if slot in point.unpriced_slots and amount > 0
    }
    holdings |= {
        slot: holding
        for slot, holding in stored.holdings.items()
        if slot.chain in untold or slot in point.impossible_slots
    }
    return replace(point, holdings=Holdings.of(holdings), impossible_slots=point.impossible_slots - holdings.keys())


def _is_exactly(stored: Holdings, told: Holdings) -> bool:
    """Return whether two holdings are the same to the last digit; their slots may be in different orders."""
    if len(stored) != len(told):
        return False
    rows = [stored.layout.rows.get(slot, -1) for slot in told.layout.slots]
    if -1 in rows:
        return False
    return [stored.amounts[row] for row in rows] == [*told.amounts] and [stored.usd[row] for row in rows] == [*told.usd]


def _difference_usd(before: Holding, after: Holding) -> float:
    price = next((holding.usd / holding.amount for holding in (before, after) if holding.amount > 0), 0.0)
    return max(abs(after.usd - before.usd), abs(after.amount - before.amount) * price)


def _beside_revised(comparisons: Iterable[_Comparison]) -> list[Reading]:
    """Return the points next to revised ones as they stand; a point that is not stored itself is dated to its time."""
    beside: dict[datetime, Reading] = {}
    for earlier, later in pairwise(comparisons):
        if earlier.is_confirmed is not later.is_confirmed:
            neighbour = later if earlier.is_confirmed else earlier
            if neighbour.stored:
                beside[neighbour.told.as_of] = replace(neighbour.stored, as_of=neighbour.told.as_of)
    return list(beside.values())
