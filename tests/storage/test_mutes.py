"""What a place has muted, what it misses meanwhile, and that this is told once, by the clock of the store."""

from datetime import timedelta

import pytest

from bot.domain.mute import MissedIncident, Mute, UntilWorse
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.ports.mutes import EndedMutes, LiftedMutes
from bot.ports.subscriptions import PlaceTrouble
from bot.storage import keys
from bot.storage.store import Store
from tests.storage.conftest import StillClock
from tests.stored_keys import differences

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
GROUP, OTHER = Place(Platform.TELEGRAM, "-5"), Place(Platform.TELEGRAM, "-6")
BY = "telegram:7"
SEVERE = MissedIncident("INC-42:normal", "binance", Severity.SEVERE)
OKX_WATCH = MissedIncident("INC-43:normal", "okx", Severity.WATCH)


async def mute(store: Store, exchange: str | None = "binance", hours: float = 4, place: Place = GROUP) -> Mute:
    return await store.mutes.mute(place, exchange, length=hours * HOUR, by=BY)


async def miss(store: Store, *missed: MissedIncident, place: Place = GROUP) -> list[bool]:
    return list(await store.mutes.record_missed([(place, found) for found in missed]))


async def mutes_of_a_message(store: Store, about: str | None, place: Place = GROUP) -> tuple[Mute, ...]:
    [status] = await store.subscriptions.place_statuses([(place, about)])
    return status.mutes


async def told(store: Store) -> list[EndedMutes]:
    """Return what is to be told by now, and forget it."""
    ended = list(await store.mutes.ended(100))
    for of_place in ended:
        await store.mutes.told(of_place)
    return ended


async def test_a_mute_lasts_from_now_on_for_as_long_as_was_said(store: Store, clock: StillClock) -> None:
    binance = await mute(store)
    assert binance == Mute(GROUP, "binance", clock.now(), clock.now() + 4 * HOUR, BY, id=binance.id)
    assert await store.mutes.of_place(GROUP) == [binance]

    clock.advance(4 * HOUR)
    assert await store.mutes.of_place(GROUP) == []
    assert await mutes_of_a_message(store, "binance") == ()


@pytest.mark.parametrize(
    ("about", "muted"),
    [("binance", [None, "binance"]), ("okx", [None]), ("market", [None]), (None, [])],
)
async def test_a_message_is_muted_by_the_mute_of_its_exchange_and_by_that_of_all(
    store: Store, about: str | None, muted: list[str | None]
) -> None:
    for exchange in ("binance", None):
        await mute(store, exchange)
    assert sorted(found.exchange or "" for found in await mutes_of_a_message(store, about)) == [
        name or "" for name in muted
    ]
    assert await mutes_of_a_message(store, about, OTHER) == ()


async def test_a_mute_that_is_changed_twice_stays_the_same_and_is_told_of_once(store: Store, clock: StillClock) -> None:
    first = await mute(store)
    await miss(store, SEVERE)
    clock.advance(HOUR)
    longer = await mute(store, hours=24)
    shorter = await mute(store, hours=0.5)
    assert (longer.id, longer.since, longer.until) == (first.id, first.since, clock.now() + 24 * HOUR)
    assert await store.mutes.of_place(GROUP) == [shorter]
    assert await told(store) == []

    clock.advance(HOUR)
    assert await told(store) == [EndedMutes(GROUP, [shorter], [SEVERE])]
    clock.advance(2 * DAY)
    assert await told(store) == []


async def test_of_an_incident_the_worst_that_was_missed_is_told(store: Store, clock: StillClock) -> None:
    await mute(store)
    await miss(store, MissedIncident("INC-42:normal", "binance", Severity.ELEVATED))
    await miss(store, SEVERE)
    await miss(store, MissedIncident("INC-42:normal", "binance", Severity.WATCH))
    clock.advance(4 * HOUR)
    assert [ended.missed for ended in await told(store)] == [[SEVERE]]


