from datetime import UTC, datetime

from bot.domain.withheld import Withheld
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
HELD = Withheld("binance", NOON, "telegram:1", "a migration")


async def test_what_is_withheld_stays_so_until_it_is_released(store: Store) -> None:
    assert await store.holds.all() == {}
    await store.holds.hold(HELD)
    assert await store.holds.all() == {"binance": HELD}

    assert await store.holds.release("binance")
    assert not await store.holds.release("binance")
    assert await store.holds.all() == {}


async def test_a_second_hold_takes_the_place_of_the_first(store: Store) -> None:
    await store.holds.hold(HELD)
    again = Withheld("binance", NOON, "telegram:2")
    await store.holds.hold(again)

    assert await store.holds.all() == {"binance": again}
