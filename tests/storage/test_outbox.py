import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.messages.model import Chart, Field, Message, Table, line, moment
from bot.ports.outbox import LEFT_BEHIND, Alert, Delivery, DeliveryKind
from bot.ports.subscriptions import PlaceTrouble
from bot.storage.outbox import RedisOutbox
from bot.storage.packing import microseconds
from bot.storage.store import Store
from tests.storage.conftest import RealClock, StillClock
from tests.storage.stored import given_up, newest_message

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
NOW = timedelta()
MINUTE = timedelta(minutes=1)
GROUP = Place(Platform.TELEGRAM, "-100123", "7")
CHANNEL = Place(Platform.DISCORD, "998")
ELSEWHERE = Place(Platform.TELEGRAM, "-200")
POST, EDIT, CLOSE, REPLY = DeliveryKind


def alert(
    step: str,
    *places: Place,
    severity: Severity = Severity.ELEVATED,
    kind: DeliveryKind = POST,
    incident: str = "INC-1",
    created_at: datetime = NOON,
) -> Alert:
    return Alert(
        id=step,
        incident=incident,
        severity=severity,
        kind=kind,
        message=Message(step),
        created_at=created_at,
        expires_at=created_at + timedelta(hours=6),
        recipients=tuple(Subscription(place, "binance", mention="here") for place in places or (GROUP,)),
    )


async def queue(store: Store, *alerts: Alert) -> None:
    await store.incidents.commit("binance", Rule.OUTFLOW, None, alerts)


async def take(outbox: RedisOutbox, limit: int = 10, platform: Platform = Platform.TELEGRAM) -> Sequence[Delivery]:
    return await outbox.claim(platform, limit=limit, wait=NOW)


async def only(outbox: RedisOutbox) -> Delivery:
    [delivery] = await take(outbox)
    return delivery


def steps(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.alert for delivery in deliveries]


async def test_a_queued_alert_is_delivered_whole(store: Store) -> None:
    message = Message(
        "INC-1",
        lines=(line("Net outflow ", moment(NOON, relative=True)),),
        fields=(Field("a", line("b")),),
        chart=Chart("flow", "usd", (NOON,), (1.5,)),
        table=Table(("a",), (("b",),)),
    )
    await queue(store, replace(alert("INC-1/1"), message=message))
    delivery = await only(store.outbox)
    assert delivery == Delivery(
        key=delivery.key,
        receipt=delivery.receipt,
        alert="INC-1/1",
        incident="INC-1",
        severity=Severity.ELEVATED,
        kind=POST,
        place=GROUP,
        message=message,
        created_at=NOON,
        expires_at=NOON + timedelta(hours=6),
    )


async def test_a_delivery_is_handed_out_once(store: Store) -> None:
    await queue(store, alert("a"))
    assert len(await take(store.outbox)) == 1
    assert await take(store.outbox) == ()


async def test_every_platform_takes_its_own(store: Store) -> None:
    terminal = Place(Platform.TERMINAL, "terminal")
    await queue(store, alert("a", GROUP, CHANNEL, terminal))
    for place in (GROUP, CHANNEL, terminal):
        assert [delivery.place for delivery in await take(store.outbox, platform=place.platform)] == [place]


async def test_the_idempotency_key_tells_alerts_and_places_apart(store: Store) -> None:
    other = Place(Platform.TELEGRAM, "5")
    await queue(store, alert("a", GROUP, other), alert("b", GROUP, other, incident="INC-2"))
    keys = {delivery.key[:25] for delivery in await take(store.outbox)}
    assert len(keys) == 4


async def test_a_place_named_twice_hears_once(store: Store) -> None:
    await queue(store, alert("a", GROUP, GROUP))
    assert len(await take(store.outbox)) == 1
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


@pytest.mark.parametrize(("ping", "mention"), [(True, "here"), (False, None)])
async def test_a_place_is_pinged_with_its_own_mention_when_the_alert_pings(
    store: Store, *, ping: bool, mention: str | None
) -> None:
    await queue(store, replace(alert("a"), ping=ping))
    assert (await only(store.outbox)).message.mention == mention


