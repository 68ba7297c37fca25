"""How near a fan-out to very many places comes to the rate that is set, on a clock that nobody waits for.

    python -m benchmarks.fanout [--places 100000]

A delivery worker on a real Redis, with the real client library, and the platform's strict stand-in, which refuses what
comes too fast. Time is the loop's own: it passes only while nothing is asked of Redis and a message is on its way, so
that an hour takes minutes and a busy machine makes nobody late. A message takes 20 to 40 ms to the platform, and its
answer 20 to 60 ms back. The ceiling is what the rate limit allows for so many messages.
"""

import argparse
import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from aiohttp import web

from benchmarks.broadcast import Tally, announce, places, subscribe
from benchmarks.figure import Figure, tell
from benchmarks.many_chats import LargeDiscord, LargeTelegram, redis_server
from benchmarks.simulated_time import BriskDatabase, SimulatedLoop, simulated
from bot.chat.discord.client import DiscordPlatform
from bot.chat.telegram.client import TelegramPlatform
from bot.delivery.rate_limiter import RATE_LIMITS, RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.chat import ChatPlatform
from bot.storage.approvals import RedisApprovals
from bot.storage.connection import connect
from bot.storage.incidents import RedisIncidents
from bot.storage.mutes import RedisMutes
from bot.storage.outbox import RedisOutbox
from bot.storage.place_settings import RedisPlaceSettings
from bot.storage.subscriptions import RedisSubscriptions
from bot.workers.platform_connection import PlatformConnection
from tests.clocks import LoopClock
from tests.fakes.discord_rest import FakeRest, Handler
from tests.fakes.dispatcher import DispatcherBench
from tests.fakes.telegram import Rates

PLACES = 100_000
AT_LEAST_OF_CEILING = 0.99
_THERE_S, _BACK_S = (0.02, 0.04), (0.02, 0.06)


