import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from bot.domain.errors import StorageError
from bot.domain.worker import Lease, LeaseOwner
from bot.workers.leader_election import LeaseRunner, LeaseTiming
from tests.waiting import until

QUICK = LeaseTiming(renew_every_s=0.001, retry_every_s=0.001)


@dataclass
class LeaseStore:
    """A store of one lease, owned by the worker `owner`; while `away` is set nobody gets an answer."""

    owner: str = ""
    trouble: str = ""
    away: bool = False
    requests: int = 0
    released_by: list[str] = field(default_factory=list)
    has_request: asyncio.Event = field(default_factory=asyncio.Event)

    def leases_of(self, name: str) -> "WorkerLeases":
        return WorkerLeases(self, name)


@dataclass
class WorkerLeases:
    """One worker's view of the store; fits ports.workers.Leases."""

    store: LeaseStore
    name: str

    async def acquire(self, lease: Lease) -> LeaseOwner | None:
        self._count_request()
        self.store.owner = self.store.owner or self.name
        return self._owner()

    async def renew(self, lease: Lease, *, trouble: str = "") -> LeaseOwner | None:
        self._count_request()
        self.store.trouble = trouble
        return self._owner()

    async def release(self, lease: Lease) -> None:
        self._count_request()
        self.store.released_by.append(self.name)
        if self.store.owner == self.name:
            self.store.owner = ""

    async def owner(self, lease: Lease) -> LeaseOwner | None:
        return self._owner()

    def _count_request(self) -> None:
        self.store.requests += 1
        self.store.has_request.set()
        if self.store.away:
            raise StorageError("away")

    def _owner(self) -> LeaseOwner | None:
        return LeaseOwner(self.store.owner, is_me=self.store.owner == self.name) if self.store.owner else None


@dataclass
class Work:
    """What a worker does while it owns the lease."""

    under_way: int = 0
    starts: int = 0
    crash: Exception | None = None
    trouble: str | None = None

    async def __call__(self) -> None:
        self.starts += 1
        self.under_way += 1
        try:
            if self.crash:
                raise self.crash
            await asyncio.Event().wait()
        finally:
            self.under_way -= 1

    def current_trouble(self) -> str | None:
        return self.trouble


@asynccontextmanager
async def running_lease(store: LeaseStore, name: str, work: Work) -> AsyncIterator[LeaseRunner]:
    lease_runner = LeaseRunner(
        Lease.POLL, work, leases=store.leases_of(name), trouble=work.current_trouble, timing=QUICK
    )
    task = asyncio.create_task(lease_runner.run())
    try:
        yield lease_runner
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def requested(store: LeaseStore, times: int = 3) -> None:
    """Wait until the workers have made so many requests more."""
    before = store.requests
    await until(
        lambda: store.requests >= before + times, f"{times} more questions of the workers", changed=store.has_request
    )


async def test_one_of_two_works_and_the_other_stands_by() -> None:
    store, first, second = LeaseStore(), Work(), Work()
    async with running_lease(store, "first", first) as first_runner:
        await requested(store)
        async with running_lease(store, "second", second) as second_runner:
            await requested(store, 6)
            assert (first.under_way, second.under_way) == (1, 0)
            assert (first_runner.is_owner, second_runner.is_owner) == (True, False)
            assert second_runner.owner == LeaseOwner("first")


async def test_whoever_stops_releases_the_lease_to_the_one_who_stands_by() -> None:
    store, first, second = LeaseStore(), Work(), Work()
    async with running_lease(store, "first", first):
        await requested(store)
        async with running_lease(store, "second", second):
            await requested(store)
            store.owner = ""  # as if it had run out, and the second were quicker
            await store.leases_of("second").acquire(Lease.POLL)
            await requested(store, 6)
            assert (first.under_way, second.under_way) == (0, 1)
        assert store.released_by[-1] == "second"
        await requested(store)
        assert first.under_way == 1
        assert first.starts == 2
    assert (first.under_way, store.owner) == (0, "")


async def test_while_the_store_is_away_the_work_goes_on() -> None:
    store, work = LeaseStore(), Work()
    async with running_lease(store, "first", work) as lease_runner:
        await requested(store)
        store.away = True
        await requested(store, 10)
        assert lease_runner.is_owner
        store.away = False
        await requested(store)
        assert (work.under_way, work.starts) == (1, 1)


async def test_when_the_store_is_back_and_another_was_quicker_the_work_ends() -> None:
    store, work = LeaseStore(), Work()
    async with running_lease(store, "first", work):
        await requested(store)
        store.away = True
        await requested(store)
        store.away, store.owner = False, "second"
        await requested(store)
        assert work.under_way == 0
        assert store.owner == "second"


async def test_nobody_works_before_the_store_has_answered() -> None:
    store, work = LeaseStore(away=True), Work()
    async with running_lease(store, "first", work):
        await requested(store)
        assert work.starts == 0
        store.away = False
        await requested(store)
        assert work.under_way == 1


async def test_a_worker_stops_while_the_store_is_away() -> None:
    store, work = LeaseStore(), Work()
    async with running_lease(store, "first", work):
        await requested(store)
        store.away = True
    assert work.under_way == 0


async def test_the_others_hear_what_troubles_the_work() -> None:
    store, work = LeaseStore(), Work(trouble="no heartbeat")
    async with running_lease(store, "first", work):
        await requested(store)
        assert store.trouble == "no heartbeat"
        work.trouble = None
        await requested(store)
        assert store.trouble == ""


async def test_work_that_crashes_releases_the_lease_and_is_not_hidden() -> None:
    store, work = LeaseStore(), Work(crash=ZeroDivisionError())
    lease_runner = LeaseRunner(
        Lease.POLL, work, leases=store.leases_of("first"), trouble=work.current_trouble, timing=QUICK
    )
    with pytest.raises(ExceptionGroup) as broken:
        await lease_runner.run()
    assert broken.group_contains(ZeroDivisionError)
    assert store.owner == ""


@pytest.mark.parametrize(("now_s", "left_s"), [(100.0, 2.5), (101.0, 1.5), (102.25, 0.25)])
def test_all_leases_are_renewed_at_the_same_times(now_s: float, left_s: float) -> None:
    assert LeaseTiming().until_renewal_s(now_s) == left_s