async def test_the_most_severe_comes_first(store: Store) -> None:
    for severity in (Severity.WATCH, Severity.ELEVATED, Severity.SEVERE, Severity.CRITICAL):
        await queue(store, alert(severity, severity=severity, incident=severity))
    assert steps(await take(store.outbox)) == ["critical", "severe", "elevated", "watch"]


async def test_the_limit_is_kept_and_goes_to_the_most_severe(store: Store) -> None:
    await queue(store, alert("low", severity=Severity.WATCH, incident="INC-2"), alert("high", severity=Severity.SEVERE))
    assert steps(await take(store.outbox, 1)) == ["high"]
    assert steps(await take(store.outbox, 1)) == ["low"]


async def test_one_incident_is_told_in_order_whatever_its_severity(store: Store) -> None:
    await queue(store, alert("opened", severity=Severity.ELEVATED))
    await queue(store, alert("moved", severity=Severity.CRITICAL, kind=EDIT))
    await queue(store, alert("resolved", severity=Severity.WATCH, kind=REPLY))
    told = []
    while batch := await take(store.outbox):
        assert len(batch) == 1
        told += steps(batch)
        await store.outbox.finish(batch[0], message_id="1")
    assert told == ["opened", "moved", "resolved"]


@pytest.mark.parametrize("taken", [False, True])
async def test_an_escalation_takes_the_place_of_an_opening_that_was_not_told_yet(store: Store, *, taken: bool) -> None:
    await queue(store, alert("opened", severity=Severity.WATCH))
    if taken:
        await store.outbox.postpone(await only(store.outbox), until=NOON)
    await queue(store, alert("escalated", severity=Severity.CRITICAL))
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["escalated"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.CRITICAL): 1}


async def test_what_is_over_before_it_could_be_told_is_not_told(store: Store) -> None:
    await queue(store, alert("opened"))
    await queue(store, alert("closed", kind=CLOSE), alert("resolved", kind=REPLY))
    closed = await only(store.outbox)
    assert (closed.alert, closed.sent) == ("closed", None)  # the courier has nothing to change then
    await store.outbox.finish(closed, message_id=None)
    assert (await only(store.outbox)).sent is None


async def test_an_opening_is_told_before_its_figures_change(store: Store) -> None:
    await queue(store, alert("opened"))
    await queue(store, alert("moved", kind=EDIT))
    assert steps(await take(store.outbox)) == ["opened"]


@pytest.mark.parametrize("severity", Severity)
async def test_nothing_of_an_incident_passes_one_in_flight_elsewhere(
    store: Store, clock: StillClock, severity: Severity
) -> None:
    await queue(store, alert("first"))
    await only(store.outbox)
    await queue(store, alert("second", severity=severity, kind=REPLY))
    assert await take(RedisOutbox(store.database, clock)) == ()


async def test_a_critical_alert_does_not_wait_for_a_big_fan_out(store: Store) -> None:
    await queue(store, alert("big", *(Place(Platform.TELEGRAM, str(n)) for n in range(900)), severity=Severity.WATCH))
    await queue(store, alert("critical", severity=Severity.CRITICAL, incident="INC-2"))
    assert steps(await take(store.outbox, 3)) == ["critical"]
    assert steps(await take(store.outbox, 2)) == ["big", "big"]


async def test_a_critical_alert_does_not_wait_until_a_big_fan_out_is_queued(store: Store) -> None:
    many = [Place(Platform.TELEGRAM, str(n)) for n in range(900)]
    await queue(store, alert("big", *many, severity=Severity.WATCH))
    await queue(store, alert("critical", *many, severity=Severity.CRITICAL, incident="INC-2"))
    assert steps(await take(store.outbox, 3)) == ["critical"] * 3
    assert await store.database.command("LLEN", "{ob}:fan") == 5  # all of the big one


async def test_a_critical_alert_does_not_overtake_its_own_incident(store: Store) -> None:
    many = [Place(Platform.TELEGRAM, str(n)) for n in range(900)]
    await queue(store, alert("opened", *many, severity=Severity.WATCH))
    await queue(store, alert("other", *many, severity=Severity.WATCH, incident="INC-2"))
    await queue(store, alert("moved", *many, severity=Severity.CRITICAL, kind=EDIT))
    handed_out = set[str]()
    while await store.database.command("EXISTS", "{ob}:fanning"):
        handed_out |= set(steps(await take(store.outbox, 500)))
    assert "opened" in handed_out
    assert "moved" not in handed_out


