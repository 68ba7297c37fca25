"""The one way in which tests wait: every wait ends, and a wait in vain says what was missing.

`until` waits for a condition, `in_time` for the end of a block, `stop` for a task that is not needed any more:

    await until(lambda: len(telegram.sent) >= 5, "five messages on Telegram")
    async with in_time("the answer to the first question"):
        answer = await asking

The limit only ends a test that can no longer pass, so it is far longer than any of these takes on a busy machine; no
test says with it how fast the product is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

LIMIT = 60.0
"""Seconds by the loop's own time; below the limit after which pytest ends a run (faulthandler_timeout)."""
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.005, 0.1, 1.1
"""Seconds between two looks: more and more, for some cost a whole program's answer, and what takes long can wait."""


async def until(
    condition: Callable[[], object],
    missing: str | Callable[[], str],
    *,
    changed: asyncio.Event | None = None,
    limit: float = LIMIT,
) -> None:
    """Return once the condition, which may be a coroutine function, gives anything true.

    It is looked at every few milliseconds and, once that has taken a second, ten times a second; or, with an event that
    announces every change, whenever that is set. Raise AssertionError with `missing` after `limit` seconds.
    """
    pause = _FIRST_PAUSE
    async with in_time(missing, limit=limit):
        while not await _result_of(condition):
            if changed:
                changed.clear()
                await changed.wait()
            else:
                await asyncio.sleep(pause)
                pause = min(pause * _GROWTH, _LONGEST_PAUSE)


@asynccontextmanager
async def in_time(missing: str | Callable[[], str], *, limit: float | None = LIMIT) -> AsyncIterator[asyncio.Timeout]:
    """Cancel a block that lasts longer than `limit` seconds and raise AssertionError with what was `missing`.

    The block may set another limit while it runs (`reschedule`).
    """
    timeout = asyncio.timeout(limit)
    try:
        async with timeout:
            yield timeout
    except TimeoutError as error:
        if not timeout.expired():  # it is the block's own error
            raise
        what = missing if isinstance(missing, str) else missing()
        raise AssertionError(f"missing when the time was over: {what}") from error


async def stop(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and return when it has ended, however it ends."""
    task.cancel()
    async with in_time(f"the end of {task.get_coro()}, which was cancelled"):
        await asyncio.wait([task])


async def _result_of(condition: Callable[[], object]) -> object:
    result = condition()
    return await result if isinstance(result, Awaitable) else result
