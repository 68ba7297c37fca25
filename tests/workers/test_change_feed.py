import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.errors import StorageError
from bot.workers.change_feed import ChangeFeedFollower
from tests.waiting import in_time


@dataclass
class Board:
    """A bulletin that is read word by word, and what was taken over from it."""

    told: asyncio.Queue[frozenset[str] | None] = field(default_factory=asyncio.Queue)
    taken: asyncio.Queue[frozenset[str]] = field(default_factory=asyncio.Queue)
    failures: int = 0

    async def publish(self, exchanges: Iterable[str]) -> None:
        self.told.put_nowait(frozenset(exchanges))

    async def skip_to_newest(self) -> None: ...

    async def wait_for_changes(self, *, wait: timedelta) -> Collection[str] | None:
        return await self.told.get()

    async def take_over(self, exchanges: Collection[str]) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageError("away")
        self.taken.put_nowait(frozenset(exchanges))


@asynccontextmanager
async def following(board: Board) -> AsyncIterator[None]:
    task = asyncio.create_task(ChangeFeedFollower(board, board.take_over, pause=0, store_pause=0).run())
    async with in_time("what the test waits for while it is followed"):
        yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_takes_over_what_is_there_and_then_what_it_is_told_of() -> None:
    board = Board()
    async with following(board):
        assert await board.taken.get() == frozenset()
        await board.publish(["binance", "okx"])
        assert await board.taken.get() == {"binance", "okx"}


async def test_that_nobody_told_anything_is_no_news() -> None:
    board = Board()
    async with following(board):
        await board.taken.get()
        board.told.put_nowait(None)
        await board.publish([""])
        assert await board.taken.get() == {""}


async def test_what_could_not_be_taken_over_is_tried_again() -> None:
    board = Board(failures=2)
    async with following(board):
        assert await board.taken.get() == frozenset()
        board.failures = 1
        await board.publish(["binance"])
        assert await board.taken.get() == {"binance"}