async def test_nothing_is_handed_out_that_a_big_fan_out_supersedes(store: Store) -> None:
    many = [Place(Platform.TELEGRAM, str(n)) for n in range(900)]
    await queue(store, alert("opened", *many, severity=Severity.SEVERE))
    assert set(steps(await take(store.outbox, 3))) == {"opened"}
    await queue(store, alert("escalated", *many, severity=Severity.CRITICAL))
    handed_out = set[str]()
    while batch := await take(store.outbox, 500):
        handed_out |= set(steps(batch))
    assert handed_out == {"escalated"}
    assert await store.database.command("EXISTS", "{ob}:superseding") == 0


async def test_a_critical_one_lends_its_urgency_to_what_it_waits_for(store: Store) -> None:
    others = [Place(Platform.TELEGRAM, str(n)) for n in range(20)]
    await queue(store, alert("opened", *others, GROUP, severity=Severity.WATCH))
    await take(store.outbox, 1)
    await queue(store, alert("worse", GROUP, severity=Severity.CRITICAL, kind=EDIT))
    await store.outbox.renew_claims()
    [first, *_] = await take(store.outbox, 5)
    assert (first.alert, first.place) == ("opened", GROUP)
    await store.outbox.finish(first, message_id="1")
    assert (await take(store.outbox, 1))[0].alert == "worse"


async def test_other_incidents_of_the_place_do_not_wait(store: Store) -> None:
    await queue(store, alert("a", incident="INC-1"))
    held = await only(store.outbox)
    await store.outbox.postpone(held, until=NOON + 5 * MINUTE)
    await queue(store, alert("b", incident="INC-2"))
    assert steps(await take(store.outbox)) == ["b"]


async def test_of_queued_edits_only_the_newest_is_sent(store: Store) -> None:
    await queue(store, alert("posted"))
    posted = await only(store.outbox)
    for step in ("edit 1", "edit 2", "edit 3"):
        await queue(store, alert(step, kind=EDIT))
    await store.outbox.finish(posted, message_id="1")
    newest = await only(store.outbox)
    assert newest.alert == "edit 3"
    await store.outbox.finish(newest, message_id="1")
    assert await take(store.outbox) == ()
    assert await store.outbox.depth() == {}


