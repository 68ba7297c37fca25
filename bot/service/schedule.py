"""Runs jobs at regular intervals, such as a poll every 10 minutes; `lifetime` and `upkeep` hold the tables of jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.domain.errors import RunwatchError

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
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        for job in jobs:
            # max_instances, coalesce and no grace time make the rules of Job: APScheduler's defaults would drop late
            # turns with a warning.
            self._scheduler.add_job(
                _logging_failures(job),
                # Without a zone of its own it looks for the system's, and fails where TZ names none that is known.
                IntervalTrigger(
                    seconds=job.every.total_seconds(), jitter=int(job.jitter.total_seconds()) or None, timezone=UTC
                ),
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )

    def start(self) -> None:
        """Start the jobs; raise RuntimeError outside a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs; those under way end with their tasks."""
        self._scheduler.shutdown(wait=False)


def _logging_failures(job: Job) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await job.run()
        except asyncio.CancelledError:  # when the schedule stops; APScheduler, above, would log it as an error
            log.debug("job cancelled", job=job.name)
        except RunwatchError as error:
            log.warning("job failed", job=job.name, error=str(error))
        except Exception:
            log.exception("job crashed", job=job.name)

    return run
