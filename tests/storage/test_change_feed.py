from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.suppression import Suppression
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


async def test_every_worker_hears_what_the_others_tell_once(mine: RedisChangeFeed, other: RedisChangeFeed) -> None:
    await other.publish(["binance", "okx", "binance"])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance", "okx"}
    assert await mine.wait_for_changes(wait=NO_WAIT) is None
    await other.publish([""])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {""}


async def test_nobody_hears_itself(mine: RedisChangeFeed, other: RedisChangeFeed) -> None:
    await mine.publish(["binance"])
    assert await mine.wait_for_changes(wait=NO_WAIT) is None
    await other.publish(["okx"])
    await mine.publish(["kraken"])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"okx"}


async def test_who_begins_hears_what_comes_then(mine: RedisChangeFeed, other: RedisChangeFeed) -> None:
    await mine.skip_to_newest()
    await other.publish(["binance"])
    await mine.skip_to_newest()
    await other.publish(["okx"])
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"okx"}


async def test_nothing_to_tell_is_not_told(mine: RedisChangeFeed, store: Store) -> None:
    await mine.publish([])
    assert await store.database.command("EXISTS", keys.CHANGE_FEED.key()) == 0


async def test_it_stays_small(mine: RedisChangeFeed, store: Store) -> None:
    for _ in range(6):
        await mine.publish(["binance"] * 300)
    assert await store.database.command("XLEN", keys.CHANGE_FEED.key()) < 1300


async def test_the_others_hear_of_a_hold_and_of_its_end(mine: RedisChangeFeed, store: Store) -> None:
    holds = RedisSuppressions(store.database, "other")
    await holds.add(Suppression("binance", datetime(2026, 1, 10, 12, tzinfo=UTC), "telegram:1"))
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance"}
    await holds.remove("binance")
    assert await mine.wait_for_changes(wait=NO_WAIT) == {"binance"}
