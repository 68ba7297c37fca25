"""The buttons of a drill on both platforms: the card stays, and what a press is answered with is read by one person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.chat.discord.client import DiscordPlatform
from bot.domain.drill import DrillOutcome
from bot.ports.chat import ChatPlatform
from tests.chat.discord.conftest import SHORT_TIMEOUTS
from tests.chat.telegram.polled import polled
from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.discord_world import User as Member
from tests.fakes.dispatcher import DispatcherBench
from tests.fakes.telegram import Chat, FakeTelegram, Sent, User
from tests.waiting import until

LABELS = ("Requested", "Arrived", "Refused", "Cancelled")


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


@asynccontextmanager
async def running(chat: ChatPlatform) -> AsyncIterator[None]:
    task = asyncio.create_task(chat.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def on_telegram(bench: DispatcherBench, telegram: FakeTelegram) -> AsyncIterator[FakeTelegram]:
    async with polled(telegram, bench):
        yield telegram


@pytest.fixture
async def on_discord(bench: DispatcherBench) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as discord:
        chat = DiscordPlatform(
            bench.dispatcher,
            token=TOKEN,
            api_url=discord.api_url,
            gateway_url=discord.gateway_url,
            subscriptions=bench.memory.subscriptions,
            clock=bench.memory.clock,
            owner_ids=frozenset(),
            meter=bench.memory.meter,
            timeouts=SHORT_TIMEOUTS,
        )
        async with running(chat):
            await discord.connected()
            await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
            await until(lambda: chat.trouble() is None, "a connection to Discord without trouble")
            yield discord


async def card_in(telegram: FakeTelegram, chat: Chat, asker: User) -> Sent:
    telegram.say(chat, asker, "/drill binance usdt tron")
    card = await telegram.wait_for_message(chat)
    assert card.labels == LABELS
    return card


async def pressed(telegram: FakeTelegram, card: Sent, step: str, user: User) -> str:
    """Press a button and return what the window over the chat says."""
    data = "drill binance USDT TRON requested" if step == "requested" else f"drill binance {step}"
    callback = telegram.press(card, data, user)
    await telegram.until(lambda: callback in telegram.answered, f"a word on the press of {step}")
    answer = telegram.answered[callback]
    assert answer["show_alert"] == "true"
    return answer["text"]


@pytest.mark.parametrize("is_private", [False, True])
async def test_on_telegram_a_press_is_answered_in_a_window_over_the_chat(
    bench: DispatcherBench, on_telegram: FakeTelegram, *, is_private: bool
) -> None:
    ann, bob = on_telegram.user("Ann"), on_telegram.user("Bob")
    chat = on_telegram.private(ann) if is_private else on_telegram.group(members=(ann, bob))
    card = await card_in(on_telegram, chat, ann)

    assert "Binance · your drill is under way\nSince 2022-12-13 12:00 UTC." in await pressed(
        on_telegram, card, "requested", ann
    )
    assert "You have no drill at Binance under way" in await pressed(on_telegram, card, "arrived", bob)
    assert "no withdrawal is that quick" in await pressed(on_telegram, card, "arrived", ann)
    bench.memory.clock.advance(timedelta(minutes=11))
    assert "Binance · arrived after 11 min" in await pressed(on_telegram, card, "arrived", ann)
    assert "You had your drill at Binance today" in await pressed(on_telegram, card, "requested", ann)
    assert "is over: the money arrived" in await pressed(on_telegram, card, "refused", ann)
    bench.memory.drills.away = True
    assert "The database is unavailable" in await pressed(on_telegram, card, "requested", bob)

    assert on_telegram.messages_in(chat) == [card], "the card is all that the chat has"
    [[drill]] = bench.memory.drills.kept.values()
    assert (drill.outcome, drill.asset, drill.network) == (DrillOutcome.ARRIVED, "USDT", "TRON")


async def test_on_telegram_a_subscriber_may_press_below_a_channels_post(on_telegram: FakeTelegram) -> None:
    """Other questions open the private chat; a drill begins where its button is, and nothing is posted."""
    ann, channel = on_telegram.user("Ann"), on_telegram.channel("news")
    row = (("Requested", "drill binance USDT TRON requested"),)
    post = Sent(next(on_telegram.ids), channel, None, "An alert", "An alert", buttons=(row,))
    assert "your drill is under way" in await pressed(on_telegram, post, "requested", ann)
    assert on_telegram.messages_in(channel) == []


async def test_the_log_names_nobody_who_pressed_in_a_group(on_telegram: FakeTelegram) -> None:
    ann, bob = on_telegram.user("Ann"), on_telegram.user("Bob")
    card = await card_in(on_telegram, on_telegram.group(members=(ann, bob)), ann)
    with capture_logs() as logs:
        await pressed(on_telegram, card, "requested", bob)
        await pressed(on_telegram, card, "cancelled", bob)
    assert [entry["command"] for entry in logs if entry["event"] == "command answered"] == ["drill", "drill"]
    assert str(bob.id) not in repr(logs)


async def test_on_telegram_a_press_that_is_too_old_for_a_window_is_answered_in_private_only(
    on_telegram: FakeTelegram,
) -> None:
    ann = on_telegram.user("Ann")
    group, private = on_telegram.group(members=(ann,)), on_telegram.private(ann)
    for chat in (group, private):
        card = await card_in(on_telegram, chat, ann)
        callback = on_telegram.press(card, "drill binance arrived", ann)
        on_telegram.presses.discard(callback)  # as if it had waited for the bot since yesterday
    answer = await on_telegram.wait_for_message(private)
    assert "You have no drill at Binance under way" in answer.text
    assert len(on_telegram.messages_in(group)) == 1


async def test_on_telegram_a_link_begins_and_deletes_nothing(bench: DispatcherBench, on_telegram: FakeTelegram) -> None:
    """Anybody can make one, and whoever follows it sees a button “Start”."""
    ann = on_telegram.user("Ann")
    chat = on_telegram.private(ann)
    for payload in ("drill_binance_requested", "privacy_forget"):
        on_telegram.say(chat, ann, f"/start {payload}")
        assert "or try one of these" in (await on_telegram.wait_for_message(chat)).text
    assert bench.memory.drills.kept == {}


async def test_on_telegram_a_channel_that_writes_in_a_group_does_no_drill(
    bench: DispatcherBench, on_telegram: FakeTelegram
) -> None:
    ann = on_telegram.user("Ann")
    group, channel = on_telegram.group(members=(ann,)), on_telegram.channel("news", admins=(ann,))
    message = on_telegram.new_message(group, ann) | {
        "text": "/drill binance requested",
        "sender_chat": channel.json(),
    }
    on_telegram.update("message", message)
    assert "write in your own name" in (await on_telegram.wait_for_message(group)).text
    assert bench.memory.drills.kept == {}


async def test_on_discord_a_press_is_answered_to_who_pressed(bench: DispatcherBench, on_discord: FakeDiscord) -> None:
    guild = on_discord.guild("Traders")
    channel = on_discord.channel(guild)
    await on_discord.join(guild)
    anna, bob = Member("anna"), Member("bob")
    card = await on_discord.slash(
        "drill", {"exchange": "binance", "asset": "USDT", "network": "TRC20"}, channel=channel, user=anna
    )
    buttons = [button for row in card.message["components"] for button in row["components"]]
    assert tuple(button["label"] for button in buttons) == LABELS
    assert not card.ephemeral
    ids = {button["label"]: button["custom_id"] for button in buttons}

    async def press(label: str, user: Member) -> str:
        answer = await on_discord.press(ids[label], channel=channel, user=user)
        assert answer.ephemeral
        return answer.text

    assert "your drill is under way" in await press("Requested", anna)
    assert "You have no drill at Binance under way" in await press("Arrived", bob)
    bench.memory.clock.advance(timedelta(minutes=11))
    assert "Binance · arrived after 11 min" in await press("Arrived", anna)
    assert "You had your drill at Binance today" in await press("Requested", anna)
    assert len(on_discord.messages(channel)) <= 1
    [(_, member)] = bench.memory.drills.kept
    assert (member.person, member.community) == (str(anna.id), str(guild.id))


async def test_on_discord_private_chats_are_one_community(bench: DispatcherBench, on_discord: FakeDiscord) -> None:
    for name in ("anna", "bob"):
        user = Member(name)
        answer = await on_discord.press("run:drill binance requested", channel=on_discord.dm(user), user=user)
        assert "your drill is under way" in answer.text
    assert {member.community for _, member in bench.memory.drills.kept} == {"private"}
    assert len(bench.memory.drills.kept) == 2
