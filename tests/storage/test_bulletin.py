from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.withheld import Withheld
from bot.storage.bulletin import KEY, RedisBulletin
from bot.storage.holds import RedisHolds
from bot.storage.store import Store

NO_WAIT = timedelta()


@pytest.fixture
def mine(store: Store) -> RedisBulletin:
    return RedisBulletin(store.database, "mine")


@pytest.fixture
def other(store: Store) -> RedisBulletin:
    return RedisBulletin(store.database, "other")


async def test_every_worker_hears_what_the_others_tell_once(mine: RedisBulletin, other: RedisBulletin) -> None:
    await other.post(["binance", "okx", "binance"])
    assert await mine.news(wait=NO_WAIT) == {"binance", "okx"}
    assert await mine.news(wait=NO_WAIT) is None
    await other.post([""])
    assert await mine.news(wait=NO_WAIT) == {""}


async def test_nobody_hears_itself(mine: RedisBulletin, other: RedisBulletin) -> None:
    await mine.post(["binance"])
    assert await mine.news(wait=NO_WAIT) is None
    await other.post(["okx"])
    await mine.post(["kraken"])
    assert await mine.news(wait=NO_WAIT) == {"okx"}


async def test_who_begins_hears_what_comes_then(mine: RedisBulletin, other: RedisBulletin) -> None:
    await mine.begin()
    await other.post(["binance"])
    await mine.begin()
    await other.post(["okx"])
    assert await mine.news(wait=NO_WAIT) == {"okx"}


async def test_nothing_to_tell_is_not_told(mine: RedisBulletin, store: Store) -> None:
    await mine.post([])
    assert await store.database.command("EXISTS", KEY) == 0


async def test_it_stays_small(mine: RedisBulletin, store: Store) -> None:
    for _ in range(6):
        await mine.post(["binance"] * 300)
    assert await store.database.command("XLEN", KEY) < 1300


async def test_the_others_hear_of_a_hold_and_of_its_end(mine: RedisBulletin, store: Store) -> None:
    holds = RedisHolds(store.database, "other")
    await holds.hold(Withheld("binance", datetime(2026, 1, 10, 12, tzinfo=UTC), "telegram:1"))
    assert await mine.news(wait=NO_WAIT) == {"binance"}
    await holds.release("binance")
    assert await mine.news(wait=NO_WAIT) == {"binance"}
