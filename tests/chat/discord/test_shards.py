"""Several connections to the gateway, as many as Discord asks for, behave as one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.chat.discord.conftest import HASTE, Bot, build, connected, running
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import Channel, Guild, User
from tests.waiting import until

THREE = 3


def server_of(discord: FakeDiscord, shard: int) -> Channel:
    """Return a channel of a server that Discord tells one of three shards of."""
    guild = discord.guild(f"Shard {shard}")
    del discord.world.guilds[guild.id]
    guild.id = str(((int(guild.id) >> 22) // THREE * THREE + shard) << 22 | int(guild.id) & 0xFFFF)
    guild.__post_init__()
    discord.world.guilds[guild.id] = guild
    return discord.channel(guild)


@pytest.fixture
async def big(discord: FakeDiscord) -> FakeDiscord:
    """Return a Discord that asks for three shards."""
    discord.gateway.shards = THREE
    return discord


@pytest.fixture
async def channels(big: FakeDiscord) -> list[Channel]:
    return [server_of(big, shard) for shard in range(THREE)]


@pytest.fixture
async def sharded(big: FakeDiscord, channels: list[Channel]) -> AsyncIterator[Bot]:
    async with connected(build(big), big) as started:
        yield started


def left_behind() -> list[str]:
    """Return the names of the tasks that a client of the library's left running."""
    names = [str(task.get_coro()) for task in asyncio.all_tasks() - {asyncio.current_task()}]
    return [name for name in names if "hard" in name or "Gateway" in name or "Client" in name]


async def answered(discord: FakeDiscord, channel: Channel) -> bool:
    return bool((await discord.slash("top", channel=channel)).messages)


async def test_one_shard_is_opened_where_one_is_asked_for(bot: Bot, discord: FakeDiscord) -> None:
    assert [identify["shard"] for identify in discord.gateway.identifies] == [[0, 1]]


async def test_as_many_shards_are_opened_as_are_asked_for(sharded: Bot, big: FakeDiscord) -> None:
    assert [identify["shard"] for identify in big.gateway.identifies] == [[0, THREE], [1, THREE], [2, THREE]]
    assert sharded.chat.trouble() is None


async def test_servers_of_every_shard_get_answers(sharded: Bot, big: FakeDiscord, channels: list[Channel]) -> None:
    for channel in channels:
        assert await answered(big, channel)
    assert await answered(big, big.dm(User("anna")))
    assert {session.number: len(session.sent) for session in big.gateway.connected} == {0: 4, 1: 3, 2: 3}


async def test_one_shard_that_was_cut_is_resumed(sharded: Bot, big: FakeDiscord, channels: list[Channel]) -> None:
    await big.gateway.drop(shard=1)
    await big.until(
        lambda: big.gateway.resumes == 1 and big.gateway.is_full,
        "a session that is resumed while the other shards stay",
    )
    for channel in channels:
        assert await answered(big, channel)
    assert len(big.gateway.identifies) == THREE
    await until(lambda: sharded.chat.trouble() is None, "a connection of every shard without trouble")


async def test_a_shard_whose_session_is_invalid_begins_anew(
    sharded: Bot, big: FakeDiscord, channels: list[Channel]
) -> None:
    next(session for session in big.gateway.connected if session.number == 1).valid = False
    await big.gateway.drop(shard=None)
    await big.until(
        lambda: len(big.gateway.identifies) == THREE + 1 and big.gateway.is_full,
        "a new session of the one shard that lost its own",
    )
    assert big.gateway.identifies[-1]["shard"] == [1, THREE]
    for channel in channels:
        assert await answered(big, channel)


async def test_a_shard_that_is_lost_is_named_while_the_others_answer(
    sharded: Bot, big: FakeDiscord, channels: list[Channel]
) -> None:
    big.gateway.hellos.clear()
    await big.gateway.drop(shard=1)
    missing = "Not connected to Discord with 1 of 3 shards (counted from 0): 1."
    await until(lambda: sharded.chat.trouble() == missing, "the trouble of a shard that is gone")
    assert await answered(big, channels[0])
    assert await answered(big, channels[2])
    big.gateway.hellos.set()
    await until(lambda: sharded.chat.trouble() is None, "a connection of every shard without trouble")
    assert await answered(big, channels[1])