class NetworkPath:
    """The way to a platform and back: how long it takes, when the first and the last message were accepted."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._chance = random.Random(number)  # noqa: S311 — how long a message takes is no secret
        self.began = self.ended = 0.0
        self.refused = 0
        self.is_through = asyncio.Event()

    async def pass_on(self, answer: Awaitable[web.StreamResponse]) -> web.StreamResponse:
        """Carry a message there and its answer back."""
        await self._travel(*_THERE_S)
        response = await answer
        self._record(response.status)
        await self._travel(*_BACK_S)
        return response

    async def _travel(self, least: float, most: float) -> None:
        with simulated().work(-1):
            await asyncio.sleep(self._chance.uniform(least, most))

    def _record(self, status: int) -> None:
        self.refused += status == HTTPStatus.TOO_MANY_REQUESTS
        if status != HTTPStatus.OK:
            return
        self.ended = simulated().time()
        self.began = self.began or self.ended
        self._left -= 1
        if not self._left:
            self.is_through.set()


class _FarTelegram(LargeTelegram):
    """Telegram at the other end of a network path."""

    def __init__(self, number: int, network_path: NetworkPath) -> None:
        super().__init__(number, rates=Rates(clock=simulated().time))
        self._line = network_path

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        return await self._line.pass_on(super()._serve(request))


class _FarDiscord(LargeDiscord):
    """Discord at the other end of a network path; what was written there is soon forgotten."""

    def __init__(self, number: int, network_path: NetworkPath) -> None:
        super().__init__(number, rates=True)
        self.rest = _FarRest(
            self.world, self.gateway, self.token, rates=True, notify=self._notify, network_path=network_path
        )


class _FarRest(FakeRest):
    def __init__(self, *what: Any, network_path: NetworkPath, **how: Any) -> None:
        super().__init__(*what, **how)
        self._line = network_path

    def app(self) -> web.Application:
        app = super().app()
        app.middlewares.insert(0, self._far)
        return app

    @web.middleware
    async def _far(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.endswith("/messages"):
            return await handler(request)
        self.messages.clear()
        return await self._line.pass_on(handler(request))


class _TimedConnection(PlatformConnection):
    """A platform on which a message on its way, and nothing else, takes time."""

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        with simulated().work():
            return await super().send(place, message, key=key, reply_to=reply_to)


@asynccontextmanager
async def _telegram(number: int, network_path: NetworkPath) -> AsyncIterator[ChatPlatform]:
    async with _FarTelegram(number, network_path) as telegram:
        bench, clock = DispatcherBench(), LoopClock()
        chat = TelegramPlatform(
            bench.dispatcher,
            token=telegram.token,
            api_url=telegram.url,
            subscriptions=bench.memory.subscriptions,
            clock=clock,
            owner_ids=frozenset(),
            meter=bench.memory.meter,
            listens=False,
        )
        try:
            yield chat
        finally:
            await chat.close()


@asynccontextmanager
async def _discord(number: int, network_path: NetworkPath) -> AsyncIterator[ChatPlatform]:
    async with _FarDiscord(number, network_path) as discord:
        bench, clock = DispatcherBench(), LoopClock()
        chat = DiscordPlatform(
            bench.dispatcher,
            token=discord.token,
            api_url=discord.api_url,
            gateway_url=discord.gateway_url,
            subscriptions=bench.memory.subscriptions,
            clock=clock,
            owner_ids=frozenset(),
            meter=bench.memory.meter,
            listens=False,
        )
        running = asyncio.create_task(chat.run())
        with simulated().work():
            while chat.trouble():  # noqa: ASYNC110 — nothing announces it
                await asyncio.sleep(0)
        try:
            yield chat
        finally:
            running.cancel()
            await asyncio.wait([running])


_PLATFORM_STANDS = {Platform.TELEGRAM: _telegram, Platform.DISCORD: _discord}
_INCIDENTS = {Platform.TELEGRAM: 1, Platform.DISCORD: 2}


async def _fan_out(platform: Platform, number: int, redis_url: str) -> NetworkPath:
    """Let one alert go out to so many places."""
    network_path, clock, everybody = NetworkPath(number), LoopClock(), places(platform, number)
    with simulated().work():
        plain = await connect(redis_url)
    database = BriskDatabase(plain.client, plain.reader, plain.timeouts, plain.closers)
    try:
        subscriptions = RedisSubscriptions(database)
        await subscribe(subscriptions, everybody)
        await announce(RedisIncidents(database), everybody, _INCIDENTS[platform], now=clock.now())
        async with _PLATFORM_STANDS[platform](number, network_path) as chat, asyncio.TaskGroup() as tasks:
            worker = DeliveryWorker(
                _TimedConnection(None, chat),
                outbox=RedisOutbox(database, clock),
                subscriptions=subscriptions,
                place_settings=RedisPlaceSettings(database),
                mutes=RedisMutes(database),
                approvals=RedisApprovals(database),
                clock=clock,
                meter=Tally(clock),
                rate_limiter=RateLimiter(platform),
            )
            tasks.create_task(worker.run())
            await network_path.is_through.wait()
            worker.stop()
    finally:
        await database.close()
    return network_path


def _figures(platform: Platform, number: int, redis_url: str) -> Sequence[Figure]:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        network_path = runner.run(_fan_out(platform, number, redis_url))
    per_second = RATE_LIMITS[platform].per_second
    named = f"Fan-out to {number:,} {platform.title()} chats at {per_second:g}/s"
    took, least = (network_path.ended - network_path.began) / 60, (number - 1) / per_second / 60
    return (
        Figure(named, "min", took, least, at_most_times=1 / AT_LEAST_OF_CEILING),
        Figure(f"{named}, refused as too fast", "", network_path.refused, at_most=0),
    )


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=PLACES)
    number = parser.parse_args().places
    with redis_server() as redis:
        figures = [figure for platform in _PLATFORM_STANDS for figure in _figures(platform, number, redis.url)]
    tell(figures, places=number)


if __name__ == "__main__":
    main()
