"""Leader election: of several workers one polls the upstreams, and one listens to each platform.

Each of these tasks has a lease in the store. Whoever acquires it does the task and renews the lease every 2.5 s; the
others ask for it every second. A lease that nobody renews ends after 8 s, so after a worker was killed nobody polls
for 9 s at most.
"""

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
    """How often an own lease is renewed and another worker's is asked for, in seconds.

    A lease lasts for 8 s: two renewals in a row may fail before it is lost.
    """

    renew_every_s: float = 2.5
    retry_every_s: float = 1.0

    def until_renewal_s(self, now_s: float) -> float:
        """Return the seconds until the next renewal, at a multiple of `renew_every_s` on the loop's clock.

        So all leases of a worker are renewed at the same time, which the store can do in one step.
        """
        return self.renew_every_s - now_s % self.renew_every_s


class LeaseRunner:
    """Runs `work` while this worker owns a lease, and waits while another one does.

    `trouble` says what keeps the work from succeeding, for the other workers to show. While the store is away the work
    goes on: nobody can acquire the lease then, and people are still answered. Whether another worker owns it by now is
    found out when the store answers again, before anything can be written there.
    """

    def __init__(
        self,
        lease: Lease,
        work: Callable[[], Awaitable[None]],
        *,
        leases: Leases,
        trouble: Callable[[], str | None],
        timing: LeaseTiming | None = None,
    ) -> None:
        self.lease = lease
        self.owner: LeaseOwner | None = None
        self._work = work
        self._leases = leases
        self._trouble = trouble
        self._timing = timing or LeaseTiming()
        self._store_is_away = False

    @property
    def is_owner(self) -> bool:
        """Return whether this worker owns the lease."""
        return self.owner is not None and self.owner.is_me

    async def run(self) -> None:
        """Work whenever this worker owns the lease, until cancelled; then release it."""
        while True:
            await self._update_owner(self._leases.acquire(self.lease))
            if self.is_owner:
                await self._work_while_owner()
            else:
                await asyncio.sleep(self._timing.retry_every_s)

    async def _work_while_owner(self) -> None:
        log.info("lease acquired", lease=str(self.lease))
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(_as_coroutine(self._work))
                while self.is_owner:
                    await asyncio.sleep(self._timing.until_renewal_s(asyncio.get_running_loop().time()))
                    await self._update_owner(self._leases.renew(self.lease, trouble=self._trouble() or ""))
                log.warning("lease lost", lease=str(self.lease), to=self.owner.worker if self.owner else None)
                work.cancel()
        finally:
            # Released at once, also when stopped or when the work raised: else the others would wait until it ends.
            self.owner = None
            with suppress(StorageError):
                await self._leases.release(self.lease)

    async def _update_owner(self, answer: Awaitable[LeaseOwner | None]) -> None:
        """Record who owns the lease; while the store is away, the last known owner stays."""
        try:
            self.owner = await answer
        except StorageError as error:
            if not self._store_is_away:
                log.warning("store away while renewing a lease", lease=str(self.lease), error=str(error))
            self._store_is_away = True
        else:
            self._store_is_away = False


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    """Make any awaitable what `create_task` takes."""
    await work()
