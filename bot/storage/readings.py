"""The readings in Redis, the newest list of exchanges and the health of each source.

Of each exchange every reading of the last 10 days is kept (the sorted set READINGS of keys.py), and of each UTC day the
first reading for 410 days (DAILY_READINGS). Scores are microseconds since 1970. Both spans count back from the newest
reading and not from the clock: a replay of 2022 keeps its data. With a reading an hour these are 240 and 410 readings.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from typing_extensions import override

from bot.domain.exchange import Listing
from bot.domain.reading import Reading, SourceHealth
from bot.ports.readings import Readings
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.lua import script
from bot.storage.reading_encoding import HEADER, microseconds
from bot.storage.reading_packer import ReadingPacker

DETAIL_SPAN = timedelta(days=10)
DAYS_SPAN = timedelta(days=410)
_LISTINGS, _HEALTH = keys.LISTINGS.key(), keys.HEALTH.key()
_READINGS_PER_BATCH = 10  # packed or fetched in one go: some milliseconds for the largest exchange
_DAY = timedelta(days=1)
SPANS_US = (DETAIL_SPAN // timedelta(microseconds=1), DAYS_SPAN // timedelta(microseconds=1))
"""Both spans in microseconds, as the scripts take them."""

_encoder = msgspec.json.Encoder()
_listing_decoder, _health_decoder = msgspec.json.Decoder(Listing), msgspec.json.Decoder(SourceHealth)


class RedisReadings(Readings):
    """The readings of all exchanges, each packed by `packer`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.packer = ReadingPacker(database)

    @override
    async def add(self, readings: Sequence[Reading]) -> int:
        # The script leaves out a reading with a known `as_of`, one that repeats the holdings of the one before it, and
        # one that is older than the spans.
        kept = 0
        for start in range(0, len(readings), _READINGS_PER_BATCH):
            batch = readings[start : start + _READINGS_PER_BATCH]
            for exchange in dict.fromkeys(reading.exchange for reading in batch):
                kept += await self._add_to(exchange, [reading for reading in batch if reading.exchange == exchange])
        return kept

    @override
    async def latest(self, exchange: str) -> Reading | None:
        return await self._first(exchange, "ZREVRANGE")

    @override
    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        return next(iter(await self.bases(exchange, [moment])), None)

    @override
    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        # While a day is recent, its first reading is in both sets: what is in READINGS is never the older one.
        found = await self._database.script(
            script("bases"), _readings_key(exchange), _daily_key(exchange), *map(microseconds, moments)
        )
        blobs: dict[bytes, keys.KeyName] = {}  # in order, and each once
        for recent, daily in found:
            if blob := recent or daily:
                blobs.setdefault(blob, _readings_key(exchange) if recent else _daily_key(exchange))
        readings = [await self.packer.readable(exchange, key, blob) for blob, key in blobs.items()]
        if None in readings:  # what cannot be read is out of the sets by now, and the one before it is found
            return await self.bases(exchange, moments)
        return [reading for reading in readings if reading]

    @override
    async def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        async for reading in self._span(_daily_key(exchange), exchange, microseconds(since), microseconds(until)):
            yield reading

    @override
    async def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        start: RedisArgument = f"({microseconds(since)}"
        oldest_recent = await self._first(exchange, "ZRANGE")
        if not oldest_recent:
            return
        # First the daily readings from before the time when every reading is there, then those.
        recent_from = microseconds(oldest_recent.as_of)
        if microseconds(since) < recent_from:
            last = min(recent_from - 1, microseconds(until))
            async for reading in self._span(_daily_key(exchange), exchange, start, last):
                yield reading
            start = recent_from
        async for reading in self._span(_readings_key(exchange), exchange, start, microseconds(until)):
            yield reading

    async def _span(self, key: keys.KeyName, exchange: str, start: RedisArgument, last: int) -> AsyncIterator[Reading]:
        """Yield the readings of a sorted set between two scores, fetched a few at a time."""
        while True:
            blobs = await self._database.command("ZRANGEBYSCORE", key, start, last, "LIMIT", 0, _READINGS_PER_BATCH)
            for blob in blobs:
                if reading := await self.packer.readable(exchange, key, blob):
                    start = f"({microseconds(reading.as_of)}"
                    yield reading
            if len(blobs) < _READINGS_PER_BATCH:
                return

    @override
    async def save_listings(self, listings: Sequence[Listing]) -> None:
        rows = [part for listing in listings for part in (listing.exchange.id, _encoder.encode(listing))]
        if rows:
            await self._database.command("HSET", _LISTINGS, *rows)

    @override
    async def listings(self) -> Mapping[str, Listing]:
        rows = await self._database.command("HGETALL", _LISTINGS)
        read = {
            exchange.decode(): await self._database.decoded(_listing_decoder.decode, row, _LISTINGS, exchange)
            for exchange, row in rows.items()
        }
        return {exchange: listing for exchange, listing in read.items() if listing}

    @override
    async def save_health(self, health: SourceHealth) -> None:
        await self._database.command("HSET", _HEALTH, health.source, _encoder.encode(health))

    @override
    async def health(self) -> Mapping[str, SourceHealth]:
        rows = await self._database.command("HGETALL", _HEALTH)
        read = {
            source.decode(): await self._database.decoded(_health_decoder.decode, row, _HEALTH, source)
            for source, row in rows.items()
        }
        return {source: health for source, health in read.items() if health}

    async def _add_to(self, exchange: str, readings: Sequence[Reading]) -> int:
        calls: list[Sequence[RedisArgument]] = []
        async for reading, blob in self.packer.packed(exchange, readings):
            header = (HEADER.size, *SPANS_US)
            calls.append((_daily_key(exchange), *place_arguments(reading), *header, blob))
        script_ = script("keep_reading", "add_reading")
        return sum(await self._database.scripts(script_, _readings_key(exchange), calls))

    async def _first(self, exchange: str, command: str) -> Reading | None:
        """Return the oldest recent reading (ZRANGE) or the newest (ZREVRANGE) that can be read."""
        key = _readings_key(exchange)
        while blobs := await self._database.command(command, key, 0, 0):
            if reading := await self.packer.readable(exchange, key, blobs[0]):
                return reading
        return None


def place_arguments(reading: Reading) -> tuple[int, int, int]:
    """Return what decides where a reading is kept: its `as_of`, the start of its UTC day and of the next one, in µs."""
    day = datetime.combine(reading.as_of.astimezone(UTC).date(), datetime.min.time(), UTC)
    return microseconds(reading.as_of), microseconds(day), microseconds(day + _DAY)


def _readings_key(exchange: str) -> keys.KeyName:
    return keys.READINGS.key(exchange)


def _daily_key(exchange: str) -> keys.KeyName:
    return keys.DAILY_READINGS.key(exchange)
