import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.domain.errors import StorageError
from bot.service.schedule import Job, Schedule
from tests.waiting import until

OFTEN = timedelta(milliseconds=5)
SELDOM = timedelta(hours=1)


class Turns:
    """Counts the turns of a job, and lets a test wait for them."""

    def __init__(self, act: Callable[[int], None] | None = None) -> None:
        self.count = 0
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._act = act

    async def __call__(self) -> None:
        self.count += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if self._act:
                self._act(self.count)
        finally:
            self.at_once -= 1

    async def reach(self, count: int) -> None:
        await until(lambda: self.count >= count, lambda: f"turn {count}: there were {self.count}")


@asynccontextmanager
async def running(jobs: Iterable[Job]) -> AsyncIterator[None]:
    schedule = Schedule(jobs)
    schedule.start()
    try:
        yield
    finally:
        schedule.stop()
        await asyncio.sleep(0)


async def test_the_first_turn_is_at_once() -> None:
    turns = Turns()
    async with running([Job("seldom", turns, every=SELDOM)]):
        await turns.reach(1)
    assert turns.count == 1


async def test_a_job_has_its_turn_again_and_again() -> None:
    turns = Turns()
    async with running([Job("often", turns, every=OFTEN)]):
        await turns.reach(4)


async def test_a_job_that_fails_has_its_next_turn_all_the_same() -> None:
    def fail(turn: int) -> None:
        raise StorageError("away") if turn % 2 else ZeroDivisionError

    turns = Turns(fail)
    async with running([Job("failing", turns, every=OFTEN)]):
        await turns.reach(4)


async def test_a_job_that_takes_long_runs_once_at_a_time_and_holds_up_no_other() -> None:
    slow, quick = Turns(), Turns()
    slow.gate.clear()
    async with running([Job("slow", slow, every=OFTEN), Job("quick", quick, every=OFTEN)]):
        await quick.reach(5)
        assert slow.count == 1
        slow.gate.set()
        await slow.reach(3)
    assert slow.most_at_once == 1


async def test_nothing_begins_after_the_end() -> None:
    stopped, other = Turns(), Turns()
    async with running([Job("other", other, every=OFTEN)]):
        async with running([Job("stopped", stopped, every=OFTEN)]):
            await stopped.reach(2)
        seen, later = stopped.count, other.count + 5
        await other.reach(later)
    assert stopped.count == seen


async def test_what_is_under_way_at_the_end_is_cancelled_without_a_complaint(caplog: pytest.LogCaptureFixture) -> None:
    turns = Turns()
    turns.gate.clear()
    async with running([Job("under way", turns, every=SELDOM)]):
        await turns.reach(1)
    await until(lambda: turns.at_once == 0, "the end of the turn under way")
    await asyncio.sleep(0)
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
