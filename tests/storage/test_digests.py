"""When the digests of places are due, up to when they were told, and when nothing was seen."""

from datetime import time, timedelta

from bot.domain.digest import BlindSpan, DueDigest
from bot.domain.local_time import DigestSchedule
from bot.domain.place import Place, Platform
from bot.ports.digests import DigestStep
from bot.storage.store import Store
from tests.storage.set_place import NOON, set_place

GROUP, TOPIC = Place(Platform.TELEGRAM, "-100"), Place(Platform.TELEGRAM, "-100", "7")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EIGHT = NOON + 20 * HOUR
"""08:00 UTC on the day after `NOON`."""


async def test_what_is_due_comes_the_longest_due_first(store: Store) -> None:
    await set_place(store, GROUP, digest=DigestSchedule(time(9)))
    await set_place(store, TOPIC, digest=DigestSchedule(time(8)))

    assert await store.digests.due(EIGHT - HOUR, limit=10) == []
    assert await store.digests.due(EIGHT, limit=10) == [DueDigest(TOPIC, EIGHT)]
    assert [digest.place for digest in await store.digests.due(EIGHT + HOUR, limit=10)] == [TOPIC, GROUP]
    assert [digest.place for digest in await store.digests.due(EIGHT + HOUR, limit=1)] == [TOPIC]


async def test_after_a_digest_the_next_one_is_due(store: Store) -> None:
    await set_place(store, GROUP, digest=DigestSchedule(time(8)))
    (first,) = await store.digests.due(EIGHT, limit=10)
    await store.digests.advance([DigestStep(first, EIGHT + DAY, posted=True)])

    assert await store.digests.due(EIGHT + HOUR, limit=10) == []
    (second,) = await store.digests.due(EIGHT + DAY, limit=10)
    assert second == DueDigest(GROUP, EIGHT + DAY, told_until=EIGHT)


async def test_digests_that_are_left_out_are_remembered_until_one_is_posted(store: Store) -> None:
    await set_place(store, GROUP, digest=DigestSchedule(time(8)))
    for day in range(3):
        (due,) = await store.digests.due(EIGHT + day * DAY, limit=10)
        await store.digests.advance([DigestStep(due, EIGHT + (day + 1) * DAY, posted=day == 0)])

    (due,) = await store.digests.due(EIGHT + 3 * DAY, limit=10)
    assert (due.told_until, due.left_out) == (EIGHT, EIGHT + DAY)
    await store.digests.advance([DigestStep(due, None, posted=True)])
    assert await store.digests.due(EIGHT + 9 * DAY, limit=10) == []


async def test_a_time_that_was_changed_meanwhile_stays(store: Store) -> None:
    await set_place(store, GROUP, digest=DigestSchedule(time(8)))
    (due,) = await store.digests.due(EIGHT, limit=10)
    await set_place(store, GROUP, digest=DigestSchedule(time(20)), at=EIGHT)
    await store.digests.advance([DigestStep(due, EIGHT + DAY, posted=True)])

    assert [digest.due for digest in await store.digests.due(EIGHT + DAY, limit=10)] == [EIGHT + 12 * HOUR]


async def test_digests_move_with_a_chat_and_are_forgotten_with_it(store: Store) -> None:
    moved = Place(Platform.TELEGRAM, "-200", "7")
    await set_place(store, TOPIC, digest=DigestSchedule(time(8)))
    (due,) = await store.digests.due(EIGHT, limit=10)
    await store.digests.advance([DigestStep(due, EIGHT + DAY, posted=True)])
    await store.subscriptions.move(GROUP, Place(Platform.TELEGRAM, "-200"))

    assert await store.digests.due(EIGHT + DAY, limit=10) == [DueDigest(moved, EIGHT + DAY, told_until=EIGHT)]
    await store.place_settings.forget(moved)
    assert await store.digests.due(EIGHT + DAY, limit=10) == []
    assert not await store.database.command("EXISTS", "{subs}:digests:told")


async def test_damaged_values_hold_no_other_up(store: Store) -> None:
    await set_place(store, GROUP, digest=DigestSchedule(time(8)))
    await store.database.command("ZADD", "{subs}:digests", 0, b"\xff nowhere")
    await store.database.command("HSET", "{subs}:digests:told", str(GROUP), b"never")
    await store.digests.record_blind_span(BlindSpan(NOON - DAY, NOON))
    await store.database.command("ZADD", "runwatch:blind", 4e15, b"sometimes")

    assert await store.digests.due(EIGHT, limit=10) == [DueDigest(GROUP, EIGHT)]
    assert await store.database.command("ZCARD", "{subs}:digests") == 1
    assert await store.digests.blind_spans(NOON) == []


async def test_spans_in_which_nothing_was_seen_are_kept_for_a_month(store: Store) -> None:
    spans = [BlindSpan(NOON + day * DAY, NOON + day * DAY + HOUR) for day in (0, 1, 40)]
    for span in spans[:2]:
        await store.digests.record_blind_span(span)
    assert await store.digests.blind_spans(NOON) == spans[:2]
    assert await store.digests.blind_spans(NOON + HOUR) == [spans[1]]

    await store.digests.record_blind_span(spans[2])
    assert await store.digests.blind_spans(NOON - DAY) == [spans[2]]
