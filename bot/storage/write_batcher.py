"""What several callers want written within a moment is written in one round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.domain.errors import StorageError

Item = TypeVar("Item")


@dataclass(slots=True)
class _PendingWrites(Generic[Item]):
    """What is to be written together: `full` when there is nobody to wait for; the others wait until it was written."""

    items: list[Item] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    others: list[asyncio.Future[None]] = field(default_factory=list)

    def tell(self, error: StorageError | None = None) -> None:
        """Let the others go on."""
        for other in self.others:
            if other.cancelled():
                continue
            if error:
                other.set_exception(error)
            else:
                other.set_result(None)


class WriteBatcher(Generic[Item]):
    """Gathers items for `within` seconds, at most `most` of them, and writes them; the first caller does it for all.

    Everybody returns when the own item was written, or hears the same StorageError.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[None]], *, most: int, within: float) -> None:
        self._write = write
        self._most = most
        self._within = within
        self._gathering: _PendingWrites[Item] | None = None

    async def add(self, item: Item, *, last: bool) -> None:
        """Write an item; `last` says that no other is to be expected soon. Raise StorageError."""
        batch, leads = self._gathering, self._gathering is None
        if batch is None:
            batch = self._gathering = _PendingWrites()
        batch.items.append(item)
        if last or len(batch.items) >= self._most:
            self._gathering = None
            batch.full.set()
        if leads:
            await self._lead(batch)
        else:
            written = asyncio.get_running_loop().create_future()
            batch.others.append(written)
            await written

    async def _lead(self, batch: _PendingWrites[Item]) -> None:
        timer = asyncio.get_running_loop().call_later(self._within, batch.full.set)
        try:
            await batch.full.wait()
            self._close(batch)
            await self._write(batch.items)
        except BaseException as error:
            self._close(batch)
            batch.tell(error if isinstance(error, StorageError) else StorageError("It was not written."))
            raise
        finally:
            timer.cancel()
        batch.tell()

    def _close(self, batch: _PendingWrites[Item]) -> None:
        if self._gathering is batch:
            self._gathering = None