async def test_an_edit_at_the_head_gives_way_too(store: Store) -> None:
    await queue(store, alert("edit 1", kind=EDIT))
    await queue(store, alert("escalated", kind=POST))
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["escalated"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


async def test_the_reply_of_a_resolution_does_not_replace_its_edit(store: Store) -> None:
    await queue(store, alert("figures moved", kind=EDIT))
    await queue(store, alert("closed", kind=CLOSE), alert("resolved", kind=REPLY))
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["closed"]
    await store.outbox.finish(found[0], message_id="1")
    assert steps(await take(store.outbox)) == ["resolved"]


async def test_a_postponed_delivery_comes_back_when_due_as_one_more_attempt(store: Store, clock: StillClock) -> None:
    await queue(store, replace(alert("a"), ping=True))
    first = await only(store.outbox)
    await store.outbox.postpone(first, until=clock.now() + MINUTE)
    clock.advance(MINUTE - timedelta.resolution)
    assert await take(store.outbox) == ()
    clock.advance(timedelta.resolution)
    again = await only(store.outbox)
    assert again == replace(first, receipt=again.receipt, attempt=1)


async def test_a_postponed_delivery_holds_back_the_younger_ones_of_its_incident(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("opened"))
    await store.outbox.postpone(await only(store.outbox), until=clock.now() + MINUTE)
    await queue(store, alert("resolved", severity=Severity.CRITICAL, kind=REPLY))
    assert await take(store.outbox) == ()
    clock.advance(MINUTE)
    opened = await only(store.outbox)
    assert opened.alert == "opened"
    await store.outbox.finish(opened, message_id="1")
    assert steps(await take(store.outbox)) == ["resolved"]


async def test_a_postponed_edit_gives_way_to_a_newer_one(store: Store, clock: StillClock) -> None:
    await queue(store, alert("old", kind=EDIT))
    await store.outbox.postpone(await only(store.outbox), until=clock.now() + MINUTE)
    await queue(store, alert("new", kind=EDIT))
    clock.advance(MINUTE)
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["new"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


async def test_what_was_put_off_without_a_failure_is_no_further_attempt(store: Store) -> None:
    await queue(store, alert("a"))
    await store.outbox.postpone(await only(store.outbox), until=NOON, failed=False)
    assert (await only(store.outbox)).attempt == 0


async def refuse(store: Store, clock: StillClock) -> None:
    """Put off for half an hour whatever Telegram is to be told now, and say of every place that it refused."""
    for delivery in await take(store.outbox):
        await store.subscriptions.record_trouble(PlaceTrouble(delivery.place, "no rights", clock.now()))
        await store.outbox.postpone(delivery, until=clock.now() + 30 * MINUTE)


async def test_what_a_place_refused_comes_back_at_once_when_its_trouble_is_cleared(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("opened"), alert("escalated", severity=Severity.SEVERE, kind=REPLY))
    await queue(store, alert("other", incident="INC-2"), alert("elsewhere", ELSEWHERE, incident="INC-3"))
    await refuse(store, clock)
    assert await take(store.outbox) == ()

    await store.subscriptions.clear_trouble(GROUP)
    found = await take(store.outbox)
    assert {(delivery.alert, delivery.attempt) for delivery in found} == {("opened", 1), ("other", 1)}
    await store.outbox.finish(next(delivery for delivery in found if delivery.alert == "opened"), message_id="1")
    assert steps(await take(store.outbox)) == ["escalated"]
    clock.advance(30 * MINUTE)
    assert steps(await take(store.outbox)) == ["elsewhere"]


async def test_a_worker_that_waits_wakes_for_a_place_that_may_be_written_to_again(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("a"))
    await refuse(store, clock)
    waiting = asyncio.create_task(store.outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta(seconds=30)))
    while not await blocked(store):
        pass
    async with asyncio.timeout(1):
        await store.subscriptions.clear_trouble(GROUP)
        assert steps(await waiting) == ["a"]


@pytest.mark.parametrize("troubled", [GROUP, GROUP.whole_chat])
@pytest.mark.parametrize("healed", [GROUP, GROUP.whole_chat])
async def test_a_whole_chat_that_is_healed_hears_in_all_its_topics(
    store: Store, clock: StillClock, *, troubled: Place, healed: Place
) -> None:
    chat, topic = replace(GROUP, thread=None), replace(GROUP, thread="8")
    await store.subscriptions.add(Subscription(GROUP, None))
    await store.subscriptions.add(Subscription(topic, None))
    await queue(store, alert("a", GROUP, chat, topic, ELSEWHERE))
    for delivery in await take(store.outbox):
        await store.outbox.postpone(delivery, until=clock.now() + 30 * MINUTE)
    await store.subscriptions.record_trouble(PlaceTrouble(troubled, "no rights", NOON))

    await store.subscriptions.clear_trouble(healed)
    everywhere = GROUP.whole_chat in {troubled, healed}
    assert {delivery.place for delivery in await take(store.outbox)} == (
        {GROUP, chat, topic} if everywhere else {GROUP}
    )


async def test_what_waits_for_the_pace_or_between_two_edits_does_not_come_sooner(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("slow", incident="INC-2"))
    await store.outbox.postpone(await only(store.outbox), until=clock.now() + MINUTE, failed=False)
    await change(store, "first")
    await queue(store, alert("second", kind=EDIT))
    assert await take(store.outbox) == ()

    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "no rights", NOON))
    await store.subscriptions.clear_trouble(GROUP)
    assert await take(store.outbox) == ()


async def test_more_than_a_script_may_do_at_a_time_comes_back_too(store: Store, clock: StillClock) -> None:
    await queue(store, *(alert(f"a{n}", incident=f"INC-{n}") for n in range(1100)))
    while found := await take(store.outbox, 500):
        for delivery in found:
            await store.outbox.postpone(delivery, until=clock.now() + 30 * MINUTE)
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "no rights", NOON))

    await store.subscriptions.clear_trouble(GROUP)
    due = 0
    while found := await take(store.outbox, 500):
        due += len(found)
    assert due == 1100


