import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.pictures import DrawnPicture
from bot.workers.platform_connection import PlatformConnection
from tests.waiting import in_time

PLACE = Place(Platform.DISCORD, "7")


@dataclass
class Side:
    """One side of a platform; fits ports.chat.ChatPlatform."""

    problem: str | None = None
    platform: Platform = Platform.DISCORD
    runs: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[str] = field(default_factory=list)

    async def run(self) -> None:
        self.runs.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.runs.clear()

    def trouble(self) -> str | None:
        return self.problem

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self.sent.append(message.title)
        return "1"

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        self.sent.append(f"changed: {message.title}")


class ProbingSide(Side):
    """A side that can say which places are open; fits ports.chat.ProbingPlatform."""

    async def probe(self, place: Place) -> None: ...

    async def private_place(self, person: str) -> Place:
        return PLACE


class PublishingSide(Side):
    """A side whose commands were refused; fits ports.chat.CommandPublisher."""

    def command_problems(self) -> Sequence[str]:
        return ["commands refused"]


class PictureSide(Side):
    """A side that shows pictures; fits ports.chat.PicturePlatform."""

    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        self.sent.append(f"{picture.described} below {reply_to}")


@asynccontextmanager
async def listening(connection: PlatformConnection, listener: Side) -> AsyncIterator[None]:
    task = asyncio.create_task(connection.run())
    async with in_time("a side that listens"):
        await listener.runs.wait()
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def send(connection: PlatformConnection, text: str) -> None:
    assert await connection.send(PLACE, Message(text), key="k") == "1"


async def test_it_sends_through_the_sender_but_while_it_listens_through_the_listener() -> None:
    listener, sender = Side(), Side()
    connection = PlatformConnection(listener, sender)
    await send(connection, "before")
    async with listening(connection, listener):
        await send(connection, "meanwhile")
        await connection.edit(PLACE, "1", Message("meanwhile"))
    await send(connection, "after")
    assert listener.sent == ["meanwhile", "changed: meanwhile"]
    assert sender.sent == ["before", "after"]


async def test_while_the_listener_is_not_connected_the_sender_sends() -> None:
    listener, sender = Side(problem="no gateway"), Side()
    connection = PlatformConnection(listener, sender)
    async with listening(connection, listener):
        await send(connection, "all the same")
    assert (listener.sent, sender.sent) == ([], ["all the same"])


async def test_a_worker_that_is_alone_always_sends_through_the_listener() -> None:
    listener = Side(problem="no gateway")
    connection = PlatformConnection(listener)
    await send(connection, "before")
    assert listener.sent == ["before"]


async def test_a_worker_that_only_delivers_has_the_platform_of_the_sender() -> None:
    sender = Side()
    connection = PlatformConnection(None, sender)
    await send(connection, "delivered")
    assert (connection.platform, sender.sent) == (Platform.DISCORD, ["delivered"])


async def test_its_trouble_is_that_of_the_side_that_has_something_to_do() -> None:
    listener, sender = Side(problem="no gateway"), Side(problem="not logged in")
    connection = PlatformConnection(listener, sender)
    assert connection.trouble() == "not logged in"
    async with listening(connection, listener):
        assert connection.trouble() == "no gateway"
    assert PlatformConnection(listener).trouble() is None


@pytest.mark.parametrize("sender", [None, Side()])
async def test_its_sender_stays_ready_until_it_is_cancelled(sender: Side | None) -> None:
    connection = PlatformConnection(Side(), sender)
    task = asyncio.create_task(connection.run_sender())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    assert sender is None or sender.runs.is_set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sender is None or not sender.runs.is_set()


def test_it_has_at_least_one_side() -> None:
    with pytest.raises(ValueError, match="a listener or a sender"):
        PlatformConnection(None)


async def test_only_a_listener_that_is_connected_says_which_places_are_open() -> None:
    listener = ProbingSide()
    connection = PlatformConnection(listener, ProbingSide())
    assert connection.place_prober() is None
    async with listening(connection, listener):
        assert connection.place_prober() is listener
        listener.problem = "no gateway"
        assert connection.place_prober() is None
    assert PlatformConnection(None, listener).place_prober() is None


async def test_a_platform_that_cannot_probe_has_no_prober() -> None:
    listener = Side()
    connection = PlatformConnection(listener)
    async with listening(connection, listener):
        assert connection.place_prober() is None


async def test_who_listens_knows_whether_commands_were_refused() -> None:
    listener = PublishingSide()
    connection = PlatformConnection(listener, PublishingSide())
    assert connection.command_problems() == ()
    async with listening(connection, listener):
        assert connection.command_problems() == ["commands refused"]
    plain = Side()
    connection = PlatformConnection(plain)
    async with listening(connection, plain):
        assert connection.command_problems() == ()


async def test_pictures_are_sent_as_texts_are_where_they_can_be_shown() -> None:
    listener, sender, picture = PictureSide(), Side(), DrawnPicture(b"", "a run", b"")
    connection = PlatformConnection(listener, sender)
    await connection.send_picture(PLACE, picture, key="k", reply_to="1")
    async with listening(connection, listener):
        await connection.send_picture(PLACE, picture, key="k", reply_to="1")
    assert (listener.sent, sender.sent) == (["a run below 1"], [])
