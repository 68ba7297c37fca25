"""Many things at once, none of which can harm or hold up another."""

import asyncio
from collections.abc import Coroutine

import structlog

log = structlog.get_logger()

_AT_ONCE = 200
_LONGEST = 60.0


class TaskLimiter:
    """Runs work as tasks: at most 200 at a time, each for at most a minute, whatever it raises is logged."""

    def __init__(self, *, at_once: int = _AT_ONCE, longest: float = _LONGEST) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._longest = longest
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, work: Coroutine[object, object, object]) -> None:
        """Start the work as soon as there is room."""
        await self._room.acquire()
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def cancel_all(self, patience: float) -> None:
        """Wait so many seconds for those still here, then cancel them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: Coroutine[object, object, object]) -> None:
        try:
            async with asyncio.timeout(self._longest):
                await work
        except TimeoutError:
            log.warning("telegram update took too long", seconds=self._longest)
        except Exception:
            log.exception("telegram update failed")

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
