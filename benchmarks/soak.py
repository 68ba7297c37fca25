"""An hour at the full rate: does anything grow?

    python -m benchmarks.soak [--minutes 60]

The whole service runs as a process of its own, with its own Redis, 77 exchanges that it reads, and both platforms.
Every minute an incident gets worse in 750 Telegram chats and 50 Discord channels: each of them gets a new message, and
the one before is changed to point to it. That is some 27 messages a second, all the while; a command a second is asked
on each platform beside it. Each minute one line says how large the service and its Redis are. The figures compare the
last ten minutes with ten minutes near the beginning, once everything that is kept for ever is there. Linux only.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import redis.asyncio

from benchmarks.broadcast import FIRST_ID, announce, places, subscribe
from benchmarks.figure import Figure, quantile, tell
from benchmarks.many_chats import redis_server
from benchmarks.memory import sizes_mb
from benchmarks.programs import Process, free_port, runwatch
from benchmarks.timed_platforms import TimedDiscord, TimedTelegram
from benchmarks.upstream import full_upstream, until_all_is_read, until_ready
from bot.domain.place import Place, Platform
from bot.service.application import SystemClock
from bot.storage.store import Store, open_store
from tests.fakes.discord_world import DIRECT, Channel
from tests.fakes.discord_world import User as Person
from tests.fakes.telegram import Chat

TELEGRAM, DISCORD = 750, 50
_MINUTE = 60.0
_WARM_UP = 5
"""Minutes that are not compared: caches fill, and every place gets its first message."""
_STRETCH = 10
_AT_MOST_TIMES = 1.05
_P99_MS = 50.0
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Sizes at one minute: MB of the service and of Redis, and the number of keys there."""

    minute: int
    service_mb: float
    redis_mb: float
    keys: float
    waiting: float


@dataclass(slots=True)
class Soak:
    """An hour as it goes: the samples, and the milliseconds that answers took, by platform."""

    samples: list[Sample] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=lambda: {"Telegram": [], "Discord": []})


class _Telegram(TimedTelegram):
    def __init__(self, people: int) -> None:
        super().__init__()
        self.chats |= {id_: Chat(id_, "private", "Somebody") for id_ in range(FIRST_ID, FIRST_ID + people)}


class _Discord(TimedDiscord):
    def __init__(self, people: int) -> None:
        super().__init__()
        for id_ in map(str, range(FIRST_ID, FIRST_ID + people)):
            self.world.direct[id_] = Channel("", type=DIRECT, recipient=Person("somebody"), id=id_)


@asynccontextmanager
async def _store(url: str) -> AsyncIterator[Store]:
    store = await open_store(url, clock=SystemClock())
    try:
        yield store
    finally:
        await store.close()


async def soaked(minutes: int) -> Soak:
    """Return what was seen in so many minutes."""
    everybody = [*places(Platform.TELEGRAM, TELEGRAM), *places(Platform.DISCORD, DISCORD)]
    soak = Soak()
    with redis_server() as server:
        async with (
            full_upstream() as llama,
            _Telegram(TELEGRAM) as telegram,
            _Discord(DISCORD) as discord,
            _store(server.url) as store,
        ):
            port = free_port()
            own = {"REDIS_URL": server.url, "POLL_INTERVAL": "1m", "DETAIL_INTERVAL": "10m"}
            async with runwatch(llama, telegram=telegram, discord=discord, http_port=port, settings=own) as bot:
                await until_ready(bot, port)
                await until_all_is_read(bot, port)
                await subscribe(store.subscriptions, everybody)
                async with asyncio.TaskGroup() as tasks:
                    asking = [
                        tasks.create_task(_ask_telegram(telegram, soak.answers["Telegram"])),
                        tasks.create_task(_ask_discord(discord, soak.answers["Discord"])),
                    ]
                    await _watch(soak, store, server.url, bot, everybody, minutes=minutes)
                    for task in asking:
                        task.cancel()
    return soak


async def _watch(  # noqa: PLR0913 — what an hour is made of
    soak: Soak, store: Store, url: str, bot: Process, everybody: Sequence[Place], *, minutes: int
) -> None:
    """Let the incident get worse every minute, and record sizes."""
    begun = time.monotonic()
    async with redis.asyncio.Redis.from_url(url) as client:
        for minute in range(minutes):
            await announce(store.incidents, everybody, number=1)
            await asyncio.sleep(begun + (minute + 1) * _MINUTE - time.monotonic())
            if bot.returncode is not None:
                raise RuntimeError(f"the bot has ended with {bot.returncode}")
            memory: Mapping[str, float] = await client.info("memory")
            sample = Sample(
                minute + 1,
                sizes_mb(bot.pid)["Private"],
                memory["used_memory"] / 1e6,
                await client.dbsize(),
                sum((await store.outbox.depth()).values()),
            )
            soak.samples.append(sample)
            print(
                f"{sample}  answers: {[len(answer) for answer in soak.answers.values()]}", file=sys.stderr, flush=True
            )


async def _ask_telegram(telegram: TimedTelegram, milliseconds: list[float]) -> None:
    while True:
        await asyncio.sleep(1)
        milliseconds.append(await telegram.ask("/reserves binance", patience=_PATIENCE) * 1000)


async def _ask_discord(discord: TimedDiscord, milliseconds: list[float]) -> None:
    while True:
        await asyncio.sleep(1)
        milliseconds.append(await discord.ask("reserves", {"exchange": "binance"}) * 1000)


def figures(soak: Soak) -> list[Figure]:
    """Return the last minutes beside the first ones, and how quick the answers were meanwhile."""
    compared = soak.samples[_WARM_UP:] or soak.samples
    first, last = compared[:_STRETCH], compared[-_STRETCH:]

    def growth(name: str, unit: str, quantity: str) -> Figure:
        late, early = (statistics.fmean(getattr(sample, quantity) for sample in samples) for samples in (last, first))
        return Figure(f"{name}, last minutes against first", unit, late, early, at_most_times=_AT_MOST_TIMES)

    return [
        growth("Service memory, unique", "MB", "service_mb"),
        growth("Redis memory", "MB", "redis_mb"),
        growth("Redis keys", "", "keys"),
        Figure(
            "Deliveries that wait at the end of a minute, at most", "", max(sample.waiting for sample in soak.samples)
        ),
        *(
            Figure(f"{platform} /reserves meanwhile, p99", "ms", quantile(milliseconds, 0.99), at_most=_P99_MS)
            for platform, milliseconds in soak.answers.items()
        ),
    ]


def main() -> None:
    """Print the figures as JSON, and every minute on standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60, help="at least 16: five to warm up, ten to compare")
    minutes = parser.parse_args().minutes
    tell(figures(asyncio.run(soaked(minutes))), minutes=minutes)


if __name__ == "__main__":
    main()