async def test_what_came_back_by_itself_is_not_looked_for_any_more(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a"))
    await refuse(store, clock)
    assert await store.database.command("TTL", f"{{ob}}:failed:{GROUP}") > 29 * 86400
    clock.advance(30 * MINUTE)
    [left] = await store.database.command("SMEMBERS", f"{{ob}}:failed:{GROUP}")
    back = await only(store.outbox)
    assert await store.database.command("EXISTS", f"{{ob}}:failed:{GROUP}") == 0

    await store.database.command("SADD", f"{{ob}}:failed:{GROUP}", left)  # as a store that lost the last step has it
    await store.subscriptions.clear_trouble(GROUP)
    assert await take(store.outbox) == ()
    await store.outbox.finish(back, message_id="1")


async def change(store: Store, step: str, *, kind: DeliveryKind = EDIT) -> None:
    """Queue one change and let it reach its place."""
    await queue(store, alert(step, kind=kind))
    await store.outbox.finish(await only(store.outbox), message_id="1")


async def test_a_message_is_edited_once_in_five_minutes(store: Store, clock: StillClock) -> None:
    await change(store, "opened", kind=POST)
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await take(store.outbox) == ()
    clock.advance(5 * MINUTE - timedelta.resolution)
    assert await take(store.outbox) == ()
    clock.advance(timedelta.resolution)
    second = await only(store.outbox)
    assert (second.alert, second.attempt, second.sent) == ("edit 2", 0, "1")


async def test_of_the_edits_that_come_too_soon_the_newest_wins(store: Store, clock: StillClock) -> None:
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await take(store.outbox) == ()
    await queue(store, alert("edit 3", kind=EDIT))
    assert await take(store.outbox) == ()
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}
    clock.advance(5 * MINUTE)
    assert steps(await take(store.outbox)) == ["edit 3"]


@pytest.mark.parametrize("kind", [POST, CLOSE])
async def test_an_escalation_or_the_end_does_not_wait_behind_an_edit_that_came_too_soon(
    store: Store, kind: DeliveryKind
) -> None:
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await take(store.outbox) == ()
    await queue(store, alert("turn", kind=kind))
    assert steps(await take(store.outbox)) == ["turn"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


async def test_a_new_message_may_be_edited_at_once(store: Store) -> None:
    await change(store, "edit 1")
    await change(store, "escalated", kind=POST)
    await queue(store, alert("edit 2", kind=EDIT))
    assert steps(await take(store.outbox)) == ["edit 2"]


async def test_an_older_message_is_told_that_a_newer_one_has_followed_after_everything_else(store: Store) -> None:
    await change(store, "opened", kind=POST)
    await queue(store, replace(alert("escalated", severity=Severity.CRITICAL), ping=True))
    escalated = await only(store.outbox)
    assert escalated.sent == "1"
    await store.outbox.finish(escalated, message_id="2", leaves="1")
    await queue(store, alert("moved", kind=EDIT), alert("other", severity=Severity.WATCH, incident="INC-2"))
    assert await store.outbox.depth() == {
        (Platform.TELEGRAM, Severity.CRITICAL): 1,
        (Platform.TELEGRAM, Severity.ELEVATED): 1,
        (Platform.TELEGRAM, Severity.WATCH): 1,
    }
    edit, other, older = await take(store.outbox)
    assert (edit.alert, edit.sent, edit.older, other.alert) == ("moved", "2", None, "other")
    assert (older.alert, older.older, older.message.mention) == ("escalated", "1", None)


async def followed(store: Store) -> Delivery:
    """Return the delivery that tells an older message of a newer one."""
    await change(store, "opened", kind=POST)
    await queue(store, alert("escalated"))
    await store.outbox.finish(await only(store.outbox), message_id="2", leaves="1")
    return await only(store.outbox)


async def test_what_an_older_message_is_to_say_holds_up_nothing_and_changes_nothing_else(store: Store) -> None:
    older = await followed(store)
    await queue(store, alert("moved", kind=EDIT))
    moved = await only(store.outbox)
    assert moved.alert == "moved"
    await queue(store, alert("resolved", kind=REPLY))
    await store.outbox.finish(older, message_id=None)
    assert await take(store.outbox) == ()  # the edit is still under way
    await store.outbox.finish(moved, message_id="2")
    assert steps(await take(store.outbox)) == ["resolved"]
    assert await newest_message(store, "INC-1", GROUP) == "2"


async def test_what_an_older_message_is_to_say_can_be_put_off_and_given_up(store: Store, clock: StillClock) -> None:
    older = await followed(store)
    await store.outbox.postpone(older, until=clock.now() + MINUTE)
    await queue(store, alert("moved", kind=EDIT))
    await store.outbox.finish(await only(store.outbox), message_id="2")
    clock.advance(MINUTE)
    again = await only(store.outbox)
    assert (again.older, again.attempt) == ("1", 1)
    await store.outbox.give_up(again, "no")
    assert await store.outbox.depth() == {}
    assert await take(store.outbox) == ()


async def test_what_an_older_message_is_to_say_dies_with_its_alert(store: Store) -> None:
    older = await followed(store)
    await store.outbox.postpone(older, until=NOON)
    await store.database.command("DEL", "{ob}:alert:escalated")
    assert await take(store.outbox) == ()
    await store.outbox.finish(older, message_id=None)
    assert await store.outbox.depth() == {}


async def test_finishing_twice_is_finishing_once(store: Store) -> None:
    await queue(store, alert("a", GROUP, Place(Platform.TELEGRAM, "5")))
    first, second = await take(store.outbox)
    for _ in range(2):
        await store.outbox.finish(first, message_id="1")
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}
    await store.outbox.postpone(first, until=NOON)
    assert await take(store.outbox) == ()
    await store.outbox.finish(second, message_id="2")
    assert await store.outbox.depth() == {}


