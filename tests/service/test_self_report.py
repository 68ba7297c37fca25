"""A bot that cannot alert says so: in /readyz, /status, the metric and ERROR_CHAT, once when it begins and once after.

Over nothing but real parts: what is broken is the upstream, the store, the clock or the disk.
"""

import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest

from bot.domain.place import Platform
from tests.fakes.telegram import Chat
from tests.servers import Server, kinds
from tests.waiting import until
from tests.world import Running, World, running, world_of

HOUR = timedelta(hours=1)
BEGAN, ENDED = "Alerts may not arrive", "Alerts work again"


@pytest.fixture
def operators(world: World) -> Chat:
    """Give the group that ERROR_CHAT names."""
    group = world.telegram.group("Operators", admins=(world.ann,))
    world.error_chat = f"telegram:{group.id}"
    return group


async def is_said_alone(run: Running, reason: str, words: str) -> bool:
    """Return whether /readyz and the metric name this obstacle, and nothing else."""
    reasons = await run.reasons()
    return len(reasons) == 1 and bool(re.search(words, reasons[0])) and await run.cannot_alert() == {reason}


async def until_said(run: Running, operators: Chat, reason: str, words: str) -> None:
    """Wait until everything that speaks of obstacles names this one, and nothing else."""

    await until(lambda: is_said_alone(run, reason, words), f"{reason} in /readyz and the metric, and nothing else")
    told = await run.world.telegram.wait_for_message(operators, containing=BEGAN)
    assert re.search(words, told.text, re.IGNORECASE)
    assert await answer(run, run.world.ann, "Alerts may not arrive right now:", words)


async def until_over(run: Running, operators: Chat, words: str) -> None:
    """Wait until nothing is in the way any more; it is said once that it is over, and nothing was said twice."""
    await run.ready()
    told = await run.world.telegram.wait_for_message(operators, containing=ENDED)
    assert re.search(f"Over: .*{words}", told.text, re.IGNORECASE)
    assert await run.cannot_alert() == set()
    titles = [sent.text.splitlines()[0] for sent in run.world.telegram.messages_in(operators)]
    assert [title.partition(" ")[2] for title in titles if "Alerts" in title] == [BEGAN, ENDED]
    assert await answer(run, run.world.ann, "Alerts are working.", "")


async def answer(run: Running, user: object, words: str, reason: str) -> bool:
    """Ask /status in private and return whether the answer has the words, and the reason."""
    world = run.world
    private = world.telegram.private(world.ann)
    world.telegram.say(private, world.ann, "/status")
    text = (await world.telegram.wait_for_message(private, containing="Status")).text
    return words in text and bool(re.search(reason, text, re.IGNORECASE))


@pytest.mark.parametrize("ahead", [5 * HOUR, -5 * HOUR])
async def test_a_clock_that_goes_wrong_is_said_and_an_outflow_is_told_all_the_same(
    world: World, operators: Chat, ahead: timedelta
) -> None:
    async with running(world) as run:
        await run.subscribe()
        run.machine.ahead = ahead
        words = f"the clock of this machine is 5 h {'fast' if ahead > timedelta() else 'slow'}"
        await until_said(run, operators, "clock", words)

        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1
        text = next(sent.text for sent in world.telegram.messages_in(world.group) if "INC-" in sent.text)
        assert f"as of {world.llama.exchanges['binance'].as_of:%Y-%m-%d %H:%M} UTC" in text

        run.machine.ahead = timedelta()
        await until_over(run, operators, words)


@pytest.mark.parametrize("ahead", [5 * HOUR, -5 * HOUR])
async def test_a_bot_that_starts_with_a_wrong_clock_tells_an_outflow(world: World, ahead: timedelta) -> None:
    world.clock_ahead = ahead
    async with running(world, until_ready=False) as run:
        await run.subscribe()
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1
        # Right after an hour has passed the last poll is an hour old as well, until the next one.
        await until(lambda: is_said_alone(run, "clock", "the clock of this machine is 5 h"), "the wrong clock alone")


async def test_an_upstream_that_stands_still_is_said_and_so_is_its_end(world: World, operators: Chat) -> None:
    async with running(world) as run:
        for _ in range(4):
            world.clock.advance(HOUR)
            await world.polls(2)
        await until_said(run, operators, "figures", "has not updated")
        for exchange in world.exchanges:
            world.llama.step(exchange, after=4 * HOUR)
        await run.hour()
        await until_over(run, operators, "has not updated")


@pytest.fixture
def full_disk() -> Iterator[Server]:
    """Give a server that writes snapshots, and refuses to write anything when it cannot."""
    server = Server(next(iter(kinds().values())), ("--appendonly", "no", "--save", "3600 100000")).start()
    yield server
    server.stop()


@asynccontextmanager
async def world_on(server: Server) -> AsyncIterator[tuple[World, Chat]]:
    async with world_of(server) as world:
        group = world.telegram.group("Operators", admins=(world.ann,))
        world.error_chat = f"telegram:{group.id}"
        yield world, group


async def test_a_store_that_is_full_is_said_and_so_is_its_end(redis: Server) -> None:
    """`maxmemory` with `noeviction`: what is known is read, and nothing new is taken."""
    async with world_on(redis) as (world, operators), running(world) as run:
        assert redis.ask("CONFIG SET maxmemory 1") == "+OK"
        try:
            await until_said(run, operators, "store", "out of memory, so it takes nothing new: raise its maxmemory")
        finally:
            assert redis.ask("CONFIG SET maxmemory 0") == "+OK"
        await until_over(run, operators, "out of memory")


