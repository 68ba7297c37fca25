"""Cooperative multitasking for long computations that must stay on the event loop.

They yield to other tasks after every 4 ms of work. Example: 10,000 rows of a list that take 40 ms to parse keep nobody
waiting for longer than about 4 ms.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

_Value = TypeVar("_Value")
# A fifth of the 20 ms that no computation may hold the event loop for (docs/adding-a-source.md), as the step that is
# under way when the time is up is still finished.
_LONGEST_STRETCH = timedelta(milliseconds=4)


class LoopSharing:
    """Yields to the event loop's other tasks when the present stretch of work has lasted for `longest`."""

    def __init__(self, *, longest: timedelta = _LONGEST_STRETCH) -> None:
        self._longest_s = longest.total_seconds()
        self._stretch_began_s = time.perf_counter()

    async def yield_if_due(self) -> None:
        """Let other tasks run if it is time; cheap to call after every small step."""
        if time.perf_counter() - self._stretch_began_s >= self._longest_s:
            await asyncio.sleep(0)
            self._stretch_began_s = time.perf_counter()


async def collect_in_slices(values: Iterable[_Value]) -> list[_Value]:
    """Return the values of a lazy iterable, computing them a few milliseconds at a time."""
    sharing, collected = LoopSharing(), []
    for value in values:
        collected.append(value)
        await sharing.yield_if_due()
    return collected
