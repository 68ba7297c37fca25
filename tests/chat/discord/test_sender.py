"""Messages to places: sent, answered, changed, and what each refusal becomes."""

import asyncio
from typing import Any

import pytest

from bot.chat.discord.sender import nonce_of
from bot.domain.errors import BadMessage, ChatGone, NotAllowed, RetryLater
from bot.domain.place import Place, Platform
from bot.messages.model import Action, Message, Tone, lines
from tests.chat.discord.conftest import Bot, build, connected, raised_by, running
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_rest import PUBLISHED
from tests.fakes.discord_world import (
    ADMINISTRATOR,
    ANNOUNCEMENTS,
    ATTACH_FILES,
    BOT_RIGHTS,
    EMBED_LINKS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Channel,
    Guild,
    User,
)
from tests.waiting import until

ALERT = Message("INC-42 · Binance · elevated outflow", Tone.ELEVATED, lines=lines("Net outflow −$2.3 B"))


def place_of(channel: Channel) -> Place:
    return Place(Platform.DISCORD, channel.id)


def _guild(channel: Channel) -> Guild:
    assert channel.guild is not None
    return channel.guild


@pytest.fixture
async def channel(bot: Bot, discord: FakeDiscord) -> Channel:
    guild = discord.guild("Traders")
    channel = discord.channel(guild)
    await discord.join(guild)
    await until(lambda: bot.subscriptions.cleared != [], "a place that is in no trouble any more")
    return channel


