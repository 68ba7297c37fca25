"""How long a command takes to be answered while broadcasts to both platforms run at full rate.

    python -m benchmarks.commands_while_sending [--commands 150] [--backlog 100000]

The whole service in a process of its own, with a real Redis and the strict stand-ins, which enforce the platforms'
limits: on Telegram answers and broadcast together, 30 messages in any second. Of a broadcast at 28 a second there may
be 29 in one, so there is a command every 1.05 seconds, in turn `/reserves binance` and `/help`, on both platforms at
once. Timed is from handing over the update (or the interaction) to the arrival of the answer. First everything is idle,
then a backlog of very many alerts is on its way.
"""

import argparse
import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from time import perf_counter

from aiohttp import web

from benchmarks.broadcast import FIRST_ID, SUBSCRIBED_TO
from benchmarks.figure import Figure, quantile, tell
from benchmarks.many_chats import discord_channels, redis_server, telegram_chats
from benchmarks.programs import Process, ask, free_port, runwatch, talking
from benchmarks.timed_platforms import TimedDiscord, TimedTelegram
from benchmarks.upstream import until_ready
from bot.delivery.rate_limiter import RATE_LIMITS
from bot.domain.place import Platform
from bot.domain.severity import Severity
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import FakeTelegram, Rates
from tests.fakes.telegram_methods import Parameters

P99_MS = 50.0
_COMMAND_INTERVAL_S = 1.05
_WARM_UP = 10

Ask = Callable[[], Awaitable[float]]


class BusyTelegram(TimedTelegram):
    """Telegram with its limits in force, where only answers to people who asked are timed."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.rates = Rates()
        self._asking = frozenset(map(str, self.chats))
        self.chats |= telegram_chats(people)

    @property
    def broadcast(self) -> int:
        """Return how many messages of the broadcast were accepted."""
        return sum(sent.chat.id >= FIRST_ID for sent in self.sent)

    def _method(self, token: str, method: str) -> Callable[[Parameters], Awaitable[object]]:
        original = super()._method(token, method)
        if method != "sendmessage":
            return original

        async def timed(given: Parameters) -> object:
            if given["chat_id"] not in self._asking:
                return await original(given)
            self._watch.arrived()
            sent = await original(given)
            self._watch.served()
            return sent

        return timed

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        return await FakeTelegram._serve(self, request)  # noqa: SLF001 — without the watch of what lies between


class BusyDiscord(TimedDiscord):
    """Discord with its limits in force."""

    def __init__(self, people: int) -> None:
        super().__init__(rates=True)
        self.world.direct |= discord_channels(people)

    @property
    def broadcast(self) -> int:
        """Return how many messages of the broadcast were accepted."""
        return sum(map(len, self.rest.messages.values()))


async def measured(commands: int, backlog: int) -> list[Figure]:
    """Return p50 and p99 of the answers on each platform, idle and beside the broadcasts, in milliseconds."""
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(redis_server())
        telegram = await stack.enter_async_context(BusyTelegram(backlog))
        discord = await stack.enter_async_context(BusyDiscord(backlog))
        llama = await stack.enter_async_context(FakeDefiLlama(now=datetime.now(UTC)))
        port = free_port()
        settings = {"REDIS_URL": redis.url, "EXCHANGES": SUBSCRIBED_TO}
        bot = runwatch(llama, telegram=telegram, discord=discord, http_port=port, settings=settings)
        await until_ready(await stack.enter_async_context(bot), port)
        await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
        announcer = await stack.enter_async_context(talking("benchmarks.announcer", redis.url))
        gc.freeze()  # a look through so many chats would make the stand-ins late
        ways = {Platform.TELEGRAM: _telegram_ways(telegram), Platform.DISCORD: _discord_ways(discord)}
        await _both(ways, _WARM_UP)
        idle = await _both(ways, commands)
        await _broadcast(announcer, backlog)
        await telegram.until(lambda: telegram.broadcast > 0, "the first message of the broadcast on Telegram")
        await discord.until(lambda: discord.broadcast > 0, "the first message of the broadcast on Discord")
        began, before = perf_counter(), (telegram.broadcast, discord.broadcast)
        busy = await _both(ways, commands)
        seconds, after = perf_counter() - began, (telegram.broadcast, discord.broadcast)
    rates = [(now - then) / seconds for now, then in zip(after, before, strict=True)]
    refused = (telegram.rates.refused if telegram.rates else 0, discord.rate_limited)
    figures = [_figures(way, idle[way], busy[way]) for way in ways]
    beside = [_beside(*each) for each in zip(ways, rates, refused, strict=True)]
    return [figure for group in (*figures, *beside) for figure in group]


def _telegram_ways(telegram: BusyTelegram) -> Sequence[Ask]:
    return [partial(telegram.ask, "/reserves binance"), partial(telegram.ask, "/help")]


def _discord_ways(discord: BusyDiscord) -> Sequence[Ask]:
    return [partial(discord.ask, "reserves", {"exchange": "binance"}), partial(discord.ask, "help", {})]


async def _both(ways: dict[Platform, Sequence[Ask]], commands: int) -> dict[Platform, list[float]]:
    """Ask on both platforms at once, and return the seconds of the answers on each."""
    async with asyncio.TaskGroup() as tasks:
        asking = {platform: tasks.create_task(_asked(each, commands)) for platform, each in ways.items()}
    return {platform: task.result() for platform, task in asking.items()}


async def _asked(ways: Sequence[Ask], commands: int) -> list[float]:
    seconds = []
    for way in islice(cycle(ways), commands):
        seconds.append(await way())
        await asyncio.sleep(_COMMAND_INTERVAL_S)
    return seconds


async def _broadcast(announcer: Process, backlog: int) -> None:
    for incident, platform in enumerate((Platform.TELEGRAM, Platform.DISCORD), start=1):
        await ask(announcer, f"{platform} {FIRST_ID} {backlog} {incident} {Severity.CRITICAL}")


def _figures(platform: Platform, idle: Sequence[float], busy: Sequence[float]) -> Sequence[Figure]:
    named = f"{platform.title()} command while broadcasts run (other way: idle)"
    return (
        Figure(f"{named}, p50", "ms", quantile(busy, 0.5) * 1e3, quantile(idle, 0.5) * 1e3),
        Figure(f"{named}, p99", "ms", quantile(busy, 0.99) * 1e3, quantile(idle, 0.99) * 1e3, at_most=P99_MS),
    )


def _beside(platform: Platform, per_second: float, refused: int) -> Sequence[Figure]:
    full_rate = RATE_LIMITS[platform].per_second
    return (
        Figure(
            f"{platform.title()} broadcast meanwhile, from one to the next", "ms", 1e3 / per_second, 1e3 / full_rate
        ),
        Figure(f"{platform.title()} broadcast and answers, refused as too fast", "", refused, at_most=0),
    )


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=150, help="on each platform, idle and busy")
    parser.add_argument("--backlog", type=int, default=100_000)
    options = parser.parse_args()
    tell(asyncio.run(measured(options.commands, options.backlog)), commands=options.commands, backlog=options.backlog)


if __name__ == "__main__":
    main()