async def test_the_newest_sent_message_is_remembered_where_it_was_sent(store: Store) -> None:
    moved = Place(Platform.TELEGRAM, "-200", "7")
    await queue(store, alert("a"))
    delivery = await only(store.outbox)
    await store.outbox.finish(replace(delivery, place=moved), message_id="41")
    assert await newest_message(store, "INC-1", moved) == "41"
    assert await newest_message(store, "INC-1", GROUP) == "41"  # for what was queued for the old address
    assert await newest_message(store, "INC-2", moved) is None


async def test_a_story_that_was_begun_before_a_chat_moved_goes_on_at_its_new_address(store: Store) -> None:
    chat = Place(Platform.TELEGRAM, "-200")
    await queue(store, alert("opened", GROUP, replace(GROUP, thread=None)))
    for number, delivery in enumerate(await take(store.outbox)):
        await store.outbox.finish(delivery, message_id=f"4{number}")
    await store.subscriptions.move(GROUP, chat)
    await queue(
        store, alert("resolved", replace(GROUP, chat="-200"), chat, Place(Platform.TELEGRAM, "-300"), kind=REPLY)
    )

    assert {str(delivery.place): delivery.sent for delivery in await take(store.outbox)} == {
        "telegram:-200/7": LEFT_BEHIND,
        "telegram:-200": LEFT_BEHIND,
        "telegram:-300": None,
    }


async def test_a_delivery_to_a_moved_chat_frees_what_waited_behind_it(store: Store) -> None:
    await queue(store, alert("opened"))
    delivery = await only(store.outbox)
    await queue(store, alert("resolved", kind=REPLY))
    await store.outbox.finish(replace(delivery, place=Place(Platform.TELEGRAM, "-200")), message_id="41")
    assert steps(await take(store.outbox)) == ["resolved"]


async def test_an_unsent_delivery_leaves_no_message_behind(store: Store) -> None:
    await queue(store, alert("a"))
    await store.outbox.finish(await only(store.outbox), message_id=None)
    assert await newest_message(store, "INC-1", GROUP) is None
    assert await store.outbox.depth() == {}


