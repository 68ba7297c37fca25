"""Who may moderate which channel, and which permissions the bot lacks where."""

import pytest

from tests.chat.discord.conftest import Bot
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import (
    ADMINISTRATOR,
    ANNOUNCEMENTS,
    ATTACH_FILES,
    BOT_RIGHTS,
    CATEGORY,
    EMBED_LINKS,
    FORUM,
    MANAGE_GUILD,
    MEMBER_RIGHTS,
    MENTION_EVERYONE,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    TEXT,
    VIEW_CHANNEL,
    Channel,
    Role,
    User,
)


@pytest.fixture
async def here(bot: Bot, discord: FakeDiscord) -> Channel:
    guild = discord.guild("Traders")
    channel = discord.channel(guild, "general")
    discord.channel(guild, "alerts")
    await discord.join(guild)
    return channel


def other(channel: Channel) -> Channel:
    assert channel.guild is not None
    return next(sibling for sibling in channel.guild.channels if sibling is not channel)


async def test_a_member_does_not_moderate(discord: FakeDiscord, here: Channel) -> None:
    answer = await discord.slash("subscribe", channel=here)
    assert "for the people who moderate this place" in answer.text
    assert answer.ephemeral


@pytest.mark.parametrize("permissions", [MANAGE_GUILD, ADMINISTRATOR])
async def test_a_moderator_does(discord: FakeDiscord, here: Channel, permissions: int) -> None:
    answer = await discord.slash("subscribe", channel=here, permissions=permissions)
    assert f"place=discord:{here.id}" in answer.text
    assert answer.embed["description"].endswith("missing=")


async def test_a_private_chat_has_no_alerts_and_says_where_they_are(bot: Bot, discord: FakeDiscord) -> None:
    answer = await discord.press("run:subscribe", channel=discord.dm(User("anna")))
    assert "go to the channels of a server" in answer.text


async def test_nobody_moderates_a_server_without_the_bot(bot: Bot, discord: FakeDiscord) -> None:
    elsewhere = discord.guild("Strangers")
    elsewhere.has_bot = False
    channel = discord.channel(elsewhere)
    answer = await discord.press("run:subscribe", channel=channel, permissions=MANAGE_GUILD)
    assert "no member of this server yet" in answer.text


async def test_another_channel_of_the_server_can_be_named(discord: FakeDiscord, here: Channel) -> None:
    given = {"place": f"<#{other(here).id}>"}
    answer = await discord.slash("subscribe", given, channel=here, permissions=MANAGE_GUILD)
    assert f"place=discord:{other(here).id}" in answer.text


async def test_a_channel_of_another_server_cannot(discord: FakeDiscord, here: Channel) -> None:
    """A channel is named by its id alone, and only the ids of this server are taken."""
    rival = discord.guild("Rivals")
    channel = discord.channel(rival)
    await discord.join(rival)
    answer = await discord.slash("subscribe", {"place": f"<#{channel.id}>"}, channel=here, permissions=MANAGE_GUILD)
    assert "not one of this server" in answer.text


async def test_a_channel_the_asker_does_not_see_cannot(discord: FakeDiscord, here: Channel) -> None:
    guild = here.guild
    assert guild is not None
    guild.everyone.permissions &= ~VIEW_CHANNEL
    await discord.gateway.dispatch("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": guild.everyone.json()})
    given = {"place": f"<#{other(here).id}>"}
    answer = await discord.slash("subscribe", given, channel=here, permissions=MANAGE_GUILD)
    assert "not one of this server" in answer.text


@pytest.mark.parametrize("kind", [CATEGORY, FORUM])
async def test_a_channel_that_takes_no_messages_cannot(discord: FakeDiscord, here: Channel, kind: int) -> None:
    """Alerts cannot be sent to a category or a forum itself."""
    assert here.guild is not None
    shelf = discord.channel(here.guild, "shelf", type=kind)
    await discord.gateway.dispatch("CHANNEL_CREATE", shelf.json(discord.world.bot))
    answer = await discord.slash("subscribe", {"place": f"<#{shelf.id}>"}, channel=here, permissions=MANAGE_GUILD)
    assert "Messages cannot be posted there" in answer.text


@pytest.mark.parametrize("text", ["@alerts", "-1001234567", "https://t.me/alerts"])
async def test_a_name_from_another_platform_is_no_channel(discord: FakeDiscord, here: Channel, text: str) -> None:
    answer = await discord.slash("subscribe", {"place": text}, channel=here, permissions=MANAGE_GUILD)
    assert "by its mention" in answer.text


@pytest.mark.parametrize(
    ("lacking", "name"),
    [
        (VIEW_CHANNEL, "View Channel"),
        (SEND_MESSAGES, "Send Messages"),
        (EMBED_LINKS, "Embed Links"),
        (ATTACH_FILES, "Attach Files"),
    ],
)
async def test_each_missing_right_is_named(discord: FakeDiscord, here: Channel, lacking: int, name: str) -> None:
    await discord.overwrite(here, deny=lacking)
    await discord.overwrite(other(here), deny=lacking)
    for given in ({}, {"place": f"<#{other(here).id}>"}):
        answer = await discord.slash("subscribe", given, channel=here, permissions=MANAGE_GUILD)
        assert f"missing={name}" in answer.text


