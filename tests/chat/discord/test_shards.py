"""Several connections to the gateway, as many as Discord asks for, behave as one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.chat.discord.conftest import SHORT_TIMEOUTS, Bot, build, connected, running
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import Channel, Guild, User
from tests.waiting import until

SHARDS = 3


def channel_on_shard(discord: FakeDiscord, shard: int) -> Channel:
    """Return a channel of a server that Discord tells one of three shards of."""
    guild = discord.guild(f"Shard {shard}")
    del discord.world.guilds[guild.id]
    guild.id = str(((int(guild.id) >> 22) // SHARDS * SHARDS + shard) << 22 | int(guild.id) & 0xFFFF)
    guild.__post_init__()
    discord.world.guilds[guild.id] = guild
    return discord.channel(guild)


@pytest.fixture
async def three_shards(discord: FakeDiscord) -> FakeDiscord:
    """Return a Discord that asks for three shards."""
    discord.gateway.shards = SHARDS
    return discord


@pytest.fixture
async def channels(three_shards: FakeDiscord) -> list[Channel]:
    return [channel_on_shard(three_shards, shard) for shard in range(SHARDS)]


@pytest.fixture
async def sharded(three_shards: FakeDiscord, channels: list[Channel]) -> AsyncIterator[Bot]:
    async with connected(build(three_shards), three_shards) as started:
        yield started


def leftover_tasks() -> list[str]:
    """Return the names of the tasks that a client of the library's left running."""
    names = [str(task.get_coro()) for task in asyncio.all_tasks() - {asyncio.current_task()}]
    return [name for name in names if "hard" in name or "Gateway" in name or "Client" in name]


async def answered(discord: FakeDiscord, channel: Channel) -> bool:
    return bool((await discord.slash("top", channel=channel)).messages)


async def test_one_shard_is_opened_where_one_is_asked_for(bot: Bot, discord: FakeDiscord) -> None:
    assert [identify["shard"] for identify in discord.gateway.identifies] == [[0, 1]]


async def test_as_many_shards_are_opened_as_are_asked_for(sharded: Bot, three_shards: FakeDiscord) -> None:
    assert [identify["shard"] for identify in three_shards.gateway.identifies] == [
        [0, SHARDS],
        [1, SHARDS],
        [2, SHARDS],
    ]
    assert sharded.chat.trouble() is None


async def test_servers_of_every_shard_get_answers(
    sharded: Bot, three_shards: FakeDiscord, channels: list[Channel]
) -> None:
    for channel in channels:
        assert await answered(three_shards, channel)
    assert await answered(three_shards, three_shards.dm(User("anna")))
    assert {session.number: len(session.sent) for session in three_shards.gateway.connected} == {0: 4, 1: 3, 2: 3}


async def test_one_shard_that_was_cut_is_resumed(
    sharded: Bot, three_shards: FakeDiscord, channels: list[Channel]
) -> None:
    await three_shards.gateway.drop(shard=1)
    await three_shards.until(
        lambda: three_shards.gateway.resumes == 1 and three_shards.gateway.is_full,
        "a session that is resumed while the other shards stay",
    )
    for channel in channels:
        assert await answered(three_shards, channel)
    assert len(three_shards.gateway.identifies) == SHARDS
    await until(lambda: sharded.chat.trouble() is None, "a connection of every shard without trouble")


async def test_a_shard_whose_session_is_invalid_begins_anew(
    sharded: Bot, three_shards: FakeDiscord, channels: list[Channel]
) -> None:
    """The other shards are resumed; the one whose session is invalid signs in again."""
    next(session for session in three_shards.gateway.connected if session.number == 1).valid = False
    await three_shards.gateway.drop(shard=None)
    await three_shards.until(
        lambda: len(three_shards.gateway.identifies) == SHARDS + 1 and three_shards.gateway.is_full,
        "a new session of the one shard that lost its own",
    )
    assert three_shards.gateway.identifies[-1]["shard"] == [1, SHARDS]
    for channel in channels:
        assert await answered(three_shards, channel)


async def test_a_shard_that_is_lost_is_named_while_the_others_answer(
    sharded: Bot, three_shards: FakeDiscord, channels: list[Channel]
) -> None:
    three_shards.gateway.hellos_allowed.clear()
    await three_shards.gateway.drop(shard=1)
    missing = "Not connected to Discord with 1 of 3 shards (counted from 0): 1."
    await until(lambda: sharded.chat.trouble() == missing, "the trouble of a shard that is gone")
    assert await answered(three_shards, channels[0])
    assert await answered(three_shards, channels[2])
    three_shards.gateway.hellos_allowed.set()
    await until(lambda: sharded.chat.trouble() is None, "a connection of every shard without trouble")
    assert await answered(three_shards, channels[1])