async def test_a_buried_delivery_is_found_with_its_reason(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a"))
    await store.outbox.give_up(await only(store.outbox), "refused twice")
    [buried] = await given_up(store)
    assert buried == {
        "alert": "a",
        "incident": "INC-1",
        "place": str(GROUP),
        "reason": "refused twice",
        "at": str(microseconds(clock.now())),
    }
    assert await store.outbox.depth() == {}


async def test_what_a_dead_worker_had_taken_comes_back(store: Store, clock: StillClock) -> None:
    dead = RedisOutbox(store.database, clock)
    await queue(store, alert("a"))
    taken = await only(dead)
    assert await take(store.outbox) == ()
    again = await only(RedisOutbox(store.database, clock, idle=timedelta()))
    assert again == replace(taken, attempt=1)


async def test_what_a_stopping_worker_hands_back_comes_at_once(store: Store, clock: StillClock) -> None:
    stopping = RedisOutbox(store.database, clock)
    await queue(store, alert("a"))
    await only(stopping)
    await stopping.return_claims()
    assert steps(await take(store.outbox)) == ["a"]


async def test_what_a_worker_holds_is_not_taken_from_it(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a"))
    held = await only(store.outbox)
    await make_idle(store, held)
    await store.outbox.renew_claims()
    assert await take(RedisOutbox(store.database, clock)) == ()
    await make_idle(store, held)
    assert steps(await take(RedisOutbox(store.database, clock))) == ["a"]


async def make_idle(store: Store, delivery: Delivery) -> None:
    """Let a delivery look as if nobody had touched it for two minutes."""
    words = ("XCLAIM", "{ob}:telegram:p1", "couriers", "courier", 0, delivery.receipt.split()[1])
    await store.database.command(*words, "IDLE", 120_000)


async def test_a_delivery_that_kills_every_worker_is_buried(store: Store, clock: StillClock) -> None:
    await queue(store, alert("deadly"))
    impatient = RedisOutbox(store.database, clock, idle=timedelta())
    attempts = [(await only(impatient)).attempt for _ in range(5)]
    assert attempts == [0, 1, 2, 3, 4]
    assert await take(impatient) == ()
    [buried] = await given_up(store)
    assert "taken 5 times" in buried["reason"]
    assert await store.outbox.depth() == {}


async def test_an_alert_wakes_a_worker_that_waits(store: Store) -> None:
    waiting = asyncio.create_task(store.outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta(seconds=30)))
    while not await blocked(store):
        pass
    async with asyncio.timeout(1):
        await queue(store, alert("a"))
        assert steps(await waiting) == ["a"]


async def test_the_end_of_one_delivery_wakes_a_worker_for_the_next(store: Store, clock: StillClock) -> None:
    await queue(store, alert("opened"))
    opened = await only(store.outbox)
    await queue(store, alert("resolved", kind=REPLY))
    await take(store.outbox)
    other = RedisOutbox(store.database, clock)
    waiting = asyncio.create_task(other.claim(Platform.TELEGRAM, limit=5, wait=timedelta(seconds=30)))
    while not await blocked(store):
        pass
    async with asyncio.timeout(1):
        await store.outbox.finish(opened, message_id="1")
        assert steps(await waiting) == ["resolved"]


async def test_a_worker_that_waits_wakes_for_what_is_due(store: Store) -> None:
    outbox = RedisOutbox(store.database, RealClock())
    await queue(store, alert("a"))
    await outbox.postpone(await only(outbox), until=RealClock().now() + timedelta(milliseconds=20))
    async with asyncio.timeout(1):
        found = await outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta(seconds=30))
    assert steps(found) == ["a"]


async def blocked(store: Store) -> bool:
    return bool((await store.database.server_info("clients"))["blocked_clients"])


async def test_a_worker_waits_no_longer_than_asked(store: Store) -> None:
    async with asyncio.timeout(1):
        assert await store.outbox.claim(Platform.DISCORD, limit=5, wait=timedelta(milliseconds=5)) == ()


async def test_a_cancelled_wait_takes_nothing_with_it(store: Store) -> None:
    waiting = asyncio.create_task(store.outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta(seconds=30)))
    while not await blocked(store):
        pass
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    await queue(store, alert("a"))
    assert steps(await take(store.outbox)) == ["a"]


async def test_the_depth_is_by_platform_and_severity_and_the_oldest_is_known(store: Store) -> None:
    await queue(store, alert("young", GROUP, CHANNEL, severity=Severity.CRITICAL, created_at=NOON))
    await queue(store, alert("old", GROUP, severity=Severity.WATCH, incident="INC-2", created_at=NOON - MINUTE))
    assert await store.outbox.depth() == {
        (Platform.TELEGRAM, Severity.CRITICAL): 1,
        (Platform.DISCORD, Severity.CRITICAL): 1,
        (Platform.TELEGRAM, Severity.WATCH): 1,
    }
    assert await store.outbox.oldest_queued_at() == NOON - MINUTE
    for delivery in await take(store.outbox):
        await store.outbox.finish(delivery, message_id="1")
    assert await store.outbox.oldest_queued_at() == NOON


