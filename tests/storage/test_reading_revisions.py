"""A revision replaces what is stored in one step, and what was first seen stays on record."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import StorageError
from bot.domain.reading import Holding, Reading, Slot
from bot.storage import keys
from bot.storage.connection import StoreTimeouts
from bot.storage.reading_revisions import RedisReadingRevisions
from bot.storage.store import Store, open_store
from tests.servers import LossyLine, Server
from tests.storage.conftest import StillClock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 1, 10, tzinfo=UTC)
NOON = MIDNIGHT + 12 * HOUR
SLOT = Slot("Bitcoin", "BTC")


def btc(amount: float, at: datetime, *, fetched: datetime | None = None) -> Reading:
    return Reading("binance", "defillama", at, fetched or at, {SLOT: Holding(amount, amount * 20_000)})


def hours(since: datetime, until: datetime, amount: float) -> list[Reading]:
    """Return a reading an hour, each a little larger than the one before."""
    count = (until - since) // HOUR
    return [btc(amount + hour / 1000, since + hour * HOUR) for hour in range(count + 1)]


async def stored(store: Store) -> dict[datetime, float]:
    """Return the amounts of everything that windows may start from, by time."""
    everything = store.readings.between("binance", since=MIDNIGHT - 400 * DAY, until=MIDNIGHT + 400 * DAY)
    return {reading.as_of: reading.holdings[SLOT].amount async for reading in everything}


async def on_record(store: Store) -> dict[datetime, float]:
    """Return the amounts of what was superseded, by time; of each time there is one."""
    blobs = await store.database.command("ZRANGE", keys.SUPERSEDED_READINGS.key("binance"), 0, -1)
    readings = [await store.readings.packer.unpacked("binance", blob) for blob in blobs]
    amounts = {reading.as_of: reading.holdings[SLOT].amount for reading in readings}
    assert len(amounts) == len(readings)
    return amounts


async def revise(
    store: Store, revised: Sequence[Reading], *, standing: Sequence[Reading] = (), until: datetime = NOON
) -> int:
    return await store.revisions.revise("binance", revised, standing=standing, told_until=until, now=NOON)


async def test_nothing_is_proposed_at_first(store: Store) -> None:
    assert await store.revisions.proposed("binance") == {}
    assert await store.revisions.revised_days("binance") == {}


async def test_what_a_body_proposes_takes_the_place_of_what_was_proposed_before(store: Store) -> None:
    first, second = btc(8.0, MIDNIGHT, fetched=NOON), btc(9.0, MIDNIGHT - DAY, fetched=NOON + HOUR)
    await store.revisions.propose("binance", [first])
    assert await RedisReadingRevisions(store.database, store.readings.packer).proposed("binance") == {MIDNIGHT: first}
    await store.revisions.propose("binance", [second])
    assert await store.revisions.proposed("binance") == {MIDNIGHT - DAY: second}
    await store.revisions.propose("binance", [])
    assert await store.revisions.proposed("binance") == {}


async def test_a_revised_point_supersedes_the_hours_less_than_a_day_from_it(store: Store) -> None:
    await store.readings.add(hours(MIDNIGHT - 4 * DAY, NOON, 100.0))
    told = btc(125.0, MIDNIGHT - 2 * DAY, fetched=NOON)
    before = await stored(store)

    assert await revise(store, [told]) == 47

    after = await stored(store)
    assert after == {
        at: 125.0 if at == told.as_of else amount
        for at, amount in before.items()
        if at == told.as_of or abs(at - told.as_of) >= DAY
    }
    assert await on_record(store) == {at: amount for at, amount in before.items() if abs(at - told.as_of) < DAY}
    assert await store.revisions.revised_days("binance") == {told.as_of: NOON}
    assert await store.readings.newest_before("binance", told.as_of) == told


async def test_points_that_stand_beside_a_revised_one_and_the_newest_readings_stay(store: Store) -> None:
    await store.readings.add(hours(MIDNIGHT - 2 * DAY, NOON, 100.0))
    newest = await store.readings.latest("binance")
    assert newest
    beside = await store.readings.newest_before("binance", MIDNIGHT - HOUR)
    assert beside

    # The body is older than the newest readings: it knows nothing of those that came after it.
    await revise(store, [btc(125.0, MIDNIGHT, fetched=NOON)], standing=[beside], until=NOON - 2 * HOUR)

    after = await stored(store)
    assert [at for at in after if at > MIDNIGHT - DAY] == [
        MIDNIGHT - HOUR,
        MIDNIGHT,
        *(NOON - hour * HOUR for hour in (2, 1, 0)),
    ]
    assert await store.readings.latest("binance") == newest


async def test_carried_out_twice_a_revision_changes_nothing_more(store: Store) -> None:
    await store.readings.add(hours(MIDNIGHT - 4 * DAY, NOON, 100.0))
    told = [btc(125.0 + day, MIDNIGHT - day * DAY, fetched=NOON) for day in (2, 1)]
    assert await revise(store, told) == 71
    after, recorded = await stored(store), await on_record(store)

    again = await store.revisions.revise("binance", told, standing=[], told_until=NOON, now=NOON + HOUR)

    assert (again, await stored(store), await on_record(store)) == (0, after, recorded)
    assert await store.revisions.revised_days("binance") == dict.fromkeys([point.as_of for point in told], NOON)


async def test_two_pollers_take_the_same_revision_over_at_once(store: Store) -> None:
    await store.readings.add(hours(MIDNIGHT - 4 * DAY, NOON, 100.0))
    told = btc(125.0, MIDNIGHT - 2 * DAY, fetched=NOON)
    later = replace(told, fetched_at=NOON + timedelta(seconds=1))

    superseded = await asyncio.gather(revise(store, [told]), revise(store, [later]))

    assert sorted(superseded) == [0, 47]
    assert len(await on_record(store)) == 47


async def test_what_was_first_seen_stays_on_record_when_a_revision_is_taken_back(store: Store) -> None:
    first, second = btc(100.0, MIDNIGHT), btc(125.0, MIDNIGHT, fetched=NOON)
    await store.readings.add([first, btc(101.0, NOON)])

    await revise(store, [second])
    await revise(store, [replace(first, fetched_at=NOON + HOUR)])

    assert await stored(store) == {MIDNIGHT: 100.0, NOON: 101.0}
    assert await on_record(store) == {MIDNIGHT: 100.0}


async def test_what_was_first_seen_is_on_record_for_410_days(store: Store) -> None:
    await store.readings.add([btc(100.0, MIDNIGHT), btc(101.0, NOON)])
    await revise(store, [btc(125.0, MIDNIGHT, fetched=NOON)])
    later = [btc(110.0, MIDNIGHT + 409 * DAY), btc(111.0, NOON + 409 * DAY)]
    await store.readings.add(later)

    await revise(store, [btc(126.0, MIDNIGHT + 409 * DAY)], until=later[1].as_of)
    assert await on_record(store) == {MIDNIGHT: 100.0, MIDNIGHT + 409 * DAY: 110.0}

    await revise(store, [], until=MIDNIGHT + 411 * DAY)
    assert await on_record(store) == {MIDNIGHT + 409 * DAY: 110.0}


async def test_a_point_that_repeated_a_revised_one_is_stored_when_it_stands_alone(store: Store) -> None:
    """Of the midnights 100, 100 and 101 the second is not stored; once the first is 125 it must be."""
    points = [btc(100.0, MIDNIGHT - 3 * DAY), btc(100.0, MIDNIGHT - 2 * DAY), btc(101.0, MIDNIGHT)]
    assert await store.readings.add(points) == 2

    await revise(store, [btc(125.0, MIDNIGHT - 3 * DAY, fetched=NOON)], standing=[points[1]])

    assert list((await stored(store)).values()) == [125.0, 100.0, 101.0]


async def test_a_day_of_which_nothing_was_known_is_added(store: Store) -> None:
    await store.readings.add([btc(100.0, MIDNIGHT - 20 * DAY), btc(101.0, MIDNIGHT)])

    assert await revise(store, [btc(100.5, MIDNIGHT - 15 * DAY, fetched=NOON)]) == 0

    assert list((await stored(store)).values()) == [100.0, 100.5, 101.0]
    assert await on_record(store) == {}


async def test_old_days_are_revised_where_only_days_are_kept(store: Store) -> None:
    await store.readings.add(hours(MIDNIGHT - 20 * DAY, NOON, 100.0))
    told = [btc(125.0 + day, MIDNIGHT - day * DAY, fetched=NOON) for day in (15, 14)]

    assert await revise(store, told) == 2

    found = store.readings.days("binance", since=MIDNIGHT - 16 * DAY, until=MIDNIGHT - 13 * DAY)
    amounts = [reading.holdings[SLOT].amount async for reading in found]
    assert amounts == pytest.approx([100.096, 140.0, 139.0, 100.168])


async def test_a_revision_whose_reply_is_lost_is_taken_over_once(server: Server, clock: StillClock) -> None:
    async with LossyLine(server) as line:
        store = await open_store(line.url, clock=clock)
        await store.readings.add(hours(MIDNIGHT - 4 * DAY, NOON, 100.0))
        await revise(store, [])  # else the first reply is that of an unknown script
        line.lose_in = 0
        await revise(store, [btc(125.0, MIDNIGHT - 2 * DAY, fetched=NOON)])
        assert line.lose_in is None
        assert (len(await stored(store)), len(await on_record(store))) == (109 - 46, 47)
        await store.close()


async def test_a_worker_that_dies_while_it_revises_leaves_all_or_nothing(own_server: Server, clock: StillClock) -> None:
    store = await open_store(own_server.url, clock=clock)
    hasty = await open_store(own_server.url, clock=clock, timeouts=StoreTimeouts(give_up_s=0.2, retry_pauses_s=()))
    await store.readings.add(hours(MIDNIGHT - 4 * DAY, NOON, 100.0))
    before = await stored(store)
    told = [btc(125.0 + day, MIDNIGHT - day * DAY, fetched=NOON) for day in (2, 1)]

    own_server.kill()
    with pytest.raises(StorageError):
        await revise(hasty, told)
    own_server.start()
    assert (await stored(store), await on_record(store)) == (before, {})

    assert await revise(store, told) == 71
    own_server.kill()
    own_server.start()
    assert (len(await stored(store)), len(await on_record(store))) == (len(before) - 69, 71)
    for opened in (store, hasty):
        await opened.close()
