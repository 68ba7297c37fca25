"""Fetches and stores what is new of one exchange: everything at first, later what a body has beside what is stored.

Example: the newest reading that is stored is of Friday 12:00. A body is asked for with some weeks of its past; what it
has from Wednesday 12:00 on is stored, because sources fill gaps of yesterday, and the rest is compared with the store.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.domain.exchange import Exchange
from bot.domain.reading import Reading
from bot.monitoring.revised_history import COMPARED_SPAN, RevisedHistory
from bot.ports.readings import Readings
from bot.ports.sources import Clock, Source

log = structlog.get_logger()

BACKFILL = timedelta(days=400)
"""How far back daily amounts are kept, and fetched at first start."""
_GAPS_FILLED = timedelta(days=2)  # sources fill gaps of yesterday; what they say of older days is compared


class NewReadings:
    """The readings that a source has of exchanges and the store has not."""

    def __init__(self, source: Source, *, readings: Readings, history: RevisedHistory, clock: Clock) -> None:
        self._source = source
        self._readings = readings
        self._history = history
        self._clock = clock

    async def fetch(self, exchange: Exchange) -> Reading:
        """Fetch and store the readings of an exchange, and return the newest; raise SourceError and StorageError."""
        latest = await self._readings.latest(exchange.id)
        # Everything at first, later what may be new and what is compared with what is stored.
        since = latest.as_of - COMPARED_SPAN if latest else self._clock.now() - BACKFILL
        body = await self._source.readings(exchange, since=since)
        added = await self._add(exchange, body, latest)
        log.debug("readings fetched", exchange=exchange.id, fetched=len(body), new=added)
        return body[-1]

    async def _add(self, exchange: Exchange, body: Sequence[Reading], latest: Reading | None) -> int:
        """Store what is new in a body, compare the rest with what is stored, and return how many readings are new."""
        if latest is None:
            return await self._readings.add(body)
        new_from = latest.as_of - _GAPS_FILLED
        added = await self._readings.add([reading for reading in body if reading.as_of >= new_from])
        await self._history.compare(exchange.id, body)
        return added
