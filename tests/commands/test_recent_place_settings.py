"""What a place has set for answers: known from memory, and quickly known again when it was changed."""

import asyncio
from collections.abc import Sequence

import pytest
from typing_extensions import override

from bot.commands.recent_place_settings import RecentPlaceSettings
from bot.domain.place import Place, Platform
from bot.domain.place_settings import AnswerAudience, PlaceSettings
from tests.builders import HERE
from tests.clocks import in_simulated_time
from tests.fakes.dispatcher import MODERATOR, DispatcherBench
from tests.fakes.memory_place_settings import MemoryPlaceSettings
from tests.messages.cards.plain import said

PRIVATE, PUBLIC = PlaceSettings(answers=AnswerAudience.PRIVATE), PlaceSettings()


class CountedSettings(MemoryPlaceSettings):
    """Settings that count how often they are asked for, and that may never answer."""

    asked = 0
    hangs = False

    @override
    async def of_places(self, places: Sequence[Place]) -> Sequence[PlaceSettings]:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        return await super().of_places(places)


class Bench:
    """A place with private answers, and a monotonic time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.settings = CountedSettings(kept={HERE: PRIVATE})
        self.recent = RecentPlaceSettings(self.settings, lambda: self.now)

    async def asked_here(self) -> bool:
        return await self.recent.of_place(HERE) == PRIVATE


async def test_the_store_is_asked_once_in_some_seconds() -> None:
    bench = Bench()
    assert [await bench.asked_here() for _ in range(5)] == [True] * 5
    assert bench.settings.asked == 1

    bench.settings.kept[HERE] = PUBLIC
    bench.now += 14
    assert await bench.asked_here()
    bench.now += 2
    assert not await bench.asked_here()


async def test_what_a_moderator_of_this_worker_changes_counts_at_once() -> None:
    bench = Bench()
    assert await bench.asked_here()
    bench.settings.kept[HERE] = PUBLIC
    bench.recent.forget(HERE)
    assert not await bench.asked_here()


@pytest.mark.parametrize("fault", ["away", "hangs"])
@in_simulated_time
async def test_while_the_store_does_not_answer_it_is_as_it_was_known_and_public_at_first(fault: str) -> None:
    bench = Bench()
    assert await bench.asked_here()
    setattr(bench.settings, fault, True)
    bench.now += 60
    began = asyncio.get_running_loop().time()
    assert await bench.asked_here()
    assert await bench.recent.of_place(Place(Platform.DISCORD, "5")) == PUBLIC
    assert asyncio.get_running_loop().time() - began < 1
    assert bench.settings.asked == 3
    assert await bench.asked_here()  # which asks nobody for some seconds
    assert bench.settings.asked == 3


async def test_only_so_many_places_are_remembered() -> None:
    settings = CountedSettings()
    recent = RecentPlaceSettings(settings, max_places=2)
    places = [Place(Platform.DISCORD, str(number)) for number in range(3)]
    for place in (*places, places[2]):
        await recent.of_place(place)
    assert settings.asked == 3
    await recent.of_place(places[0])
    assert settings.asked == 4


async def test_members_answers_are_private_and_what_moderators_set_is_not() -> None:
    bench = DispatcherBench()
    await bench.load()
    assert not (await bench.ask("reserves binance")).private
    assert (await bench.ask("settings answers private", who=MODERATOR)).private
    assert (await bench.ask("reserves binance")).private
    assert (await bench.ask("reserves nothing")).private  # a refusal is, in any case
    assert not (await bench.ask("subscribe binance", who=MODERATOR)).private
    await bench.ask("settings answers public", who=MODERATOR)
    assert not (await bench.ask("reserves binance")).private


@pytest.mark.parametrize("name", ["subscriptions", "privacy"])
async def test_what_has_buttons_that_change_a_group_is_answered_in_the_group(name: str) -> None:
    bench = DispatcherBench()
    await bench.load()
    command = bench.commands.get(name)
    assert command
    channel = Place(Platform.DISCORD, "5")
    for place in (HERE, channel):
        bench.memory.place_settings.kept[place] = PRIVATE
    assert not await bench.dispatcher.answers_asker_alone(bench.context("ann", HERE), command)
    # Discord shows an answer to one member in the channel itself.
    assert await bench.dispatcher.answers_asker_alone(bench.context("ann", channel), command)


async def test_on_telegram_answers_have_the_times_of_the_place() -> None:
    bench = DispatcherBench()
    await bench.load()
    bench.memory.place_settings.kept[HERE] = PlaceSettings("Asia/Tokyo")
    elsewhere = Place(Platform.DISCORD, "5")
    bench.memory.place_settings.kept[elsewhere] = PlaceSettings("Asia/Tokyo")
    assert "2022-12-13 21:00 (12:00 UTC)" in said(await bench.ask("reserves binance"))
    assert "2022-12-13 12:00 UTC" in said(await bench.ask("reserves binance", place=elsewhere))
