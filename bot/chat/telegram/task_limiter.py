"""Runs update handlers concurrently: 200 at most, 90 s each; what they raise is logged.

A slow question in one chat then holds up nobody else, and 10,000 questions at once do not become 10,000 tasks.
"""

import asyncio
from collections.abc import Coroutine

import structlog

log = structlog.get_logger()

# Telegram takes 30 messages a second: even if every answer waits 6 s for it, 200 at a time keep up.
_MAX_TASKS = 200
_TASK_TIMEOUT_S = 90.0  # longer than an answer, or the sentence that it is none, waits for its turn and Telegram takes


class TaskLimiter:
    """Runs coroutines as tasks, so many at a time, each for so many seconds."""

    def __init__(self, *, max_tasks: int = _MAX_TASKS, timeout_s: float = _TASK_TIMEOUT_S) -> None:
        self._free_slots = asyncio.Semaphore(max_tasks)
        self._timeout_s = timeout_s
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, work: Coroutine[object, object, object]) -> None:
        """Wait until fewer than the most tasks run, then start the work and return."""
        await self._free_slots.acquire()
        task = asyncio.create_task(self._run(work))
        # asyncio keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._release_slot)

    async def cancel_all(self, grace_s: float) -> None:
        """Wait so many seconds for the tasks that still run, then cancel them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: Coroutine[object, object, object]) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await work
        except TimeoutError:
            log.warning("telegram update timed out", seconds=self._timeout_s)
        except Exception:
            log.exception("telegram update failed")

    def _release_slot(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free_slots.release()
