"""Writes what several callers want to write within a moment in one round trip.

Example: sixteen messages reach Telegram within 30 ms. Their sixteen "finished" become one script call, and each caller
goes on when its own was written.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.domain.errors import StorageError

Record = TypeVar("Record")


@dataclass(slots=True)
class _WriteBatch(Generic[Record]):
    """Records that are written together. `is_full` ends the wait for more; `waiters` are the callers but the first."""

    records: list[Record] = field(default_factory=list)
    is_full: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)

    def release_waiters(self, error: StorageError | None = None) -> None:
        """Let every waiter go on, or raise the error there."""
        for waiter in self.waiters:
            if waiter.cancelled():
                continue
            if error:
                waiter.set_exception(error)
            else:
                waiter.set_result(None)


class WriteBatcher(Generic[Record]):
    """Collects records for `max_wait_s` seconds, `max_records` at most, and writes them with one call of `write`.

    The first caller of a batch does the writing for all. Every caller returns when its own record was written, or gets
    the same StorageError.
    """

    def __init__(
        self, write: Callable[[Sequence[Record]], Awaitable[None]], *, max_records: int, max_wait_s: float
    ) -> None:
        self._write = write
        self._max_records = max_records
        self._max_wait_s = max_wait_s
        self._open_batch: _WriteBatch[Record] | None = None

    async def add(self, record: Record, *, is_last: bool) -> None:
        """Write a record; `is_last` says that no other is expected soon, so that nobody waits. Raise StorageError."""
        batch, writes_batch = self._open_batch, self._open_batch is None
        if batch is None:
            batch = self._open_batch = _WriteBatch()
        batch.records.append(record)
        if is_last or len(batch.records) >= self._max_records:
            self._open_batch = None
            batch.is_full.set()
        if writes_batch:
            await self._write_batch(batch)
        else:
            written = asyncio.get_running_loop().create_future()
            batch.waiters.append(written)
            await written

    async def _write_batch(self, batch: _WriteBatch[Record]) -> None:
        timer = asyncio.get_running_loop().call_later(self._max_wait_s, batch.is_full.set)
        try:
            await batch.is_full.wait()
            self._close(batch)
            await self._write(batch.records)
        except BaseException as error:  # also when this caller is cancelled: the others must not wait for ever
            self._close(batch)
            batch.release_waiters(error if isinstance(error, StorageError) else StorageError("It was not written."))
            raise
        finally:
            timer.cancel()
        batch.release_waiters()

    def _close(self, batch: _WriteBatch[Record]) -> None:
        """Let the next record begin a new batch."""
        if self._open_batch is batch:
            self._open_batch = None
