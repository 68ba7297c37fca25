"""One thing that breaks at a time, while an incident is announced on both platforms: each test is a promise."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import LeaseLost
from bot.domain.place import Platform
from bot.domain.severity import Severity
from bot.domain.worker import Lease
from bot.storage.incidents import RedisIncidents
from bot.storage.leases import RedisLeases, lease_key
from bot.storage.lua import script
from tests.chaos.delivery_process import DeliverySpeed
from tests.chaos.fault_bench import FaultBench, fault_bench, own_server, scratch
from tests.chaos.platform_log import PlatformLog
from tests.chaos.stories import Stories
from tests.chaos.verdict import Verdict
from tests.clocks import HandMovedClock
from tests.fakes.redis_proxy import LOADING, OOM, READONLY, runs
from tests.servers import Server
from tests.waiting import until

TELEGRAM, DISCORD = Platform.TELEGRAM, Platform.DISCORD
CLAIM, FINISH = script("lanes", "claim_deliveries"), script("lanes", "finish_deliveries")
RESERVE = script("rate_limit", "reserve_slots")
FEW = 40
MANY = 120  # more places, on both platforms together, than are queued in one go
SWIFT = DeliverySpeed(per_second=400.0, at_once=16, idle=1.5)
SLOW = DeliverySpeed(per_second=64.0, at_once=4, idle=0.6)


@pytest.fixture
async def own() -> AsyncIterator[Server]:
    async with own_server("--appendfsync", "always") as server:
        yield server


@pytest.fixture
async def few(own: Server) -> AsyncIterator[FaultBench]:
    async with fault_bench(own, FEW) as ready:
        yield ready


def flawless(fault_bench: FaultBench) -> Verdict:
    """Return the verdict, in which nothing is missing, and nothing came twice, late or out of order."""
    verdict = fault_bench.verdict()
    assert (verdict.lost, verdict.without_workers, verdict.expired, verdict.disordered) == ([], [], [], [])
    assert verdict.unfinished.total() == 0
    assert verdict.twice.total() == 0
    return verdict


async def announce_everything(fault_bench: FaultBench) -> None:
    story = fault_bench.stories.story(1, Severity.SEVERE)
    for next_step in (story.open, story.change, story.escalate, story.end):
        await next_step()
        await story.until_over()


@pytest.mark.parametrize("error", [OOM, READONLY, LOADING], ids=("OOM", "READONLY", "LOADING"))
async def test_a_store_that_refuses_for_a_while_loses_and_doubles_nothing(few: FaultBench, error: str) -> None:
    for step in (CLAIM, FINISH, RESERVE):
        few.proxy.refuse(error, when=runs(step), times=2)
    async with few.delivering(SWIFT):
        await announce_everything(few)
    assert few.proxy.is_spent
    assert flawless(few).made == 2 * FEW * 5


async def test_replies_of_the_store_that_are_lost_change_nothing(few: FaultBench) -> None:
    for step in (CLAIM, FINISH, RESERVE):
        few.proxy.lose_reply(when=runs(step), times=2)
    async with few.delivering(SWIFT):
        await announce_everything(few)
    assert few.proxy.is_spent
    assert flawless(few).made == 2 * FEW * 5


async def test_connections_to_the_store_that_break_again_and_again_change_nothing(few: FaultBench) -> None:
    async with few.delivering(SWIFT, workers=2):
        announcing = asyncio.create_task(announce_everything(few))
        for number in range(20, 320, 60):
            await few.platform_log.reached(number)
            few.proxy.cut()
        await announcing
    assert flawless(few).made == 2 * FEW * 5


async def test_a_store_that_dies_and_comes_back_has_kept_everything(few: FaultBench) -> None:
    async with few.delivering(SWIFT):
        announcing = asyncio.create_task(announce_everything(few))
        for number in (30, 200):
            await few.platform_log.reached(number)
            few.server.kill()
            few.server.start()
        await announcing
    assert flawless(few).made == 2 * FEW * 5


async def test_a_store_without_a_log_is_warned_of_and_what_it_forgot_does_not_stop_what_comes() -> None:
    async with own_server("--appendonly", "no") as server:
        with capture_logs() as logs:
            async with fault_bench(server, FEW) as ready:
                await ready.stories.story(1, Severity.SEVERE).open()
                server.kill()
                server.start()
                assert await ready.store.outbox.depth() == {}
                async with ready.delivering(SWIFT):
                    await ready.stories.story(2, Severity.SEVERE).open()
                    await ready.until_all_is_over()
        assert {"event": "redis may lose recent writes in a crash", "setting": "appendonly"}.items() <= logs[0].items()
        assert {accepted_message.incident for accepted_message in ready.platform_log.accepted} == {"INC-2"}
        assert len(ready.platform_log.accepted) == 2 * FEW


async def test_what_the_store_forgets_of_its_last_moments_is_sent_again_and_no_more(few: FaultBench) -> None:
    """A machine that loses its power keeps what was synced: with `everysec` all but the last second or two."""
    kept = few.server.directory.with_name(f"{few.server.directory.name}-kept")
    try:
        async with few.delivering(SLOW):
            await few.stories.story(1, Severity.SEVERE).open()
            await few.platform_log.reached(20)
            shutil.copytree(few.server.directory / "appendonlydir", kept)
            recorded = len(few.platform_log.accepted) - 2 * SLOW.at_once
            await few.platform_log.reached(50)
        few.server.kill()
        shutil.rmtree(few.server.directory / "appendonlydir")
        shutil.move(kept, few.server.directory / "appendonlydir")
        few.server.start()
        forgotten = len(few.platform_log.accepted) - recorded
        async with few.delivering(SWIFT):
            await few.until_all_is_over()
    finally:
        shutil.rmtree(kept, ignore_errors=True)
    verdict = few.verdict()
    assert verdict.lost == []
    assert 0 < verdict.twice[TELEGRAM] <= forgotten
    assert verdict.twice[DISCORD] == 0
    assert few.platform_log.refused_twice > 0


async def test_a_storm_of_429s_from_many_chats_pauses_everybody_and_loses_nothing(few: FaultBench) -> None:
    asked_at: list[float] = []

    def note(given: Mapping[str, str]) -> bool:
        asked_at.append(asyncio.get_running_loop().time())
        return False

    few.telegram.delay("sendMessage", when=note)  # delays nothing, but is asked each time
    few.telegram.fail("sendMessage", status=429, description="Too Many Requests: retry after 1",
                      parameters={"retry_after": 1}, times=12)  # fmt: skip
    async with few.delivering(SWIFT):
        await few.stories.story(1, Severity.SEVERE).open()
        await few.until_all_is_over()
    pauses = (number for number, (at, then) in enumerate(pairwise(asked_at), 1) if then - at > 0.5)
    assert next(pauses, len(asked_at)) <= 2 * SWIFT.at_once  # what was under way when the first two were refused
    assert flawless(few).made == 2 * FEW


async def test_five_hours_without_telegram_delay_what_is_worth_it_and_drop_the_rest(few: FaultBench) -> None:
    clock = HandMovedClock(datetime.now(UTC))
    port = few.telegram.port
    await few.telegram.stop()
    await few.stories.story(1, Severity.CRITICAL).open(lifetime=timedelta(hours=24))
    await few.stories.story(2, Severity.WATCH).open(lifetime=timedelta(hours=4))
    async with few.delivering(SWIFT, clock=clock):
        await few.platform_log.reached(2 * FEW)  # Discord does not wait for Telegram
        for _ in range(10):
            clock.advance(timedelta(minutes=30))
            await few.stories.commit_again()
        await few.telegram.start(port)
        clock.advance(timedelta(minutes=6))  # the longest that what failed again and again is put off
        await few.until_all_is_over(clock=clock)
    by_platform = {
        (accepted_message.place.platform, accepted_message.incident) for accepted_message in few.platform_log.accepted
    }
    assert by_platform == {(DISCORD, "INC-1"), (DISCORD, "INC-2"), (TELEGRAM, "INC-1")}
    assert len(few.platform_log.accepted) == 3 * FEW
    assert few.verdict().twice.total() == 0


async def test_two_workers_that_judge_for_a_moment_announce_everything_once(few: FaultBench) -> None:
    first, second = RedisLeases(few.store.database), RedisLeases(few.store.database)
    await first.acquire(Lease.POLL)
    await few.store.database.command("HSET", lease_key(Lease.POLL), "until", 1)  # it was not renewed in time
    await second.acquire(Lease.POLL)
    owner = await second.owner(Lease.POLL)
    assert owner
    assert owner.is_me
    late, now = (_judging(few, redis_leases) for redis_leases in (first, second))
    async with few.delivering(SWIFT, workers=2):
        with pytest.raises(LeaseLost):
            await late.story(1, Severity.SEVERE).open()
        await now.story(1, Severity.SEVERE).open()
        await _judging(few, second).story(1, Severity.SEVERE).open()  # the same step, committed once more
        await few.until_all_is_over()
    few.stories.steps += now.steps
    assert flawless(few).made == 2 * FEW


def _judging(fault_bench: FaultBench, leases: RedisLeases) -> Stories:
    incidents = RedisIncidents(fault_bench.store.database, lambda: leases.token(Lease.POLL))
    return Stories(fault_bench.store, fault_bench.places, incidents=incidents)


async def test_what_was_under_way_when_a_worker_is_killed_comes_twice_on_telegram_only(few: FaultBench) -> None:
    async with scratch() as directory, few.worker_processes(directory, SWIFT) as workers:
        doomed = await workers.start()
        await doomed.ready()
        never = few.proxy.delay(when=runs(FINISH), times=10**6)
        await few.stories.story(1, Severity.SEVERE).open()
        await until(
            lambda: _by(few.platform_log, TELEGRAM) == _by(few.platform_log, DISCORD) == SWIFT.at_once,
            "on both platforms, all the messages that may be under way at once",
        )
        await doomed.kill()
        few.proxy.behave()
        never.set()
        async with few.delivering(SWIFT):
            await few.until_all_is_over()
    verdict = few.verdict()
    assert verdict.lost == []
    assert (verdict.twice[TELEGRAM], verdict.twice[DISCORD]) == (SWIFT.at_once, 0)
    assert few.platform_log.refused_twice == SWIFT.at_once


def _by(platform_log: PlatformLog, platform: Platform) -> int:
    return sum(accepted_message.place.platform is platform for accepted_message in platform_log.accepted)


async def test_a_worker_that_slept_while_others_took_over_sends_no_more_than_was_under_way(few: FaultBench) -> None:
    async with scratch() as directory, few.worker_processes(directory, SLOW) as workers:
        sleeper = await workers.start()
        await sleeper.ready()
        story = few.stories.story(1, Severity.SEVERE)
        await story.open()
        await few.platform_log.reached(16)
        sleeper.stop()
        async with few.delivering(SWIFT):
            await story.until_over()
            await story.end()
            await story.until_over()
        sleeper.resume()
        await few.stories.story(2, Severity.SEVERE).open()  # no other worker can send it
        await few.until_all_is_over()
    verdict = few.verdict()
    assert verdict.lost == []
    assert verdict.twice[TELEGRAM] <= SLOW.at_once
    assert len(verdict.behind) <= 2 * SLOW.at_once
    assert verdict.twice[DISCORD] == 0


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_store_away_for_longer_than_a_worker_may_be_silent_costs_what_was_under_way_elsewhere(
    few: FaultBench, workers: int
) -> None:
    async with few.delivering(SLOW, workers=workers):
        story = few.stories.story(1, Severity.SEVERE)
        await story.open()
        await few.platform_log.reached(20)
        os.kill(few.server.pid, signal.SIGSTOP)
        await asyncio.sleep(2 * SLOW.idle)
        os.kill(few.server.pid, signal.SIGCONT)
        await story.until_over()
    verdict = few.verdict()
    assert verdict.lost == []
    assert verdict.twice[TELEGRAM] <= (workers - 1) * workers * SLOW.at_once
    assert verdict.twice[DISCORD] == 0


async def test_what_is_superseded_before_any_worker_could_claim_it_is_never_sent(own: Server) -> None:
    async with fault_bench(own, MANY) as ready:
        escalated, ended = (ready.stories.story(number, Severity.CRITICAL) for number in (1, 2))
        await escalated.open()
        await ended.open()
        await escalated.escalate(without_workers=True)
        await ended.end(without_workers=True)
        async with ready.delivering(SWIFT):
            await ready.until_all_is_over()
    assert flawless(ready).made == 2 * MANY
    assert {(accepted_message.incident, accepted_message.step) for accepted_message in ready.platform_log.accepted} == {
        ("INC-1", 2)
    }
