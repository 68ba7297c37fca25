"""The revised points of exchanges' histories in Redis, beside the readings that they replace.

What the newest body tells otherwise waits in PROPOSED_READINGS of keys.py. One script moves what a revision supersedes
to SUPERSEDED_READINGS, puts the new points in its place and dates them in REVISED_DAYS: whoever dies meanwhile leaves
either all of it or nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.reading import Reading
from bot.ports.reading_revisions import ReadingRevisions
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.lua import script
from bot.storage.reading_encoding import HEADER, microseconds, moment
from bot.storage.reading_packer import ReadingPacker
from bot.storage.readings import SPANS_US, place_arguments

_DAY_US = timedelta(days=1) // timedelta(microseconds=1)


class RedisReadingRevisions(ReadingRevisions):
    """The revisions of all exchanges; `packer` is that of the readings, so that slots are cached once."""

    def __init__(self, database: Database, packer: ReadingPacker) -> None:
        self._database = database
        self._packer = packer

    @override
    async def proposed(self, exchange: str) -> Mapping[datetime, Reading]:
        points: dict[datetime, Reading] = {}
        key = keys.PROPOSED_READINGS.key(exchange)
        for blob in await self._database.command("ZRANGE", key, 0, -1):
            if point := await self._packer.readable(exchange, key, blob):
                points[point.as_of] = point
            await asyncio.sleep(0)  # unpacking takes up to 0.3 ms, and there may be ninety points
        return points

    @override
    async def propose(self, exchange: str, points: Sequence[Reading]) -> None:
        key = keys.PROPOSED_READINGS.key(exchange)
        commands: list[Sequence[RedisArgument]] = [("DEL", key)]
        async for point, blob in self._packer.packed(exchange, points):
            commands.append(("ZADD", key, microseconds(point.as_of), blob))
        await self._database.pipeline([*commands, ("EXPIRE", key, keys.PROPOSED_READINGS.lifetime_s)])

    @override
    async def revise(
        self,
        exchange: str,
        revised: Sequence[Reading],
        *,
        standing: Sequence[Reading],
        told_until: datetime,
        now: datetime,
    ) -> int:
        revised_times = {point.as_of for point in revised}
        arguments: list[RedisArgument] = [
            keys.DAILY_READINGS.key(exchange),
            keys.SUPERSEDED_READINGS.key(exchange),
            keys.REVISED_DAYS.key(exchange),
            *(HEADER.size, *SPANS_US, _DAY_US, microseconds(told_until), microseconds(now)),
        ]
        points = sorted((*revised, *standing), key=lambda point: point.as_of)
        async for point, blob in self._packer.packed(exchange, points):
            arguments += (int(point.as_of in revised_times), *place_arguments(point), blob)
        superseded: int = await self._database.script(
            script("keep_reading", "revise_readings"), keys.READINGS.key(exchange), *arguments
        )
        return superseded

    @override
    async def revised_days(self, exchange: str) -> Mapping[datetime, datetime]:
        key = keys.REVISED_DAYS.key(exchange)
        days = await self._database.command("HGETALL", key)
        read = [await self._database.decoded(_decoded_day, day, key, day[0]) for day in days.items()]
        return dict(day for day in read if day)


def _decoded_day(day: tuple[bytes, bytes]) -> tuple[datetime, datetime]:
    as_of, at = day
    return moment(int(as_of)), moment(int(at))
