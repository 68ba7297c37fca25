"""Whether a place can be written to, and where one person can."""

import pytest

from bot.domain.errors import ChatGone, DeliveryError, NotAllowed, RetryLater
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message
from bot.ports.chat import ProbingPlatform
from tests.chat.discord.conftest import Bot, build, running
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import (
    ATTACH_FILES,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Channel,
    Guild,
)
from tests.waiting import until


def place_of(channel: Channel) -> Place:
    return Place(Platform.DISCORD, channel.id)


@pytest.fixture
async def guild(bot: Bot, discord: FakeDiscord) -> Guild:
    made = discord.guild("Traders")
    discord.channel(made)
    await discord.join(made)
    await until(lambda: bot.subscriptions.cleared != [], "a place that is in no trouble any more")
    return made


async def requests_so_far(discord: FakeDiscord, guild: Guild) -> int:
    """Wait until what happened before has been read, and return how many calls there were so far."""
    await discord.slash("top", channel=guild.channels[0])
    return len(discord.requests)


async def refused(bot: Bot, channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await bot.chat.probe(place_of(channel))
    return caught.value


async def test_a_channel_the_gateway_knows_is_open_without_a_call(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    before = await requests_so_far(discord, guild)
    await bot.chat.probe(place_of(guild.channels[0]))
    assert len(discord.requests) == before


@pytest.mark.parametrize(
    ("denied", "kind", "obstacle"),
    [(SEND_MESSAGES, NotAllowed, Obstacle.NO_RIGHTS), (VIEW_CHANNEL, ChatGone, Obstacle.UNSEEN)],
)
async def test_a_channel_whose_rights_are_lacking_is_closed_without_a_call(  # noqa: PLR0913, PLR0917 — pytest hands them over by name
    bot: Bot, discord: FakeDiscord, guild: Guild, denied: int, kind: type, obstacle: Obstacle
) -> None:
    await discord.overwrite(guild.channels[0], deny=denied)
    before = await requests_so_far(discord, guild)
    error = await refused(bot, guild.channels[0])
    assert isinstance(error, kind)
    assert getattr(error, "obstacle", None) is obstacle
    assert len(discord.requests) == before


async def test_a_deleted_channel_is_closed(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    error = await refused(bot, Channel("never there", guild))
    assert isinstance(error, ChatGone)
    assert error.obstacle is Obstacle.DELETED


async def test_a_channel_of_a_server_without_the_bot_is_closed(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    await discord.leave(guild)
    await discord.slash("top", channel=discord.dm(discord.user("anna")))
    assert isinstance(await refused(bot, guild.channels[0]), ChatGone)


async def test_an_archived_thread_is_open_for_a_message_opens_it(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    """A message opens an archived thread, so it counts as open, and the probe leaves it as it is."""
    thread = discord.thread(guild.channels[0], archived=True)
    await bot.chat.probe(place_of(thread))
    assert thread.archived
    assert discord.messages(thread) == []


async def test_an_archived_thread_that_is_locked_is_closed(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    thread = discord.thread(guild.channels[0], archived=True)
    thread.locked = True
    error = await refused(bot, thread)
    assert isinstance(error, NotAllowed)
    assert error.obstacle is Obstacle.ARCHIVED


@pytest.mark.parametrize(("denied", "is_closed"), [(SEND_MESSAGES_IN_THREADS, True), (ATTACH_FILES, False)])
async def test_an_archived_thread_has_the_rights_of_its_channel(
    bot: Bot, discord: FakeDiscord, guild: Guild, *, denied: int, is_closed: bool
) -> None:
    thread = discord.thread(guild.channels[0], archived=True)
    await discord.overwrite(guild.channels[0], deny=denied)
    await requests_so_far(discord, guild)
    if not is_closed:
        await bot.chat.probe(place_of(thread))
        return
    error = await refused(bot, thread)
    assert isinstance(error, NotAllowed)
    assert error.obstacle is Obstacle.NO_RIGHTS


async def test_a_private_channel_is_open(bot: Bot, discord: FakeDiscord) -> None:
    await bot.chat.probe(place_of(discord.dm(discord.user("anna"))))


async def test_discord_away_says_nothing_of_the_place(bot: Bot, discord: FakeDiscord, guild: Guild) -> None:
    """A failure of Discord's is no reason to switch a place off or on."""
    discord.fail("GET", "/channels/", 502)
    assert isinstance(await refused(bot, Channel("unknown", guild)), RetryLater)


async def test_a_process_that_only_sends_cannot_tell(discord: FakeDiscord) -> None:
    """Without a gateway nothing is known of permissions, so the probe has to be asked again elsewhere."""
    channel = discord.channel(discord.guild())
    assert isinstance(await refused(build(discord), channel), RetryLater)
    async with running(build(discord, listens=False)) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        assert isinstance(await refused(bot, channel), RetryLater)


async def test_a_person_is_written_to_in_their_private_channel(bot: Bot, discord: FakeDiscord) -> None:
    anna = discord.user("anna")
    channel = discord.dm(anna)
    where = await bot.chat.private_place(anna.id)
    assert where == place_of(channel)
    await bot.chat.send(where, Message("Alerts switched off"), key="k")
    assert len(discord.messages(channel)) == 1


@pytest.mark.parametrize("person", ["123", "nobody", ""])
async def test_what_is_no_user_id_has_no_private_channel(bot: Bot, person: str) -> None:
    with pytest.raises(DeliveryError):
        await bot.chat.private_place(person)


async def test_discord_can_probe_places(discord: FakeDiscord) -> None:
    assert isinstance(build(discord).chat, ProbingPlatform)
