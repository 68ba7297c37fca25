"""What people live through, from the upstream's figures to the messages in their chats, over nothing but real parts."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from bot.domain.place import Platform
from bot.domain.severity import Severity
from tests.stored_keys import differences
from tests.waiting import until
from tests.world import Running, World, running


async def outflow(run: Running, share: float = -0.05) -> None:
    """Let a part of Binance's reserves leave, and one more reading confirm it."""
    await run.hour(share)
    await run.hour()


async def alerts_and_steps(run: Running) -> tuple[list[str], list[str], list[str]]:
    """Return what both chats show of incidents, and the one incident's history; there is never a second one."""
    incidents = await run.application.store.incidents.recent()
    assert len(incidents) <= 1
    events = [str(event.reason) for incident in incidents for event in incident.events]
    return run.world.telegram_titles(), run.world.discord_titles(), events


def first_text_on_telegram(world: World) -> str:
    return next(sent.text for sent in world.telegram.messages_in(world.group) if "INC-" in sent.text)


def first_text_on_discord(world: World) -> str:
    messages = world.discord.messages(world.channel)
    return next(str(message["embeds"][0]) for message in messages if "INC-" in str(message["embeds"]))


def says_where_it_goes_on(shown: Callable[[], str]) -> bool:
    return bool(re.search(r"Updated: it got worse\W+\(severe, .*See the reply below\.", shown()))


