"""Runs jobs at regular intervals, such as a poll every 10 minutes; `lifetime` and `upkeep` hold the tables of jobs.

Intervals are measured by the event loop's own time, which goes on evenly whatever somebody does to the machine's clock.
APScheduler computes the date of each next turn, so that a clock that is set back by an hour stops its jobs for an hour
(https://github.com/agronholm/apscheduler/issues/351). So those dates are made anew from the loop's time whenever it
looks for what is due.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from typing_extensions import override

from bot.domain.errors import RunwatchError
from bot.domain.obstacles import JobState

log = structlog.get_logger()

_EARLY = 0.01  # of an interval: a timer that fires a little before its turn counts as that turn


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
    """Runs the jobs until stopped. A job that fails has its next turn all the same, and is logged when that begins."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = tuple(jobs)
        self._scheduler = _LoopTimeScheduler(timezone=UTC)
        self._ended_at_s: dict[str, float] = {}  # on the loop's time
        self._crashes: dict[str, str] = {}
        self._failures: dict[str, str] = {}  # of the newest turn, "" when it went well

    def start(self) -> None:
        """Start the jobs; raise RuntimeError outside a running event loop."""
        now_s = asyncio.get_running_loop().time()
        for job in self._jobs:
            self._ended_at_s[job.name] = now_s
            # max_instances, coalesce and no grace time make the rules of Job: APScheduler's defaults would drop late
            # turns with a warning.
            self._scheduler.add_job(
                self._recording(job),
                _LoopTimeInterval(job.every, job.jitter, start_s=now_s),
                id=job.name,
                name=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs; those under way end with their tasks."""
        self._scheduler.shutdown(wait=False)

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

    def _recording(self, job: Job) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self._run(job)
            self._ended_at_s[job.name] = asyncio.get_running_loop().time()

        return run

    async def _run(self, job: Job) -> None:
        crash = failure = ""
        try:
            await job.run()
        except asyncio.CancelledError:  # when the schedule stops; APScheduler would log it as an error
            log.debug("job cancelled", job=job.name)
        except RunwatchError as error:
            failure = str(error)
            # Said when it begins or changes, not at each of the thousands of turns of a night with a full disk.
            write = log.debug if failure == self._failures.get(job.name) else log.warning
            write("job failed", job=job.name, error=failure)
        except Exception as error:
            log.exception("job crashed", job=job.name)
            crash = type(error).__name__
        self._failures[job.name] = failure
        if crash:
            self._crashes[job.name] = crash
        else:
            self._crashes.pop(job.name, None)


class _LoopTimeInterval(BaseTrigger):  # type: ignore[misc]  # it has no types
    """Turns at even intervals of the loop's time from `start_s` on, each moved by up to `jitter`.

    A turn that has gone by is left out, and the rhythm stays: of turns at 0, 10, 20 and 30 s, the next one after 25 s
    is that of 30 s.
    """

    def __init__(self, every: timedelta, jitter: timedelta, *, start_s: float) -> None:
        self._every_s = every.total_seconds()
        self._jitter_s = jitter.total_seconds()
        self._start_s = start_s
        self._due_s = start_s

    @override
    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the date of the next turn, which is always after `now`."""
        turns = (asyncio.get_running_loop().time() - self._start_s) / self._every_s
        turn_s = self._start_s + self._every_s * (1 + math.floor(turns + _EARLY))
        self._due_s = turn_s + random.uniform(0.0, self._jitter_s)  # noqa: S311 — spreads load, guards nothing
        return self.date_of_turn(now)

    def date_of_turn(self, now: datetime) -> datetime:
        """Return the date of the turn that is due next, by a clock that shows `now`."""
        return now + timedelta(seconds=self._due_s - asyncio.get_running_loop().time())


class _LoopTimeScheduler(AsyncIOScheduler):  # type: ignore[misc]  # as above
    """Looks for what is due by the loop's time: its timer already goes by that, its dates are those of the clock."""

    _is_dating = False

    @override
    def wakeup(self) -> None:
        """Date every job anew, then run what is due and wait for the next one."""
        if self._is_dating:  # a job that is dated anew wakes the scheduler
            return
        self._is_dating = True
        try:
            for job in self.get_jobs():
                job.modify(next_run_time=job.trigger.date_of_turn(datetime.now(UTC)))
        finally:
            self._is_dating = False
        super().wakeup()
