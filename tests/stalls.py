"""How long the event loop can do nothing else while something is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_TRIES = 3


async def holds_the_loop(work: Callable[[], Awaitable[object]], seconds: float) -> bool:
    """Return whether work holds the loop for so many seconds of CPU or longer, every time it is tried.

    A machine that does other work as well makes one try longer than it is, never shorter.
    """
    for _ in range(_TRIES):
        if await _longest_stall(work) < seconds:
            return False
    return True


async def _longest_stall(work: Callable[[], Awaitable[object]]) -> float:
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    try:
        await work()
        await asyncio.sleep(0)  # what was done since the last beat counts
    finally:
        beating.cancel()
    return longest
