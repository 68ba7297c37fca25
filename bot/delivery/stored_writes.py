"""Repeats a write until the store has taken it. (When a message is sent again is decided in `retry_policy`.)"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.domain.errors import StorageError

log = structlog.get_logger()

_PAUSE_S = 1.0  # a restart of Redis takes seconds, and each delivery under way asks once per pause
_Result = TypeVar("_Result")


async def retry_until_stored(write: Callable[[], Awaitable[_Result]]) -> _Result:
    """Return what a write returns, however long the store is away; log the first failure only.

    A result that is not stored would make a message that arrived look unsent, and it would be sent again.
    """
    is_logged = False
    while True:
        try:
            return await write()
        except StorageError as error:
            if not is_logged:
                log.warning("store away, delivery result not stored yet", error=str(error))
            is_logged = True
        await asyncio.sleep(_PAUSE_S)
