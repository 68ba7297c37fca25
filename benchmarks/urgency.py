"""How long from a committed alert to the first message that a platform accepts, idle and beside a large backlog.

    python -m benchmarks.urgency [--trials 50] [--backlog 100000]

The whole service in a process of its own, with a real Redis and the strict scene-ins, which enforce the platforms'
limits. Another process commits, as the one that judges does. Timed is from the beginning of the commit, so that
writing everything down is in it, to the arrival. Beside the backlog the alert is critical and what waits is of the
mildest severity; it goes to ten places many times, and at last to as many places as the backlog has.
"""

import argparse
import asyncio
import gc
import statistics
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count

from benchmarks.broadcast import FIRST_ID, SUBSCRIBED_TO
from benchmarks.figure import Figure, tell
from benchmarks.many_chats import Arrivals, LargeDiscord, LargeTelegram, redis_server
from benchmarks.programs import Process, ask, free_port, runwatch, talking
from benchmarks.upstream import until_ready
from bot.domain.place import Platform
from bot.domain.severity import Severity
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import Rates

IDLE_MS, BUSY_MS = 50.0, 1000.0
_PLATFORMS = (Platform.TELEGRAM, Platform.DISCORD)
_FEW = 10
_PAUSE_S = 0.4
_FLOWING = 20
_TIMEOUT_S = 120.0


class UrgencyScene:
    """What commits alerts, and what arrives at the platforms' stand-ins."""

    def __init__(self, announcer: Process, arrivals: Mapping[Platform, Arrivals]) -> None:
        self._announcer = announcer
        self._arrivals = arrivals
        self._numbers = count(1)

    async def seconds(self, platform: Platform, first: int, number: int) -> float:
        """Commit a critical alert for chats; return how long it took until the first of them had it."""
        return await self._announced(platform, first, number, Severity.CRITICAL, first)

    async def fill_backlog(self, platform: Platform, number: int) -> None:
        """Commit what is of the mildest severity, and wait until it flows."""
        await self._announced(platform, FIRST_ID, number, Severity.WATCH, FIRST_ID + _FLOWING)

    async def _announced(self, platform: Platform, first: int, number: int, severity: Severity, until: int) -> float:
        """Return how long it took until a chat from `until` on had it."""
        async with asyncio.timeout(_TIMEOUT_S), asyncio.TaskGroup() as tasks:
            arrived = tasks.create_task(self._arrivals[platform].first(range(until, first + number)))
            line = f"{platform} {first} {number} {next(self._numbers)} {severity}"
            began = float(await ask(self._announcer, line))
            return await arrived - began


async def measured(trials: int, backlog: int) -> list[Figure]:
    """Return how long an alert takes to the first place on each platform, in milliseconds."""
    people = 2 * backlog + 4 * _FEW * (trials + 1)
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(redis_server())
        telegram = await stack.enter_async_context(LargeTelegram(people, rates=Rates()))
        discord = await stack.enter_async_context(LargeDiscord(people, rates=True))
        llama = await stack.enter_async_context(FakeDefiLlama(now=datetime.now(UTC)))
        port = free_port()
        settings = {"REDIS_URL": redis.url, "EXCHANGES": SUBSCRIBED_TO}
        bot = runwatch(llama, telegram=telegram, discord=discord, http_port=port, settings=settings)
        await until_ready(await stack.enter_async_context(bot), port)
        announcer = await stack.enter_async_context(talking("benchmarks.announcer", redis.url))
        gc.freeze()  # a look through so many chats would make the scene-ins late
        scene = UrgencyScene(announcer, {Platform.TELEGRAM: telegram.arrivals, Platform.DISCORD: discord.arrivals})
        free = count(FIRST_ID + backlog, _FEW)
        idle = {
            platform: [await _in_turn(scene, platform, next(free), 1) for _ in range(trials)] for platform in _PLATFORMS
        }
        figures = [
            figure
            for platform in _PLATFORMS
            for figure in _figures(
                platform, idle[platform], await _beside(scene, platform, free, trials, backlog), backlog
            )
        ]
    return [
        *figures,
        Figure("Refused as too fast, Telegram", "", telegram.rates.refused if telegram.rates else 0, at_most=0),
        Figure("Refused as too fast, Discord", "", discord.rate_limited, at_most=0),
    ]


async def _beside(
    scene: UrgencyScene, platform: Platform, free: "count[int]", trials: int, backlog: int
) -> tuple[Sequence[float], float]:
    """Return the seconds to few places and to very many while milder messages wait."""
    await scene.fill_backlog(platform, backlog)
    few = [await _in_turn(scene, platform, next(free), _FEW) for _ in range(trials)]
    return few, await scene.seconds(platform, next(free), backlog)


async def _in_turn(scene: UrgencyScene, platform: Platform, first: int, number: int) -> float:
    await asyncio.sleep(_PAUSE_S)
    return await scene.seconds(platform, first, number)


def _figures(
    platform: Platform, idle: Sequence[float], busy: tuple[Sequence[float], float], backlog: int
) -> Sequence[Figure]:
    few, very_many = busy
    named, beside = f"{platform.title()}: committed to first accepted", f"beside a backlog of {backlog:,}"
    return (
        Figure(f"{named}, idle, p50", "ms", statistics.median(idle) * 1e3, at_most=IDLE_MS),
        Figure(f"{named}, idle, slowest", "ms", max(idle) * 1e3),
        Figure(f"{named}, {beside}, p50", "ms", statistics.median(few) * 1e3, at_most=BUSY_MS),
        Figure(f"{named}, {beside}, slowest", "ms", max(few) * 1e3, at_most=BUSY_MS),
        Figure(f"{named}, {beside}, {backlog:,} places", "ms", very_many * 1e3, at_most=BUSY_MS),
    )


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--backlog", type=int, default=100_000)
    options = parser.parse_args()
    tell(asyncio.run(measured(options.trials, options.backlog)), trials=options.trials, backlog=options.backlog)


if __name__ == "__main__":
    main()
