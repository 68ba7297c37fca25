from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.errors import SourceFault
from bot.domain.own_reading import BITCOIN, ETHEREUM, OutgoingTimes, OwnReading
from bot.storage.store import Store

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
BTC = OwnReading(
    "gate",
    BITCOIN,
    as_of=NOON,
    amounts={"BTC": 1.5},
    read=2,
    listed=3,
    coverage=0.9,
    heaviest=("a", "b"),
    full_at=NOON,
    spent={"a": 7},
    outgoing=OutgoingTimes("a", NOON, (NOON,)),
)
ETH = OwnReading("gate", ETHEREUM, fault=SourceFault.TIMEOUT, detail="after 60 s", failed_at=NOON)


async def test_the_newest_reading_of_each_exchange_and_chain_is_kept(store: Store) -> None:
    for reading in (replace(BTC, read=1), ETH, BTC):
        await store.own_readings.save(reading)

    assert await store.own_readings.all() == {("gate", BITCOIN): BTC, ("gate", ETHEREUM): ETH}


async def test_what_cannot_be_read_is_left_out(store: Store) -> None:
    await store.own_readings.save(BTC)
    await store.database.command("HSET", "runwatch:chain", "okx/Bitcoin", "{")

    assert await store.own_readings.all() == {("gate", BITCOIN): BTC}
