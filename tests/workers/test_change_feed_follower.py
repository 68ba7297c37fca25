import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.errors import StorageError
from bot.workers.change_feed_follower import ChangeFeedFollower
from tests.waiting import in_time


@dataclass
class Feed:
    """A change feed in memory and the updates that followed from it; fits ports.workers.ChangeFeed."""

    published: asyncio.Queue[frozenset[str] | None] = field(default_factory=asyncio.Queue)
    updates: asyncio.Queue[frozenset[str]] = field(default_factory=asyncio.Queue)
    failures: int = 0

    async def publish(self, exchanges: Iterable[str]) -> None:
        self.published.put_nowait(frozenset(exchanges))

    async def skip_to_newest(self) -> None: ...

    async def wait_for_changes(self, *, wait: timedelta) -> Collection[str] | None:
        return await self.published.get()

    async def update(self, exchanges: Collection[str]) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageError("away")
        self.updates.put_nowait(frozenset(exchanges))


@asynccontextmanager
async def following(feed: Feed) -> AsyncIterator[None]:
    task = asyncio.create_task(ChangeFeedFollower(feed, feed.update, pause_s=0, store_pause_s=0).run())
    async with in_time("what the test waits for while it is followed"):
        yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_reads_what_is_there_and_then_what_changed() -> None:
    feed = Feed()
    async with following(feed):
        assert await feed.updates.get() == frozenset()
        await feed.publish(["binance", "okx"])
        assert await feed.updates.get() == {"binance", "okx"}


async def test_a_wait_without_news_updates_nothing() -> None:
    feed = Feed()
    async with following(feed):
        await feed.updates.get()
        feed.published.put_nowait(None)
        await feed.publish([""])
        assert await feed.updates.get() == {""}


async def test_an_update_that_failed_is_tried_again() -> None:
    feed = Feed(failures=2)
    async with following(feed):
        assert await feed.updates.get() == frozenset()
        feed.failures = 1
        await feed.publish(["binance"])
        assert await feed.updates.get() == {"binance"}
