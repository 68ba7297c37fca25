from bot.domain.place import Platform
from bot.storage.couriers import LASTS
from bot.storage.store import Store


async def test_who_delivers_is_known_for_some_seconds(store: Store) -> None:
    assert await store.couriers.served() == set()
    await store.couriers.sign_in([Platform.DISCORD, Platform.TELEGRAM])
    assert await store.couriers.served() == {Platform.DISCORD, Platform.TELEGRAM}

    await store.database.command("DEL", "{ob}:courier:telegram")  # as when its time is over
    assert await store.couriers.served() == {Platform.DISCORD}
    assert 0 < await store.database.command("PTTL", "{ob}:courier:discord") <= LASTS.total_seconds() * 1000
