"""How long the event loop can do nothing else while the largest exchange's readings are kept and read.

    python -m benchmarks.stalls

120 days of 900 slots are written to a Redis server and read back, small bodies that are as hard to decode as their size
allows are decoded, and Binance's list of coins is read at the size that it had in 2026, and at nearly twice that. The
stall is the most CPU time that the process takes between two turns of the loop, threads included, for one that holds
the interpreter keeps the loop from turning; it is the best of five rounds.
"""

import asyncio
import gc
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import process_time

from benchmarks.exchange_interfaces import BINANCE_BYTES, binance_body, coin_flags
from benchmarks.figure import Figure, tell
from benchmarks.many_chats import redis_server
from bot.domain.errors import SourceError
from bot.domain.reading import Holding, Reading, Slot
from bot.service.application import SystemClock
from bot.sources.defillama.decode_process import ReadingFactory, decode_body
from bot.sources.withdrawals.binance_web import BINANCE_WEB
from bot.sources.withdrawals.flags import FlagCollector
from bot.storage.readings import RedisReadings
from bot.storage.store import open_store
from tests.sources.protocol_bodies import HARD

DAYS, SLOTS, CHAINS = 120, 900, 25
WITHDRAWAL_BYTES = (BINANCE_BYTES, 4_000_000)
STALL_MS = 20.0
ROUNDS = 5
_DAY = timedelta(days=1)
_LAST = datetime(2026, 1, 10, tzinfo=UTC)


async def measured() -> list[Figure]:
    """Return the longest stalls, in milliseconds."""
    return [
        Figure(
            f"Longest stall, {DAYS} days of {SLOTS} slots kept and read",
            "ms",
            await _readings_stall_ms(),
            at_most=STALL_MS,
        ),
        Figure("Longest stall, small bodies meant to be hard", "ms", await _bodies_stall_ms(), at_most=STALL_MS),
        *[
            Figure(
                f"Longest stall, withdrawals of Binance in {size / 1e6:.1f} MB",
                "ms",
                await _withdrawals_stall_ms(size),
                at_most=STALL_MS,
            )
            for size in WITHDRAWAL_BYTES
        ],
    ]


async def _readings_stall_ms() -> float:
    history = [_reading(_LAST - number * _DAY) for number in range(DAYS, 0, -1)]
    gc.collect()
    gc.freeze()  # else the collector walks these readings, and the store is blamed for it
    with redis_server() as redis:
        store = await open_store(redis.url, clock=SystemClock())

        async def write_and_read() -> None:
            await store.database.command("FLUSHALL")
            readings = RedisReadings(store.database)
            await readings.add(history)
            async for _ in readings.days("binance", since=history[0].as_of, until=_LAST):
                pass

        try:
            return await _stall_ms(write_and_read)
        finally:
            await store.close()


async def _bodies_stall_ms() -> float:
    making, minute = ReadingFactory("binance", "defillama", _LAST), timedelta(minutes=1)

    async def decode_all() -> None:
        for body in HARD:
            with tempfile.TemporaryFile() as file, suppress(SourceError):
                file.write(body)
                await decode_body(file, making, since=_LAST, limit=1 << 30, time_limit=minute)

    return await _stall_ms(decode_all)


async def _withdrawals_stall_ms(size: int) -> float:
    body = binance_body(size, coin_flags())

    async def read() -> None:
        await FlagCollector().add(BINANCE_WEB.parse(body))

    return await _stall_ms(read)


def _reading(as_of: datetime) -> Reading:
    size = as_of.timestamp()
    holdings = {Slot(f"Chain{n % CHAINS}", f"T{n}"): Holding(size + n, 2 * size + n) for n in range(SLOTS)}
    return Reading("binance", "defillama", as_of, as_of, holdings)


async def _stall_ms(work: Callable[[], Awaitable[None]]) -> float:
    """Return the longest stall in the best of several rounds."""
    return min([await longest_stall_s(work) for _ in range(ROUNDS)]) * 1000


async def longest_stall_s(work: Callable[[], Awaitable[None]]) -> float:
    """Return the most seconds of CPU between two turns of the loop while something is done."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = process_time()
            await asyncio.sleep(0)
            longest = max(longest, process_time() - before)

    heartbeat = asyncio.create_task(beat())
    await asyncio.sleep(0)
    try:
        await work()
        await asyncio.sleep(0)  # what was done since the last beat counts
    finally:
        heartbeat.cancel()
    return longest


if __name__ == "__main__":
    tell(asyncio.run(measured()), days=DAYS, slots=SLOTS)
