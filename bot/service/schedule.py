"""Runs jobs at regular intervals, such as a poll every 10 minutes; `lifetime` and `upkeep` hold the tables of jobs.

Intervals are measured by the event loop's own time, which goes on evenly whatever somebody does to the machine's clock.
A scheduler that computes the date of each next turn (APScheduler does:
https://github.com/agronholm/apscheduler/issues/351) runs nothing for an hour after the clock was set back by an hour.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.domain.errors import RunwatchError
from bot.domain.obstacles import JobState

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do at an interval, for the first time at once.

    A job that still runs when its next turn comes is not started a second time; however many turns it missed, it runs
    once more. `jitter` moves each turn by a random time of up to so much.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    every: timedelta
    jitter: timedelta = timedelta()


class Schedule:
    """Runs the jobs until stopped. A job that fails is logged and has its next turn all the same."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = tuple(jobs)
        self._ended_at_s: dict[str, float] = {}  # on the loop's time
        self._crashes: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the jobs; raise RuntimeError outside a running event loop."""
        now_s = asyncio.get_running_loop().time()
        self._ended_at_s = {job.name: now_s for job in self._jobs}
        self._tasks = [asyncio.create_task(self._repeat(job), name=f"job {job.name}") for job in self._jobs]

    def stop(self) -> None:
        """Start no more jobs, and cancel those under way."""
        for task in self._tasks:
            task.cancel()

    def states(self) -> Sequence[JobState]:
        """Return how each job is doing, nothing before `start`."""
        if not self._ended_at_s:
            return ()
        now_s = asyncio.get_running_loop().time()
        return [
            JobState(
                job.name,
                job.every,
                timedelta(seconds=now_s - self._ended_at_s[job.name]),
                self._crashes.get(job.name, ""),
            )
            for job in self._jobs
        ]

    async def _repeat(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        every_s, jitter_s = job.every.total_seconds(), job.jitter.total_seconds()
        turn_s = loop.time()
        while True:
            await self._run(job)
            self._ended_at_s[job.name] = loop.time()
            # Turns that came meanwhile are left out, and the rhythm stays: a poll of 90 s that took 100 s is late once.
            turn_s += every_s * max(1, 1 + (loop.time() - turn_s) // every_s)
            jitter = random.uniform(0.0, jitter_s)  # noqa: S311 — spreads load, guards nothing
            await asyncio.sleep(max(0.0, turn_s - loop.time() + jitter))

    async def _run(self, job: Job) -> None:
        try:
            await job.run()
        except RunwatchError as error:
            log.warning("job failed", job=job.name, error=str(error))
            self._crashes.pop(job.name, None)
        except Exception as crash:
            log.exception("job crashed", job=job.name)
            self._crashes[job.name] = type(crash).__name__
        else:
            self._crashes.pop(job.name, None)
