"""Keeps up with what other workers have read and judged, so that questions are answered here as they are there."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

import structlog

from bot.domain.errors import StorageError
from bot.ports.workers import ChangeFeed

log = structlog.get_logger()

_WAIT = timedelta(seconds=2)
_STORE_PAUSE = 2.0


class ChangeFeedFollower:
    """Calls `take_over` with the exchanges that others told of; what is told meanwhile comes with the next call."""

    def __init__(
        self,
        bulletin: ChangeFeed,
        take_over: Callable[[Collection[str]], Awaitable[None]],
        *,
        pause: float = 0.5,
        store_pause: float = _STORE_PAUSE,
    ) -> None:
        self._feed = bulletin
        self._take_over = take_over
        self._pause = pause
        self._store_pause = store_pause

    async def run(self) -> None:
        """Follow until cancelled, from what there is already; what could not be taken over is tried again."""
        missed: set[str] | None = set()
        while True:
            try:
                if missed is not None:
                    await self._take_over(missed)
                    await asyncio.sleep(self._pause)
                missed = None
                told = await self._feed.wait_for_changes(wait=_WAIT)
                missed = set(told) if told is not None else None
            except StorageError as error:
                log.warning("store away while following", error=str(error))
                await asyncio.sleep(self._store_pause)
