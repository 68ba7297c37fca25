"""What is known of every exchange, as it was seen when it was seen.

Readings of the last 10 days are kept in full, before that the first of each UTC day, for 410 days (READINGS and
DAILY_READINGS of keys.py). Scores are microseconds since 1970. Spans count back from the newest reading, not from the
clock.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from typing_extensions import override

from bot.domain.exchange import Listing
from bot.domain.reading import Layouts, Reading, Slot, SourceHealth
from bot.ports.readings import Readings
from bot.storage import keys
from bot.storage.connection import Database, Word
from bot.storage.lua import script
from bot.storage.packing import HEADER, microseconds, pack, unpack

DETAIL_SPAN = timedelta(days=10)
DAYS_SPAN = timedelta(days=410)
_LISTINGS, _HEALTH = keys.LISTINGS.key(), keys.HEALTH.key()
_AT_A_TIME = 10  # readings packed or fetched in one go: some milliseconds for the largest exchange
_DAY = timedelta(days=1)

_encoder = msgspec.json.Encoder()
_listing, _health = msgspec.json.Decoder(Listing), msgspec.json.Decoder(SourceHealth)
_slot = msgspec.json.Decoder(Slot)


class RedisReadings(Readings):
    """The port Readings on Redis."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numberings: dict[str, _Numbering] = {}

    @override
    async def add(self, readings: Sequence[Reading]) -> int:
        """Leave out what repeats or is too old.

        Not kept: one with the same `as_of` as a known one, one that repeats the holdings of the one before it, and one
        older than the store keeps.
        """
        kept = 0
        for start in range(0, len(readings), _AT_A_TIME):
            some = readings[start : start + _AT_A_TIME]
            for exchange in dict.fromkeys(reading.exchange for reading in some):
                kept += await self._add_to(exchange, [reading for reading in some if reading.exchange == exchange])
        return kept

    @override
    async def latest(self, exchange: str) -> Reading | None:
        found = await self._database.command("ZREVRANGE", _detail(exchange), 0, 0)
        return await self._read(exchange, found[0]) if found else None

    @override
    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        return next(iter(await self.bases(exchange, [moment])), None)

    @override
    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        replies = await self._database.pipeline(
            [
                ("ZREVRANGEBYSCORE", key, microseconds(moment), "-inf", "LIMIT", 0, 1)
                for moment in moments
                for key in (_detail(exchange), _days(exchange))
            ]
        )
        found: dict[bytes, None] = {}
        for detail, day in zip(replies[::2], replies[1::2], strict=True):
            found.update(dict.fromkeys([*detail, *day][:1]))  # the detail has every day's first reading, too
        return [await self._read(exchange, blob) for blob in found]

    @override
    async def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Both ends of the span are included."""
        async for reading in self._span(_days(exchange), exchange, microseconds(since), microseconds(until)):
            yield reading

    @override
    async def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Single days come first, then all the detail."""
        start: Word = f"({microseconds(since)}"
        found = await self._database.command("ZRANGE", _detail(exchange), 0, 0)
        if not found:
            return
        detail = _as_of(found[0])
        if microseconds(since) < detail:
            last = min(detail - 1, microseconds(until))
            async for reading in self._span(_days(exchange), exchange, start, last):
                yield reading
            start = detail
        async for reading in self._span(_detail(exchange), exchange, start, microseconds(until)):
            yield reading

    async def _span(self, key: str, exchange: str, start: Word, last: int) -> AsyncIterator[Reading]:
        """Yield the readings of one sorted set between two scores, a few at a time."""
        while True:
            found = await self._database.command("ZRANGEBYSCORE", key, start, last, "LIMIT", 0, _AT_A_TIME)
            for blob in found:
                yield await self._read(exchange, blob)
            if len(found) < _AT_A_TIME:
                return
            start = f"({_as_of(found[-1])}"

    @override
    async def save_listings(self, listings: Sequence[Listing]) -> None:
        words = [word for listing in listings for word in (listing.exchange.id, _encoder.encode(listing))]
        if words:
            await self._database.command("HSET", _LISTINGS, *words)

    @override
    async def listings(self) -> Mapping[str, Listing]:
        found = await self._database.command("HGETALL", _LISTINGS)
        return {exchange.decode(): _listing.decode(row) for exchange, row in found.items()}

    @override
    async def save_health(self, health: SourceHealth) -> None:
        await self._database.command("HSET", _HEALTH, health.source, _encoder.encode(health))

    @override
    async def health(self) -> Mapping[str, SourceHealth]:
        found = await self._database.command("HGETALL", _HEALTH)
        return {source.decode(): _health.decode(row) for source, row in found.items()}

    async def _add_to(self, exchange: str, readings: Sequence[Reading]) -> int:
        numbering = await self._numbering(exchange)
        await numbering.cover(slot for reading in readings for slot in reading.holdings)
        calls: list[Sequence[Word]] = []
        for reading in readings:
            calls.append((_days(exchange), *_script_words(reading, numbering)))
            await asyncio.sleep(0)
        return sum(await self._database.scripts(script("add_reading"), _detail(exchange), calls))

    async def _read(self, exchange: str, blob: bytes) -> Reading:
        numbering = await self._numbering(exchange)
        try:
            return unpack(blob, exchange, numbering.layouts)
        except IndexError:  # packed by another process, which has seen slots that this one has not
            await numbering.load()
            return unpack(blob, exchange, numbering.layouts)

    async def _numbering(self, exchange: str) -> "_Numbering":
        if exchange not in self._numberings:
            numbering = _Numbering(self._database, keys.SLOTS.key(exchange))
            await numbering.load()
            self._numberings[exchange] = numbering
        return self._numberings[exchange]


class _Numbering:
    """The numbers of one exchange's slots, as far as this process knows them; the store may know more."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._key = key
        self.numbers: dict[Slot, int] = {}
        self.layouts = Layouts([])

    async def load(self) -> None:
        """Learn every number given so far."""
        found = await self._database.command("HGETALL", self._key)
        self._learn({_slot.decode(name): int(number) for name, number in found.items()})

    async def cover(self, slots: Iterable[Slot]) -> None:
        """Make sure that every one of the slots has a number."""
        new = list(dict.fromkeys(slot for slot in slots if slot not in self.numbers))
        if new:
            await self._database.script(script("number_slots"), self._key, *map(_encoder.encode, new))
            await self.load()

    def _learn(self, numbers: Mapping[Slot, int]) -> None:
        self.numbers = dict(numbers)
        self.layouts = Layouts(sorted(numbers, key=numbers.__getitem__))


def _detail(exchange: str) -> str:
    return keys.READINGS.key(exchange)


def _days(exchange: str) -> str:
    return keys.DAILY_READINGS.key(exchange)


def _as_of(blob: bytes) -> int:
    stamp: int = HEADER.unpack_from(blob)[0]
    return stamp


def _script_words(reading: Reading, numbering: _Numbering) -> Sequence[Word]:
    day = datetime.combine(reading.as_of.astimezone(UTC).date(), datetime.min.time(), UTC)
    spans = (DETAIL_SPAN // timedelta(microseconds=1), DAYS_SPAN // timedelta(microseconds=1))
    blob = pack(reading, numbering.numbers)
    return microseconds(reading.as_of), microseconds(day), microseconds(day + _DAY), HEADER.size, *spans, blob
