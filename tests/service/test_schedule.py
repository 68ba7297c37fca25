import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StorageError
from bot.service.schedule import Job, Schedule
from tests.clocks import in_simulated_time
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


async def test_a_job_that_goes_on_failing_is_said_once_and_again_when_the_reason_changes() -> None:
    def fail(turn: int) -> None:
        if turn not in {4, 5}:
            raise StorageError("away" if turn < 7 else "full")

    turns = Turns(fail)
    with capture_logs() as logs:
        async with running([Job("failing", turns, every=OFTEN)]):
            await turns.reach(9)
    said = [line["error"] for line in logs if line["event"] == "job failed" and line["log_level"] == "warning"]
    assert said == ["away", "away", "full"]


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


@in_simulated_time
async def test_turns_that_a_long_run_misses_are_left_out_and_the_rhythm_stays() -> None:
    """A job of every 10 s that once takes 25 s runs at 0, 30, 40 and 50 s: by the loop's time, not the machine's."""
    began_s: list[float] = []
    loop = asyncio.get_running_loop()
    start_s = loop.time()

    async def run() -> None:
        began_s.append(loop.time() - start_s)
        await asyncio.sleep(25 if len(began_s) == 1 else 1)

    async with running([Job("late once", run, every=timedelta(seconds=10))]):
        await asyncio.sleep(55)
    assert [round(began) for began in began_s] == [0, 30, 40, 50]


@in_simulated_time
async def test_jitter_moves_a_turn_and_not_those_after_it() -> None:
    began_s: list[float] = []
    loop = asyncio.get_running_loop()
    start_s = loop.time()

    async def run() -> None:
        began_s.append(loop.time() - start_s)

    async with running([Job("moved", run, every=timedelta(seconds=100), jitter=timedelta(seconds=5))]):
        await asyncio.sleep(1000)
    assert all(100 * turn <= began <= 100 * turn + 5 for turn, began in enumerate(began_s))
    assert len(began_s) == 10
    assert any(began % 100 > 0.01 for began in began_s)


@in_simulated_time
async def test_it_says_how_long_ago_each_job_ended_and_what_crashed() -> None:
    turns = 0

    async def crash_twice() -> None:
        nonlocal turns
        turns += 1
        if turns <= 2:
            raise ZeroDivisionError

    async def hang() -> None:
        await asyncio.Event().wait()

    async def fail() -> None:
        raise StorageError("away")

    every = timedelta(seconds=10)
    schedule = Schedule([Job("crashes", crash_twice, every), Job("hangs", hang, every), Job("fails", fail, every)])
    assert schedule.states() == ()
    schedule.start()
    await asyncio.sleep(15)
    states = {state.name: state for state in schedule.states()}
    assert {name: (round(state.ended_ago.total_seconds()), state.crash) for name, state in states.items()} == {
        "crashes": (5, "ZeroDivisionError"),
        "hangs": (15, ""),
        "fails": (5, ""),
    }
    await asyncio.sleep(10)
    assert [state.crash for state in schedule.states()] == ["", "", ""]
    schedule.stop()
