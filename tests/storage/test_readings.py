import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.reading import Holding, Reading, Slot, SourceHealth
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.storage import keys
from bot.storage.reading_encoding import microseconds, pack
from bot.storage.readings import RedisReadings
from bot.storage.slot_numbers import SlotNumbers
from bot.storage.store import Store
from tests.stalls import CountedHoldings, turns
from tests.storage.conftest import StillClock

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)


def reading(as_of: datetime, amount: float | None = None, *, exchange: str = "binance", slots: int = 1) -> Reading:
    """Return a reading whose holdings differ from those of any other time, unless `amount` says otherwise."""
    size = as_of.timestamp() if amount is None else amount
    holdings = {Slot(f"Chain{i % 25}", f"T{i}"): Holding(size + i, 2 * size + i) for i in range(slots)}
    return Reading(exchange, "defillama", as_of, as_of + timedelta(minutes=3), holdings)


async def days(readings: RedisReadings, since: datetime, until: datetime) -> Sequence[datetime]:
    return [day.as_of async for day in readings.days("binance", since=since, until=until)]


async def test_what_was_added_comes_back(store: Store) -> None:
    assert await store.readings.add([reading(NOON, slots=40)]) == 1
    assert await store.readings.latest("binance") == reading(NOON, slots=40)


async def test_an_unknown_exchange_has_no_readings(store: Store) -> None:
    assert await store.readings.latest("nowhere") is None
    assert await store.readings.newest_before("nowhere", NOON) is None
    assert [day async for day in store.readings.days("nowhere", since=MIDNIGHT, until=NOON)] == []


async def test_adding_twice_keeps_one(store: Store) -> None:
    await store.readings.add([reading(NOON)])
    assert await store.readings.add([reading(NOON, 5.0), reading(NOON + HOUR)]) == 1
    assert await store.readings.newest_before("binance", NOON) == reading(NOON)


async def test_a_reading_like_the_one_before_is_no_new_reading(store: Store) -> None:
    await store.readings.add([reading(NOON, 1.0)])
    assert await store.readings.add([reading(NOON + HOUR, 1.0)]) == 0
    assert await store.readings.latest("binance") == reading(NOON, 1.0)


async def test_holdings_that_return_are_a_new_reading(store: Store) -> None:
    there_and_back = [reading(NOON, 1.0), reading(NOON + HOUR, 2.0), reading(NOON + 2 * HOUR, 1.0)]
    assert await store.readings.add(there_and_back) == 3


async def test_the_newest_before_a_moment_includes_the_moment(store: Store) -> None:
    await store.readings.add([reading(NOON), reading(NOON + HOUR)])
    assert await store.readings.newest_before("binance", NOON + HOUR) == reading(NOON + HOUR)
    assert await store.readings.newest_before("binance", NOON + HOUR - timedelta.resolution) == reading(NOON)
    assert await store.readings.newest_before("binance", NOON - timedelta.resolution) is None


async def test_readings_that_come_late_find_their_place(store: Store) -> None:
    await store.readings.add([reading(NOON + HOUR), reading(NOON)])
    assert await store.readings.latest("binance") == reading(NOON + HOUR)
    assert await store.readings.newest_before("binance", NOON) == reading(NOON)


async def test_a_day_is_its_first_reading(store: Store) -> None:
    late, early = reading(NOON), reading(MIDNIGHT + HOUR)
    await store.readings.add([late, reading(NOON + DAY), reading(NOON + DAY + HOUR), early])
    assert await days(store.readings, MIDNIGHT, NOON + DAY) == [early.as_of, NOON + DAY]


async def between(readings: RedisReadings, since: datetime, until: datetime) -> Sequence[datetime]:
    return [reading.as_of async for reading in readings.between("binance", since=since, until=until)]


async def test_everything_kept_between_two_moments_comes_in_order(store: Store) -> None:
    """Of older days only the first reading is kept, of the last ten days every one."""
    hours = [reading(MIDNIGHT + hour * HOUR) for hour in range(-20 * 24, 1)]
    await store.readings.add(hours)

    found = await between(store.readings, MIDNIGHT - 30 * DAY, MIDNIGHT)

    assert found[:10] == [MIDNIGHT - day * DAY for day in range(20, 10, -1)]
    assert found[10:] == [MIDNIGHT + hour * HOUR for hour in range(-240, 1)]


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [(-HOUR, 0 * HOUR, 1), (-3 * HOUR, -HOUR, 2), (0 * HOUR, HOUR, 0), (-15 * DAY, -12 * DAY, 3), (-DAY, -DAY, 0)],
)
async def test_the_start_of_a_span_is_known_already(
    store: Store, since: timedelta, until: timedelta, count: int
) -> None:
    await store.readings.add([reading(MIDNIGHT + hour * HOUR) for hour in range(-20 * 24, 1)])

    found = await between(store.readings, MIDNIGHT + since, MIDNIGHT + until)

    assert len(found) == count
    assert all(MIDNIGHT + since < at <= MIDNIGHT + until for at in found)


