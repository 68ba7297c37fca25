"""Does a duty while this worker has it, and stands by while another one does."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from bot.domain.errors import StorageError
from bot.domain.worker import Duty, Holder
from bot.ports import Leases

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tempo:
    """How often a duty is kept, and how often one that another worker has is asked for, in seconds.

    A duty lasts some seconds without being kept: that and `ask` are how long nobody does it after a worker was killed.
    """

    keep: float = 2.0
    ask: float = 1.0


class Post:
    """One duty in this worker: `work` runs while it is this worker's, `trouble` says what troubles it there.

    While the store is away the work goes on: nobody can take the duty then, and people are still answered. Whether
    another worker has it is found out when the store answers again, which is before anything can be written there.
    """

    def __init__(
        self,
        duty: Duty,
        work: Callable[[], Awaitable[None]],
        *,
        leases: Leases,
        trouble: Callable[[], str | None],
        tempo: Tempo | None = None,
    ) -> None:
        self.duty = duty
        self.holder: Holder | None = None
        self._work = work
        self._leases = leases
        self._trouble = trouble
        self._tempo = tempo or Tempo()
        self._is_away = False

    @property
    def is_held(self) -> bool:
        """Return whether this worker does the duty."""
        return self.holder is not None and self.holder.is_me

    async def serve(self) -> None:
        """Do the duty whenever it falls to this worker, until cancelled; then it is left to the others."""
        while True:
            await self._note(self._leases.take(self.duty))
            if self.is_held:
                await self._do()
            else:
                await asyncio.sleep(self._tempo.ask)

    async def _do(self) -> None:
        log.info("duty taken", duty=str(self.duty))
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(_awaited(self._work))
                while self.is_held:
                    await asyncio.sleep(self._tempo.keep)
                    await self._note(self._leases.keep(self.duty, trouble=self._trouble() or ""))
                log.warning("duty lost", duty=str(self.duty), to=self.holder.worker if self.holder else None)
                work.cancel()
        finally:
            self.holder = None
            with suppress(StorageError):
                await self._leases.leave(self.duty)

    async def _note(self, asking: Awaitable[Holder | None]) -> None:
        """Remember who has the duty; while the store is away, what was known before holds."""
        try:
            self.holder = await asking
        except StorageError as error:
            if not self._is_away:
                log.warning("store away while keeping a duty", duty=str(self.duty), error=str(error))
            self._is_away = True
        else:
            self._is_away = False


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()
