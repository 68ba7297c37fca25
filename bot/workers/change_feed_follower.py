"""Keeps a worker's answers up to date with what other workers have read and judged.

The polling worker publishes "binance"; each other worker, within about half a second, reads Binance's newest snapshot
from the store, so that `/reserves binance` is answered the same everywhere.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

import structlog

from bot.domain.errors import StorageError
from bot.ports.workers import ChangeFeed

log = structlog.get_logger()

_WAIT = timedelta(seconds=10)  # for news, in one request to the store
_STORE_PAUSE_S = 2.0
_UPDATE_PAUSE_S = 0.5  # a round publishes every exchange: what comes meanwhile is read in one update


class ChangeFeedFollower:
    """Calls `update` with the ids of exchanges that changed ("": the list alone), all that came since the last call."""

    def __init__(
        self,
        feed: ChangeFeed,
        update: Callable[[Collection[str]], Awaitable[None]],
        *,
        pause_s: float = _UPDATE_PAUSE_S,
        store_pause_s: float = _STORE_PAUSE_S,
    ) -> None:
        self._feed = feed
        self._update = update
        self._pause_s = pause_s
        self._store_pause_s = store_pause_s

    async def run(self) -> None:
        """Follow the feed until cancelled; an update that failed is repeated when the store is back."""
        # The first update, of no exchange, catches up with what is in the store already.
        pending: set[str] | None = set()
        while True:
            try:
                if pending is not None:
                    await self._update(pending)
                    await asyncio.sleep(self._pause_s)
                pending = None
                changes = await self._feed.wait_for_changes(wait=_WAIT)
                pending = set(changes) if changes is not None else None
            except StorageError as error:
                log.warning("store away while reading the change feed", error=str(error))
                await asyncio.sleep(self._store_pause_s)
