"""Writes to a store that may be away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.domain.errors import StorageError

log = structlog.get_logger()

_PAUSE = 1.0
_Result = TypeVar("_Result")


async def retry_until_stored(write: Callable[[], Awaitable[_Result]]) -> _Result:
    """Return what the store says, however long it is away: what was sent must not be forgotten and sent again."""
    told = False
    while True:
        try:
            return await write()
        except StorageError as error:
            if not told:
                log.warning("store away, delivery not noted yet", error=str(error))
            told = True
        await asyncio.sleep(_PAUSE)
