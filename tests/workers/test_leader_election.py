import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from bot.domain.errors import StorageError
from bot.domain.worker import Lease, LeaseOwner
from bot.workers.leader_election import LeaseRunner, LeaseTiming
from tests.waiting import until

QUICK = LeaseTiming(renew_every=0.001, retry_every=0.001)


@dataclass
class Desk:
    """Where duties are taken: `has` has the one there is; while `away` is set nobody is told anything."""

    has: str = ""
    trouble: str = ""
    away: bool = False
    asked: int = 0
    left: list[str] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def worker(self, name: str) -> "Worker":
        return Worker(self, name)


@dataclass
class Worker:
    """One worker's view of the desk; fits ports.Leases."""

    desk: Desk
    name: str

    async def acquire(self, duty: Lease) -> LeaseOwner | None:
        self._ask()
        self.desk.has = self.desk.has or self.name
        return self._holder()

    async def renew(self, duty: Lease, *, trouble: str = "") -> LeaseOwner | None:
        self._ask()
        self.desk.trouble = trouble
        return self._holder()

    async def release(self, duty: Lease) -> None:
        self._ask()
        self.desk.left.append(self.name)
        if self.desk.has == self.name:
            self.desk.has = ""

    async def owner(self, duty: Lease) -> LeaseOwner | None:
        return self._holder()

    def _ask(self) -> None:
        self.desk.asked += 1
        self.desk.heard.set()
        if self.desk.away:
            raise StorageError("away")

    def _holder(self) -> LeaseOwner | None:
        return LeaseOwner(self.desk.has, is_me=self.desk.has == self.name) if self.desk.has else None


@dataclass
class Work:
    """What is done while on duty."""

    under_way: int = 0
    begun: int = 0
    fault: Exception | None = None
    trouble: str | None = None

    async def __call__(self) -> None:
        self.begun += 1
        self.under_way += 1
        try:
            if self.fault:
                raise self.fault
            await asyncio.Event().wait()
        finally:
            self.under_way -= 1

    def why(self) -> str | None:
        return self.trouble


@asynccontextmanager
async def serving(desk: Desk, name: str, work: Work) -> AsyncIterator[LeaseRunner]:
    post = LeaseRunner(Lease.POLL, work, leases=desk.worker(name), trouble=work.why, tempo=QUICK)
    task = asyncio.create_task(post.run())
    try:
        yield post
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def asked(desk: Desk, times: int = 3) -> None:
    """Let the workers ask so many times more."""
    before = desk.asked
    await until(lambda: desk.asked >= before + times, f"{times} more questions of the workers", changed=desk.heard)


async def test_one_of_two_works_and_the_other_stands_by() -> None:
    desk, first, second = Desk(), Work(), Work()
    async with serving(desk, "first", first) as one:
        await asked(desk)
        async with serving(desk, "second", second) as other:
            await asked(desk, 6)
            assert (first.under_way, second.under_way) == (1, 0)
            assert (one.is_owner, other.is_owner) == (True, False)
            assert other.owner == LeaseOwner("first")


async def test_whoever_stops_leaves_the_duty_to_the_one_who_stands_by() -> None:
    desk, first, second = Desk(), Work(), Work()
    async with serving(desk, "first", first):
        await asked(desk)
        async with serving(desk, "second", second):
            await asked(desk)
            desk.has = ""  # as if it had run out, and the second were quicker
            await desk.worker("second").acquire(Lease.POLL)
            await asked(desk, 6)
            assert (first.under_way, second.under_way) == (0, 1)
        assert desk.left[-1] == "second"
        await asked(desk)
        assert first.under_way == 1
        assert first.begun == 2
    assert (first.under_way, desk.has) == (0, "")


async def test_while_the_store_is_away_the_work_goes_on() -> None:
    desk, work = Desk(), Work()
    async with serving(desk, "first", work) as post:
        await asked(desk)
        desk.away = True
        await asked(desk, 10)
        assert post.is_owner
        desk.away = False
        await asked(desk)
        assert (work.under_way, work.begun) == (1, 1)


async def test_when_the_store_is_back_and_another_was_quicker_the_work_ends() -> None:
    desk, work = Desk(), Work()
    async with serving(desk, "first", work):
        await asked(desk)
        desk.away = True
        await asked(desk)
        desk.away, desk.has = False, "second"
        await asked(desk)
        assert work.under_way == 0
        assert desk.has == "second"


async def test_nobody_works_before_the_store_has_answered() -> None:
    desk, work = Desk(away=True), Work()
    async with serving(desk, "first", work):
        await asked(desk)
        assert work.begun == 0
        desk.away = False
        await asked(desk)
        assert work.under_way == 1


async def test_a_worker_stops_while_the_store_is_away() -> None:
    desk, work = Desk(), Work()
    async with serving(desk, "first", work):
        await asked(desk)
        desk.away = True
    assert work.under_way == 0


async def test_the_others_hear_what_troubles_the_work() -> None:
    desk, work = Desk(), Work(trouble="no heartbeat")
    async with serving(desk, "first", work):
        await asked(desk)
        assert desk.trouble == "no heartbeat"
        work.trouble = None
        await asked(desk)
        assert desk.trouble == ""


async def test_work_that_breaks_leaves_the_duty_and_is_not_hidden() -> None:
    desk, work = Desk(), Work(fault=ZeroDivisionError())
    post = LeaseRunner(Lease.POLL, work, leases=desk.worker("first"), trouble=work.why, tempo=QUICK)
    with pytest.raises(ExceptionGroup) as broken:
        await post.run()
    assert broken.group_contains(ZeroDivisionError)
    assert desk.has == ""