async def test_nothing_is_between_where_nothing_is_known(store: Store) -> None:
    assert await between(store.readings, NOON - DAY, NOON) == []


async def test_days_keep_both_ends_of_the_span(store: Store) -> None:
    await store.readings.add([reading(MIDNIGHT + n * DAY) for n in range(-30, 1)])
    found = await days(store.readings, MIDNIGHT - 25 * DAY, MIDNIGHT - 3 * DAY)
    assert found == [MIDNIGHT + n * DAY for n in range(-25, -2)]


async def test_days_outlive_the_detail(store: Store) -> None:
    hourly = [reading(MIDNIGHT + n * 6 * HOUR) for n in range(-20 * 4, 1)]
    await store.readings.add(hourly)
    assert len(await days(store.readings, MIDNIGHT - 20 * DAY, MIDNIGHT)) == 21
    recent = await store.readings.newest_before("binance", MIDNIGHT - 9 * DAY - HOUR)
    assert recent is not None
    assert recent.as_of == MIDNIGHT - 9 * DAY - 6 * HOUR
    old = await store.readings.newest_before("binance", MIDNIGHT - 15 * DAY - HOUR)
    assert old is not None
    assert old.as_of == MIDNIGHT - 16 * DAY


async def test_a_day_is_forgotten_after_410_days(store: Store) -> None:
    old = [reading(MIDNIGHT - 411 * DAY), reading(MIDNIGHT - 409 * DAY)]
    await store.readings.add([*old, reading(MIDNIGHT)])
    assert await days(store.readings, MIDNIGHT - 500 * DAY, MIDNIGHT) == [MIDNIGHT - 409 * DAY, MIDNIGHT]
    assert await store.readings.add(old[:1]) == 0


async def test_an_old_reading_that_is_no_first_of_its_day_is_not_kept(store: Store) -> None:
    await store.readings.add([reading(MIDNIGHT), reading(MIDNIGHT - 100 * DAY)])
    assert await store.readings.add([reading(MIDNIGHT - 100 * DAY + HOUR)]) == 0


async def test_exchanges_are_kept_apart(store: Store) -> None:
    assert await store.readings.add([reading(NOON), reading(NOON, exchange="okx")]) == 2
    assert await store.readings.latest("okx") == reading(NOON, exchange="okx")


async def test_slots_that_another_process_numbered_are_read(store: Store) -> None:
    here, there = store.readings, RedisReadings(store.database)
    await here.add([reading(NOON)])
    await there.add([reading(NOON + HOUR, slots=300)])
    assert await here.latest("binance") == reading(NOON + HOUR, slots=300)


async def test_two_processes_number_slots_at_once_without_confusion(store: Store) -> None:
    writers = [RedisReadings(store.database) for _ in range(4)]
    for writer in writers:
        await writer.latest("binance")
    batches = [[reading(NOON + (at * 5 + n) * HOUR, slots=50 * (at + 1)) for n in range(5)] for at in range(4)]
    kept = await asyncio.gather(*(writer.add(batch) for writer, batch in zip(writers, batches, strict=True)))
    assert sum(kept) == 20
    for added in (added for batch in batches for added in batch):
        assert await RedisReadings(store.database).newest_before("binance", added.as_of) == added


async def test_a_year_of_the_largest_exchange_is_written_and_read_a_few_readings_at_a_time(store: Store) -> None:
    """Ten readings of the largest exchange take some milliseconds: `make bench` measures that."""
    slots, at_a_time = 900, 10
    async with turns() as turn:
        plain = [reading(MIDNIGHT + n * DAY, slots=slots) for n in range(-120, 0)]
        history = [replace(original, holdings=CountedHoldings(original.holdings, turn)) for original in plain]
        assert await store.readings.add(history) == 120
    assert slots <= turn.most <= (at_a_time + 1) * slots  # their names are looked at together, then one is packed

    async with turns() as turn:
        async for found in RedisReadings(store.database).days("binance", since=MIDNIGHT - 120 * DAY, until=MIDNIGHT):
            turn.count(len(found.holdings))
    assert slots <= turn.most <= at_a_time * slots


