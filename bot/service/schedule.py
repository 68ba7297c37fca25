"""What runs when: a table of jobs."""

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
    """Something to do every so often, at most once at a time; a missed turn is made up for once.

    `jitter` spreads the turns of many installations over time. The first turn is at once.
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
            self._scheduler.add_job(
                _guarded(job),
                IntervalTrigger(seconds=job.every.total_seconds(), jitter=int(job.jitter.total_seconds()) or None),
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )

    def start(self) -> None:
        """Begin; the loop must be running."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs; those under way end with their tasks."""
        self._scheduler.shutdown(wait=False)


def _guarded(job: Job) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await job.run()
        except asyncio.CancelledError:  # at the end; above is only APScheduler, which would call it an error
            log.debug("job cancelled", job=job.name)
        except RunwatchError as error:
            log.warning("job failed", job=job.name, error=str(error))
        except Exception:
            log.exception("job broke", job=job.name)

    return run
