"""The platforms' strict stand-ins with very many chats, and a Redis server for what is on its way there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.domain.place import Platform
from bot.storage.binary import find_binary
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import DIRECT, Channel
from tests.fakes.discord_world import User as Person
from tests.fakes.telegram import Chat, FakeTelegram, Rates
from tests.servers import Server

from benchmarks.broadcast import FIRST_ID, Address


class CrowdedTelegram(FakeTelegram):
    """Telegram with so many private chats; `rates` are its limits, none when not given."""

    def __init__(self, people: int, *, rates: Rates | None = None) -> None:
        super().__init__()
        self.rates = rates
        self.chats |= {id_: Chat(id_, "private", "Somebody") for id_ in range(FIRST_ID, FIRST_ID + people)}

    @property
    def address(self) -> Address:
        """Return where it is."""
        return Address(Platform.TELEGRAM, self.url, self.token)


class CrowdedDiscord(FakeDiscord):
    """Discord with so many private channels, which are quicker to make than servers."""

    def __init__(self, people: int, *, rates: bool = False) -> None:
        super().__init__(rates=rates)
        somebody = Person("somebody")
        for id_ in map(str, range(FIRST_ID, FIRST_ID + people)):
            self.world.direct[id_] = Channel("", type=DIRECT, recipient=somebody, id=id_)

    @property
    def address(self) -> Address:
        """Return where it is."""
        return Address(Platform.DISCORD, self.api_url, self.token)


@contextmanager
def redis_server() -> Iterator[Server]:
    """Run the server that the embedded store would choose, on a unix socket."""
    server = Server(find_binary(Path("/nowhere"))).start()
    try:
        yield server
    finally:
        server.stop()