async def test_a_big_fan_out_reaches_every_place_once(store: Store) -> None:
    places = [Place(Platform.TELEGRAM, str(n)) for n in range(2050)]
    await queue(store, alert("a", *places))
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 2050}
    seen = []
    while batch := await take(store.outbox, 500):
        seen += [delivery.place for delivery in batch]
        await asyncio.gather(*(store.outbox.finish(delivery, message_id="1") for delivery in batch))
    assert seen == places
    assert await store.outbox.depth() == {}


async def test_several_workers_share_without_doubling(store: Store, clock: StillClock) -> None:
    places = [Place(Platform.TELEGRAM, str(n)) for n in range(600)]
    await queue(store, alert("a", *places))
    workers = [RedisOutbox(store.database, clock) for _ in range(4)]
    batches = await asyncio.gather(*(take(worker, 200) for worker in workers))
    assert sorted(delivery.place for batch in batches for delivery in batch) == sorted(places)


async def test_an_expired_alert_leaves_no_blocked_place_behind(store: Store) -> None:
    await queue(store, alert("gone"))
    await store.database.command("DEL", "{ob}:alert:gone")
    assert await store.outbox.depth() == {}
    assert await take(store.outbox) == ()
    await queue(store, alert("next"))
    assert steps(await take(store.outbox)) == ["next"]


async def test_an_alert_that_expires_in_its_stream_frees_its_place(store: Store) -> None:
    await queue(store, alert("gone"))
    await take(store.outbox, 0)
    await queue(store, alert("next", kind=REPLY))
    await store.database.command("DEL", "{ob}:alert:gone")
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["next"]


async def test_nothing_stays_behind_but_what_has_a_time_to_live(store: Store) -> None:
    lasting = {"alerts", "fan", "fanning", "dead", "current", "bell", "telegram", "discord", "later"}
    await queue(store, alert("a", GROUP, CHANNEL), alert("edit", GROUP, kind=EDIT), alert("b", GROUP))
    keys = {key.decode() for key in await store.database.command("KEYS", "{ob}*")}
    temporary = [key for key in keys if key.split(":")[1] not in lasting]
    assert {key.split(":")[1] for key in temporary} == {"queued", "alert"}
    for key in temporary:
        assert await store.database.command("TTL", key) > 0
    while batch := [*await take(store.outbox), *await take(store.outbox, platform=Platform.DISCORD)]:
        for key in await store.database.command("KEYS", "{ob}:lanes:*"):
            assert await store.database.command("TTL", key) > 0
        for delivery in batch:
            await store.outbox.finish(delivery, message_id="1")
    for stream in ("telegram:p0", "telegram:p1", "telegram:p2", "discord:p1"):
        assert await store.database.command("XLEN", f"{{ob}}:{stream}") == 0
    left = {key.decode() for key in await store.database.command("KEYS", "{ob}*")}
    assert {key for key in left if key.startswith(("{ob}:alert:", "{ob}:lanes", "{ob}:fan"))} == set()
    assert await store.database.command("TTL", "{ob}:sent:INC-1") > 29 * 86400


async def test_what_was_taken_is_had_until_others_may_have_taken_it_over(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a", GROUP, CHANNEL))
    taken = await only(store.outbox)
    assert store.outbox.still_owns(taken)
    await store.outbox.finish(taken, message_id="1")
    assert not store.outbox.still_owns(taken)
    slow = RedisOutbox(store.database, clock, idle=timedelta())
    (late,) = await take(slow, platform=Platform.DISCORD)
    assert not slow.still_owns(late)
    await slow.renew_claims()
    assert not slow.still_owns(late)


async def test_to_hold_what_is_in_hand_keeps_it_for_longer(store: Store, clock: StillClock) -> None:
    outbox = RedisOutbox(store.database, clock, idle=timedelta(milliseconds=200))
    await queue(store, alert("a"))
    taken = await only(outbox)
    began = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() < began + 0.3:
        await outbox.renew_claims()
    assert outbox.still_owns(taken)
