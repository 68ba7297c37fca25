import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.workers.platform_connection import PlatformConnection
from tests.waiting import in_time

PLACE = Place(Platform.DISCORD, "7")


@dataclass
class Side:
    """One side of a platform; fits ports.ChatPlatform."""

    problem: str | None = None
    platform: Platform = Platform.DISCORD
    runs: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[str] = field(default_factory=list)

    async def run(self) -> None:
        self.runs.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.runs.clear()

    def trouble(self) -> str | None:
        return self.problem

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self.said.append(message.title)
        return "1"

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        self.said.append(f"changed: {message.title}")


class SideWithDoors(Side):
    """A side that can say which places are open; fits ports.ProbingPlatform."""

    async def probe(self, place: Place) -> None: ...

    async def private_place(self, person: str) -> Place:
        return PLACE


@asynccontextmanager
async def listening(presence: PlatformConnection, ear: Side) -> AsyncIterator[None]:
    task = asyncio.create_task(presence.run())
    async with in_time("a side that listens"):
        await ear.runs.wait()
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def say(presence: PlatformConnection, text: str) -> None:
    assert await presence.send(PLACE, Message(text), key="k") == "1"


async def test_it_speaks_through_the_mouth_but_while_it_listens_through_the_ear() -> None:
    ear, mouth = Side(), Side()
    presence = PlatformConnection(ear, mouth)
    await say(presence, "before")
    async with listening(presence, ear):
        await say(presence, "meanwhile")
        await presence.edit(PLACE, "1", Message("meanwhile"))
    await say(presence, "after")
    assert ear.said == ["meanwhile", "changed: meanwhile"]
    assert mouth.said == ["before", "after"]


async def test_while_the_ear_is_not_connected_the_mouth_speaks() -> None:
    ear, mouth = Side(problem="no gateway"), Side()
    presence = PlatformConnection(ear, mouth)
    async with listening(presence, ear):
        await say(presence, "all the same")
    assert (ear.said, mouth.said) == ([], ["all the same"])


async def test_who_is_alone_speaks_through_the_ear_always() -> None:
    ear = Side(problem="no gateway")
    presence = PlatformConnection(ear)
    await say(presence, "before")
    assert ear.said == ["before"]


async def test_who_only_delivers_has_the_platform_of_the_mouth() -> None:
    mouth = Side()
    presence = PlatformConnection(None, mouth)
    await say(presence, "delivered")
    assert (presence.platform, mouth.said) == (Platform.DISCORD, ["delivered"])


async def test_its_trouble_is_that_of_the_side_that_has_something_to_do() -> None:
    ear, mouth = Side(problem="no gateway"), Side(problem="not logged in")
    presence = PlatformConnection(ear, mouth)
    assert presence.trouble() == "not logged in"
    async with listening(presence, ear):
        assert presence.trouble() == "no gateway"
    assert PlatformConnection(ear).trouble() is None


@pytest.mark.parametrize("mouth", [None, Side()])
async def test_it_keeps_ready_to_speak_until_it_is_cancelled(mouth: Side | None) -> None:
    presence = PlatformConnection(Side(), mouth)
    task = asyncio.create_task(presence.run_sender())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    assert mouth is None or mouth.runs.is_set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert mouth is None or not mouth.runs.is_set()


def test_it_has_at_least_one_side() -> None:
    with pytest.raises(ValueError, match="an ear or a mouth"):
        PlatformConnection(None)


async def test_only_an_ear_that_is_connected_says_which_places_are_open() -> None:
    ear = SideWithDoors()
    presence = PlatformConnection(ear, SideWithDoors())
    assert presence.place_prober() is None
    async with listening(presence, ear):
        assert presence.place_prober() is ear
        ear.problem = "no gateway"
        assert presence.place_prober() is None
    assert PlatformConnection(None, ear).place_prober() is None


async def test_a_platform_that_cannot_probe_has_no_prober() -> None:
    ear = Side()
    presence = PlatformConnection(ear)
    async with listening(presence, ear):
        assert presence.place_prober() is None
