"""REDIS_PREFIX: every key begins with it, and two bots on one server do not see each other."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.storage import keys
from bot.storage.keys import KEYS
from bot.storage.lua import script
from bot.storage.store import Store, open_store
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.storage.test_keys import keep_everything
from tests.stored_keys import rows_of

PREFIX = "second:"
GROUP = Place(Platform.TELEGRAM, "-100")


@pytest.fixture
async def second(server: Server, clock: StillClock) -> AsyncIterator[Store]:
    store = await open_store(server.url, clock=clock, prefix=PREFIX)
    yield store
    await store.close()


async def all_keys(store: Store) -> list[str]:
    return sorted(key.decode() for key in await store.database.command("KEYS", "*"))


async def test_every_key_begins_with_the_prefix_and_is_named_as_without_it(second: Store, clock: StillClock) -> None:
    seen = await keep_everything(second, timedelta(days=1))
    assert seen == set()  # nothing stands under a name without the prefix
    stored = await all_keys(second)
    assert [key for key in stored if not key.startswith(PREFIX)] == []
    assert all(len(rows_of(key.removeprefix(PREFIX))) == 1 for key in stored)
    # Of what lives for seconds or is gone once it is delivered nothing is left at the end.
    assert len({rows_of(key.removeprefix(PREFIX))[0] for key in stored}) > len(KEYS) / 2


async def test_two_bots_on_one_server_do_not_see_each_other(store: Store, second: Store) -> None:
    await store.subscriptions.add(Subscription(GROUP, "binance"))
    assert await second.subscriptions.count() == 0
    await second.subscriptions.add(Subscription(GROUP, "okx"))
    assert [subscription.exchange for subscription in await store.subscriptions.of_place(GROUP)] == ["binance"]
    assert await store.incidents.next_number() == await second.incidents.next_number() == 1
    await second.database.pipeline([("DEL", key) for key in await all_keys(second)])


async def test_a_worker_is_woken_and_told_under_its_own_prefix(second: Store, server: Server) -> None:
    await second.change_feed.publish(["binance"])
    other = await open_store(server.url, clock=StillClock(), prefix=PREFIX)
    try:
        assert await other.change_feed.wait_for_changes(wait=timedelta(seconds=1)) == {"binance"}
    finally:
        await other.close()


def test_a_script_of_a_prefix_has_a_text_of_its_own() -> None:
    plain = script("lanes", "finish_deliveries")
    prefixed = plain.with_prefix(PREFIX)
    assert plain.with_prefix("") is plain
    assert "'second:{ob}:sent:' .. incident" in prefixed.text
    assert "(function(platform, priority) return 'second:{ob}:' .. platform .. ':p' .. priority end)" in prefixed.text
    assert prefixed.sha != plain.sha
    assert f"'{keys.ALERTS.key()}'" not in prefixed.text


async def test_the_places_of_each_platform_are_counted_for_whom_they_will_not_know(store: Store) -> None:
    for number in range(1500):
        await store.subscriptions.add(Subscription(Place(Platform.TELEGRAM, f"-{number}"), "okx"))
    await store.subscriptions.add(Subscription(Place(Platform.DISCORD, "7"), "okx"))
    assert [await store.owner.places(platform) for platform in Platform] == [1, 1500, 0]
