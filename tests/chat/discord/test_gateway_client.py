"""What gateway events do: places are disabled and enabled, and a new server is greeted."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.chat.discord import gateway_client
from bot.domain.errors import ChatGone, NotAllowed
from bot.domain.place import Obstacle, Place, Platform
from bot.language.translation import language_code
from bot.messages.model import Message
from tests.chat.discord.conftest import NOW, SHORT_TIMEOUTS, Bot, build, connected, raised_by
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_faults import Failure
from tests.fakes.discord_world import (
    BOT_RIGHTS,
    EMBED_LINKS,
    MANAGE_GUILD,
    MEMBER_RIGHTS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    Channel,
    Guild,
)
from tests.waiting import until


def place_of(channel: Channel) -> Place:
    return Place(Platform.DISCORD, channel.id)


async def joined(discord: FakeDiscord, bot: Bot, guild: Guild) -> None:
    await discord.join(guild)
    await until(
        lambda: len(bot.subscriptions.cleared) >= len(guild.channels),
        "a channel that is in no trouble any more, for each there is",
    )
    bot.subscriptions.cleared.clear()


@pytest.fixture
async def guild(bot: Bot, discord: FakeDiscord) -> Guild:
    guild = discord.guild("Traders")
    discord.thread(discord.channel(guild))
    discord.channel(guild, "quiet")
    await joined(discord, bot, guild)
    bot.subscriptions.subscribed.update(place_of(channel) for channel in guild.channels[:2])
    return guild


async def test_a_server_that_removes_the_bot_disables_its_places(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    await discord.leave(guild)
    await until(lambda: len(bot.subscriptions.troubles) == 2, "two places in trouble")
    assert set(bot.subscriptions.troubles) == {place_of(channel) for channel in guild.channels[:2]}
    trouble = bot.subscriptions.troubles[place_of(guild.channels[0])]
    assert trouble.disabled
    assert trouble.reason == "the bot was removed from the server"
    assert trouble.obstacle is Obstacle.REMOVED
    assert trouble.since == NOW


async def test_an_outage_of_a_server_disables_nothing(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    """GUILD_DELETE with `unavailable` is an outage of Discord's, not a removal of the bot."""
    await discord.gateway.dispatch("GUILD_DELETE", {"id": guild.id, "unavailable": True})
    await discord.gateway.dispatch("GUILD_CREATE", guild.json() | {"unavailable": False})
    await discord.slash("top", channel=guild.channels[0])
    assert bot.subscriptions.troubles == {}


async def test_a_server_that_takes_the_bot_back_gets_its_places_back(
    bot: Bot, discord: FakeDiscord, guild: Guild
) -> None:
    await discord.leave(guild)
    await until(lambda: len(bot.subscriptions.troubles) == 2, "two places in trouble")
    await discord.join(guild)
    await until(lambda: not bot.subscriptions.troubles, "the end of the trouble in all places")


