"""Puts together what one look at an exchange needs, from the store, without holding the loop."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.detectors.baseline import MAX_DAYS, daily_point
from bot.detectors.outflow import WINDOWS, History, measure
from bot.detectors.windows import base_limit
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.incident import IncidentState
from bot.domain.outlook import DailyPoint, Outlook, Spell
from bot.domain.reading import Reading
from bot.domain.severity import Severity
from bot.ports import Clock, Incidents, Readings

_REMEMBERED = 30  # incidents of one exchange in 90 days: more would be a fault of the thresholds
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Past:
    """The days of one exchange, and the last day's reading from which the next day's share is taken."""

    days: tuple[DailyPoint, ...]
    last: Reading


class Observer:
    """Makes Outlooks. Past days are remembered, so that a look reads only what is new."""

    def __init__(self, readings: Readings, clock: Clock, incidents: Incidents) -> None:
        self._readings = readings
        self._clock = clock
        self._incidents = incidents
        self._past: dict[str, _Past] = {}

    async def look(self, exchange: Exchange) -> Outlook:
        """Return what the store knows of an exchange; raise StorageError."""
        listing = (await self._readings.listings()).get(exchange.id)
        latest = await self._readings.latest(exchange.id)
        if latest is None:
            return Outlook(exchange, listing=listing)
        days = await self._days(exchange, latest.as_of)
        before = await self._readings.newest_before(exchange.id, latest.as_of - timedelta(seconds=1))
        history = History(
            latest=latest,
            previous=before,
            bases=await self._bases(exchange.id, latest.as_of),
            days=days,
            spells=await self._spells(exchange.id),
        )
        signal = measure(exchange, history, self._clock.now())
        return Outlook(exchange, listing=listing, reading=latest, signal=signal, days=days)

    def forget(self, exchange: str) -> None:
        """Read an exchange's past days anew at the next look, after older readings were added."""
        self._past.pop(exchange, None)

    async def _spells(self, exchange: str) -> list[Spell]:
        """Return the times of the exchange's incidents of elevated or worse, as far back as days are usual ones."""
        found = await self._incidents.recent(_REMEMBERED, exchange=exchange)
        return [
            Spell(one.first_as_of, one.changed_at if one.state is IncidentState.RESOLVED else None)
            for one in found
            if one.peak.rank >= Severity.ELEVATED.rank
        ]

    async def _bases(self, exchange: str, end: datetime) -> Mapping[Window, Reading]:
        bases: dict[Window, Reading] = {}
        for window in WINDOWS:
            base = await self._readings.newest_before(exchange, base_limit(window, end))
            if base is not None:
                bases[window] = base
            await asyncio.sleep(0)
        return bases

    async def _days(self, exchange: Exchange, until: datetime) -> tuple[DailyPoint, ...]:
        """Return up to 90 past days, oldest first, comparing each day with the one before."""
        known = self._past.get(exchange.id)
        since = known.last.as_of if known else until - (MAX_DAYS + 1) * _A_DAY
        days = list(known.days) if known else []
        last = known.last if known else None
        async for reading in self._readings.days(exchange.id, since=since, until=until):
            if last is None or reading.as_of > last.as_of:
                days.append(daily_point(reading, last, exchange.own_tokens))
                last = reading
            await asyncio.sleep(0)
        kept = tuple(days[-MAX_DAYS:])
        if last is not None:
            self._past[exchange.id] = _Past(kept, last)
        return kept
