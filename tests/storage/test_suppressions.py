from datetime import UTC, datetime

from bot.domain.suppression import Suppression
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
HELD = Suppression("binance", NOON, "telegram:1", "a migration")


async def test_what_is_withheld_stays_so_until_it_is_released(store: Store) -> None:
    assert await store.suppressions.all() == {}
    await store.suppressions.add(HELD)
    assert await store.suppressions.all() == {"binance": HELD}

    assert await store.suppressions.remove("binance")
    assert not await store.suppressions.remove("binance")
    assert await store.suppressions.all() == {}


async def test_a_second_hold_takes_the_place_of_the_first(store: Store) -> None:
    await store.suppressions.add(HELD)
    again = Suppression("binance", NOON, "telegram:2")
    await store.suppressions.add(again)

    assert await store.suppressions.all() == {"binance": again}