async def test_what_is_not_muted_any_more_is_not_recorded_and_has_to_be_posted(store: Store, clock: StillClock) -> None:
    await mute(store)
    assert await miss(store, SEVERE, OKX_WATCH) == [True, False]
    clock.advance(4 * HOUR)
    assert await miss(store, SEVERE) == [False]


async def test_what_another_mute_goes_on_stopping_is_told_when_that_one_ends(store: Store, clock: StillClock) -> None:
    await mute(store)
    await mute(store, None, hours=8)
    await miss(store, SEVERE, OKX_WATCH)
    clock.advance(4 * HOUR)
    assert [ended.missed for ended in await told(store)] == [[]]
    clock.advance(4 * HOUR)
    assert [(ended.mutes[0].exchange, ended.missed) for ended in await told(store)] == [(None, [SEVERE, OKX_WATCH])]


async def test_mutes_that_end_together_are_told_together(store: Store, clock: StillClock) -> None:
    for exchange in (None, "binance"):
        await mute(store, exchange)
    await miss(store, SEVERE)
    clock.advance(4 * HOUR)
    assert [(len(ended.mutes), ended.missed) for ended in await told(store)] == [(2, [SEVERE])]


async def test_a_mute_is_lifted_with_what_it_missed(store: Store) -> None:
    binance = await mute(store)
    await mute(store, "okx")
    await miss(store, SEVERE, OKX_WATCH)
    assert await store.mutes.lift(GROUP, None) == LiftedMutes()
    assert await store.mutes.lift(GROUP, "binance") == LiftedMutes((binance,), 1)
    assert await store.mutes.lift(GROUP, "binance") == LiftedMutes()
    assert [ended.missed for ended in await told(store)] == [[SEVERE]]
    assert (await store.mutes.lift(GROUP, None, everything=True)).missed == 1


async def test_a_place_that_mutes_again_before_it_was_told_is_told_in_the_end(store: Store, clock: StillClock) -> None:
    first = await mute(store)
    await miss(store, SEVERE)
    await store.mutes.lift(GROUP, "binance")
    [over] = await store.mutes.ended(9)
    second = await mute(store)
    assert second.id != first.id
    assert await told(store) == []
    clock.advance(4 * HOUR)
    assert await told(store) == [EndedMutes(GROUP, [second], [SEVERE])]
    await store.mutes.told(over)  # by a worker that was slow: nothing is left that it could take away


async def test_what_was_missed_under_a_new_mute_is_not_forgotten_with_what_was_told(store: Store) -> None:
    await mute(store)
    await miss(store, SEVERE)
    await store.mutes.lift(GROUP, "binance")
    [over] = await store.mutes.ended(9)
    second = await mute(store)
    await miss(store, MissedIncident("INC-42:normal", "binance", Severity.CRITICAL), OKX_WATCH)
    await store.mutes.told(over)
    assert await store.mutes.of_place(GROUP) == [second]
    assert (await store.mutes.lift(GROUP, "binance")).missed == 1


async def test_those_that_wait_until_it_gets_worse_are_listed(store: Store, clock: StillClock) -> None:
    worse = UntilWorse(42, Severity.ELEVATED)
    waiting = await store.mutes.mute(GROUP, "binance", length=30 * DAY, by=BY, worse=worse)
    await mute(store, "okx")
    assert waiting.worse == worse
    assert await store.mutes.until_worse() == [waiting]
    assert await mutes_of_a_message(store, "binance") == (waiting,)
    timed = await mute(store)
    assert timed.worse is None
    assert await store.mutes.until_worse() == []


