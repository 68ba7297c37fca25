from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.suppression import Metric, Suppression
from bot.storage import keys
from bot.storage.change_feed import RedisChangeFeed
from bot.storage.store import Store
from bot.storage.suppressions import RedisSuppressions

NO_WAIT = timedelta()


@pytest.fixture
def mine(store: Store) -> RedisChangeFeed:
    return RedisChangeFeed(store.database, "mine")


@pytest.fixture
def other(store: Store) -> RedisChangeFeed:
    return RedisChangeFeed(store.database, "other")


async def test_a_worker_gets_the_changes_of_the_others_once(mine: RedisChangeFeed, other: RedisChangeFeed) -> None:
    await other.publish(["binance", "okx", "binance"])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance", "okx"}
    assert await mine.wait_for_changes(wait=NO_WAIT) is None
    await other.publish([""])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {""}


async def test_a_worker_does_not_get_its_own_changes(mine: RedisChangeFeed, other: RedisChangeFeed) -> None:
    await mine.publish(["binance"])
    assert await mine.wait_for_changes(wait=NO_WAIT) is None
    await other.publish(["okx"])
    await mine.publish(["kraken"])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"okx"}


async def test_a_worker_that_skips_to_the_newest_gets_what_comes_after_it(
    mine: RedisChangeFeed, other: RedisChangeFeed
) -> None:
    await mine.skip_to_newest()
    await other.publish(["binance"])
    await mine.skip_to_newest()
    await other.publish(["okx"])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"okx"}


async def test_no_changes_leave_no_entry(mine: RedisChangeFeed, store: Store) -> None:
    await mine.publish([])
    assert await store.database.command("EXISTS", keys.CHANGE_FEED.key()) == 0


async def test_old_entries_are_removed(mine: RedisChangeFeed, store: Store) -> None:
    for _ in range(6):
        await mine.publish(["binance"] * 300)
    assert await store.database.command("XLEN", keys.CHANGE_FEED.key()) < 1300


async def test_the_others_get_a_suppression_and_its_end(mine: RedisChangeFeed, store: Store) -> None:
    suppressions = RedisSuppressions(store.database, "other")
    await suppressions.add(Suppression("binance", datetime(2026, 1, 10, 12, tzinfo=UTC), "telegram:1"))
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance"}
    await suppressions.remove("binance")
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance"}
    await suppressions.remove("binance", Metric.PROOF)
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance"}
