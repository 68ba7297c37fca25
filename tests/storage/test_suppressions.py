from datetime import UTC, datetime

from bot.domain.suppression import Metric, Suppression, suppression_of
from bot.storage import keys
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


async def test_one_that_was_stored_before_there_were_metrics_is_of_all_figures(store: Store) -> None:
    stored = b'{"exchange":"binance","since":"2026-01-10T12:00:00Z","by":"telegram:1","why":"a migration"}'
    await store.database.command("HSET", keys.SUPPRESSIONS.key(), "binance", stored)

    assert await store.suppressions.all() == {"binance": SUPPRESSION}
    assert SUPPRESSION.metric is Metric.ALL


async def test_metrics_are_suppressed_side_by_side(store: Store) -> None:
    proof = Suppression("binance", NOON, "telegram:1", "a copy", Metric.PROOF)
    await store.suppressions.add(SUPPRESSION)
    await store.suppressions.add(proof)
    await store.suppressions.add(Suppression("okx", NOON, "telegram:1", "", Metric.OUTFLOW))

    suppressions = await store.suppressions.all()
    assert sorted(suppressions) == ["binance", "binance proof", "okx outflow"]
    assert suppression_of(suppressions, "binance", Metric.PROOF) == proof
    assert suppression_of(suppressions, "binance", Metric.OUTFLOW) == SUPPRESSION
    assert suppression_of(suppressions, "okx", Metric.PROOF) is None
    assert not await store.suppressions.remove("binance", Metric.OUTFLOW)
    assert await store.suppressions.remove("binance", Metric.PROOF)
    await store.suppressions.add(proof)
    assert await store.suppressions.remove("binance")
    assert list(await store.suppressions.all()) == ["okx outflow"]