async def test_an_outflow_is_told_once_on_both_platforms_until_it_is_over(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
        await run.hour()

        await run.hour(-0.06)
        opened = world.telegram.messages_in(world.group)[-1].text
        await run.until_announced("INC-1 · Binance · severe outflow")
        assert "Escalated from elevated to severe." in world.telegram.messages_in(world.group)[-1].text
        assert [title.partition("INC-1")[2] for title in world.telegram_titles()] == [
            " · Binance · elevated outflow",
            " · Binance · severe outflow",
        ]  # it is told where its story goes on when the chat may be written to again

        await run.hour(0.12)
        for _ in range(6):
            await run.hour()
        await run.until_announced("INC-1 · Binance · resolved", times=2)
        for shown in (partial(first_text_on_telegram, world), partial(first_text_on_discord, world)):
            await until(partial(says_where_it_goes_on, shown), "the line that an earlier message gains")
            assert "−$3.6" in shown()
        kept = first_text_on_telegram(world)
        assert {text.partition(" (")[0] for text in opened.splitlines()} <= {  # without "49 s ago"
            text.partition(" (")[0] for text in kept.splitlines()
        }
        telegram, discord, steps = await alerts_and_steps(run)
        assert await differences(run.application.store.database) == []  # to what bot/storage/keys.py says of every key

    resolved = ["🟢 INC-1 · Binance · resolved"] * 2
    assert telegram == ["🟠 INC-1 · Binance · elevated outflow", *resolved]
    # Where no word says what the colour does.
    assert [title.removesuffix(" · severe") for title in discord] == telegram
    assert steps == ["opened", "escalated", "resolved"]


async def test_the_alert_says_how_much_from_which_source_and_as_of_when(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await run.hour(-0.05)
        as_of = await run.hour()
        alert = await world.telegram.wait_for_message(world.group, containing="INC-1")
    lines = alert.text.splitlines()
    assert lines[1].startswith("Net outflow −$3.6")
    assert re.search(r"in 24 h \(since 2026-10-04 0\d:\d\d UTC\) · 5\.0 % of reserves \(\$72\.", lines[1])
    assert "What the exchange owes its customers is not included." in alert.text
    assert f"DefiLlama · as of {as_of:%Y-%m-%d %H:%M} UTC" in lines[-1]
    assert alert.labels == ("Why", "Chart", "Reserves", "Flows", "Mute 4 h", "Mute 24 h", "Until it gets worse")


async def test_a_blip_tells_nobody(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await run.hour(-0.05)
        await run.hour(1 / 0.95 - 1)
        await run.hour()
        await run.hour()
        assert await alerts_and_steps(run) == ([], [], [])
        assert await run.application.store.incidents.open() == []
        assert await run.application.store.outbox.depth() == {}


async def test_who_has_not_subscribed_hears_nothing(world: World) -> None:
    async with running(world) as run:
        await run.subscribe("okx")
        await outflow(run)
        await run.hour()
        assert (await alerts_and_steps(run))[2] == ["opened"]
        assert world.telegram_titles() == world.discord_titles() == []


async def test_an_upstream_that_fails_fires_nothing_and_resolves_nothing(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await outflow(run)
        await run.until_announced("elevated outflow")
        world.go_wrong()
        for _ in range(8):
            world.clock.advance(timedelta(hours=1))
            world.llama.step("binance", share=-0.02)
            await world.polls(2)
        status, reasons = await run.readiness()
        assert status == 503
        assert re.match("last good poll was [78] h ago", ", ".join(reasons))  # one was under way as it began
        assert (await alerts_and_steps(run))[2] == ["opened", "held"]
        await run.until_announced("elevated outflow · frozen")
        assert world.telegram_titles() == world.discord_titles() == ["🟠 INC-1 · Binance · elevated outflow · frozen"]

        world.heal()
        await run.hour()
        await run.ready()
        await run.hour()  # all assets lost the same part meanwhile: one more reading has to say so
        await run.until_announced("INC-1 · Binance · severe outflow")


async def test_an_upstream_that_repeats_itself_fires_nothing_and_resolves_nothing(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await outflow(run)
        await run.until_announced("elevated outflow")
        for _ in range(9):
            world.clock.advance(timedelta(hours=1))
            await world.polls(2)
        await until(lambda: is_held(run), "the incident held")
        _, _, steps = await alerts_and_steps(run)
        assert steps == ["opened", "held"]
        assert [incident.severity for incident in await run.application.store.incidents.open()] == [Severity.ELEVATED]
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1
        status, [reason] = await run.readiness()
        assert status == 503
        assert reason.startswith("the source has not updated Binance, OKX and Kraken (100.0 % of all reserves) since")


async def is_held(run: Running) -> bool:
    return any(incident.held for incident in await run.application.store.incidents.open())


async def test_a_restart_goes_on_with_an_open_incident(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await outflow(run)
        await run.until_announced("elevated outflow")
    async with running(world) as run:
        assert [incident.label for incident in await run.application.store.incidents.open()] == ["INC-1"]
        await run.hour()
        await run.hour()
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1
        await run.hour(-0.06)
        await run.until_announced("INC-1 · Binance · severe outflow")
        telegram, discord, steps = await alerts_and_steps(run)
    assert [delivery.partition(" · ")[2] for delivery in telegram] == [
        "Binance · elevated outflow",
        "Binance · severe outflow",
    ]
    assert telegram == discord
    assert steps == ["opened", "escalated"]


async def end_hastily(world: World) -> None:
    """Run until it is on record that the group was told of an outflow, and then break off."""
    async with running(world) as run:
        await run.subscribe()
        await outflow(run)
        await until(
            lambda: is_on_record_as_told(run, Platform.TELEGRAM), "the word in the store that Telegram was told"
        )
        raise InterruptedError


async def is_on_record_as_told(run: Running, platform: Platform) -> bool:
    """Return whether everything that was queued for a platform is known to be sent: what is not would come again."""
    opened = await run.application.store.incidents.open()
    return bool(opened) and not any(waiting is platform for waiting, _ in await run.application.store.outbox.depth())


async def test_what_was_not_sent_before_a_hasty_end_arrives_after_it(world: World) -> None:
    held = world.discord.delay(r"^/channels/\d+/messages$")
    with pytest.raises(ExceptionGroup) as ended:
        await end_hastily(world)
    assert ended.group_contains(InterruptedError)
    held.set()
    async with running(world) as run:
        await run.until_announced("INC-1 · Binance · elevated outflow")
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1