async def test_a_deleted_channel_is_disabled_with_its_threads(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    channel, thread, _ = guild.channels
    await discord.delete_channel(channel)
    await until(lambda: len(bot.subscriptions.troubles) == 2, "two places in trouble")
    assert bot.subscriptions.troubles[place_of(channel)].reason == "the channel was deleted"
    assert bot.subscriptions.troubles[place_of(thread)].disabled
    assert bot.subscriptions.troubles[place_of(thread)].obstacle is Obstacle.DELETED


async def test_a_deleted_thread_is_disabled_alone(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    thread = guild.channels[1]
    await discord.delete_channel(thread)
    await until(lambda: bool(bot.subscriptions.troubles), "a place in trouble")
    assert [(trouble.place, trouble.reason) for trouble in bot.subscriptions.troubles.values()] == [
        (place_of(thread), "the thread was deleted")
    ]


async def test_a_channel_whose_rights_come_back_comes_back(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    channel, thread, _ = guild.channels
    await discord.overwrite(channel, deny=SEND_MESSAGES | VIEW_CHANNEL)
    await discord.overwrite(channel, deny=SEND_MESSAGES)
    await discord.overwrite(channel)
    await until(
        lambda: set(bot.subscriptions.cleared) == {place_of(channel), place_of(thread)},
        "a channel and a thread that are in no trouble any more",
    )


async def test_a_change_of_other_permissions_enables_no_place(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    await discord.overwrite(guild.channels[0], allow=1 << 6)
    await discord.slash("top", channel=guild.channels[2])
    await until(lambda: bool(bot.subscriptions.cleared), "a place that is in no trouble any more")
    assert bot.subscriptions.cleared == [place_of(guild.channels[2])]


async def test_a_role_that_opens_channels_brings_them_back(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    guild.everyone.permissions = VIEW_CHANNEL
    await discord.gateway.dispatch("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": guild.everyone.json()})
    await discord.set_bot_rights(guild, 0)
    await discord.overwrite(guild.channels[2], deny=EMBED_LINKS)
    await discord.set_bot_rights(guild, BOT_RIGHTS)
    await until(lambda: len(bot.subscriptions.cleared) == 2, "two places that are in no trouble any more")
    assert place_of(guild.channels[2]) not in bot.subscriptions.cleared


async def test_a_new_role_of_the_bot_brings_channels_back(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    without = guild.member(discord.world.bot) | {"guild_id": guild.id, "roles": []}
    await discord.overwrite(guild.channels[0], deny=VIEW_CHANNEL)
    await discord.gateway.dispatch("GUILD_MEMBER_UPDATE", without | {"nick": "a new name"})
    await discord.gateway.dispatch("GUILD_MEMBER_UPDATE", without | {"roles": [guild.bot_role.id]})
    await until(lambda: bool(bot.subscriptions.cleared), "a place that is in no trouble any more")
    assert set(bot.subscriptions.cleared) == {place_of(guild.channels[2])}


async def test_a_new_name_of_the_bot_changes_nothing(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    renamed = guild.member(discord.world.bot) | {"guild_id": guild.id, "nick": "Run, watch"}
    await discord.gateway.dispatch("GUILD_MEMBER_UPDATE", renamed)
    await discord.slash("top", channel=guild.channels[2])
    await until(lambda: bool(bot.subscriptions.cleared), "a place that is in no trouble any more")
    assert bot.subscriptions.cleared == [place_of(guild.channels[2])]


async def test_a_thread_that_is_opened_again_comes_back(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    thread = guild.channels[1]
    await discord.archive(thread)
    await discord.archive(thread, archived=False)
    await until(lambda: bool(bot.subscriptions.cleared), "a place that is in no trouble any more")
    assert bot.subscriptions.cleared == [place_of(thread)]


async def test_a_thread_that_is_unlocked_comes_back(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    thread = guild.channels[1]
    await discord.archive(thread, archived=False, locked=True)
    await discord.archive(thread, archived=False)
    await until(lambda: bool(bot.subscriptions.cleared), "a place that is in no trouble any more")
    assert bot.subscriptions.cleared == [place_of(thread)]


async def test_a_store_that_is_away_ends_nothing(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    """While the store is away an event is lost and logged, and the next one is handled."""
    bot.subscriptions.is_away, bot.subscriptions.calls = True, 0
    await discord.delete_channel(guild.channels[2])
    await discord.slash("top", channel=guild.channels[0])
    await until(lambda: bot.subscriptions.calls == 2, "a second question to the store")
    bot.subscriptions.is_away = False
    await discord.delete_channel(guild.channels[0])
    await until(lambda: bool(bot.subscriptions.troubles), "a place in trouble")


async def test_a_fault_of_ours_ends_nothing(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    """An exception in one event's handler is logged, and the next event is handled."""
    bot.subscriptions.is_broken, bot.subscriptions.calls = True, 0
    await discord.delete_channel(guild.channels[2])
    await until(lambda: bot.subscriptions.calls == 1, "a question to the store")
    bot.subscriptions.is_broken = False
    await discord.delete_channel(guild.channels[0])
    await until(lambda: bool(bot.subscriptions.troubles), "a place in trouble")


async def test_a_new_channel_is_known_at_once(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    """A message to a channel that was just made is checked against its permissions, without asking Discord."""
    channel = discord.channel(guild, deny=SEND_MESSAGES)
    await discord.gateway.dispatch("CHANNEL_CREATE", channel.json(discord.world.bot))
    await discord.slash("top", channel=guild.channels[0])
    assert isinstance(await raised_by(bot.chat.send(place_of(channel), Message("Hello"), key="a")), NotAllowed)


async def test_a_thread_under_a_hidden_channel_is_closed_to_the_bot(
    bot: Bot, discord: FakeDiscord, guild: Guild
) -> None:
    thread = discord.thread(Channel("hidden", guild))
    await discord.gateway.dispatch("THREAD_CREATE", thread.json(discord.world.bot) | {"newly_created": True})
    await discord.slash("top", channel=guild.channels[0])
    assert isinstance(await raised_by(bot.chat.send(place_of(thread), Message("Hello"), key="a")), ChatGone)
    given = {"place": f"<#{thread.id}>"}
    answer = await discord.slash("subscribe", given, channel=guild.channels[0], permissions=MANAGE_GUILD)
    assert "not one of this server" in answer.text


async def test_a_new_server_is_greeted_once_in_its_system_channel(bot: Bot, discord: FakeDiscord) -> None:
    guild = discord.guild("New")
    guild.system_channel = discord.channel(guild, "general")
    discord.channel(guild, "off-topic")
    await joined(discord, bot, guild)
    await discord.until(lambda: bool(discord.messages(guild.channels[0])), "a message in the first channel")
    (greeting,) = discord.messages(guild.channels[0])
    ids = [button["custom_id"] for button in greeting["components"][0]["components"]]
    assert ids == ["run:subscribe ?", "run:help"]
    assert greeting["flags"] == 1 << 12
    assert discord.messages(guild.channels[1]) == []


@pytest.mark.parametrize(("locale", "language"), [("es-ES", "es"), ("en-US", "en"), ("fr", "en")])
async def test_a_server_is_greeted_in_its_own_language(
    bot: Bot, discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch, locale: str, language: str
) -> None:
    monkeypatch.setattr(gateway_client, "welcome_card", lambda: Message(language_code()))
    guild = discord.guild("New")
    guild.locale = locale
    guild.system_channel = discord.channel(guild, "general")
    await joined(discord, bot, guild)
    await discord.until(lambda: bool(discord.messages(guild.channels[0])), "a greeting")
    assert discord.messages(guild.channels[0])[0]["embeds"][0]["title"].endswith(f" {language}")


async def test_a_server_without_a_writable_system_channel_is_not_greeted(bot: Bot, discord: FakeDiscord) -> None:
    silent, closed = discord.guild("Silent"), discord.guild("Closed", rights=MEMBER_RIGHTS & ~SEND_MESSAGES)
    closed.bot_role.permissions &= ~SEND_MESSAGES
    closed.system_channel = discord.channel(closed)
    discord.channel(silent)
    await discord.join(closed)
    await joined(discord, bot, silent)
    await discord.slash("top", channel=silent.channels[0])
    assert not any(method == "POST" and "/channels/" in path for method, path in discord.requests)


async def test_a_greeting_that_is_refused_harms_nothing(bot: Bot, discord: FakeDiscord) -> None:
    failures = [discord.fail("POST", "/messages", status, code=code) for status, code in ((403, 50013), (429, 0))]
    channels = []
    for failure in failures:
        guild = discord.guild("New")
        guild.system_channel = discord.channel(guild)
        await joined(discord, bot, guild)
        await until(partial(is_used_up, failure), "the last of the failures")
        channels += guild.channels
    assert (await discord.slash("top", channel=channels[-1])).messages


async def test_a_server_joined_while_a_session_begins_is_greeted_once(discord: FakeDiscord) -> None:
    """The library calls a server available that was joined while it waits for those of the session."""
    starting = build(discord, timeouts=replace(SHORT_TIMEOUTS, servers_s=0.2))
    guild = discord.guild("New")
    guild.bot_joined_at = datetime.now(UTC).isoformat()
    guild.system_channel = discord.channel(guild)
    async with connected(starting, discord):
        for sessions in (2, 3):
            await discord.until(lambda: bool(discord.messages(guild.channels[0])), "a greeting")
            await discord.gateway.send_opcode(9, data=False)
            await discord.until(partial(has_identified, discord, sessions), "a new session")
            await discord.slash("top", channel=guild.channels[0])
    assert len(discord.messages(guild.channels[0])) == 1


def has_identified(discord: FakeDiscord, times: int) -> bool:
    return len(discord.gateway.identifies) == times


def is_used_up(failure: Failure) -> bool:
    return failure.times == 0


async def test_servers_known_before_a_start_are_not_greeted(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    guild.system_channel = guild.channels[0]
    await discord.gateway.send_opcode(9, data=False)
    await discord.until(lambda: len(discord.gateway.identifies) == 2, "a second session with the gateway")
    await discord.slash("top", channel=guild.channels[0])
    assert discord.messages(guild.channels[0]) == []