async def test_the_mutes_of_a_chat_move_with_it(store: Store, clock: StillClock) -> None:
    new, topic = Place(Platform.TELEGRAM, "-1005"), Place(Platform.TELEGRAM, "-5", "7")
    for place in (GROUP, topic):
        await store.subscriptions.add(Subscription(place, None))
    muted = await mute(store, None)
    await mute(store, "okx", place=topic)
    waiting = await store.mutes.mute(GROUP, "okx", length=DAY, by=BY, worse=UntilWorse(43, Severity.WATCH))
    await miss(store, SEVERE)
    await store.subscriptions.move(GROUP, new)

    assert await store.mutes.of_place(GROUP) == await store.mutes.of_place(topic) == []
    assert [(found.exchange, found.id) for found in await store.mutes.of_place(new)] == [
        (None, muted.id),
        ("okx", waiting.id),
    ]
    assert [found.exchange for found in await store.mutes.of_place(Place(Platform.TELEGRAM, "-1005", "7"))] == ["okx"]
    assert [found.place for found in await store.mutes.until_worse()] == [new]
    assert await differences(store.database) == []
    clock.advance(DAY)
    ended = await told(store)
    assert [(of_place.place, of_place.missed) for of_place in ended if of_place.place == new] == [(new, [SEVERE])]
    assert len(ended) == 2


async def test_a_chat_that_moves_to_a_muted_one_keeps_what_that_has_muted(store: Store) -> None:
    new = Place(Platform.TELEGRAM, "-1005")
    await mute(store, hours=1)
    there = await mute(store, place=new)
    await store.subscriptions.move(GROUP, new)
    assert await store.mutes.of_place(new) == [there]


async def test_a_place_that_is_forgotten_has_muted_nothing(store: Store, clock: StillClock) -> None:
    await store.subscriptions.add(Subscription(GROUP, "binance"))
    await store.mutes.mute(GROUP, "binance", length=DAY, by=BY, worse=UntilWorse(42, Severity.WATCH))
    await miss(store, MissedIncident("INC-42:normal", "binance", Severity.WATCH))
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "removed", clock.now() - DAY, disabled=True))
    await store.subscriptions.forget_disabled(clock.now())
    assert await store.mutes.of_place(GROUP) == await store.mutes.until_worse() == []
    clock.advance(DAY)
    assert await told(store) == []


async def test_what_is_left_of_a_place_that_expired_is_forgotten(store: Store, clock: StillClock) -> None:
    await store.mutes.mute(GROUP, "binance", length=DAY, by=BY, worse=UntilWorse(42, Severity.WATCH))
    await store.database.command("DEL", keys.MUTES.key(str(GROUP)))
    assert await store.mutes.until_worse() == []
    clock.advance(DAY)
    assert await told(store) == []
    assert not await store.database.command("EXISTS", keys.MUTE_ENDS.key(), keys.MUTES_UNTIL_WORSE.key())


@pytest.mark.parametrize("damaged", [b"soon", b"1768053600000001 x", b"\xff\xfe", b"1768053600000001 1 x {", b""])
async def test_a_damaged_mute_mutes_nothing_and_stands_in_no_others_way(
    store: Store, clock: StillClock, damaged: bytes
) -> None:
    await mute(store, hours=1)
    await mute(store, "okx")
    await miss(store, SEVERE, OKX_WATCH)
    await store.database.command("HSET", keys.MUTES.key(str(GROUP)), "binance", damaged)
    await store.database.command("HSET", keys.MISSED.key(str(GROUP)), "INC-42:normal", b"a lot")
    assert [found.exchange for found in await store.mutes.of_place(GROUP)] == ["okx"]
    assert await mutes_of_a_message(store, "binance") == ()

    clock.advance(4 * HOUR)
    assert [(len(ended.mutes), ended.missed) for ended in await told(store)] == [(1, [OKX_WATCH])]
    assert await store.mutes.ended(9) == []


async def test_without_a_simulation_the_servers_clock_counts(server: object, store: Store) -> None:
    real = type(store.mutes)(store.database)
    await real.mute(GROUP, "binance", length=HOUR, by=BY)
    assert [found.exchange for found in await real.of_place(GROUP)] == ["binance"]
    assert await real.ended(9) == []
    assert [of_place.exchange for of_place in (await real.lift(GROUP, "binance")).mutes] == ["binance"]
    assert await real.of_place(GROUP) == []
