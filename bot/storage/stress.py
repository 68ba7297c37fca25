"""The stress test in Redis: a hash of days, a hash of exchanges, and the newest day that was posted (keys.py).

All of it is written by the worker that polls. One that was suspended may write an older state once more, which the
other's next turn replaces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec
from typing_extensions import override

from bot.domain.stress import LivedThrough, StressResult
from bot.ports.stress import RESULTS_MAX, StressRecords
from bot.storage import keys
from bot.storage.connection import Database

_RESULTS, _LIVED, _POSTED = keys.STRESS_RESULTS.key(), keys.STRESS_LIVED.key(), keys.STRESS_POSTED.key()

_encoder = msgspec.json.Encoder()
_result_decoder, _lived_decoder = msgspec.json.Decoder(StressResult), msgspec.json.Decoder(LivedThrough)


@dataclass(frozen=True, slots=True)
class RedisStress(StressRecords):
    """Results by day, and the worst outflows by exchange."""

    database: Database

    @override
    async def save_result(self, result: StressResult) -> None:
        is_new_day = await self.database.command("HSET", _RESULTS, result.day.isoformat(), _encoder.encode(result))
        if is_new_day:
            days = sorted(await self.database.command("HKEYS", _RESULTS))
            if outdated := days[:-RESULTS_MAX]:
                await self.database.command("HDEL", _RESULTS, *outdated)

    @override
    async def results(self) -> Sequence[StressResult]:
        bodies = await self.database.command("HGETALL", _RESULTS)
        read = [
            await self.database.decoded(_result_decoder.decode, body, _RESULTS, day)
            for day, body in sorted(bodies.items())
        ]
        return [result for result in read if result]

    @override
    async def save_lived(self, lived: LivedThrough) -> None:
        await self.database.command("HSET", _LIVED, lived.exchange, _encoder.encode(lived))

    @override
    async def lived(self) -> Mapping[str, LivedThrough]:
        bodies = await self.database.command("HGETALL", _LIVED)
        read = {
            exchange.decode(): await self.database.decoded(_lived_decoder.decode, body, _LIVED, exchange)
            for exchange, body in bodies.items()
        }
        return {exchange: lived for exchange, lived in read.items() if lived}

    @override
    async def posted(self) -> date | None:
        written = await self.database.command("GET", _POSTED)
        return await self.database.decoded(_day, written, _POSTED, "day") if written is not None else None

    @override
    async def mark_posted(self, day: date) -> None:
        await self.database.command("SET", _POSTED, day.isoformat())


def _day(written: bytes) -> date:
    return date.fromisoformat(written.decode())
