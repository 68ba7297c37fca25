"""/drill and /privacy forget, as members type and press them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.declaration import Caller, PlaceAccess
from bot.commands.dispatcher import CommandContext
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from tests.builders import DAY, HERE
from tests.fakes.dispatcher import CHANNEL, MODERATOR, DispatcherBench
from tests.messages.cards.plain import said

MINUTE = timedelta(minutes=1)
ELSEWHERE = Place(Platform.TELEGRAM, "-1002", "7")


async def wait_and_press(bench: DispatcherBench, step: str, minutes: float, *, who: str = "ann") -> Message:
    bench.memory.clock.advance(minutes * MINUTE)
    return await bench.ask(f"drill binance {step}", who=who)


async def arrive(bench: DispatcherBench, who: str, place: Place = HERE, *, minutes: int = 11) -> None:
    """Let somebody do a whole drill in a place."""
    await bench.ask("drill binance usdt trc20 requested", who=who, place=place)
    await wait_and_press(bench, "arrived", minutes, who=who)


async def test_the_card_names_what_is_tested(bench: DispatcherBench) -> None:
    card = await bench.ask("drill binance trc20 usdt")
    assert card.title == "Binance · withdrawal drill · USDT over Tron"
    assert card.actions[0].command == "drill binance USDT TRON requested"


async def test_the_bot_measures_the_time(bench: DispatcherBench) -> None:
    started = await bench.ask("drill binance USDT TRON requested", who="ann")
    assert started.title == "Binance · your drill is under way"
    assert started.private
    assert [action.command for action in started.actions] == [
        "drill binance arrived",
        "drill binance refused",
        "drill binance cancelled",
    ]
    bench.memory.clock.advance(MINUTE)
    again = await bench.ask("drill binance requested", who="ann")
    assert "Since 2022-12-13 12:00 UTC" in said(again)

    assert (await wait_and_press(bench, "arrived", 10)).title == "Binance · arrived after 11 min"
    assert (await wait_and_press(bench, "arrived", 60)).title == "Binance · arrived after 11 min"
    assert "is over: the money arrived" in said(await wait_and_press(bench, "refused", 1))
    assert "You had your drill at Binance today" in said(await wait_and_press(bench, "requested", 1))
    assert (await wait_and_press(bench, "requested", 24 * 60)).title == "Binance · your drill is under way"


@pytest.mark.parametrize("step", ["arrived", "refused", "cancelled"])
async def test_only_who_requested_may_end_a_drill(bench: DispatcherBench, step: str) -> None:
    await bench.ask("drill binance requested", who="ann")
    assert "You have no drill at Binance under way" in said(await wait_and_press(bench, step, 5, who="bob"))
    assert (await wait_and_press(bench, step, 1)).title.startswith("Binance · ")


async def test_nothing_arrives_within_seconds(bench: DispatcherBench) -> None:
    await bench.ask("drill binance requested", who="ann")
    assert "no withdrawal is that quick" in said(await wait_and_press(bench, "arrived", 0.1))
    assert (await wait_and_press(bench, "arrived", 1)).title == "Binance · arrived after 1 min"


async def test_after_a_week_a_drill_is_forgotten(bench: DispatcherBench) -> None:
    await bench.ask("drill binance requested", who="ann")
    assert "no drill at Binance under way" in said(await wait_and_press(bench, "arrived", 7 * 24 * 60 + 1))


async def test_an_exchange_that_has_too_many_takes_no_more(bench: DispatcherBench) -> None:
    bench.memory.drills.full.add("binance")
    assert "no more are counted" in said(await bench.ask("drill binance requested"))


async def test_results_are_shown_from_three_people_on(bench: DispatcherBench) -> None:
    for who in ("ann", "bob"):
        await arrive(bench, who)
        assert "from 3 people on" in said(await bench.ask("drill binance"))
        assert await bench.queries.drills("binance") is None
    await arrive(bench, "cid", minutes=30)
    answer = said(await bench.ask("drill binance"))
    assert "Members' drills, unverified: 3 in 24 h, median 11 min, none refused, all in one community" in answer
    assert "USDT over Tron: 3 in 24 h" in answer
    assert await bench.queries.drills("okx") is None
    bench.memory.clock.advance(DAY)
    assert await bench.queries.drills("binance") is None


async def test_a_place_may_switch_drills_off(bench: DispatcherBench) -> None:
    for who in ("ann", "bob", "cid"):
        await arrive(bench, who)
    await bench.ask("drill binance requested", who="dan")
    await bench.ask("settings drills off", who=MODERATOR)
    for line in ("drill binance", "drill binance requested"):
        assert "Drills are off here" in said(await bench.ask(line, who="eva"))
    assert await bench.queries.drills("binance", HERE) is None
    assert await bench.queries.drills("binance", CHANNEL)
    assert (await wait_and_press(bench, "arrived", 5, who="dan")).title == "Binance · arrived after 5 min"


async def test_while_the_store_is_away_there_is_no_line(bench: DispatcherBench) -> None:
    for who in ("ann", "bob", "cid"):
        await arrive(bench, who)
    assert await bench.queries.drills("binance")
    bench.memory.drills.away = True
    assert await bench.queries.drills("binance") is None


async def test_topics_are_of_one_community(bench: DispatcherBench) -> None:
    for number, who in enumerate(("ann", "bob", "cid")):
        await arrive(bench, who, replace(ELSEWHERE, thread=str(number)))
    found = await bench.queries.drills("binance")
    assert found
    assert found.communities == 1


@pytest.mark.parametrize(("private", "community", "expected"), [(True, "", 1), (False, "server", 1), (False, "", 3)])
async def test_private_chats_and_channels_of_a_server_are_one_community(
    bench: DispatcherBench, community: str, expected: int, *, private: bool
) -> None:
    command = bench.commands.get("drill")
    assert command
    for who in ("ann", "bob", "cid"):
        context = replace(bench.context(who, Place(Platform.TELEGRAM, who)), private=private, community=community)
        await bench.dispatcher.answer_words(context, command, "binance requested")
    found = await bench.queries.drills("binance")
    assert found
    assert found.communities == expected


async def test_a_chat_that_speaks_in_its_own_name_does_no_drills(bench: DispatcherBench) -> None:
    """One person may have any number of channels."""

    async def nobody(place: Place) -> bool:
        return False

    access: PlaceAccess = bench.context().place_access
    context = CommandContext(HERE, Caller("-100", is_owner=False, may_moderate=nobody, is_person=False), access)
    for name, words in (("drill", "binance requested"), ("privacy", "forget")):
        command = bench.commands.get(name)
        assert command
        assert "in your own name" in said(await bench.dispatcher.answer_words(context, command, words))
    assert bench.memory.drills.kept == {}


async def test_forgetting_deletes_ones_own_drills_only(bench: DispatcherBench) -> None:
    await arrive(bench, "ann")
    await bench.ask("drill okx requested", who="ann")
    await bench.ask("drill okx requested", who="bob")
    assert "All 2 drills of yours are deleted" in said(await bench.ask("privacy forget", who="ann"))
    assert "There were no drills of yours" in said(await bench.ask("privacy forget", who="ann"))
    assert [member.person for _, member in bench.memory.drills.kept] == ["telegram:bob"]


async def test_privacy_says_what_a_drill_keeps_and_offers_to_delete_it(bench: DispatcherBench) -> None:
    card = await bench.ask("privacy")
    assert "when it was requested and ended (30 days)" in said(card)
    assert card.actions[-1].command == "privacy forget"