async def test_of_many_lost_shards_ten_are_named(discord: FakeDiscord) -> None:
    discord.gateway.shards = 13
    async with connected(build(discord), discord) as bot:
        discord.gateway.hellos.clear()
        for shard in range(1, 13):
            await discord.gateway.drop(shard=shard)
        await until(lambda: "12 of 13" in (bot.chat.trouble() or ""), "a trouble that counts the shards away")
        assert (bot.chat.trouble() or "").endswith(": 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ….")


async def test_without_any_shard_the_reason_is_that_of_one_connection(sharded: Bot, big: FakeDiscord) -> None:
    big.gateway.refusals = 10_000
    await big.gateway.drop()
    await until(
        lambda: sharded.chat.trouble() == "Waiting for Discord's gateway to accept the connection.",
        "the trouble of a gateway that accepts nobody",
    )


async def test_one_dead_heartbeat_of_three_is_seen_and_named(channels: list[Channel]) -> None:
    async with FakeDiscord(heartbeat_interval=0.02) as discord:
        discord.gateway.shards = THREE
        discord.gateway.mute = 2
        async with running(build(discord)) as bot:
            await until(
                lambda: "heartbeat of shard 2 for" in (bot.chat.trouble() or ""),
                "a trouble that names the shard without heartbeat answers",
            )


async def test_shards_sign_in_one_after_the_other(big: FakeDiscord) -> None:
    async with connected(build(big, patience=replace(HASTE, identify_gap=0.05)), big):
        times = big.gateway.identified_at
        assert all(later - earlier > 0.04 for earlier, later in pairwise(times))


async def test_a_bot_that_outgrew_its_shards_opens_more(bot: Bot, discord: FakeDiscord) -> None:
    discord.gateway.shards = THREE
    await discord.gateway.drop(4011)
    await discord.connected()
    await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
    assert [identify["shard"] for identify in discord.gateway.identifies] == [
        [0, 1],
        [0, THREE],
        [1, THREE],
        [2, THREE],
    ]


async def test_nobody_signs_in_where_the_days_sign_ins_would_not_do_for_every_shard(big: FakeDiscord) -> None:
    big.gateway.sessions_left = THREE - 1
    async with running(build(big)) as bot:
        await until(
            lambda: "too often today" in (bot.chat.trouble() or ""),
            "a trouble that says that there were too many sessions today",
        )
        assert big.gateway.identifies == []
        big.gateway.sessions_left = THREE
        await big.connected()


async def test_a_shard_that_cannot_be_opened_is_tried_again_with_a_new_client(big: FakeDiscord) -> None:
    big.fail("GET", "/gateway/bot", 403)
    big.gateway.refusals = 1
    async with connected(build(big), big) as bot:
        assert bot.chat.trouble() is None


@pytest.mark.parametrize("shard", [None, 1])
async def test_the_bot_stops_while_connections_are_taken_up_again(
    sharded: Bot, big: FakeDiscord, shard: int | None
) -> None:
    big.gateway.hellos.clear()
    await big.gateway.drop(shard=shard)
    await until(lambda: sharded.chat.trouble() is not None, "the trouble of a shard that is gone")


async def test_the_bot_stops_while_its_first_shards_are_there_and_others_are_not(big: FakeDiscord) -> None:
    async with running(build(big, patience=replace(HASTE, identify_gap=20.0, settle=20.0))) as bot:
        await until(
            lambda: bot.chat.trouble() == "Not connected to Discord with 2 of 3 shards (counted from 0): 1, 2.",
            "a trouble that names the two shards away",
        )
    assert len(big.gateway.identifies) == 1
    await asyncio.sleep(0)
    assert left_behind() == []


async def test_nothing_is_left_when_three_deaf_shards_are_stopped(big: FakeDiscord) -> None:
    big.gateway.deafness = asyncio.Event()
    async with running(build(big, patience=replace(HASTE, close=0.05))) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
    assert left_behind() == []
    big.gateway.deafness.set()


async def test_a_server_joined_later_is_told_by_its_own_shard(
    sharded: Bot, big: FakeDiscord, channels: list[Channel]
) -> None:
    guild: Guild | None = server_of(big, 2).guild
    assert guild
    guild.system_channel = guild.channels[0]
    await big.join(guild)
    await big.until(lambda: bool(big.messages(guild.channels[0])), "a message in the first channel")
