"""Answers questions about the stored past: how much left since a day, and what another preset would have announced.

For comparison cards and `/rehearse`. Calculations run in a thread, so that the event loop goes on.
Example: 50, 40, 38 and 36 units on four days are an outflow curve of 0, −20, −24 and −28 %, all of the first day's.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.backtest.reading_rounds import RoundCollector
from bot.backtest.simulation import Simulation
from bot.detection.flow.baseline import MAX_DAYS
from bot.detection.flow.net_flow import GONE_FROM_BOTH_ENDS, net_flow
from bot.domain.daily_assets import DailyAssets
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Window
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.reading import Reading
from bot.domain.rehearsal import Rehearsal
from bot.domain.severity import Sensitivity
from bot.ports.readings import Readings, SignalPast
from bot.ports.sources import Clock

REHEARSED_SPAN = timedelta(days=90)
"""How far back a rule is rehearsed. The 90 days before that are read as well, to learn the usual days."""


class HistoryQueries:
    """Answers from the first reading of each stored day and the newest reading. One rehearsal runs at a time.

    `pasts` are what other signal sources than the outflow have read.
    """

    def __init__(self, readings: Readings, clock: Clock, *, pasts: Sequence[SignalPast] = ()) -> None:
        self._readings = readings
        self._clock = clock
        self._pasts = pasts
        self._rehearsing = asyncio.Semaphore(1)  # one fills a core for seconds

    async def outflow_curve(self, exchange: Exchange, since: datetime) -> OutflowCurve | None:
        """Return what has left since the newest reading at or before `since`, else since the first one.

        A reading that lacks more than a trifle of what there was at the start is no point of it: what had left from
        there would be back on the curve. None without two readings.
        """
        latest = await self._readings.latest(exchange.id)
        base = await self._base(exchange.id, since)
        if base and latest:
            base = await self._complete_base(exchange, base, latest)
        if base is None or latest is None or latest.as_of <= base.as_of:
            return None
        elapsed, shares = [timedelta(0)], [0.0]
        async for reading in self._after(base, latest):
            flow = await asyncio.to_thread(net_flow, Window.DAY, base, reading, exchange.own_tokens)
            if flow.hold is None and flow.low == flow.high:
                elapsed.append(reading.as_of - base.as_of)
                shares.append(flow.share)
        if len(shares) == 1:
            return None
        return OutflowCurve(exchange.name, base.as_of, tuple(elapsed), tuple(shares))

    async def daily_assets(self, exchange: Exchange, since: datetime) -> Sequence[DailyAssets]:
        """Return what the first reading of each UTC day from `since` on says by asset, oldest first."""
        days = self._readings.days(exchange.id, since=since, until=self._clock.now())
        return [DailyAssets.of(reading, exchange.own_tokens) async for reading in days]

    async def rehearse(self, exchanges: Sequence[Exchange], sensitivity: Sensitivity) -> Rehearsal:
        """Return the incidents that a preset would have opened over the last 90 days, by the rules that are live."""
        until = self._clock.now()
        since = until - REHEARSED_SPAN
        simulation = Simulation(
            exchanges, sensitivity=sensitivity, since=since, sources=[past.source for past in self._pasts]
        )
        judged_from: dict[str, datetime] = {}
        source, as_of = "", since
        async with self._rehearsing:
            # Dated as the first reading that counted: a store of ten days cannot answer for 90.
            async for round_readings in self._rounds(exchanges, since - timedelta(days=MAX_DAYS), until):
                for reading in round_readings:
                    judged_from.setdefault(reading.exchange, max(reading.as_of, since))
                source, as_of = round_readings[-1].source, round_readings[-1].as_of
                await asyncio.to_thread(simulation.run_round, round_readings)
            for past in self._pasts:
                taught_from = since - timedelta(days=MAX_DAYS)
                async for at, observations in past.rounds(exchanges, since=taught_from, until=until):
                    await asyncio.to_thread(simulation.run_other_source, past.source.rule, observations, at)
        incidents = simulation.incidents()
        if self._pasts:  # their incidents are numbered after all outflows
            incidents.sort(key=lambda incident: incident.opened_at)
        return Rehearsal(since, until, tuple(incidents), judged_from, source, as_of)

    async def _base(self, exchange: str, since: datetime) -> Reading | None:
        if base := await self._readings.newest_before(exchange, since):
            return base
        async for reading in self._readings.days(exchange, since=since, until=self._clock.now()):
            return reading
        return None

    async def _complete_base(self, exchange: Exchange, base: Reading, latest: Reading) -> Reading:
        """Return the base, or an earlier reading where it lacked a part that was there before and is there now.

        Its reserves are what shares are of, and those of a partial reading are no total: without Tron, a fifth of
        everything, an outflow of 8 % would read as 10 %.
        """
        since, until = base.as_of - GONE_FROM_BOTH_ENDS, base.as_of
        days = [day async for day in self._readings.days(exchange.id, since=since, until=until) if day.as_of < until]
        for earlier in reversed(days):
            to_base, to_latest = await asyncio.to_thread(_flows_to, earlier, (base, latest), exchange.own_tokens)
            if to_base.hold and not to_latest.hold:
                base = earlier
        return base

    async def _after(self, base: Reading, latest: Reading) -> AsyncIterator[Reading]:
        days = self._readings.days(base.exchange, since=base.as_of, until=latest.as_of)
        async for reading in days:
            if base.as_of < reading.as_of < latest.as_of:
                yield reading
        yield latest

    async def _rounds(
        self, exchanges: Sequence[Exchange], since: datetime, until: datetime
    ) -> AsyncIterator[Sequence[Reading]]:
        """Yield the rounds of all exchanges in the order of time, a few readings of each in memory."""
        collector = RoundCollector()
        next_readings: list[_NextReading] = []
        for exchange in exchanges:
            await _push_next(next_readings, self._readings.days(exchange.id, since=since, until=until))
        while next_readings:
            earliest = heappop(next_readings)
            if complete_round := collector.add(earliest.reading):
                yield complete_round
            await _push_next(next_readings, earliest.following)
        if last_round := collector.remaining():
            yield last_round


@dataclass(frozen=True, slots=True)
class _NextReading:
    """The next reading of one exchange, and those behind it."""

    reading: Reading
    following: AsyncIterator[Reading]

    def __lt__(self, other: "_NextReading") -> bool:
        return (self.reading.as_of, self.reading.exchange) < (other.reading.as_of, other.reading.exchange)


def _flows_to(base: Reading, ends: Iterable[Reading], own_tokens: frozenset[str]) -> list[Flow]:
    return [net_flow(Window.DAY, base, end, own_tokens) for end in ends]


async def _push_next(next_readings: list[_NextReading], readings: AsyncIterator[Reading]) -> None:
    async for reading in readings:
        heappush(next_readings, _NextReading(reading, readings))
        return
