"""What very many subscribed places cost: in Redis, in the process when an incident opens, and while that happens.

    python -m benchmarks.places [--places 100000]

The whole service among the stand-ins, with Telegram's limits in force, once with one place and once with very many. The
upstream publishes an outflow; the process is measured when the first fifty alerts (the only one) were accepted.
What counts is the largest resident size it ever had. While that happens `/healthz` is asked every few milliseconds: its
slowest answer shows how long the loop did nothing else.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

import aiohttp

from benchmarks.broadcast import SUBSCRIBED_TO, places, subscribe
from benchmarks.figure import Figure, tell
from benchmarks.many_chats import LargeTelegram, redis_server
from benchmarks.memory import peak_mb
from benchmarks.programs import free_port, runwatch
from benchmarks.upstream import until_ready
from bot.domain.place import Platform
from bot.service.application import SystemClock
from bot.storage.store import Store, open_store
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import Rates

PLACES = 100_000
REDIS_MB, PROCESS_MB = 60.0, 40.0
"""At most so much for a hundred thousand places."""
_MEASURED_AFTER = 50
_STEPS = (-0.05, -0.05, -0.001)
"""Shares of the reserves that move in the three hours before now; the first is too old for an alert."""
_TIMEOUT_S = 60.0
_CHECK_INTERVAL_S = 0.005
_HOUR = timedelta(hours=1)
_LONG_AGO = 1e9


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many places cost: MB in Redis, MB of the process at its largest, and the longest stall in seconds."""

    redis: float
    process: float
    stall: float


async def measured(number: int) -> list[Figure]:
    """Return what so many places cost over one place."""
    single, many = [await _cost(count) for count in (1, number)]
    part = number / PLACES
    named = f"{number:,} subscribed places"
    return [
        Figure(f"Redis for {named}", "MB", many.redis, at_most=REDIS_MB * part),
        Figure(f"Process memory for {named}", "MB", many.process - single.process, at_most=PROCESS_MB * part),
        Figure(
            f"Longest stall while they are told of an incident, {named}", "ms", many.stall * 1e3, single.stall * 1e3
        ),
    ]


async def _cost(number: int) -> Cost:
    with redis_server() as redis:
        kept = await _subscribed(redis.url, number)
        now = datetime.now(UTC) - len(_STEPS) * _HOUR
        async with FakeDefiLlama(now=now) as llama, LargeTelegram(number, rates=Rates()) as telegram:
            port = free_port()
            settings = {
                "REDIS_URL": redis.url,
                "EXCHANGES": SUBSCRIBED_TO,
                "POLL_INTERVAL": "1s",
                "DETAIL_INTERVAL": "1s",
            }
            async with runwatch(llama, telegram=telegram, http_port=port, settings=settings) as process:
                await until_ready(process, port)
                async with _stalls(port) as stalls:
                    for share in _STEPS:
                        as_of = llama.step(SUBSCRIBED_TO, share=share)
                        await _read(port, as_of)
                    alerts = min(number, _MEASURED_AFTER)
                    await telegram.until(
                        lambda: len(telegram.sent) >= alerts, "the first alerts on Telegram", limit=_TIMEOUT_S
                    )
                return Cost(kept, peak_mb(process.pid), max(stalls))


async def _subscribed(redis_url: str, number: int) -> float:
    """Subscribe so many places and return what that takes in Redis, in MB."""
    store = await open_store(redis_url, clock=SystemClock())
    try:
        before = await _redis_mb(store)
        await subscribe(store.subscriptions, places(Platform.TELEGRAM, number))
        return await _redis_mb(store) - before
    finally:
        await store.close()


async def _redis_mb(store: Store) -> float:
    return int((await store.database.server_info("memory"))["used_memory"]) / 1e6


@asynccontextmanager
async def _stalls(http_port: int) -> AsyncIterator[list[float]]:
    """Ask for `/healthz` again and again while the block lasts; every answer's seconds are in the list."""
    seconds: list[float] = []

    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                began = perf_counter()
                async with session.get(f"http://127.0.0.1:{http_port}/healthz") as response:
                    await response.read()
                seconds.append(perf_counter() - began)
                await asyncio.sleep(_CHECK_INTERVAL_S)

    asking = asyncio.create_task(ask())
    try:
        yield seconds
    finally:
        asking.cancel()
        await asyncio.wait([asking])


async def _read(http_port: int, as_of: datetime) -> None:
    """Wait until the reading of that time was judged; raise TimeoutError."""
    async with asyncio.timeout(_TIMEOUT_S), aiohttp.ClientSession() as session:
        while await _newest(session, http_port) < as_of - timedelta(minutes=1):  # noqa: ASYNC110 — only asking tells
            await asyncio.sleep(0.05)


async def _newest(session: aiohttp.ClientSession, http_port: int) -> datetime:
    async with session.get(f"http://127.0.0.1:{http_port}/metrics") as response:
        lines = (await response.text()).splitlines()
    ages = [float(line.split()[1]) for line in lines if line.startswith("runwatch_reading_age_seconds{")]
    return datetime.now(UTC) - timedelta(seconds=min(ages, default=_LONG_AGO))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=PLACES)
    number = parser.parse_args().places
    tell(asyncio.run(measured(number)), places=number)


if __name__ == "__main__":
    main()
