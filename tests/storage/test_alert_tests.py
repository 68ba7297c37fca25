"""Test alerts in the outbox: one a minute in each place, and what became of one is read where it is recorded anyway."""

from datetime import timedelta

import pytest

from bot.domain.place import Place, Platform
from bot.storage.alert_tests import RedisAlertTestRecords
from bot.storage.store import Store
from tests.storage.test_outbox import alert, claim

GROUP, OTHER = Place(Platform.TELEGRAM, "-100"), Place(Platform.TELEGRAM, "-200")


@pytest.fixture
def records(store: Store) -> RedisAlertTestRecords:
    return RedisAlertTestRecords(store.database, store.simulated)


async def test_a_place_is_tested_once_a_minute(store: Store, records: RedisAlertTestRecords) -> None:
    assert [await records.begin(place) for place in (GROUP, GROUP, OTHER)] == [True, False, True]
    left = timedelta(milliseconds=await store.database.command("PTTL", f"{{ob}}:tested:{GROUP}"))
    assert timedelta(seconds=30) < left <= timedelta(minutes=1)


@pytest.mark.parametrize("message_id", ["m7", None])
async def test_what_became_of_a_test_is_known(
    store: Store, records: RedisAlertTestRecords, message_id: str | None
) -> None:
    test = alert("test:1:post", GROUP, incident="test:1")
    await records.queue(test)
    assert (await records.is_over(test), await records.message_id(test, GROUP)) == (False, None)

    [delivery] = await claim(store.outbox)
    await store.outbox.finish(delivery, message_id=message_id)
    assert (await records.is_over(test), await records.message_id(test, GROUP)) == (True, message_id)


async def test_any_worker_may_test_and_no_incident_comes_of_it(store: Store, records: RedisAlertTestRecords) -> None:
    await records.queue(alert("test:1:post", GROUP, incident="test:1"))
    assert await store.incidents.open() == await store.incidents.recent() == []