async def test_a_store_whose_disk_takes_nothing_is_said_and_so_is_its_end(full_disk: Server) -> None:
    async with world_on(full_disk) as (world, operators), running(world) as run:

        async def is_saved(word: str) -> bool:
            full_disk.ask("BGSAVE")
            info = await run.application.store.database.server_info("persistence")
            return str(info["rdb_last_bgsave_status"]) == word

        (full_disk.directory / "dump.rdb").unlink(missing_ok=True)
        (full_disk.directory / "dump.rdb").mkdir()  # so that no snapshot can take its place
        await until(lambda: is_saved("err"), "a snapshot that could not be written")
        await until_said(run, operators, "store", "cannot write to its disk, so it takes nothing new")
        (full_disk.directory / "dump.rdb").rmdir()
        await until(lambda: is_saved("ok"), "a snapshot that was written")
        await until_over(run, operators, "cannot write to its disk")


async def test_no_room_for_temporary_files_is_said_and_so_is_its_end(world: World, operators: Chat) -> None:
    async with running(world) as run:
        usual = tempfile.tempdir
        tempfile.tempdir = str(Path("/nowhere/at/all"))
        try:
            await run.hour()  # bodies are read
            await until_said(run, operators, "temporary files", "o temporary file can be written")
        finally:
            tempfile.tempdir = usual
        await run.hour()
        await until_over(run, operators, "o temporary file")


async def test_a_list_that_leaves_out_a_large_exchange_is_said_and_so_is_its_end(world: World, operators: Chat) -> None:
    async with running(world) as run:
        world.llama.rows = [world.llama.exchanges[name].row() for name in ("okx", "kraken")]
        world.clock.advance(timedelta(minutes=10))
        await until_said(run, operators, "list", "list has been without Binance since")
        world.llama.rows = None
        await until_over(run, operators, "has been without Binance")


async def test_a_platform_that_refuses_is_said_and_so_is_its_end(world: World, operators: Chat) -> None:
    async with running(world) as run:
        budget = run.application.store.send_budget
        await budget.pause_all(Platform.DISCORD, pause=timedelta(hours=1), reason="60 of the last 100 were refused")
        await until_said(run, operators, "refusals", "discord: sending is paused for")
        await run.application.store.database.command("DEL", "{pace}:discord")
        await until_over(run, operators, "discord: sending is paused")


async def test_polls_that_fail_are_said_and_so_is_their_end(world: World, operators: Chat) -> None:
    async with running(world) as run:
        world.go_wrong()
        await world.polls()  # the one that was under way may have been a good one
        world.clock.advance(timedelta(minutes=21))
        await until_said(run, operators, "polls", r"last good poll was \d+ min ago")
        world.heal()
        await run.hour()  # bodies that failed are asked for again after some minutes
        await until_over(run, operators, "last good poll was")


async def test_a_job_that_crashes_is_said_and_so_is_its_end(
    world: World, operators: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash() -> None:
        raise KeyError("price")

    async with running(world) as run:
        with monkeypatch.context() as broken:
            broken.setattr(run.application.poller, "poll", crash)
            await until_said(run, operators, "jobs", "job “poll” fails")
        await until_over(run, operators, "job “poll” fails")


async def test_command_menus_that_are_refused_are_said_until_they_are_taken(world: World) -> None:
    world.telegram.fail(
        "setMyCommands",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        description="Too Many Requests: retry after 1",
        parameters={"retry_after": 1},
        times=1_000_000,
    )
    async with running(world, until_ready=False) as run:
        await until(lambda: is_said_alone(run, "commands", "Telegram has not taken the command menus"), "the menus")

        async def is_over() -> bool:
            return not await run.reasons() and not await run.cannot_alert()

        world.telegram.clear_faults()
        await until(is_over, "nothing in the way, in /readyz and the metric")


def beats_after(world: World, before: int) -> bool:
    """Let a second pass, so that the next poll is a new one, and return whether there were more calls."""
    world.clock.advance(timedelta(seconds=1))
    return len(world.llama.asked("/beat")) > before


async def test_the_heartbeat_is_withheld_while_alerts_cannot_come(world: World) -> None:
    async with running(world) as run:
        await until(partial(beats_after, world, 0), "a call of the heartbeat's address")
        run.machine.ahead = HOUR
        await until(run.reasons, "a reason why alerts may not come")
        await world.polls()
        before = len(world.llama.asked("/beat"))
        for _ in range(5):
            assert not beats_after(world, before)
            await world.polls(1)
        assert len(world.llama.asked("/beat")) == before
        run.machine.ahead = timedelta()
        await until(partial(beats_after, world, before), "a call after all is well again")


async def test_members_read_in_one_line_that_alerts_may_not_come(world: World) -> None:
    async with running(world) as run:
        world.go_wrong()
        await world.polls()  # the one that was under way may have been a good one
        world.clock.advance(timedelta(minutes=21))
        await until(run.reasons, "a reason why alerts may not come")
        bob = world.telegram.user("Bob")
        private = world.telegram.private(bob)
        world.telegram.say(private, bob, "/status")
        text = (await world.telegram.wait_for_message(private, containing="Status")).text
    assert "Alerts may not arrive right now. Whoever runs this bot has been told why." in text
    assert "last good poll" not in text
    assert "Runwatch 0.1.0" in text
    assert re.search(r"DefiLlama: newest figures \d+ min ago", text)