async def test_a_message_arrives_and_its_id_comes_back(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    message_id = await bot.chat.send(place_of(channel), ALERT, key="k" * 40)
    (sent,) = discord.messages(channel)
    assert sent["id"] == message_id
    assert sent["embeds"][0]["title"] == "🟠 INC-42 · Binance · elevated outflow"
    assert sent["nonce"] == nonce_of("k" * 40)


async def test_the_same_key_sends_once(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    first = await bot.chat.send(place_of(channel), ALERT, key="step-1")
    again = await bot.chat.send(place_of(channel), ALERT, key="step-1")
    other = await bot.chat.send(place_of(channel), ALERT, key="step-2")
    assert first == again != other
    assert len(discord.messages(channel)) == 2


async def test_keys_that_begin_alike_are_two_messages(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    """An upstream that breaks and heals on one day: both keys begin with the same 25 characters."""
    for title, key in (("does not answer", "14:05:00+00:00"), ("answers again", "14:25:00+00:00")):
        await bot.chat.send(place_of(channel), Message(title), key=f"defillama/cexs:2022-12-13 {key}")
    titles = [message["embeds"][0]["title"].partition(" ")[2] for message in discord.messages(channel)]
    assert titles == ["does not answer", "answers again"]


async def test_a_message_pings_nobody_of_itself(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    await bot.chat.send(place_of(channel), ALERT, key="a")
    (sent,) = discord.messages(channel)
    assert sent["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert sent["content"] == ""


@pytest.mark.parametrize(
    ("mention", "content", "allowed"),
    [
        ("123", "<@&123>", {"parse": [], "roles": ["123"], "replied_user": False}),
        ("here", "@here", {"parse": ["everyone"], "replied_user": False}),
        ("everyone", "@everyone", {"parse": ["everyone"], "replied_user": False}),
    ],
)
async def test_only_the_mention_of_the_message_pings(  # noqa: PLR0913, PLR0917 — pytest hands them over by name
    bot: Bot, discord: FakeDiscord, channel: Channel, mention: str, content: str, allowed: dict[str, Any]
) -> None:
    await bot.chat.send(place_of(channel), Message("Outflow", mention=mention), key="a")
    (sent,) = discord.messages(channel)
    assert (sent["content"], sent["allowed_mentions"]) == (content, allowed)


async def test_a_silent_message_makes_no_sound(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    await bot.chat.send(place_of(channel), Message("Psst", silent=True), key="a")
    assert discord.messages(channel)[0]["flags"] == 1 << 12


async def test_an_escalation_answers_the_message_before(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    first = await bot.chat.send(place_of(channel), ALERT, key="a")
    await bot.chat.send(place_of(channel), ALERT, key="b", reply_to=first)
    assert discord.messages(channel)[1]["message_reference"]["message_id"] == first


async def test_an_answer_to_a_deleted_message_is_still_sent(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    await bot.chat.send(place_of(channel), ALERT, key="a", reply_to="5")
    assert len(discord.messages(channel)) == 1


async def test_where_the_history_is_hidden_the_answer_stands_alone(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    first = await bot.chat.send(place_of(channel), ALERT, key="a")
    await discord.overwrite(channel, deny=READ_MESSAGE_HISTORY)
    await bot.chat.send(place_of(channel), ALERT, key="b", reply_to=first)
    assert "message_reference" not in discord.messages(channel)[1]


async def test_an_edit_changes_the_message_and_drops_its_buttons(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    with_button = Message("Outflow", actions=(Action("Why", "why 42"),), mention="123")
    message_id = await bot.chat.send(place_of(channel), with_button, key="a")
    await bot.chat.edit(place_of(channel), message_id, Message("Resolved", Tone.GOOD))
    (sent,) = discord.messages(channel)
    assert sent["embeds"][0]["title"] == "🟢 Resolved"
    assert sent["components"] == []
    assert sent["content"] == "<@&123>"


async def test_an_edit_neither_pings_nor_silences(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    message_id = await bot.chat.send(place_of(channel), ALERT, key="a")
    await bot.chat.edit(place_of(channel), message_id, Message("Worse", mention="123", silent=True))
    (sent,) = discord.messages(channel)
    assert (sent["edits"], sent["content"], sent["flags"]) == (1, "", 0)


async def test_an_edit_that_changes_nothing_is_no_error(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    message_id = await bot.chat.send(place_of(channel), ALERT, key="a")
    await bot.chat.edit(place_of(channel), message_id, ALERT)
    assert discord.messages(channel)[0]["edits"] == 1


async def test_a_deleted_message_cannot_be_edited(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    error = await raised_by(bot.chat.edit(place_of(channel), "5", ALERT))
    assert isinstance(error, BadMessage)


@pytest.mark.parametrize(
    ("denied", "kind", "said"),
    [
        (VIEW_CHANNEL, ChatGone, "no access"),
        (SEND_MESSAGES, NotAllowed, "Send Messages"),
        (EMBED_LINKS, NotAllowed, "Embed Links"),
    ],
)
async def test_a_refusal_that_can_be_foreseen_never_reaches_discord(  # noqa: PLR0913, PLR0917 — pytest hands them over by name
    bot: Bot, discord: FakeDiscord, channel: Channel, denied: int, kind: type, said: str
) -> None:
    await discord.overwrite(channel, deny=denied)
    await discord.slash("top", channel=channel)  # an answer shows that what came before has been read
    before = len(discord.requests)
    error = await raised_by(bot.chat.send(place_of(channel), ALERT, key="a"))
    assert isinstance(error, kind)
    assert said in str(error)
    assert len(discord.requests) == before


async def test_a_server_known_from_the_start_is_checked_too(discord: FakeDiscord) -> None:
    """READY brings the servers that were there before, without an event for their channels."""
    channel = discord.channel(discord.guild(), deny=SEND_MESSAGES)
    async with connected(build(discord), discord) as bot:
        await discord.slash("top", channel=channel)
        before = len(discord.requests)
        assert isinstance(await raised_by(bot.chat.send(place_of(channel), ALERT, key="a")), NotAllowed)
        assert len(discord.requests) == before


async def test_an_administrator_may_everything(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    await discord.set_bot_rights(_guild(channel), ADMINISTRATOR)
    await discord.overwrite(channel, deny=SEND_MESSAGES)
    await discord.slash("top", channel=channel)
    await bot.chat.send(place_of(channel), ALERT, key="a")
    assert len(discord.messages(channel)) == 1


async def test_a_server_in_an_outage_is_not_checked(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    """What the gateway told before an outage may be old, so Discord itself is asked."""
    await discord.overwrite(channel, deny=SEND_MESSAGES)
    await discord.gateway.dispatch("GUILD_DELETE", {"id": _guild(channel).id, "unavailable": True})
    await discord.slash("top", channel=discord.dm(User("anna")))
    error = await raised_by(bot.chat.send(place_of(channel), ALERT, key="a"))
    assert "lacks a permission in the channel" in str(error), "Discord was asked"


async def test_a_thread_is_checked_by_its_own_permission(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    thread = discord.thread(channel)
    await discord.gateway.dispatch("THREAD_CREATE", thread.json(discord.world.bot))
    await discord.overwrite(channel, deny=SEND_MESSAGES_IN_THREADS)
    await discord.slash("top", channel=channel)
    await bot.chat.send(place_of(channel), ALERT, key="a")
    error = await raised_by(bot.chat.send(place_of(thread), ALERT, key="b"))
    assert "Send Messages in Threads" in str(error)


async def test_files_are_not_needed_for_a_text(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    """Attach Files is asked for with the invitation, but a text arrives without it."""
    await discord.overwrite(channel, deny=ATTACH_FILES)
    await discord.slash("top", channel=channel)
    await bot.chat.send(place_of(channel), ALERT, key="a")
    assert len(discord.messages(channel)) == 1


async def test_a_place_whose_id_is_no_number_is_gone(bot: Bot) -> None:
    error = await raised_by(bot.chat.send(Place(Platform.DISCORD, "../users"), ALERT, key="a"))
    assert isinstance(error, ChatGone)


async def test_nothing_is_sent_before_the_login(discord: FakeDiscord) -> None:
    error = await raised_by(build(discord).chat.send(Place(Platform.DISCORD, "1"), ALERT, key="a"))
    assert isinstance(error, RetryLater)
    assert error.whole_bot
    assert discord.requests == []


async def test_a_process_that_only_sends_opens_no_gateway(discord: FakeDiscord) -> None:
    channel = discord.channel(discord.guild())
    async with running(build(discord, listens=False)) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        await bot.chat.send(place_of(channel), ALERT, key="a")
    assert len(discord.messages(channel)) == 1
    assert discord.gateway.identifies == []


async def test_forty_channels_at_once_stay_within_discords_limits() -> None:
    async with FakeDiscord(rates=True) as discord, running(build(discord)) as bot:
        guild = discord.guild(bot=BOT_RIGHTS)
        channels = [discord.channel(guild) for _ in range(40)]
        await discord.connected()
        sends = (bot.chat.send(place_of(channel), ALERT, key="a") for channel in channels)
        await asyncio.gather(*sends)
        assert all(len(discord.messages(channel)) == 1 for channel in channels)
        assert discord.rate_limited == 0


async def announcements(discord: FakeDiscord, beside: Channel, **how: Any) -> Channel:
    channel = discord.channel(_guild(beside), "news", type=ANNOUNCEMENTS, **how)
    await discord.gateway.dispatch("CHANNEL_CREATE", channel.json(discord.world.bot))
    return channel


async def test_a_message_of_an_announcement_channel_is_published_once(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    news = await announcements(discord, channel)
    message_id = await bot.chat.send(place_of(news), ALERT, key="k")
    await bot.chat.publish(place_of(news), message_id)
    await bot.chat.publish(place_of(news), message_id)  # after an answer was lost: no error
    (sent,) = discord.messages(news)
    assert sent["flags"] & PUBLISHED


async def test_an_ordinary_channel_publishes_nothing(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    message_id = await bot.chat.send(place_of(channel), ALERT, key="k")
    assert isinstance(await raised_by(bot.chat.publish(place_of(channel), message_id)), BadMessage)


async def test_the_limit_of_publications_is_told_with_its_pause(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    news = await announcements(discord, channel)
    message_id = await bot.chat.send(place_of(news), ALERT, key="k")
    limited = {"message": "You are being rate limited.", "retry_after": 1800.0, "global": False}
    discord.fail("POST", "/crosspost$", 429, body=limited, headers={"Via": "1.1 google", "Retry-After": "1800"})
    refusal = await raised_by(bot.chat.publish(place_of(news), message_id))
    assert isinstance(refusal, RetryLater)
    assert (refusal.rate_limited, refusal.whole_bot) == (True, False)
