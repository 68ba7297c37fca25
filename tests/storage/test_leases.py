import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.domain.errors import LeaseLost, StorageError
from bot.domain.signal import Rule
from bot.domain.worker import Lease, LeaseOwner
from bot.storage.leases import RedisLeases, lease_key
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

    async def run_out(self, duty: Lease = Lease.POLL) -> None:
        """Let the time of a duty be over."""
        await self.store.database.command("HSET", lease_key(duty), "until", 1)


@pytest.fixture
async def workers(store: Store) -> Workers:
    first, second = RedisLeases(store.database, duration=LONG), RedisLeases(store.database, duration=LONG)
    first.worker, second.worker = "first", "second"
    return Workers(store, first, second)


async def test_a_duty_has_one_holder_and_everybody_sees_who(workers: Workers) -> None:
    assert await workers.second.owner(Lease.POLL) is None
    assert await workers.first.acquire(Lease.POLL) == LeaseOwner("first", is_me=True)
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("first")
    assert await workers.second.owner(Lease.POLL) == LeaseOwner("first")
    assert await workers.first.owner(Lease.POLL) == LeaseOwner("first", is_me=True)


async def test_duties_are_apart(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    assert await workers.second.acquire(Lease.TELEGRAM) == LeaseOwner("second", is_me=True)


async def test_a_duty_that_is_left_is_anybodys_at_once(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.first.release(Lease.POLL)
    assert await workers.first.owner(Lease.POLL) is None
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("second", is_me=True)
    await workers.first.release(Lease.POLL)
    assert await workers.first.owner(Lease.POLL) == LeaseOwner("second")


async def test_a_duty_that_is_not_kept_runs_out(store: Store) -> None:
    first, second = (RedisLeases(store.database, duration=timedelta(milliseconds=20)) for _ in range(2))
    await first.acquire(Lease.POLL)
    async with asyncio.timeout(5):
        while not (holder := await second.acquire(Lease.POLL)) or not holder.is_me:
            pass
    kept = await first.renew(Lease.POLL)
    assert kept is None or not kept.is_me


async def test_keeping_makes_it_last(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    until = await workers.store.database.command("HGET", lease_key(Lease.POLL), "until")
    while await workers.store.database.command("HGET", lease_key(Lease.POLL), "until") == until:
        assert await workers.first.renew(Lease.POLL) == LeaseOwner("first", is_me=True)


async def test_what_ran_out_is_kept_while_nobody_took_it(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.run_out()
    assert await workers.second.owner(Lease.POLL) is None
    assert await workers.first.renew(Lease.POLL) == LeaseOwner("first", is_me=True)
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("first")


async def test_a_worker_that_slept_finds_out_that_somebody_was_there(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.run_out()
    await workers.second.acquire(Lease.POLL)
    assert await workers.first.renew(Lease.POLL) == LeaseOwner("second")
    await workers.second.release(Lease.POLL)
    assert await workers.first.renew(Lease.POLL) is None


async def test_a_holder_whose_duty_the_store_forgot_is_told(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.store.database.command("DEL", lease_key(Lease.POLL))
    assert await workers.first.renew(Lease.POLL) is None


async def test_a_server_whose_clock_was_set_back_does_not_keep_a_dead_holder(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    until = int(await workers.store.database.command("HGET", lease_key(Lease.POLL), "until"))
    await workers.store.database.command("HSET", lease_key(Lease.POLL), "until", until + 3_600_000)
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("second", is_me=True)


async def test_the_others_hear_what_troubles_the_holder(workers: Workers) -> None:
    await workers.first.acquire(Lease.DISCORD)
    await workers.first.renew(Lease.DISCORD, trouble="no heartbeat")
    assert await workers.second.acquire(Lease.DISCORD) == LeaseOwner("first", "no heartbeat")
    await workers.first.renew(Lease.DISCORD)
    assert await workers.second.owner(Lease.DISCORD) == LeaseOwner("first")


async def test_who_is_alone_takes_what_a_dead_process_held(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    alone = RedisLeases(workers.store.database, exclusive=True)
    holder = await alone.acquire(Lease.POLL)
    assert holder
    assert holder.is_me
    assert await workers.first.renew(Lease.POLL) == LeaseOwner(alone.worker)


async def test_a_worker_that_was_superseded_changes_no_incident(
    store: Store, server: Server, clock: StillClock
) -> None:
    other = await open_store(server.url, clock=clock)
    try:
        await store.leases.acquire(Lease.POLL)
        await store.incidents.commit("binance", Rule.OUTFLOW, incident(1), [alert("INC-1/1")])
        await store.database.command("HSET", lease_key(Lease.POLL), "until", 1)
        await other.leases.acquire(Lease.POLL)
        with pytest.raises(LeaseLost):
            await store.incidents.commit("binance", Rule.OUTFLOW, incident(2), [alert("INC-2/1")])
        assert [one.number for one in await store.incidents.open()] == [1]
        assert await other.incidents.commit("binance", Rule.OUTFLOW, None, [])
        await other.leases.release(Lease.POLL)
        with pytest.raises(StorageError):
            await store.incidents.commit("binance", Rule.OUTFLOW, incident(3), [])
    finally:
        await other.close()
