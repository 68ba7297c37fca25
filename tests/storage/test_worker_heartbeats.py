from bot.domain.place import Platform
from bot.storage.store import Store
from bot.storage.worker_heartbeats import HEARTBEAT_LIFETIME


async def test_a_platform_is_served_until_the_heartbeat_expires(store: Store) -> None:
    assert await store.heartbeats.served_platforms() == set()
    await store.heartbeats.beat([Platform.DISCORD, Platform.TELEGRAM])
    assert await store.heartbeats.served_platforms() == {Platform.DISCORD, Platform.TELEGRAM}

    await store.database.command("DEL", "{ob}:courier:telegram")  # as when its time is over
    assert await store.heartbeats.served_platforms() == {Platform.DISCORD}
    assert 0 < await store.database.command("PTTL", "{ob}:courier:discord") <= HEARTBEAT_LIFETIME.total_seconds() * 1000
