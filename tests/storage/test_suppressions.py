from datetime import UTC, datetime

from bot.domain.suppression import Suppression
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
SUPPRESSION = Suppression("binance", NOON, "telegram:1", "a migration")


async def test_a_suppression_stays_until_it_is_removed(store: Store) -> None:
    assert await store.suppressions.all() == {}
    await store.suppressions.add(SUPPRESSION)
    assert await store.suppressions.all() == {"binance": SUPPRESSION}

    assert await store.suppressions.remove("binance")
    assert not await store.suppressions.remove("binance")
    assert await store.suppressions.all() == {}


async def test_a_second_suppression_replaces_the_first(store: Store) -> None:
    await store.suppressions.add(SUPPRESSION)
    again = Suppression("binance", NOON, "telegram:2")
    await store.suppressions.add(again)

    assert await store.suppressions.all() == {"binance": again}
