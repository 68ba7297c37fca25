"""Does a duty while this worker has it, and stands by while another one does."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from bot.domain.errors import StorageError
from bot.domain.worker import Lease, LeaseOwner
from bot.ports.workers import Leases

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LeaseTiming:
    """How often a duty is kept, and how often one that another worker has is asked for, in seconds.

    A duty lasts some seconds without being kept: that and `ask` are how long nobody does it after a worker was killed.
    """

    renew_every: float = 2.0
    retry_every: float = 1.0


class LeaseRunner:
    """One duty in this worker: `work` runs while it is this worker's, `trouble` says what troubles it there.

    While the store is away the work goes on: nobody can take the duty then, and people are still answered. Whether
    another worker has it is found out when the store answers again, which is before anything can be written there.
    """

    def __init__(
        self,
        duty: Lease,
        work: Callable[[], Awaitable[None]],
        *,
        leases: Leases,
        trouble: Callable[[], str | None],
        tempo: LeaseTiming | None = None,
    ) -> None:
        self.lease = duty
        self.owner: LeaseOwner | None = None
        self._work = work
        self._leases = leases
        self._trouble = trouble
        self._timing = tempo or LeaseTiming()
        self._store_is_away = False

    @property
    def is_owner(self) -> bool:
        """Return whether this worker does the duty."""
        return self.owner is not None and self.owner.is_me

    async def run(self) -> None:
        """Do the duty whenever it falls to this worker, until cancelled; then it is left to the others."""
        while True:
            await self._update_owner(self._leases.acquire(self.lease))
            if self.is_owner:
                await self._work_while_owner()
            else:
                await asyncio.sleep(self._timing.retry_every)

    async def _work_while_owner(self) -> None:
        log.info("duty taken", duty=str(self.lease))
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(_awaited(self._work))
                while self.is_owner:
                    await asyncio.sleep(self._timing.renew_every)
                    await self._update_owner(self._leases.renew(self.lease, trouble=self._trouble() or ""))
                log.warning("duty lost", duty=str(self.lease), to=self.owner.worker if self.owner else None)
                work.cancel()
        finally:
            self.owner = None
            with suppress(StorageError):
                await self._leases.release(self.lease)

    async def _update_owner(self, asking: Awaitable[LeaseOwner | None]) -> None:
        """Remember who has the duty; while the store is away, what was known before holds."""
        try:
            self.owner = await asking
        except StorageError as error:
            if not self._store_is_away:
                log.warning("store away while keeping a duty", duty=str(self.lease), error=str(error))
            self._store_is_away = True
        else:
            self._store_is_away = False


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()
