"""One stored value that cannot be read: the others are read, and it is said once."""

import pytest
from structlog.testing import capture_logs

from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule
from bot.ports.subscriptions import PlaceTrouble
from bot.storage import keys
from bot.storage.store import Store
from tests.storage.test_incidents import NOON, incident
from tests.storage.test_outbox import alert, claim, queue, steps

GROUP, OTHER = Place(Platform.TELEGRAM, "-100"), Place(Platform.TELEGRAM, "-200")
DAMAGED = pytest.mark.parametrize("damaged", [b'{"subject":"bina', b'{"subject":7}', b"[]", b"\xff\xfe", b"{}"])


async def damage(store: Store, key: str, field: str, value: bytes = b'{"cut off') -> None:
    await store.database.command("HSET", key, field, value)


@DAMAGED
async def test_a_damaged_incident_is_none_and_hides_no_other(store: Store, damaged: bytes) -> None:
    await store.incidents.commit("binance", Rule.OUTFLOW, incident(1), [])
    await store.incidents.commit("okx", Rule.OUTFLOW, incident(2, exchange="okx"), [])
    await damage(store, keys.CURRENT_INCIDENTS.key(), "binance/outflow/normal", damaged)
    await damage(store, keys.INCIDENTS.key(), "1", damaged)

    with capture_logs() as logs:
        for _ in range(2):
            assert [found.number for found in await store.incidents.open()] == [2]
        assert await store.incidents.current("binance", Rule.OUTFLOW) is None
        assert [found.number for found in await store.incidents.recent()] == [2]
        assert await store.incidents.by_number(1) is None
    assert [(log["key"], log["field"]) for log in logs] == [
        (keys.CURRENT_INCIDENTS.key(), "binance/outflow/normal"),
        (keys.INCIDENTS.key(), "1"),
    ]

    await store.incidents.commit("binance", Rule.OUTFLOW, incident(3), [])
    assert [found.number for found in await store.incidents.open()] == [2, 3]


async def test_a_damaged_subscription_takes_no_other_with_it(store: Store) -> None:
    for place in (GROUP, OTHER):
        await store.subscriptions.add(Subscription(place, "binance"))
    await damage(store, keys.SUBSCRIBERS.key("binance"), str(GROUP))

    assert [found.place for found in await store.subscriptions.interested_in("binance")] == [OTHER]
    assert await store.subscriptions.of_place(GROUP) == []
    statuses = await store.subscriptions.place_statuses([(GROUP, "binance"), (OTHER, "binance")])
    assert [status.subscription is not None for status in statuses] == [False, True]
    assert all(status.subscribed for status in statuses)


async def test_a_preset_that_is_none_is_not_asked_for(store: Store) -> None:
    await store.subscriptions.add(Subscription(GROUP, "binance", sensitivity=Sensitivity.EARLY))
    await damage(store, keys.PRESET_COUNTS.key("binance"), "odd", b"1")
    assert await store.subscriptions.presets("binance") == {Sensitivity.EARLY}


async def test_a_damaged_trouble_is_none(store: Store) -> None:
    for place in (GROUP, OTHER):
        await store.subscriptions.add(Subscription(place, "binance"))
        await store.subscriptions.record_trouble(
            PlaceTrouble(place, "kicked", since=NOON, disabled=True, obstacle=Obstacle.REMOVED)
        )
    await damage(store, keys.TROUBLE.key(), str(GROUP))

    assert await store.subscriptions.trouble(GROUP) is None
    assert await store.subscriptions.disabled() == {Obstacle.REMOVED: 1}
    checks = await store.subscriptions.claim_place_checks(Platform.TELEGRAM, now=NOON, again=NOON, limit=9)
    assert [check.trouble.place for check in checks] == [OTHER]


async def test_a_damaged_alert_is_not_sent_and_holds_up_no_other(store: Store) -> None:
    await queue(store, alert("INC-1:1:post", GROUP), alert("INC-2:1:post", OTHER, incident="INC-2"))
    await damage(store, keys.ALERT.key("INC-1:1:post"), "body")

    assert steps(await claim(store.outbox)) == ["INC-2:1:post"]