async def test_of_many_lost_shards_ten_are_named(discord: FakeDiscord) -> None:
    discord.gateway.shards = 13
    async with connected(build(discord), discord) as bot:
        discord.gateway.hellos_allowed.clear()
        for shard in range(1, 13):
            await discord.gateway.drop(shard=shard)
        await until(lambda: "12 of 13" in (bot.chat.trouble() or ""), "a trouble that counts the shards away")
        assert (bot.chat.trouble() or "").endswith(": 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ….")


async def test_without_any_shard_the_reason_is_that_of_one_connection(sharded: Bot, three_shards: FakeDiscord) -> None:
    """With all shards lost there is one reason to tell, not a list of shards."""
    three_shards.gateway.refusals = 10_000
    await three_shards.gateway.drop()
    await until(
        lambda: sharded.chat.trouble() == "Waiting for Discord's gateway to accept the connection.",
        "the trouble of a gateway that accepts nobody",
    )


async def test_one_dead_heartbeat_of_three_is_seen_and_named(channels: list[Channel]) -> None:
    async with FakeDiscord(heartbeat_interval=0.02) as discord:
        discord.gateway.shards = SHARDS
        discord.gateway.silent_shard = 2
        async with running(build(discord)) as bot:
            await until(
                lambda: "heartbeat of shard 2 for" in (bot.chat.trouble() or ""),
                "a trouble that names the shard without heartbeat answers",
            )


async def test_shards_sign_in_one_after_the_other(three_shards: FakeDiscord) -> None:
    async with connected(build(three_shards, timeouts=replace(SHORT_TIMEOUTS, identify_gap_s=0.05)), three_shards):
        times = three_shards.gateway.identified_at
        assert all(later - earlier > 0.04 for earlier, later in pairwise(times))


async def test_a_bot_that_outgrew_its_shards_opens_more(bot: Bot, discord: FakeDiscord) -> None:
    """Close code 4011: Discord asks for more shards than the bot has opened."""
    discord.gateway.shards = SHARDS
    await discord.gateway.drop(4011)
    await discord.connected()
    await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
    assert [identify["shard"] for identify in discord.gateway.identifies] == [
        [0, 1],
        [0, SHARDS],
        [1, SHARDS],
        [2, SHARDS],
    ]


async def test_no_shard_signs_in_when_todays_sign_ins_are_too_few_for_all(three_shards: FakeDiscord) -> None:
    three_shards.gateway.sessions_left = SHARDS - 1
    async with running(build(three_shards)) as bot:
        await until(
            lambda: "too often today" in (bot.chat.trouble() or ""),
            "a trouble that says that there were too many sessions today",
        )
        assert three_shards.gateway.identifies == []
        three_shards.gateway.sessions_left = SHARDS
        await three_shards.connected()


async def test_a_shard_that_cannot_be_opened_is_tried_again_with_a_new_client(three_shards: FakeDiscord) -> None:
    three_shards.fail("GET", "/gateway/bot", 403)
    three_shards.gateway.refusals = 1
    async with connected(build(three_shards), three_shards) as bot:
        assert bot.chat.trouble() is None


@pytest.mark.parametrize("shard", [None, 1])
async def test_the_bot_stops_while_connections_are_taken_up_again(
    sharded: Bot, three_shards: FakeDiscord, shard: int | None
) -> None:
    three_shards.gateway.hellos_allowed.clear()
    await three_shards.gateway.drop(shard=shard)
    await until(lambda: sharded.chat.trouble() is not None, "the trouble of a shard that is gone")


async def test_the_bot_stops_while_its_first_shards_are_there_and_others_are_not(three_shards: FakeDiscord) -> None:
    async with running(
        build(three_shards, timeouts=replace(SHORT_TIMEOUTS, identify_gap_s=20.0, servers_s=20.0))
    ) as bot:
        await until(
            lambda: bot.chat.trouble() == "Not connected to Discord with 2 of 3 shards (counted from 0): 1, 2.",
            "a trouble that names the two shards away",
        )
    assert len(three_shards.gateway.identifies) == 1
    await asyncio.sleep(0)
    assert leftover_tasks() == []


async def test_nothing_is_left_when_three_deaf_shards_are_stopped(three_shards: FakeDiscord) -> None:
    three_shards.gateway.reading_allowed = asyncio.Event()
    async with running(build(three_shards, timeouts=replace(SHORT_TIMEOUTS, close_s=0.05))) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
    assert leftover_tasks() == []
    three_shards.gateway.reading_allowed.set()


async def test_a_server_joined_later_is_greeted_over_its_own_shard(
    sharded: Bot, three_shards: FakeDiscord, channels: list[Channel]
) -> None:
    guild: Guild | None = channel_on_shard(three_shards, 2).guild
    assert guild
    guild.system_channel = guild.channels[0]
    await three_shards.join(guild)
    await three_shards.until(lambda: bool(three_shards.messages(guild.channels[0])), "a message in the first channel")
