"""Drills in Redis: one per person, exchange and day, by the store's clock; hashed, and gone after 30 days."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.drill import DrillOutcome, PressResult
from bot.domain.errors import StorageError
from bot.domain.place import Place, Platform
from bot.ports.drills import DrillMember
from bot.ports.subscriptions import PlaceTrouble
from bot.storage.backup.save import save
from bot.storage.connection import StoreTimeouts
from bot.storage.drills import RedisDrills
from bot.storage.pseudonyms import Pseudonyms
from bot.storage.store import Store, open_store
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.storage.set_place import set_place

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ANN = DrillMember(Platform.TELEGRAM, "717171717", "-100424242")
BOB = DrillMember(Platform.TELEGRAM, "818181818", "-100424242")
TOKENS = {Platform.TELEGRAM: "4242:telegram-token", Platform.DISCORD: "discord-token"}
ARRIVED, REFUSED, CANCELLED = DrillOutcome.ARRIVED, DrillOutcome.REFUSED, DrillOutcome.CANCELLED
GROUP = Place(Platform.TELEGRAM, "-100")


@pytest.fixture
async def drills(store: Store, clock: StillClock) -> RedisDrills:
    return RedisDrills(store.database, Pseudonyms(TOKENS), clock)


async def everything(store: Store) -> str:
    """Return every key and all that it holds, as one text."""
    reads = {"hash": "HGETALL", "set": "SMEMBERS", "string": "GET"}
    found: list[Any] = []
    for key in await store.database.command("KEYS", "*"):
        kind = (await store.database.command("TYPE", key)).decode()
        words = ("ZRANGE", key, 0, -1) if kind == "zset" else (reads[kind], key)
        found.append((key, await store.database.command(*words)))
    return repr(found)


async def test_a_drill_is_timed_from_press_to_press(drills: RedisDrills, clock: StillClock) -> None:
    started = await drills.request("binance", ANN, asset="USDT", network="TRON")
    assert (started.result, started.at) == (PressResult.STARTED, NOON)
    clock.advance(11 * MINUTE)
    ended = await drills.finish("binance", ANN, ARRIVED)
    assert ended.result is PressResult.FINISHED
    assert started.drill
    assert ended.drill
    assert ended.drill == replace(started.drill, outcome=ARRIVED, finished_at=NOON + 11 * MINUTE)
    assert (ended.drill.asset, ended.drill.network, ended.drill.took) == ("USDT", "TRON", 11 * MINUTE)
    recent = await drills.recent("binance")
    assert (recent.at, list(recent.drills)) == (NOON + 11 * MINUTE, [ended.drill])
    assert list((await drills.recent("okx")).drills) == []


async def test_the_time_is_the_stores(store: Store) -> None:
    async def server_time() -> datetime:
        seconds, microseconds = await store.database.command("TIME")
        return datetime.fromtimestamp(int(seconds), UTC) + int(microseconds) * timedelta(microseconds=1)

    before = await server_time()
    press = await RedisDrills(store.database, Pseudonyms(TOKENS)).request("binance", ANN)
    assert press.drill
    assert before <= press.drill.requested_at <= await server_time()


async def test_a_second_press_changes_nothing(drills: RedisDrills, clock: StillClock) -> None:
    await drills.request("binance", ANN)
    clock.advance(MINUTE)
    again = await drills.request("binance", ANN, asset="BTC")
    assert again.result is PressResult.UNDER_WAY
    assert again.drill
    assert (again.drill.requested_at, again.drill.asset) == (NOON, "")
    ended = await drills.finish("binance", ANN, REFUSED)
    clock.advance(MINUTE)
    repeated = await drills.finish("binance", ANN, REFUSED)
    assert (repeated.result, repeated.drill) == (PressResult.FINISHED, ended.drill)
    contradicted = await drills.finish("binance", ANN, ARRIVED)
    assert (contradicted.result, contradicted.drill) == (PressResult.OVER, ended.drill)


async def test_of_many_presses_at_the_same_moment_one_begins_the_drill(drills: RedisDrills, clock: StillClock) -> None:
    presses = await asyncio.gather(*(drills.request("binance", ANN) for _ in range(20)))
    assert [press.result for press in presses].count(PressResult.STARTED) == 1
    assert {press.drill for press in presses} == {presses[0].drill}
    clock.advance(MINUTE)
    ended = await asyncio.gather(
        *(drills.finish("binance", ANN, outcome) for outcome in (ARRIVED, REFUSED, CANCELLED) for _ in range(5))
    )
    assert [press.result for press in ended].count(PressResult.FINISHED) == 5
    assert len({press.drill for press in ended}) == 1


@pytest.mark.parametrize("outcome", list(DrillOutcome))
async def test_a_person_has_one_drill_a_day_and_exchange(
    drills: RedisDrills, clock: StillClock, outcome: DrillOutcome
) -> None:
    await drills.request("binance", ANN)
    clock.advance(MINUTE)
    await drills.finish("binance", ANN, outcome)
    assert (await drills.request("binance", ANN)).result is PressResult.HAD_ONE
    assert (await drills.request("okx", ANN)).result is PressResult.STARTED
    assert (await drills.request("binance", BOB)).result is PressResult.STARTED
    clock.time = NOON.replace(hour=23, minute=59)
    assert (await drills.request("binance", ANN)).result is PressResult.HAD_ONE
    clock.time = NOON.replace(hour=0) + DAY
    assert (await drills.request("binance", ANN)).result is PressResult.STARTED


async def test_a_drill_goes_on_over_midnight_and_no_second_one_begins_meanwhile(
    drills: RedisDrills, clock: StillClock
) -> None:
    clock.time = NOON.replace(hour=23, minute=50)
    await drills.request("binance", ANN)
    clock.advance(20 * MINUTE)
    assert (await drills.request("binance", ANN)).result is PressResult.UNDER_WAY
    ended = await drills.finish("binance", ANN, ARRIVED)
    assert ended.drill
    assert ended.drill.took == 20 * MINUTE


@pytest.mark.parametrize("outcome", list(DrillOutcome))
async def test_nobody_ends_a_drill_of_somebody_else(drills: RedisDrills, outcome: DrillOutcome) -> None:
    await drills.request("binance", ANN)
    for other in (BOB, replace(ANN, platform=Platform.DISCORD)):
        assert (await drills.finish("binance", other, outcome)).result is PressResult.NONE
    assert (await drills.finish("okx", ANN, outcome)).result is PressResult.NONE


async def test_a_drill_may_be_ended_from_another_place(drills: RedisDrills, clock: StillClock) -> None:
    await drills.request("binance", ANN)
    clock.advance(MINUTE)
    ended = await drills.finish("binance", replace(ANN, community="private"), ARRIVED)
    assert ended.drill
    assert ended.drill.community == drills.pseudonyms.community(Platform.TELEGRAM, ANN.community)


async def test_an_arrival_that_cannot_be_is_not_taken(drills: RedisDrills, clock: StillClock) -> None:
    await drills.request("binance", ANN)
    clock.advance(19 * SECOND)
    assert (await drills.finish("binance", ANN, ARRIVED)).result is PressResult.TOO_SOON
    clock.advance(-MINUTE)  # the server's clock is set back
    assert (await drills.finish("binance", ANN, ARRIVED)).result is PressResult.TOO_SOON
    assert (await drills.request("binance", ANN)).result is PressResult.UNDER_WAY
    clock.time = NOON + 20 * SECOND
    assert (await drills.finish("binance", ANN, ARRIVED)).result is PressResult.FINISHED


async def test_a_refusal_may_be_immediate(drills: RedisDrills) -> None:
    await drills.request("binance", ANN)
    assert (await drills.finish("binance", ANN, REFUSED)).result is PressResult.FINISHED


async def test_after_a_week_it_is_too_late(drills: RedisDrills, clock: StillClock) -> None:
    await drills.request("binance", ANN)
    clock.advance(7 * DAY)
    last = await drills.finish("binance", ANN, ARRIVED)
    assert last.drill
    assert last.drill.took == 7 * DAY
    assert list((await drills.recent("binance")).drills) == [last.drill]
    await drills.request("okx", ANN)
    clock.advance(7 * DAY + SECOND)
    assert (await drills.finish("okx", ANN, ARRIVED)).result is PressResult.NONE
    assert (await drills.request("okx", ANN)).result is PressResult.STARTED


async def test_a_drill_is_recent_for_a_day_after_its_last_press(drills: RedisDrills, clock: StillClock) -> None:
    await drills.request("binance", ANN)
    clock.advance(DAY - SECOND)
    assert len((await drills.recent("binance")).drills) == 1
    clock.advance(SECOND)
    assert len((await drills.recent("binance")).drills) == 0
    await drills.finish("binance", ANN, ARRIVED)
    assert len((await drills.recent("binance")).drills) == 1


async def test_an_exchange_takes_a_limited_number_a_day(drills: RedisDrills, clock: StillClock) -> None:
    drills = replace(drills, most_a_day=1)
    assert (await drills.request("binance", ANN)).result is PressResult.STARTED
    assert (await drills.request("binance", BOB)).result is PressResult.FULL
    assert (await drills.request("binance", ANN)).result is PressResult.UNDER_WAY
    assert (await drills.request("okx", BOB)).result is PressResult.STARTED
    clock.advance(DAY)
    assert (await drills.request("binance", BOB)).result is PressResult.STARTED


# What is kept, and for how long.


async def test_nothing_in_the_store_lives_for_more_than_30_days(
    drills: RedisDrills, store: Store, clock: StillClock
) -> None:
    await drills.request("binance", ANN)
    [key] = await store.database.command("KEYS", "{drill}:on:*")
    await store.database.command("EXPIRE", key, 1000)
    clock.advance(MINUTE)
    await drills.request("binance", BOB)
    await drills.finish("binance", ANN, ARRIVED)
    assert await store.database.command("TTL", key) <= 1000, "a later press makes nobody's drill live longer"


async def test_days_that_are_gone_leave_the_index(drills: RedisDrills, store: Store, clock: StillClock) -> None:
    await drills.request("binance", ANN)
    clock.advance(30 * DAY)
    await drills.request("okx", ANN)
    assert len(await store.database.command("ZRANGE", "{drill}:days", 0, -1)) == 2
    clock.advance(DAY)
    await drills.request("gate", ANN)
    names = await store.database.command("ZRANGE", "{drill}:days", 0, -1)
    assert [name.decode().partition(":")[0] for name in names] == ["okx", "gate"]


async def test_to_forget_leaves_nothing_of_a_person_in_any_key(
    drills: RedisDrills, store: Store, clock: StillClock
) -> None:
    for day in range(10):
        for exchange in ("binance", "okx", "gate:io"):
            await drills.request(exchange, ANN)
            await drills.request(exchange, BOB)
            clock.advance(MINUTE)
            await drills.finish(exchange, ANN, ARRIVED)
        clock.time = NOON + (day + 1) * DAY
    ann, bob = (drills.pseudonyms.person(Platform.TELEGRAM, member.person) for member in (ANN, BOB))
    before = await everything(store)
    assert before.count(ann) == 30

    assert await drills.forget(replace(ANN, community="elsewhere")) == 30

    after = await everything(store)
    assert ann not in after
    assert after.count(bob) == before.count(bob) > 0
    assert await drills.forget(ANN) == 0
    assert await drills.forget(BOB) == before.count(bob)
    assert await store.database.command("KEYS", "{drill}:on:*") == []


async def test_a_person_who_was_forgotten_may_begin_again(drills: RedisDrills) -> None:
    await drills.request("binance", ANN)
    assert await drills.forget(ANN) == 1
    assert (await drills.finish("binance", ANN, REFUSED)).result is PressResult.NONE
    assert (await drills.request("binance", ANN)).result is PressResult.STARTED


async def test_with_another_token_nobody_is_known_any_more(drills: RedisDrills, store: Store) -> None:
    await drills.request("binance", ANN)
    renewed = RedisDrills(store.database, Pseudonyms({Platform.TELEGRAM: "4242:renewed"}), drills.clock)
    assert (await renewed.finish("binance", ANN, REFUSED)).result is PressResult.NONE
    assert await renewed.forget(ANN) == 0
    assert len((await renewed.recent("binance")).drills) == 1, "it counts until its time is over"


async def test_no_id_and_no_token_is_in_the_store_the_log_or_a_backup(
    drills: RedisDrills, store: Store, clock: StillClock, tmp_path: Path
) -> None:
    with capture_logs() as logs:
        await drills.request("binance", ANN, asset="USDT", network="TRON")
        clock.advance(MINUTE)
        await drills.finish("binance", ANN, ARRIVED)
        await drills.recent("binance")
        await drills.forget(BOB)
    backup = tmp_path / "backup"
    await save(store.database, backup, program="1.2.3", now=NOON)
    head = b"runwatch-backup\n"
    saved = gzip.decompress(backup.read_bytes().removeprefix(head))
    assert drills.pseudonyms.person(Platform.TELEGRAM, ANN.person).encode() in saved
    for secret in (ANN.person, ANN.community.removeprefix("-"), *TOKENS.values()):
        assert secret not in await everything(store)
        assert secret.encode() not in saved
        assert secret not in repr(logs)


async def test_a_drill_that_cannot_be_read_is_left_out_and_not_copied(drills: RedisDrills, store: Store) -> None:
    """A copy would be there after the 30 days, and after its owner has asked to forget it."""
    await drills.request("binance", BOB)
    [key] = await store.database.command("KEYS", "{drill}:on:*")
    person = drills.pseudonyms.person(Platform.TELEGRAM, ANN.person)
    noon_us = int(NOON.timestamp() * 1e6)
    for damaged in ("{", f"{noon_us} {noon_us} arrived a USDT TRON", f"{noon_us} 0 sometime a - -"):
        await store.database.command("HSET", key, person, damaged)
        with capture_logs() as logs:
            assert len((await drills.recent("binance")).drills) == 1
        assert [entry["event"] for entry in logs] == ["stored drill cannot be read"]
        assert person not in repr(logs)
    assert list(store.unreadable) == []
    await store.database.command("HSET", key, person, "{")
    assert (await drills.finish("binance", ANN, ARRIVED)).result is PressResult.NONE
    assert (await drills.request("binance", ANN)).result is PressResult.STARTED


# Places that have switched them off.


async def test_a_place_has_drills_until_it_switches_them_off(drills: RedisDrills, store: Store) -> None:
    assert not await drills.is_off(GROUP)
    await set_place(store, GROUP, drills=False)
    assert await drills.is_off(GROUP)
    assert not await drills.is_off(replace(GROUP, thread="7"))
    assert await drills.places_off() == {GROUP}
    await set_place(store, GROUP, drills=True)
    assert not await drills.is_off(GROUP)


async def test_what_a_place_switched_off_moves_along_and_is_forgotten_with_it(
    drills: RedisDrills, store: Store
) -> None:
    moved = Place(Platform.TELEGRAM, "-200")
    await set_place(store, GROUP, drills=False)
    await store.subscriptions.move(GROUP, moved)
    assert not await drills.is_off(GROUP)
    assert await drills.is_off(moved)
    await store.subscriptions.record_trouble(PlaceTrouble(moved, "gone", NOON, disabled=True))
    await store.subscriptions.forget_disabled(NOON + 31 * DAY)
    assert not await drills.is_off(moved)


@pytest.fixture
async def unreachable(own_server: Server, clock: StillClock) -> AsyncIterator[RedisDrills]:
    timeouts = StoreTimeouts(answer_s=0.2, give_up_s=0.2, retry_pauses_s=())
    store = await open_store(own_server.url, clock=clock, timeouts=timeouts)
    own_server.kill()
    yield RedisDrills(store.database, Pseudonyms(TOKENS), clock)
    await store.close()


async def test_while_the_store_is_away_every_press_says_so(unreachable: RedisDrills) -> None:
    for press in (
        unreachable.request("binance", ANN),
        unreachable.finish("binance", ANN, ARRIVED),
        unreachable.forget(ANN),
        unreachable.recent("binance"),
        unreachable.is_off(GROUP),
    ):
        with pytest.raises(StorageError):
            await press
