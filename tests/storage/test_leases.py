import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.domain.errors import StorageError, Superseded
from bot.domain.signal import Rule
from bot.domain.worker import Duty, Holder
from bot.storage.leases import RedisLeases, key_of
from bot.storage.store import Store, open_store
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.storage.test_incidents import alert, incident

LONG = timedelta(seconds=8)


@dataclass
class Workers:
    """Two workers on one store."""

    store: Store
    first: RedisLeases
    second: RedisLeases

    async def run_out(self, duty: Duty = Duty.POLL) -> None:
        """Let the time of a duty be over."""
        await self.store.database.command("HSET", key_of(duty), "until", 1)


@pytest.fixture
async def workers(store: Store) -> Workers:
    first, second = RedisLeases(store.database, lasts=LONG), RedisLeases(store.database, lasts=LONG)
    first.worker, second.worker = "first", "second"
    return Workers(store, first, second)


async def test_a_duty_has_one_holder_and_everybody_sees_who(workers: Workers) -> None:
    assert await workers.second.holder(Duty.POLL) is None
    assert await workers.first.take(Duty.POLL) == Holder("first", is_me=True)
    assert await workers.second.take(Duty.POLL) == Holder("first")
    assert await workers.second.holder(Duty.POLL) == Holder("first")
    assert await workers.first.holder(Duty.POLL) == Holder("first", is_me=True)


async def test_duties_are_apart(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    assert await workers.second.take(Duty.TELEGRAM) == Holder("second", is_me=True)


async def test_a_duty_that_is_left_is_anybodys_at_once(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    await workers.first.leave(Duty.POLL)
    assert await workers.first.holder(Duty.POLL) is None
    assert await workers.second.take(Duty.POLL) == Holder("second", is_me=True)
    await workers.first.leave(Duty.POLL)
    assert await workers.first.holder(Duty.POLL) == Holder("second")


async def test_a_duty_that_is_not_kept_runs_out(store: Store) -> None:
    first, second = (RedisLeases(store.database, lasts=timedelta(milliseconds=20)) for _ in range(2))
    await first.take(Duty.POLL)
    async with asyncio.timeout(5):
        while not (holder := await second.take(Duty.POLL)) or not holder.is_me:
            pass
    kept = await first.keep(Duty.POLL)
    assert kept is None or not kept.is_me


async def test_keeping_makes_it_last(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    until = await workers.store.database.command("HGET", key_of(Duty.POLL), "until")
    while await workers.store.database.command("HGET", key_of(Duty.POLL), "until") == until:
        assert await workers.first.keep(Duty.POLL) == Holder("first", is_me=True)


async def test_what_ran_out_is_kept_while_nobody_took_it(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    await workers.run_out()
    assert await workers.second.holder(Duty.POLL) is None
    assert await workers.first.keep(Duty.POLL) == Holder("first", is_me=True)
    assert await workers.second.take(Duty.POLL) == Holder("first")


async def test_a_worker_that_slept_finds_out_that_somebody_was_there(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    await workers.run_out()
    await workers.second.take(Duty.POLL)
    assert await workers.first.keep(Duty.POLL) == Holder("second")
    await workers.second.leave(Duty.POLL)
    assert await workers.first.keep(Duty.POLL) is None


async def test_a_holder_whose_duty_the_store_forgot_is_told(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    await workers.store.database.command("DEL", key_of(Duty.POLL))
    assert await workers.first.keep(Duty.POLL) is None


async def test_a_server_whose_clock_was_set_back_does_not_keep_a_dead_holder(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    until = int(await workers.store.database.command("HGET", key_of(Duty.POLL), "until"))
    await workers.store.database.command("HSET", key_of(Duty.POLL), "until", until + 3_600_000)
    assert await workers.second.take(Duty.POLL) == Holder("second", is_me=True)


async def test_the_others_hear_what_troubles_the_holder(workers: Workers) -> None:
    await workers.first.take(Duty.DISCORD)
    await workers.first.keep(Duty.DISCORD, trouble="no heartbeat")
    assert await workers.second.take(Duty.DISCORD) == Holder("first", "no heartbeat")
    await workers.first.keep(Duty.DISCORD)
    assert await workers.second.holder(Duty.DISCORD) == Holder("first")


async def test_who_is_alone_takes_what_a_dead_process_held(workers: Workers) -> None:
    await workers.first.take(Duty.POLL)
    alone = RedisLeases(workers.store.database, alone=True)
    holder = await alone.take(Duty.POLL)
    assert holder
    assert holder.is_me
    assert await workers.first.keep(Duty.POLL) == Holder(alone.worker)


async def test_a_worker_that_was_superseded_changes_no_incident(
    store: Store, server: Server, clock: StillClock
) -> None:
    other = await open_store(server.url, clock=clock)
    try:
        await store.leases.take(Duty.POLL)
        await store.incidents.commit("binance", Rule.OUTFLOW, incident(1), [alert("INC-1/1")])
        await store.database.command("HSET", key_of(Duty.POLL), "until", 1)
        await other.leases.take(Duty.POLL)
        with pytest.raises(Superseded):
            await store.incidents.commit("binance", Rule.OUTFLOW, incident(2), [alert("INC-2/1")])
        assert [one.number for one in await store.incidents.open()] == [1]
        assert await other.incidents.commit("binance", Rule.OUTFLOW, None, [])
        await other.leases.leave(Duty.POLL)
        with pytest.raises(StorageError):
            await store.incidents.commit("binance", Rule.OUTFLOW, incident(3), [])
    finally:
        await other.close()
