"""Stand-ins of the platforms that time a bot: from handing it a command to the arrival of its answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import cycle
from time import perf_counter
from typing import Any

from aiohttp import web

from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_gateway import FakeGateway
from tests.fakes.discord_rest import FakeRest, Handler
from tests.fakes.discord_world import Json
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_methods import Parameters

_ANSWER_TIMEOUT_S = 10.0
_PEOPLE = 200
"""Askers by turns: the bot lets one person ask only so often, and no question must wait for that."""


class Stopwatch:
    """Times one command at a time. Both moments are taken at the edge, before any other work of the stand-in."""

    def __init__(self) -> None:
        self.handed_at = 0.0
        self._arrived_at = 0.0
        self._answered = asyncio.Event()
        self._is_running = False

    def start(self) -> None:
        """Time the next answer."""
        self._answered.clear()
        self._is_running = True

    def arrived(self) -> None:
        """Record that an answer begins to arrive."""
        if self._is_running:
            self._arrived_at = perf_counter()

    def served(self) -> None:
        """Record that the answer was acknowledged."""
        if self._is_running:
            self._is_running = False
            self._answered.set()

    async def seconds(self, patience: float = _ANSWER_TIMEOUT_S) -> float:
        """Return how long the answer took, once it is there; raise TimeoutError."""
        async with asyncio.timeout(patience):
            await self._answered.wait()
        return self._arrived_at - self.handed_at


class TimedTelegram(FakeTelegram):
    """Telegram with two hundred people, each in a private chat with the bot, asking in turn."""

    def __init__(self) -> None:
        super().__init__()
        self._watch = Stopwatch()
        people = [self.user(f"Person {number}") for number in range(_PEOPLE)]
        self._askers = cycle([(self.private(user), user) for user in people])

    async def ask(self, line: str, *, patience: float = _ANSWER_TIMEOUT_S) -> float:
        """Let the next person type a line; return the seconds until the bot's answer arrived."""
        self._watch.start()
        self.say(*next(self._askers), line)
        return await self._watch.seconds(patience)

    def _method(self, token: str, method: str) -> Callable[[Parameters], Awaitable[object]]:
        handle = super()._method(token, method)
        if method != "getupdates":
            return handle

        async def handle_and_time(parameters: Parameters) -> object:
            updates = await handle(parameters)
            if updates:
                self._watch.handed_at = perf_counter()
            return updates

        return handle_and_time

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        is_answer = request.path.lower().endswith("/sendmessage")
        if is_answer:
            self._watch.arrived()
        response = await super()._serve(request)
        if is_answer:
            self._watch.served()
        return response


class TimedDiscord(FakeDiscord):
    """Discord with one server of twenty channels and two hundred people in it, asking in turn."""

    def __init__(self, *, rates: bool = False) -> None:
        super().__init__()
        self._watch = Stopwatch()
        self.gateway = _TimedGateway(self.gateway, self._notify, self._watch)
        self.rest = _TimedRest(
            self.world, self.gateway, self.token, rates=rates, notify=self._notify, watch=self._watch
        )
        guild = self.guild()
        channels = [self.channel(guild, f"channel-{number}") for number in range(20)]
        people = [self.user(f"person-{number}") for number in range(_PEOPLE)]
        self._askers = cycle([(channels[number % 20], user) for number, user in enumerate(people)])

    async def ask(self, name: str, options: Mapping[str, str]) -> float:
        """Let the next person use a command; return the seconds until the bot's answer arrived."""
        channel, person = next(self._askers)
        self._watch.start()
        await self.slash(name, options, channel=channel, user=person, wait=False)
        return await self._watch.seconds()

    async def type(self, command: str, argument: str, typed: str) -> float:
        """Let the next person type into an argument; return the seconds until the bot's choices arrived."""
        channel, person = next(self._askers)
        self._watch.start()
        await self.autocomplete(command, argument, typed, channel=channel, user=person)
        return await self._watch.seconds()

    async def read(self, name: str, options: Mapping[str, str]) -> Json:
        """Let the next person use a command; return the message that answers it."""
        channel, person = next(self._askers)
        return (await self.slash(name, options, channel=channel, user=person)).message


class _TimedGateway(FakeGateway):
    """The gateway, which starts the watch when an interaction goes out."""

    def __init__(self, plain: FakeGateway, changed: Callable[[], None], watch: Stopwatch) -> None:
        super().__init__(plain.world, plain.token, plain.heartbeat_interval, changed)
        self._watch = watch

    async def dispatch(self, event: str, data: Any) -> None:
        """Send an event to the session."""
        if event == "INTERACTION_CREATE":
            self._watch.handed_at = perf_counter()
        await super().dispatch(event, data)


class _TimedRest(FakeRest):
    """The REST side, which stops the watch when an interaction is answered."""

    def __init__(self, *what: Any, watch: Stopwatch, **how: Any) -> None:
        super().__init__(*what, **how)
        self._watch = watch

    def app(self) -> web.Application:
        """Return the application, with the watch before everything else."""
        app = super().app()
        app.middlewares.insert(0, self._timed)
        return app

    @web.middleware
    async def _timed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        is_answer = request.path.endswith("/callback")
        if is_answer:
            self._watch.arrived()
        response = await handler(request)
        if is_answer:
            self._watch.served()
        return response