async def test_a_thread_needs_its_own_right_to_send(discord: FakeDiscord, here: Channel) -> None:
    thread = discord.thread(here)
    await discord.gateway.dispatch("THREAD_CREATE", thread.json(discord.world.bot))
    await discord.overwrite(here, deny=SEND_MESSAGES_IN_THREADS)
    answer = await discord.slash("subscribe", channel=thread, permissions=MANAGE_GUILD)
    assert "missing=Send Messages in Threads" in answer.text
    answer = await discord.slash("subscribe", channel=here, permissions=MANAGE_GUILD)
    assert answer.embed["description"].endswith("missing=")


async def test_the_rights_sent_along_count_where_the_command_is_used(discord: FakeDiscord, here: Channel) -> None:
    """Discord sends the bot's permissions with the interaction; they are newer than what the gateway told."""
    without = BOT_RIGHTS & ~EMBED_LINKS
    answer = await discord.slash("subscribe", channel=here, permissions=MANAGE_GUILD, app_permissions=without)
    assert "missing=Embed Links" in answer.text


async def test_an_administrator_lacks_nothing(discord: FakeDiscord, here: Channel) -> None:
    answer = await discord.slash("subscribe", channel=here, permissions=MANAGE_GUILD, app_permissions=ADMINISTRATOR)
    assert answer.embed["description"].endswith("missing=")


MANAGER = MEMBER_RIGHTS | MANAGE_GUILD


async def with_roles(discord: FakeDiscord, *roles: Role, bot: int = BOT_RIGHTS | MENTION_EVERYONE) -> Channel:
    """Return the first of the two channels of a server that has these roles."""
    guild = discord.guild("Roles", bot=bot)
    guild.roles += roles
    channel = discord.channel(guild, "general")
    discord.channel(guild, "alerts")
    await discord.join(guild)
    return channel


async def mention(discord: FakeDiscord, channel: Channel, what: str, rights: int, **more: str) -> str:
    answer = await discord.slash("subscribe", {"mention": what, **more}, channel=channel, permissions=rights)
    return answer.text


@pytest.mark.parametrize("word", ["@here", "@everyone"])
async def test_a_manager_who_may_not_mention_everyone_cannot_make_the_bot_do_it(
    bot: Bot, discord: FakeDiscord, word: str
) -> None:
    channel = await with_roles(discord)
    assert "may not mention" in await mention(discord, channel, word, MANAGER)
    assert "silent=nothing" in await mention(discord, channel, word, MANAGER | MENTION_EVERYONE)
    assert "silent=nothing" in await mention(discord, channel, word, ADMINISTRATOR)


async def test_a_role_that_everybody_may_mention_needs_no_right(bot: Bot, discord: FakeDiscord) -> None:
    open_role, closed_role = Role("traders", 0, mentionable=True), Role("staff", 0)
    channel = await with_roles(discord, open_role, closed_role, bot=BOT_RIGHTS)
    assert "silent=nothing" in await mention(discord, channel, f"<@&{open_role.id}>", MANAGER)
    assert "may not mention @staff" in await mention(discord, channel, f"<@&{closed_role.id}>", MANAGER)


async def test_a_mention_that_the_bot_may_not_make_is_said_to_be_silent(bot: Bot, discord: FakeDiscord) -> None:
    channel = await with_roles(discord, bot=BOT_RIGHTS)
    assert "silent=Mention Everyone" in await mention(discord, channel, "@here", MANAGER | MENTION_EVERYONE)


async def test_a_role_must_be_one_of_this_server(bot: Bot, discord: FakeDiscord) -> None:
    foreign = Role("elsewhere", 0, mentionable=True)
    await with_roles(discord, foreign)
    channel = await with_roles(discord)
    assert channel.guild is not None
    for role_id in (foreign.id, channel.guild.id, "1"):
        answer = await mention(discord, channel, f"<@&{role_id}>", MANAGER | MENTION_EVERYONE)
        assert "none of this server" in answer


async def test_in_another_channel_the_rights_there_count(bot: Bot, discord: FakeDiscord) -> None:
    """Who may mention everyone here may not therefore do so in the channel that is named."""
    channel = await with_roles(discord)
    named = f"<#{other(channel).id}>"
    answer = await mention(discord, channel, "@here", MANAGER | MENTION_EVERYONE, place=named)
    assert "may not mention" in answer
    assert channel.guild is not None
    channel.guild.everyone.permissions |= MENTION_EVERYONE
    await discord.join(channel.guild)
    assert "silent=nothing" in await mention(discord, channel, "@here", MANAGER | MENTION_EVERYONE, place=named)


@pytest.mark.parametrize(("kind", "said"), [(ANNOUNCEMENTS, "publishes=True"), (TEXT, "publishes=False")])
async def test_an_announcement_channel_can_publish(discord: FakeDiscord, here: Channel, kind: int, said: str) -> None:
    assert here.guild is not None
    channel = discord.channel(here.guild, "news", type=kind)
    await discord.gateway.dispatch("CHANNEL_CREATE", channel.json(discord.world.bot))
    for asked_in, given in ((channel, {}), (here, {"place": f"<#{channel.id}>"})):
        answer = await discord.slash("subscribe", given, channel=asked_in, permissions=MANAGE_GUILD)
        assert said in answer.text
