"""The platforms' strict stand-ins with very many chats, and a Redis server for what is on its way there."""

import asyncio
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from aiohttp import web

from benchmarks.broadcast import FIRST_ID, Address
from bot.domain.place import Platform
from bot.storage.embedded.server_binary import find_binary
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_rest import FakeRest
from tests.fakes.discord_world import DIRECT, Channel
from tests.fakes.discord_world import User as Person
from tests.fakes.telegram import Chat, FakeTelegram, Rates
from tests.servers import Server


class Arrivals:
    """Tells when the first message to one of some chats was accepted."""

    def __init__(self) -> None:
        self._chats: Container[int] = ()
        self._first: asyncio.Future[float] | None = None
        self.accepted = 0

    async def first(self, chats: Container[int]) -> float:
        """Return the moment, by perf_counter, of the next message to one of these chats."""
        self._chats, self._first = chats, asyncio.get_running_loop().create_future()
        return await self._first

    def record(self, chat: int) -> None:
        """Record that a message was accepted."""
        self.accepted += 1
        if self._first and not self._first.done() and chat in self._chats:
            self._first.set_result(perf_counter())


class LargeTelegram(FakeTelegram):
    """Telegram with so many private chats; `rates` are its limits, none when not given."""

    def __init__(self, people: int, *, rates: Rates | None = None) -> None:
        super().__init__()
        self.rates = rates
        self.arrivals = Arrivals()
        self.chats |= telegram_chats(people)

    @property
    def address(self) -> Address:
        """Return where it is."""
        return Address(Platform.TELEGRAM, self.url, self.token)

    def _count(self, chat: Chat) -> None:
        super()._count(chat)
        self.arrivals.record(chat.id)


class LargeDiscord(FakeDiscord):
    """Discord with so many private channels, which are quicker to make than servers."""

    def __init__(self, people: int, *, rates: bool = False) -> None:
        super().__init__(rates=rates)
        self.arrivals = Arrivals()
        self.rest = _LargeRest(
            self.world, self.gateway, self.token, rates=rates, notify=self._notify, arrivals=self.arrivals
        )
        self.world.direct |= discord_channels(people)

    @property
    def address(self) -> Address:
        """Return where it is."""
        return Address(Platform.DISCORD, self.api_url, self.token)


class _LargeRest(FakeRest):
    """The REST side, which forgets what was written."""

    def __init__(self, *what: Any, arrivals: Arrivals, **how: Any) -> None:
        super().__init__(*what, **how)
        self._arrivals = arrivals

    async def _post_message(self, request: web.Request) -> web.Response:
        response = await super()._post_message(request)
        self._arrivals.record(int(request.match_info["channel"]))
        self.messages.clear()
        return response


def telegram_chats(people: int) -> dict[int, Chat]:
    """Return so many private chats by their ids."""
    return {id_: Chat(id_, "private", "Somebody") for id_ in range(FIRST_ID, FIRST_ID + people)}


def discord_channels(people: int) -> dict[str, Channel]:
    """Return so many private channels by their ids."""
    ids, somebody = map(str, range(FIRST_ID, FIRST_ID + people)), Person("somebody")
    return {id_: Channel("", type=DIRECT, recipient=somebody, id=id_) for id_ in ids}


@contextmanager
def redis_server() -> Iterator[Server]:
    """Run the server that the embedded store would choose, on a unix socket."""
    server = Server(find_binary(Path("/nowhere"))).start()
    try:
        yield server
    finally:
        server.stop()
