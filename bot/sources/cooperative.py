"""Share the event loop during long stretches of work that cannot leave it."""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

_Item = TypeVar("_Item")
_SLICE = timedelta(milliseconds=4)


class LoopSharing:
    """Let the loop breathe whenever the present stretch of work has lasted long enough."""

    def __init__(self, *, longest: timedelta = _SLICE) -> None:
        self._longest = longest.total_seconds()
        self._since = time.perf_counter()

    async def yield_if_due(self) -> None:
        """Give way to others if it is time; cheap to call after every small step."""
        if time.perf_counter() - self._since >= self._longest:
            await asyncio.sleep(0)
            self._since = time.perf_counter()


async def in_slices(items: Iterable[_Item]) -> list[_Item]:
    """Return the items of a lazy iterable, computing them a few milliseconds at a time."""
    slices, gathered = LoopSharing(), []
    for item in items:
        gathered.append(item)
        await slices.yield_if_due()
    return gathered