async def test_listings_come_back_and_outlive_an_upstream_that_drops_them(store: Store) -> None:
    binance = Listing(
        Exchange("binance", "Binance", "binance-cex", frozenset({"BNB"})),
        "defillama",
        NOON,
        1.5e11,
        1.3e11,
        -1e9,
    )
    okx = Listing(Exchange("okx", "OKX"), "defillama", NOON)
    await store.readings.save_listings([binance, okx])
    newer = Listing(Exchange("okx", "OKX"), "defillama", NOON + HOUR, total_usd=1.0)
    await store.readings.save_listings([newer])
    await store.readings.save_listings([])
    assert await store.readings.listings() == {"binance": binance, "okx": newer}


@pytest.mark.parametrize("fault", [None, SourceFault.TIMEOUT])
async def test_the_health_of_a_source_comes_back(store: Store, fault: SourceFault | None) -> None:
    health = SourceHealth("defillama/cexs", NOON, None if fault is None else NOON, fault, "slow")
    await store.readings.save_health(health)
    assert await store.readings.health() == {"defillama/cexs": health}


USDT, RENAMED, POL, MATIC = (Slot("Arbitrum", name) for name in ("USDT", "USD₮0", "POL", "MATIC"))


async def stored_as_by_an_older_program(store: Store, *readings: Reading) -> None:
    """Write readings under the names they have, as a program did that did not know that some are the same asset."""
    numbers = SlotNumbers(store.database, keys.SLOTS.key("binance"))
    await numbers.ensure(slot for written in readings for slot in written.holdings)
    for written in readings:
        for key in (keys.READINGS.key("binance"), keys.DAILY_READINGS.key("binance")):
            await store.database.command("ZADD", key, microseconds(written.as_of), pack(written, numbers.numbers))


async def test_what_is_stored_under_an_old_name_is_the_same_asset_under_the_new_one(store: Store) -> None:
    before = replace(reading(NOON), holdings={RENAMED: Holding(5e8, 5e8), MATIC: Holding(1e6, 5e5)})
    await stored_as_by_an_older_program(store, before)
    await store.readings.add([replace(before, as_of=NOON + HOUR, holdings={USDT: Holding(5e8, 5e8)})])

    old = await store.readings.newest_before("binance", NOON)
    new = await store.readings.latest("binance")

    assert old == replace(before, holdings={USDT: Holding(5e8, 5e8), POL: Holding(1e6, 5e5)})
    assert new is not None
    assert new.holdings == {USDT: Holding(5e8, 5e8)}


async def test_both_names_in_one_stored_reading_add_up(store: Store) -> None:
    both = replace(reading(NOON), holdings={USDT: Holding(3.0, 3.0), RENAMED: Holding(2.0, 2.5)})
    await stored_as_by_an_older_program(store, both)

    [found] = [found async for found in store.readings.days("binance", since=NOON, until=NOON)]

    assert found.holdings == {USDT: Holding(5.0, 5.5)}


async def test_no_flow_is_in_a_window_across_a_change_of_name(store: Store, clock: StillClock) -> None:
    """The old readings name USD₮0, the new ones USDT: 1 % of it left in the last hour, and nothing else."""
    past = [replace(reading(NOON + hour * HOUR), holdings={RENAMED: Holding(100.0, 100.0)}) for hour in range(-25, 0)]
    await stored_as_by_an_older_program(store, *past)
    await store.readings.add([replace(reading(NOON), holdings={USDT: Holding(99.0, 99.0)})])

    snapshot = await SnapshotBuilder(store.readings, clock, store.incidents).snapshot(Exchange("binance", "Binance"))

    assert snapshot.signal
    assert {flow.window: round(flow.share, 6) for flow in snapshot.signal.flows}[Window.DAY] == -0.01


async def test_what_was_impossible_or_zero_is_remembered_as_such(store: Store) -> None:
    eth, trx = Slot("Ethereum", "ETH"), Slot("Tron", "TRX")
    partial = replace(reading(NOON), impossible_slots=frozenset({eth, RENAMED}), zero_slots=frozenset({trx}))
    await store.readings.add([reading(NOON - HOUR), partial, reading(NOON + HOUR)])

    found = [found async for found in store.readings.between("binance", since=NOON - 2 * HOUR, until=NOON + HOUR)]

    assert [sorted(stored.impossible_slots) for stored in found] == [[], [USDT, eth], []]
    assert [stored.zero_slots for stored in found] == [frozenset(), {trx}, frozenset()]


async def test_a_value_that_becomes_possible_again_is_a_new_reading(store: Store) -> None:
    partial = replace(reading(NOON, 1.0), impossible_slots=frozenset({Slot("Ethereum", "ETH")}))
    assert await store.readings.add([partial, reading(NOON + HOUR, 1.0)]) == 2
