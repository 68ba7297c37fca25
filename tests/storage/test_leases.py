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
from tests.waiting import until

LONG = timedelta(seconds=8)


@dataclass
class Workers:
    """Two workers on one store."""

    store: Store
    first: RedisLeases
    second: RedisLeases

    async def expire(self, lease: Lease = Lease.POLL) -> None:
        """Let the time of a lease be over."""
        await self.store.database.command("HSET", lease_key(lease), "until", 1)


@pytest.fixture
async def workers(store: Store) -> Workers:
    first, second = RedisLeases(store.database, duration=LONG), RedisLeases(store.database, duration=LONG)
    first.worker, second.worker = "first", "second"
    return Workers(store, first, second)


async def test_a_lease_has_one_owner_and_every_worker_sees_who(workers: Workers) -> None:
    assert await workers.second.owner(Lease.POLL) is None
    assert await workers.first.acquire(Lease.POLL) == LeaseOwner("first", is_me=True)
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("first")
    assert await workers.second.owner(Lease.POLL) == LeaseOwner("first")
    assert await workers.first.owner(Lease.POLL) == LeaseOwner("first", is_me=True)


async def test_leases_are_owned_one_by_one(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    assert await workers.second.acquire(Lease.TELEGRAM) == LeaseOwner("second", is_me=True)


async def test_a_released_lease_is_free_at_once(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.first.release(Lease.POLL)
    assert await workers.first.owner(Lease.POLL) is None
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("second", is_me=True)
    await workers.first.release(Lease.POLL)
    assert await workers.first.owner(Lease.POLL) == LeaseOwner("second")


async def test_a_lease_that_is_not_renewed_expires(store: Store) -> None:
    first, second = (RedisLeases(store.database, duration=timedelta(milliseconds=20)) for _ in range(2))
    await first.acquire(Lease.POLL)

    async def second_has_it() -> bool:
        holder = await second.acquire(Lease.POLL)
        return holder is not None and holder.is_me

    await until(second_has_it, "the end of a duty that is not kept")
    kept = await first.renew(Lease.POLL)
    assert kept is None or not kept.is_me


async def test_renewals_at_one_time_are_one_step_and_each_has_its_own_answer(workers: Workers) -> None:
    for lease in Lease:
        await workers.first.acquire(lease)
    await workers.expire(Lease.DISCORD)
    await workers.second.acquire(Lease.DISCORD)
    await workers.first.renew(Lease.POLL)  # the script is known to the server from here on
    calls_before = await script_calls(workers.store)

    owners = await asyncio.gather(
        *(workers.first.renew(lease, trouble="no answer" if lease is Lease.TELEGRAM else "") for lease in Lease)
    )

    assert dict(zip(Lease, owners, strict=True)) == {
        Lease.POLL: LeaseOwner("first", is_me=True),
        Lease.TELEGRAM: LeaseOwner("first", "no answer", is_me=True),
        Lease.DISCORD: LeaseOwner("second"),
    }
    assert await workers.second.owner(Lease.TELEGRAM) == LeaseOwner("first", "no answer")
    assert await script_calls(workers.store) - calls_before == 2  # those of the renewals and of the question


async def script_calls(store: Store) -> int:
    """Return how many scripts a server has run."""
    stats = await store.database.server_info("commandstats")
    return int(stats["cmdstat_evalsha"]["calls"])


async def test_a_renewal_makes_a_lease_last(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    ends = await workers.store.database.command("HGET", lease_key(Lease.POLL), "until")

    async def lasts_longer() -> bool:
        assert await workers.first.renew(Lease.POLL) == LeaseOwner("first", is_me=True)
        return bool(await workers.store.database.command("HGET", lease_key(Lease.POLL), "until") > ends)

    await until(lasts_longer, "a later end of a duty that is kept")


async def test_an_expired_lease_can_be_renewed_while_nobody_acquired_it(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.expire()
    assert await workers.second.owner(Lease.POLL) is None
    assert await workers.first.renew(Lease.POLL) == LeaseOwner("first", is_me=True)
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("first")


async def test_a_worker_that_was_stopped_learns_that_another_one_owned_its_lease(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.expire()
    await workers.second.acquire(Lease.POLL)
    assert await workers.first.renew(Lease.POLL) == LeaseOwner("second")
    await workers.second.release(Lease.POLL)
    assert await workers.first.renew(Lease.POLL) is None


async def test_a_lease_that_the_store_lost_cannot_be_renewed(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    await workers.store.database.command("DEL", lease_key(Lease.POLL))
    assert await workers.first.renew(Lease.POLL) is None


async def test_a_server_whose_clock_was_set_back_does_not_keep_a_dead_owner(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    until = int(await workers.store.database.command("HGET", lease_key(Lease.POLL), "until"))
    await workers.store.database.command("HSET", lease_key(Lease.POLL), "until", until + 3_600_000)
    assert await workers.second.acquire(Lease.POLL) == LeaseOwner("second", is_me=True)


async def test_the_others_see_what_troubles_the_owner(workers: Workers) -> None:
    await workers.first.acquire(Lease.DISCORD)
    await workers.first.renew(Lease.DISCORD, trouble="no heartbeat")
    assert await workers.second.acquire(Lease.DISCORD) == LeaseOwner("first", "no heartbeat")
    await workers.first.renew(Lease.DISCORD)
    assert await workers.second.owner(Lease.DISCORD) == LeaseOwner("first")


async def test_an_exclusive_worker_acquires_what_a_dead_process_owned(workers: Workers) -> None:
    await workers.first.acquire(Lease.POLL)
    exclusive = RedisLeases(workers.store.database, exclusive=True)
    owner = await exclusive.acquire(Lease.POLL)
    assert owner
    assert owner.is_me
    assert await workers.first.renew(Lease.POLL) == LeaseOwner(exclusive.worker)


async def test_a_worker_that_lost_its_lease_changes_no_incident(
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
        assert [incident.number for incident in await store.incidents.open()] == [1]
        assert await other.incidents.commit("binance", Rule.OUTFLOW, None, [])
        await other.leases.release(Lease.POLL)
        with pytest.raises(StorageError):
            await store.incidents.commit("binance", Rule.OUTFLOW, incident(3), [])
    finally:
        await other.close()
