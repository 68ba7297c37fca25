"""Goes through very many subscriptions in slices, and lets other tasks run between them."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from bot.domain.place import Subscription

_SLICE_SUBSCRIPTIONS = 500  # routed between two pauses of the event loop: some milliseconds


async def slices(subscriptions: Sequence[Subscription]) -> AsyncIterator[Sequence[Subscription]]:
    """Yield subscriptions 500 at a time, with a pause of the event loop after each slice."""
    for start in range(0, len(subscriptions), _SLICE_SUBSCRIPTIONS):
        yield subscriptions[start : start + _SLICE_SUBSCRIPTIONS]
        await asyncio.sleep(0)
