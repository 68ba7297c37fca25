"""Runs the stress test: whose turn it is, what is known of that exchange, and what came of it.

The worker that polls examines today's exchange every few minutes and keeps the worst result of the day. Beside that it
looks up the worst outflows of the others, a few exchanges at a time: 400 daily readings of each, one after the other,
so that commands are answered in between. Answers come from what was looked up, and read no history.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from typing_extensions import override

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.detection.stress import (
    cycle_start,
    next_turn,
    rotation,
    stress_result,
    turn_of,
    with_flow,
    with_lived_reading,
    with_withdrawals,
    worse_result,
)
from bot.domain.exchange import Exchange
from bot.domain.own_reading import OutgoingAge
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.stress import LIVED_THROUGH_DAYS, LeagueRow, LivedThrough, StressFacts, StressResult
from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.monitoring.past_market import market_at
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.stress import StressAnswers, StressRecords

_LIVED_THROUGH = timedelta(days=LIVED_THROUGH_DAYS)
_LOOKED_UP_PER_TURN = 8  # exchanges, of about half a second each: all 80 within an hour of midnight
_LOOKED_FOR_AGAIN = timedelta(hours=1)  # an exchange without readings, which may be fetched meanwhile
_ORDER_KEPT = timedelta(minutes=10)  # where the points of some are missing, which may still be fetched
_MAX_COLUMNS = 48  # readings in columns: the starts of the windows of a month of days
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StressInputs:
    """What else is known of exchanges, as functions that the application puts in.

    `exchanges` are those that are watched. `snapshot` and `withdrawals` answer by an exchange's id from memory, None
    where nothing is known, and `outgoing` when the last transaction left a hot wallet; `transitions` are an exchange's
    since a time, oldest first. `proof` is the proof of reserves that an exchange tells itself: of the table's nobody
    knows whether it is the newest.
    """

    exchanges: Callable[[], Sequence[Exchange]]
    snapshot: Callable[[str], ExchangeSnapshot | None]
    withdrawals: Callable[[str], ExchangeWithdrawals | None]
    transitions: Callable[[str, datetime], Awaitable[Sequence[WithdrawalTransition]]]
    proof: Callable[[str], ProofOfReserves | None] = lambda _exchange: None
    outgoing: Callable[[str], OutgoingAge | None] = lambda _exchange: None


@dataclass(frozen=True, slots=True)
class _CycleOrder:
    """The order of a cycle, and of which exchanges it was made and when; a complete one is not made again.

    `reserves_usd` are the points of the exchanges, None where one is missing.
    """

    start: date
    watched: tuple[str, ...]
    reserves_usd: Mapping[str, float | None]
    order: tuple[str, ...]
    made_at: datetime
    is_complete: bool

    def is_of(self, start: date, watched: tuple[str, ...]) -> bool:
        """Return whether this is the cycle that began on a day, of these exchanges."""
        return (self.start, self.watched) == (start, watched)


class StressTest(StressAnswers):
    """The stress test as one worker sees it; `examine` is called again and again where this worker polls."""

    def __init__(self, readings: Readings, records: StressRecords, clock: Clock, inputs: StressInputs) -> None:
        self._readings = readings
        self._records = records
        self._clock = clock
        self._inputs = inputs
        self._cycle: _CycleOrder | None = None
        self._found_empty_at: dict[str, datetime] = {}

    @override
    async def today(self) -> Exchange | None:
        day, by_id = self._today(), self._by_id()
        return by_id[turn_of(day, await self._order(day))] if by_id else None

    @override
    def unread(self) -> int:
        snapshots = [self._inputs.snapshot(exchange.id) for exchange in self._inputs.exchanges()]
        return sum(snapshot is None or snapshot.reading is None for snapshot in snapshots)

    @override
    async def next_turn(self, exchange: Exchange) -> date | None:
        day = self._today()
        return next_turn(exchange.id, day, await self._order(day)) if self._by_id() else None

    @override
    async def facts(self, exchange: Exchange) -> StressFacts:
        now, snapshot = self._clock.now(), self._inputs.snapshot(exchange.id)
        lived = (await self._records.lived()).get(exchange.id)
        changes = await self._inputs.transitions(exchange.id, now - _LIVED_THROUGH)
        proof, outgoing = self._inputs.proof(exchange.id), self._inputs.outgoing(exchange.id)
        age = timedelta(days=proof.age_days(now) or 0) if proof and proof.as_of else None
        facts = StressFacts(exchange.id, now, lived=lived, proof_age=age, outgoing=outgoing)
        facts = with_flow(facts, snapshot.signal if snapshot else None)
        return with_withdrawals(facts, self._inputs.withdrawals(exchange.id), changes)

    @override
    async def result_of_today(self) -> StressResult | None:
        day = self._today()
        # Not the newest: a clock that was fast may have left one of a day to come.
        return next((result for result in await self._records.results() if result.day == day), None)

    @override
    async def league(self) -> Sequence[LeagueRow]:
        lived = await self._records.lived()
        last = {result.exchange: result for result in await self._records.results()}  # oldest first: the newest stays
        return [
            LeagueRow(exchange, lived.get(exchange.id), last.get(exchange.id)) for exchange in self._inputs.exchanges()
        ]

    async def examine(self) -> None:
        """Examine today's exchange, and look up the worst outflows of some others; raise StorageError."""
        today = await self.today()
        if today is None:
            return
        lived = await self._records.lived()
        others = (exchange for exchange in self._inputs.exchanges() if exchange != today)
        outdated = [exchange for exchange in (today, *others) if self._is_outdated(exchange, lived.get(exchange.id))]
        for exchange in outdated[:_LOOKED_UP_PER_TURN]:
            await self.look_up(exchange)
        before, result = await self.result_of_today(), stress_result(await self.facts(today))
        if (worse := worse_result(before, result)) != before:
            await self._records.save_result(worse)

    async def look_up(self, exchange: Exchange) -> None:
        """Go through an exchange's daily readings and keep its worst outflows; raise StorageError."""
        now, before = self._clock.now(), (await self._records.lived()).get(exchange.id)
        watched_since = (before.watched_since if before else None) or self._known_since(exchange, now)
        lived: LivedThrough | None = None
        state = ExchangeState(exchange, computation=ColumnComputation(exchange.own_tokens, max_readings=_MAX_COLUMNS))
        async for reading in self._readings.days(exchange.id, since=now - _LIVED_THROUGH, until=now):
            market = await market_at(self._readings, state.last_move(reading))
            lived = lived or LivedThrough(exchange.id, reading.as_of, now, watched_since=watched_since)
            lived, state = with_lived_reading(lived, state, reading, market)
            await asyncio.sleep(0)
        if lived is None:
            self._found_empty_at[exchange.id] = now
        else:
            await self._records.save_lived(lived)

    def _known_since(self, exchange: Exchange, now: datetime) -> datetime | None:
        status = self._inputs.withdrawals(exchange.id)
        return now if status and status.networks else None

    def _is_outdated(self, exchange: Exchange, lived: LivedThrough | None) -> bool:
        """Return whether an exchange's worst outflows are to be looked up: once a day, for that is cheap enough."""
        found_empty_at = self._found_empty_at.get(exchange.id)
        if found_empty_at and self._clock.now() - found_empty_at < _LOOKED_FOR_AGAIN:
            return False
        return lived is None or lived.until.date() < self._today()

    async def _order(self, day: date) -> tuple[str, ...]:
        """Return the order of the cycle that a day is in; there is at least one exchange."""
        by_id, now = self._by_id(), self._clock.now()
        watched, start = tuple(sorted(by_id)), cycle_start(day, len(by_id))
        known = self._cycle
        if known and known.is_of(start, watched) and (known.is_complete or now - known.made_at < _ORDER_KEPT):
            return known.order
        # Only points that are missing are read again: nearly all are there, of 80 exchanges.
        there = known.reserves_usd if known and known.is_of(start, watched) else {}
        reserves_usd = {
            exchange_id: there.get(exchange_id) or await self._reserves_usd(by_id[exchange_id], start)
            for exchange_id in watched
        }
        # Once all have been read, a point that is missing will not come: an exchange may be listed since yesterday.
        is_complete = None not in reserves_usd.values() or not self.unread()
        self._cycle = _CycleOrder(start, watched, reserves_usd, rotation(reserves_usd), now, is_complete)
        return self._cycle.order

    async def _reserves_usd(self, exchange: Exchange, day: date) -> float | None:
        """Return the reserves without own tokens of an exchange's first reading on a day, None without one."""
        since = datetime.combine(day, time(), UTC)
        async for reading in self._readings.days(exchange.id, since=since, until=since + _DAY - timedelta.resolution):
            return reading.total_usd(without=exchange.own_tokens)
        return None

    def _today(self) -> date:
        return self._clock.now().astimezone(UTC).date()

    def _by_id(self) -> dict[str, Exchange]:
        return {exchange.id: exchange for exchange in self._inputs.exchanges()}
