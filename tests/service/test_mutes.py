"""A place that mutes, misses something and is told of it, and one that tests its alerts, on both platforms."""

import asyncio
import re
from datetime import timedelta

from tests.fakes.discord_world import MEMBER_RIGHTS
from tests.servers import Server
from tests.stored_keys import differences
from tests.waiting import until
from tests.world import MODERATOR, Running, World, running, world_of

SEND_MESSAGES = 1 << 11


def summaries_on_telegram(world: World) -> list[str]:
    return [sent.text for sent in world.telegram.messages_in(world.group) if "While muted" in sent.text]


def embeds(world: World) -> list[str]:
    return [str(message["embeds"][0]) for message in world.discord.messages(world.channel) if message["embeds"]]


def summaries_on_discord(world: World) -> list[str]:
    return [embed for embed in embeds(world) if "While muted" in embed]


async def delivered(run: Running) -> None:
    """Wait until nothing is on its way any more."""

    async def is_empty() -> bool:
        return not await run.application.store.outbox.depth()

    await until(is_empty, "an outbox that is empty")


async def mute_by_button(run: Running) -> None:
    """Mute Binance for four hours, on Telegram by the button of its alert, which a member may not use."""
    world = run.world
    [alert] = [sent for sent in world.telegram.messages_in(world.group) if "INC-1" in sent.text]
    world.telegram.press(alert, "mute binance 4h", world.telegram.user("Bob"))
    world.telegram.press(alert, "mute binance 4h", world.ann)
    await world.telegram.wait_for_message(world.group, containing="Nothing about Binance is posted here until")
    refused = await world.discord.press("run:mute binance 4h", channel=world.channel, permissions=MEMBER_RIGHTS)
    assert "for the people who moderate this place" in refused.text
    muted = await world.discord.press("run:mute binance 4h", channel=world.channel, permissions=MODERATOR)
    assert "Muted · Binance" in muted.embed["title"]


async def test_a_muted_place_hears_nothing_then_once_what_it_missed_whatever_restarts(redis: Server) -> None:
    async with world_of(redis) as world:
        async with running(world) as run:
            await run.subscribe()
            await run.hour(-0.05)
            await run.hour()
            await run.until_announced("INC-1 · Binance · elevated outflow")
            await mute_by_button(run)
            await run.hour(-0.06)
            # The message that was there is brought up to date, and there is no other one.
            await run.until_announced("INC-1 · Binance · severe outflow")
            await delivered(run)
            assert len(world.telegram_titles()) == len(world.discord_titles()) == 1

        async with running(world) as run:
            world.clock.advance(timedelta(hours=3))
            summaries = run.application.mute_summaries
            await asyncio.gather(summaries.tell_when_due(), summaries.tell_when_due())  # as two workers would
            await until(lambda: bool(summaries_on_telegram(world) and summaries_on_discord(world)), "a summary on both")
            assert await differences(run.application.store.database) == []

        world.clock.advance(timedelta(minutes=10))  # a message is edited once in five
        async with running(world, until_ready=False) as run:  # the figures are old by now
            await run.application.mute_summaries.tell_when_due()
            await delivered(run)

        [summary] = summaries_on_telegram(world)
        assert re.search(r"Binance · INC-1 · severe at worst, −1\d\.\d % \(−\$[\d.]+ B\) in 24 h, now severe", summary)
        assert "DefiLlama · as of" in summary
        assert len(summaries_on_discord(world)) == 1
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1


async def test_what_opened_while_a_place_was_muted_is_posted_when_the_mute_is_lifted(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        for command in ("/mute 24h", "/mute 7d"):
            world.telegram.say(world.group, world.ann, command)
        await world.telegram.wait_for_message(world.group, containing="No alert is posted here until")
        await run.hour(-0.05)
        await run.hour()
        await until(lambda: bool(world.discord_titles()), "the alert on Discord, which is not muted")
        await delivered(run)
        assert world.telegram_titles() == []

        world.telegram.say(world.group, world.ann, "/unmute")
        await world.telegram.wait_for_message(world.group, containing="What was missed (1 incident) follows")
        await until(lambda: bool(world.telegram_titles()), "the alert of what is still open")
        assert (
            "elevated at worst" in (await world.telegram.wait_for_message(world.group, containing="While muted")).text
        )
        await delivered(run)
        assert world.telegram_titles() == ["🟠 INC-1 · Binance · elevated outflow"]
        await run.hour(-0.06)
        await run.until_announced("INC-1 · Binance · severe outflow")


async def test_a_test_alert_takes_the_way_of_real_ones_and_says_what_stands_in_theirs(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        world.telegram.say(world.group, world.ann, "/mute binance 4h")
        world.telegram.say(world.group, world.ann, "/test")
        answer = await world.telegram.wait_for_message(world.group, containing="Test alert · arrived")
        assert "A real alert would not be posted now: Binance is muted until" in answer.text
        assert any("TEST · no real event" in sent.text for sent in world.telegram.messages_in(world.group))

        tested = await world.discord.slash("test", {}, channel=world.channel, permissions=MODERATOR)
        assert "Test alert · arrived" in tested.embed["title"]
        await until(lambda: any("TEST · over" in embed for embed in embeds(world)), "the end of the test, in a reply")
        first, last = (embed for embed in embeds(world) if "TEST · " in embed)
        assert "TEST · no real event · updated" in first
        assert "INC-" not in first + last
        assert (
            "one a minute"
            in (await world.discord.slash("test", {}, channel=world.channel, permissions=MODERATOR)).embed["title"]
        )


async def test_a_test_that_is_refused_says_why_and_what_to_do(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await world.discord.overwrite(world.channel, deny=SEND_MESSAGES)
        tested = await world.discord.slash("test", {}, channel=world.channel, permissions=MODERATOR)
        assert "Test alert · refused" in tested.embed["title"]
        assert "the bot lacks the right to write there. Give the bot the right to write here." in str(tested.embed)
