import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.messages.model import Chart, Field, Message, Table, line, moment
from bot.ports.outbox import LEFT_BEHIND, Alert, Delivery, DeliveryKind, EarlierMessage
from bot.ports.subscriptions import PlaceTrouble
from bot.storage.incidents import RedisIncidents
from bot.storage.outbox import RedisOutbox
from bot.storage.reading_encoding import microseconds
from bot.storage.store import Store, open_store
from tests.clocks import HandMovedLoop
from tests.servers import Server
from tests.storage.conftest import RealClock, StillClock, until_it_waits
from tests.storage.stored import given_up, newest_message
from tests.waiting import in_time, stop, until

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
NOW = timedelta()
MINUTE = timedelta(minutes=1)
LONG = timedelta(hours=1)
"""Longer than any test may last: who waits so long was woken."""
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


async def claim(outbox: RedisOutbox, limit: int = 10, platform: Platform = Platform.TELEGRAM) -> Sequence[Delivery]:
    return await outbox.claim(platform, limit=limit, wait=NOW)


async def claim_one(outbox: RedisOutbox) -> Delivery:
    [delivery] = await claim(outbox)
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
    delivery = await claim_one(store.outbox)
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


@pytest.mark.parametrize("wrong_by", [timedelta(hours=12), timedelta(hours=-12)])
async def test_alerts_live_by_the_servers_clock_whatever_a_workers_says(store: Store, wrong_by: timedelta) -> None:
    """An alert of six hours, queued by a worker whose clock is twelve hours fast or slow, is neither over nor late."""
    by_wrong_clock = RealClock().now() + wrong_by
    incidents, outbox = RedisIncidents(store.database), RedisOutbox(store.database)
    lasting, over = alert("lasting", created_at=by_wrong_clock), alert("over", ELSEWHERE, created_at=by_wrong_clock)
    over = replace(over, expires_at=by_wrong_clock + timedelta(milliseconds=1))
    await incidents.commit("binance", Rule.OUTFLOW, None, [lasting, over])

    deliveries = {delivery.alert: delivery for delivery in await claim(outbox)}

    await until(lambda: outbox.has_expired(deliveries["over"]), "the end of the millisecond")
    assert not outbox.has_expired(deliveries["lasting"])


async def test_an_alert_that_an_older_program_queued_expires_when_that_said(store: Store) -> None:
    now, outbox = RealClock().now(), RedisOutbox(store.database)
    incidents = RedisIncidents(store.database)
    old, young = alert("old", created_at=now - timedelta(hours=7)), alert("young", ELSEWHERE, created_at=now)
    await incidents.commit("binance", Rule.OUTFLOW, None, [old, young])
    for queued in (old, young):
        await store.database.command("HDEL", f"{{ob}}:alert:{queued.id}", "expires")

    assert {delivery.alert: outbox.has_expired(delivery) for delivery in await claim(outbox)} == {
        "old": True,
        "young": False,
    }


async def test_a_pause_is_measured_by_the_servers_clock(store: Store) -> None:
    await queue(store, alert("a"))
    outbox = RedisOutbox(store.database)
    await outbox.postpone(await claim_one(outbox), pause=timedelta(milliseconds=30))
    [delivery] = await outbox.claim(Platform.TELEGRAM, limit=1, wait=LONG)
    assert (delivery.alert, delivery.attempt) == ("a", 1)


async def test_the_oldest_entry_of_each_queue_is_known_while_it_waits(store: Store) -> None:
    await queue(store, alert("a"), alert("b", ELSEWHERE))
    assert await store.outbox.front_entries([Platform.TELEGRAM]) == {Platform.TELEGRAM: []}  # not queued by places yet
    first, second = await claim(store.outbox)
    [entry] = (await store.outbox.front_entries([Platform.TELEGRAM]))[Platform.TELEGRAM]
    assert entry == f"{{ob}}:telegram:p1 {first.receipt.split()[1]}"
    await store.outbox.finish(first, message_id="1")
    [entry] = (await store.outbox.front_entries([Platform.TELEGRAM]))[Platform.TELEGRAM]
    assert entry.endswith(second.receipt.split()[1])
    await store.outbox.postpone(second, pause=MINUTE)
    assert await store.outbox.front_entries([Platform.TELEGRAM, Platform.DISCORD]) == {
        Platform.TELEGRAM: [],
        Platform.DISCORD: [],
    }


async def test_a_delivery_is_handed_out_once(store: Store) -> None:
    await queue(store, alert("a"))
    assert len(await claim(store.outbox)) == 1
    assert await claim(store.outbox) == ()


async def test_every_platform_claims_its_own(store: Store) -> None:
    terminal = Place(Platform.TERMINAL, "terminal")
    await queue(store, alert("a", GROUP, CHANNEL, terminal))
    for place in (GROUP, CHANNEL, terminal):
        assert [delivery.place for delivery in await claim(store.outbox, platform=place.platform)] == [place]


async def test_the_idempotency_key_tells_alerts_and_places_apart(store: Store) -> None:
    other = Place(Platform.TELEGRAM, "5")
    await queue(store, alert("a", GROUP, other), alert("b", GROUP, other, incident="INC-2"))
    keys = {delivery.key[:25] for delivery in await claim(store.outbox)}
    assert len(keys) == 4


async def test_a_place_named_twice_gets_one_message(store: Store) -> None:
    await queue(store, alert("a", GROUP, GROUP))
    assert len(await claim(store.outbox)) == 1
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


@pytest.mark.parametrize(("ping", "mention"), [(True, "here"), (False, None)])
async def test_a_place_is_pinged_with_its_own_mention_when_the_alert_pings(
    store: Store, *, ping: bool, mention: str | None
) -> None:
    await queue(store, replace(alert("a"), ping=ping))
    assert (await claim_one(store.outbox)).message.mention == mention


async def test_the_most_severe_comes_first(store: Store) -> None:
    for severity in (Severity.WATCH, Severity.ELEVATED, Severity.SEVERE, Severity.CRITICAL):
        await queue(store, alert(severity, severity=severity, incident=severity))
    assert steps(await claim(store.outbox)) == ["critical", "severe", "elevated", "watch"]


async def test_the_limit_is_kept_and_goes_to_the_most_severe(store: Store) -> None:
    await queue(store, alert("low", severity=Severity.WATCH, incident="INC-2"), alert("high", severity=Severity.SEVERE))
    assert steps(await claim(store.outbox, 1)) == ["high"]
    assert steps(await claim(store.outbox, 1)) == ["low"]


async def test_messages_of_one_incident_stay_in_order_whatever_their_severity(store: Store) -> None:
    await queue(store, alert("opened", severity=Severity.ELEVATED))
    await queue(store, alert("moved", severity=Severity.CRITICAL, kind=EDIT))
    await queue(store, alert("resolved", severity=Severity.WATCH, kind=REPLY))
    delivered = []
    while batch := await claim(store.outbox):
        assert len(batch) == 1
        delivered += steps(batch)
        await store.outbox.finish(batch[0], message_id="1")
    assert delivered == ["opened", "moved", "resolved"]


@pytest.mark.parametrize("was_claimed", [False, True])
async def test_an_escalation_replaces_an_opening_that_was_not_sent_yet(store: Store, *, was_claimed: bool) -> None:
    await queue(store, alert("opened", severity=Severity.WATCH))
    if was_claimed:
        await store.outbox.postpone(await claim_one(store.outbox), pause=NOW)
    await queue(store, alert("escalated", severity=Severity.CRITICAL))
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["escalated"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.CRITICAL): 1}


async def test_an_incident_that_ended_before_it_could_be_announced_is_not_announced(store: Store) -> None:
    await queue(store, alert("opened"))
    await queue(store, alert("closed", kind=CLOSE), alert("resolved", kind=REPLY))
    closed = await claim_one(store.outbox)
    assert (closed.alert, closed.sent) == ("closed", None)  # then the worker has nothing to edit
    await store.outbox.finish(closed, message_id=None)
    assert (await claim_one(store.outbox)).sent is None


async def test_an_opening_is_sent_before_its_edit(store: Store) -> None:
    await queue(store, alert("opened"))
    await queue(store, alert("moved", kind=EDIT))
    assert steps(await claim(store.outbox)) == ["opened"]


@pytest.mark.parametrize("severity", Severity)
async def test_nothing_of_an_incident_passes_one_in_flight_elsewhere(
    store: Store, clock: StillClock, severity: Severity
) -> None:
    await queue(store, alert("first"))
    await claim_one(store.outbox)
    await queue(store, alert("second", severity=severity, kind=REPLY))
    assert await claim(RedisOutbox(store.database, clock)) == ()


async def test_a_critical_alert_does_not_wait_for_a_big_fan_out(store: Store) -> None:
    await queue(store, alert("big", *(Place(Platform.TELEGRAM, str(n)) for n in range(900)), severity=Severity.WATCH))
    await queue(store, alert("critical", severity=Severity.CRITICAL, incident="INC-2"))
    assert steps(await claim(store.outbox, 3)) == ["critical"]
    assert steps(await claim(store.outbox, 2)) == ["big", "big"]


async def test_a_critical_alert_does_not_wait_until_a_big_fan_out_is_queued(store: Store) -> None:
    many = [Place(Platform.TELEGRAM, str(n)) for n in range(900)]
    await queue(store, alert("big", *many, severity=Severity.WATCH))
    await queue(store, alert("critical", *many, severity=Severity.CRITICAL, incident="INC-2"))
    assert steps(await claim(store.outbox, 3)) == ["critical"] * 3
    assert await store.database.command("LLEN", "{ob}:fan") == 5  # all of the big one


async def test_a_critical_alert_does_not_overtake_its_own_incident(store: Store) -> None:
    many = [Place(Platform.TELEGRAM, str(n)) for n in range(900)]
    await queue(store, alert("opened", *many, severity=Severity.WATCH))
    await queue(store, alert("other", *many, severity=Severity.WATCH, incident="INC-2"))
    await queue(store, alert("moved", *many, severity=Severity.CRITICAL, kind=EDIT))
    handed_out = set[str]()
    while await store.database.command("EXISTS", "{ob}:fanning"):
        handed_out |= set(steps(await claim(store.outbox, 500)))
    assert "opened" in handed_out
    assert "moved" not in handed_out


async def test_nothing_is_handed_out_that_a_big_fan_out_supersedes(store: Store) -> None:
    many = [Place(Platform.TELEGRAM, str(n)) for n in range(900)]
    await queue(store, alert("opened", *many, severity=Severity.SEVERE))
    assert set(steps(await claim(store.outbox, 3))) == {"opened"}
    await queue(store, alert("escalated", *many, severity=Severity.CRITICAL))
    handed_out = set[str]()
    while batch := await claim(store.outbox, 500):
        handed_out |= set(steps(batch))
    assert handed_out == {"escalated"}
    assert await store.database.command("EXISTS", "{ob}:superseding") == 0


async def test_a_delivery_that_a_critical_one_waits_for_becomes_as_urgent(store: Store) -> None:
    others = [Place(Platform.TELEGRAM, str(n)) for n in range(20)]
    await queue(store, alert("opened", *others, GROUP, severity=Severity.WATCH))
    await claim(store.outbox, 1)
    await queue(store, alert("worse", GROUP, severity=Severity.CRITICAL, kind=EDIT))
    await store.outbox.renew_claims()
    [first, *_] = await claim(store.outbox, 5)
    assert (first.alert, first.place) == ("opened", GROUP)
    await store.outbox.finish(first, message_id="1")
    assert (await claim(store.outbox, 1))[0].alert == "worse"


async def test_other_incidents_of_the_place_do_not_wait(store: Store) -> None:
    await queue(store, alert("a", incident="INC-1"))
    delivery = await claim_one(store.outbox)
    await store.outbox.postpone(delivery, pause=5 * MINUTE)
    await queue(store, alert("b", incident="INC-2"))
    assert steps(await claim(store.outbox)) == ["b"]


async def test_of_queued_edits_only_the_newest_is_sent(store: Store) -> None:
    await queue(store, alert("posted"))
    posted = await claim_one(store.outbox)
    for step in ("edit 1", "edit 2", "edit 3"):
        await queue(store, alert(step, kind=EDIT))
    await store.outbox.finish(posted, message_id="1")
    newest = await claim_one(store.outbox)
    assert newest.alert == "edit 3"
    await store.outbox.finish(newest, message_id="1")
    assert await claim(store.outbox) == ()
    assert await store.outbox.depth() == {}


async def test_an_edit_at_the_head_of_a_lane_is_superseded_too(store: Store) -> None:
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
    assert steps(await claim(store.outbox)) == ["resolved"]


async def test_a_postponed_delivery_comes_back_when_due_as_one_more_attempt(store: Store, clock: StillClock) -> None:
    await queue(store, replace(alert("a"), ping=True))
    first = await claim_one(store.outbox)
    await store.outbox.postpone(first, pause=MINUTE)
    clock.advance(MINUTE - timedelta.resolution)
    assert await claim(store.outbox) == ()
    clock.advance(timedelta.resolution)
    again = await claim_one(store.outbox)
    assert again == replace(first, receipt=again.receipt, attempt=1)


async def test_a_postponed_delivery_holds_back_the_younger_ones_of_its_incident(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("opened"))
    await store.outbox.postpone(await claim_one(store.outbox), pause=MINUTE)
    await queue(store, alert("resolved", severity=Severity.CRITICAL, kind=REPLY))
    assert await claim(store.outbox) == ()
    clock.advance(MINUTE)
    opened = await claim_one(store.outbox)
    assert opened.alert == "opened"
    await store.outbox.finish(opened, message_id="1")
    assert steps(await claim(store.outbox)) == ["resolved"]


async def test_a_postponed_edit_is_superseded_by_a_newer_one(store: Store, clock: StillClock) -> None:
    await queue(store, alert("old", kind=EDIT))
    await store.outbox.postpone(await claim_one(store.outbox), pause=MINUTE)
    await queue(store, alert("new", kind=EDIT))
    clock.advance(MINUTE)
    found = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta(seconds=2))
    assert steps(found) == ["new"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


async def test_a_delivery_postponed_without_a_failure_has_no_further_attempt(store: Store) -> None:
    await queue(store, alert("a"))
    await store.outbox.postpone(await claim_one(store.outbox), pause=NOW, failed=False)
    assert (await claim_one(store.outbox)).attempt == 0


async def refuse(store: Store, clock: StillClock) -> None:
    """Postpone what is due on Telegram by half an hour, and record for every place that it refused."""
    for delivery in await claim(store.outbox):
        await store.subscriptions.record_trouble(PlaceTrouble(delivery.place, "no rights", clock.now()))
        await store.outbox.postpone(delivery, pause=30 * MINUTE)


async def test_what_a_place_refused_comes_back_at_once_when_its_trouble_is_cleared(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("opened"), alert("escalated", severity=Severity.SEVERE, kind=REPLY))
    await queue(store, alert("other", incident="INC-2"), alert("elsewhere", ELSEWHERE, incident="INC-3"))
    await refuse(store, clock)
    assert await claim(store.outbox) == ()

    await store.subscriptions.clear_trouble(GROUP)
    found = await claim(store.outbox)
    assert {(delivery.alert, delivery.attempt) for delivery in found} == {("opened", 1), ("other", 1)}
    await store.outbox.finish(next(delivery for delivery in found if delivery.alert == "opened"), message_id="1")
    assert steps(await claim(store.outbox)) == ["escalated"]
    clock.advance(30 * MINUTE)
    assert steps(await claim(store.outbox)) == ["elsewhere"]


async def test_a_worker_that_waits_wakes_for_a_place_that_may_be_written_to_again(
    patient_store: Store, clock: StillClock
) -> None:
    await queue(patient_store, alert("a"))
    await refuse(patient_store, clock)
    waiting = asyncio.create_task(patient_store.outbox.claim(Platform.TELEGRAM, limit=5, wait=LONG))
    await until_it_waits(patient_store)
    async with in_time("the delivery to the place that is healed"):
        await patient_store.subscriptions.clear_trouble(GROUP)
        assert steps(await waiting) == ["a"]


@pytest.mark.parametrize("troubled", [GROUP, GROUP.whole_chat])
@pytest.mark.parametrize("cleared", [GROUP, GROUP.whole_chat])
async def test_a_whole_chat_whose_trouble_is_cleared_gets_its_deliveries_in_all_topics(
    store: Store, clock: StillClock, *, troubled: Place, cleared: Place
) -> None:
    chat, topic = replace(GROUP, thread=None), replace(GROUP, thread="8")
    await store.subscriptions.add(Subscription(GROUP, None))
    await store.subscriptions.add(Subscription(topic, None))
    await queue(store, alert("a", GROUP, chat, topic, ELSEWHERE))
    for delivery in await claim(store.outbox):
        await store.outbox.postpone(delivery, pause=30 * MINUTE)
    await store.subscriptions.record_trouble(PlaceTrouble(troubled, "no rights", NOON))

    await store.subscriptions.clear_trouble(cleared)
    everywhere = GROUP.whole_chat in {troubled, cleared}
    assert {delivery.place for delivery in await claim(store.outbox)} == (
        {GROUP, chat, topic} if everywhere else {GROUP}
    )


async def test_what_waits_for_the_rate_limit_or_between_two_edits_does_not_come_sooner(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("slow", incident="INC-2"))
    await store.outbox.postpone(await claim_one(store.outbox), pause=MINUTE, failed=False)
    await change(store, "first")
    await queue(store, alert("second", kind=EDIT))
    assert await claim(store.outbox) == ()

    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "no rights", NOON))
    await store.subscriptions.clear_trouble(GROUP)
    assert await claim(store.outbox) == ()


async def test_more_than_a_script_may_do_at_a_time_comes_back_too(store: Store, clock: StillClock) -> None:
    await queue(store, *(alert(f"a{n}", incident=f"INC-{n}") for n in range(1100)))
    while found := await claim(store.outbox, 500):
        for delivery in found:
            await store.outbox.postpone(delivery, pause=30 * MINUTE)
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP, "no rights", NOON))

    await store.subscriptions.clear_trouble(GROUP)
    due = 0
    while found := await claim(store.outbox, 500):
        due += len(found)
    assert due == 1100


async def test_what_was_due_by_itself_is_not_made_due_again(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a"))
    await refuse(store, clock)
    assert await store.database.command("TTL", f"{{ob}}:failed:{GROUP}") > 29 * 86400
    clock.advance(30 * MINUTE)
    [left] = await store.database.command("SMEMBERS", f"{{ob}}:failed:{GROUP}")
    back = await claim_one(store.outbox)
    assert await store.database.command("EXISTS", f"{{ob}}:failed:{GROUP}") == 0

    await store.database.command("SADD", f"{{ob}}:failed:{GROUP}", left)  # as a store that lost the last step has it
    await store.subscriptions.clear_trouble(GROUP)
    assert await claim(store.outbox) == ()
    await store.outbox.finish(back, message_id="1")


async def change(store: Store, step: str, *, kind: DeliveryKind = EDIT) -> None:
    """Queue one change and let it reach its place."""
    await queue(store, alert(step, kind=kind))
    await store.outbox.finish(await claim_one(store.outbox), message_id="1")


async def test_a_message_is_edited_once_in_five_minutes(store: Store, clock: StillClock) -> None:
    await change(store, "opened", kind=POST)
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await claim(store.outbox) == ()
    clock.advance(5 * MINUTE - timedelta.resolution)
    assert await claim(store.outbox) == ()
    clock.advance(timedelta.resolution)
    second = await claim_one(store.outbox)
    assert (second.alert, second.attempt, second.sent) == ("edit 2", 0, "1")


async def test_of_the_edits_that_come_too_soon_the_newest_wins(store: Store, clock: StillClock) -> None:
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await claim(store.outbox) == ()
    await queue(store, alert("edit 3", kind=EDIT))
    assert await claim(store.outbox) == ()
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}
    clock.advance(5 * MINUTE)
    assert steps(await claim(store.outbox)) == ["edit 3"]


@pytest.mark.parametrize("kind", [POST, CLOSE])
async def test_an_escalation_or_the_end_does_not_wait_behind_an_edit_that_came_too_soon(
    store: Store, kind: DeliveryKind
) -> None:
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await claim(store.outbox) == ()
    await queue(store, alert("turn", kind=kind))
    assert steps(await claim(store.outbox)) == ["turn"]
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


async def test_a_new_message_may_be_edited_at_once(store: Store) -> None:
    await change(store, "edit 1")
    await change(store, "escalated", kind=POST)
    await queue(store, alert("edit 2", kind=EDIT))
    assert steps(await claim(store.outbox)) == ["edit 2"]


async def test_an_older_message_is_edited_to_point_to_the_newer_one_after_everything_else(store: Store) -> None:
    await change(store, "opened", kind=POST)
    await queue(store, replace(alert("escalated", severity=Severity.CRITICAL), ping=True))
    escalated = await claim_one(store.outbox)
    assert escalated.sent == "1"
    await store.outbox.finish(escalated, message_id="2", leaves="1")
    await queue(store, alert("moved", kind=EDIT), alert("other", severity=Severity.WATCH, incident="INC-2"))
    assert await store.outbox.depth() == {
        (Platform.TELEGRAM, Severity.CRITICAL): 1,
        (Platform.TELEGRAM, Severity.ELEVATED): 1,
        (Platform.TELEGRAM, Severity.WATCH): 1,
    }
    edit, other, older = await claim(store.outbox)
    assert (edit.alert, edit.sent, edit.older, other.alert) == ("moved", "2", None, "other")
    assert (older.alert, older.message.mention) == ("escalated", None)
    assert older.older == EarlierMessage("1", "opened", Message("opened"))


async def test_an_earlier_message_keeps_the_text_it_shows_by_then(store: Store, clock: StillClock) -> None:
    """An edit that came too soon and was replaced by the escalation was never seen: the text is the one before it."""
    await change(store, "opened", kind=POST)
    await change(store, "edit 1")
    await queue(store, alert("edit 2", kind=EDIT))
    assert await claim(store.outbox) == ()
    await queue(store, alert("escalated"))
    await store.outbox.finish(await claim_one(store.outbox), message_id="2", leaves="1")

    older = (await claim_one(store.outbox)).older

    assert older
    assert (older.id, older.message) == ("1", Message("edit 1"))


async def test_a_text_is_kept_as_long_as_a_message_shows_it(store: Store) -> None:
    async def kept() -> set[str]:
        fields = await store.database.command("HKEYS", "{ob}:texts:INC-1")
        return {field.decode() for field in fields if not field.startswith(b"#")}

    await queue(store, alert("opened", GROUP, ELSEWHERE))
    for number, delivery in enumerate(await claim(store.outbox)):
        await store.outbox.finish(delivery, message_id=str(number))
    await queue(store, alert("changed", GROUP, kind=EDIT))
    await store.outbox.finish(await claim_one(store.outbox), message_id="0")
    assert await kept() == {"opened", "changed"}

    await queue(store, alert("escalated", GROUP, ELSEWHERE))
    for delivery in await claim(store.outbox):
        await store.outbox.finish(delivery, message_id=f"{delivery.sent}0", leaves=delivery.sent)
    pointers = await claim(store.outbox)
    assert {pointer.older.message.title for pointer in pointers if pointer.older} == {"opened", "changed"}
    assert await kept() == {"opened", "changed", "escalated"}

    for pointer in pointers:
        await store.outbox.finish(pointer, message_id=None)
    assert await kept() == {"escalated"}


@pytest.mark.parametrize("value", ["1", "1 1768046400000000"])
async def test_a_message_of_which_an_older_program_kept_no_text_is_left_as_it_is(store: Store, value: str) -> None:
    await store.database.command("HSET", "{ob}:sent:INC-1", str(GROUP), value)
    await queue(store, alert("escalated"))
    escalated = await claim_one(store.outbox)
    assert escalated.sent == "1"

    await store.outbox.finish(escalated, message_id="2", leaves="1")

    assert await claim(store.outbox) == ()
    assert await store.outbox.depth() == {}


async def test_a_text_that_is_gone_leaves_the_earlier_message_as_it_is(store: Store) -> None:
    await change(store, "opened", kind=POST)
    await queue(store, alert("escalated"))
    await store.outbox.finish(await claim_one(store.outbox), message_id="2", leaves="1")
    await store.database.command("DEL", "{ob}:texts:INC-1")

    assert await claim(store.outbox) == ()
    assert await store.outbox.depth() == {}


async def edit_of_older_message(store: Store) -> Delivery:
    """Return the delivery that edits an older message so that it points to a newer one."""
    await change(store, "opened", kind=POST)
    await queue(store, alert("escalated"))
    await store.outbox.finish(await claim_one(store.outbox), message_id="2", leaves="1")
    return await claim_one(store.outbox)


async def test_the_edit_of_an_older_message_delays_nothing_and_changes_nothing_else(store: Store) -> None:
    older = await edit_of_older_message(store)
    await queue(store, alert("moved", kind=EDIT))
    moved = await claim_one(store.outbox)
    assert moved.alert == "moved"
    await queue(store, alert("resolved", kind=REPLY))
    await store.outbox.finish(older, message_id=None)
    assert await claim(store.outbox) == ()  # the edit is still under way
    await store.outbox.finish(moved, message_id="2")
    assert steps(await claim(store.outbox)) == ["resolved"]
    assert await newest_message(store, "INC-1", GROUP) == "2"


async def test_the_edit_of_an_older_message_can_be_postponed_and_given_up(store: Store, clock: StillClock) -> None:
    older = await edit_of_older_message(store)
    await store.outbox.postpone(older, pause=MINUTE)
    await queue(store, alert("moved", kind=EDIT))
    await store.outbox.finish(await claim_one(store.outbox), message_id="2")
    clock.advance(MINUTE)
    again = await claim_one(store.outbox)
    assert (again.older, again.attempt) == (older.older, 1)
    await store.outbox.give_up(again, "no")
    assert await store.outbox.depth() == {}
    assert await claim(store.outbox) == ()


async def test_the_edit_of_an_older_message_expires_with_its_alert(store: Store) -> None:
    older = await edit_of_older_message(store)
    await store.outbox.postpone(older, pause=NOW)
    await store.database.command("DEL", "{ob}:alert:escalated")
    assert await claim(store.outbox) == ()
    await store.outbox.finish(older, message_id=None)
    assert await store.outbox.depth() == {}


async def test_finishing_twice_is_finishing_once(store: Store) -> None:
    await queue(store, alert("a", GROUP, Place(Platform.TELEGRAM, "5")))
    first, second = await claim(store.outbox)
    for _ in range(2):
        await store.outbox.finish(first, message_id="1")
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}
    await store.outbox.postpone(first, pause=NOW)
    assert await claim(store.outbox) == ()
    await store.outbox.finish(second, message_id="2")
    assert await store.outbox.depth() == {}


async def test_the_newest_sent_message_is_remembered_where_it_was_sent(store: Store) -> None:
    moved = Place(Platform.TELEGRAM, "-200", "7")
    await queue(store, alert("a"))
    delivery = await claim_one(store.outbox)
    await store.outbox.finish(replace(delivery, place=moved), message_id="41")
    assert await newest_message(store, "INC-1", moved) == "41"
    assert await newest_message(store, "INC-1", GROUP) == "41"  # for what was queued for the old address
    assert await newest_message(store, "INC-2", moved) is None


async def test_an_incident_announced_before_a_chat_moved_goes_on_at_its_new_address(store: Store) -> None:
    chat = Place(Platform.TELEGRAM, "-200")
    await queue(store, alert("opened", GROUP, replace(GROUP, thread=None)))
    for number, delivery in enumerate(await claim(store.outbox)):
        await store.outbox.finish(delivery, message_id=f"4{number}")
    await store.subscriptions.move(GROUP, chat)
    await queue(
        store, alert("resolved", replace(GROUP, chat="-200"), chat, Place(Platform.TELEGRAM, "-300"), kind=REPLY)
    )

    assert {str(delivery.place): delivery.sent for delivery in await claim(store.outbox)} == {
        "telegram:-200/7": LEFT_BEHIND,
        "telegram:-200": LEFT_BEHIND,
        "telegram:-300": None,
    }


async def test_a_delivery_to_a_moved_chat_frees_what_waited_behind_it(store: Store) -> None:
    await queue(store, alert("opened"))
    delivery = await claim_one(store.outbox)
    await queue(store, alert("resolved", kind=REPLY))
    await store.outbox.finish(replace(delivery, place=Place(Platform.TELEGRAM, "-200")), message_id="41")
    assert steps(await claim(store.outbox)) == ["resolved"]


async def test_an_unsent_delivery_leaves_no_message_behind(store: Store) -> None:
    await queue(store, alert("a"))
    await store.outbox.finish(await claim_one(store.outbox), message_id=None)
    assert await newest_message(store, "INC-1", GROUP) is None
    assert await store.outbox.depth() == {}


async def test_a_delivery_that_was_given_up_is_found_with_its_reason(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a"))
    await store.outbox.give_up(await claim_one(store.outbox), "refused twice")
    [dead_letter] = await given_up(store)
    assert dead_letter == {
        "alert": "a",
        "incident": "INC-1",
        "place": str(GROUP),
        "reason": "refused twice",
        "at": str(microseconds(clock.now())),
    }
    assert await store.outbox.depth() == {}
    # Entries are dated by the server, which has the real time.
    added_at = datetime.now(UTC)
    assert await store.outbox.given_up_since(added_at - timedelta(days=1)) == 1
    assert await store.outbox.given_up_since(added_at + timedelta(days=1)) == 0


async def test_what_a_dead_worker_had_claimed_comes_back(store: Store, clock: StillClock) -> None:
    dead = RedisOutbox(store.database, clock)
    await queue(store, alert("a"))
    claimed = await claim_one(dead)
    assert await claim(store.outbox) == ()
    again = await claim_one(RedisOutbox(store.database, clock, idle=timedelta()))
    assert again == replace(claimed, attempt=1)


async def test_what_a_stopping_worker_returns_comes_at_once(store: Store, clock: StillClock) -> None:
    stopping = RedisOutbox(store.database, clock)
    await queue(store, alert("a"))
    await claim_one(stopping)
    await stopping.return_claims()
    assert steps(await claim(store.outbox)) == ["a"]


async def test_what_a_worker_renewed_is_not_claimed_by_another(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a"))
    delivery = await claim_one(store.outbox)
    await make_idle(store, delivery)
    await store.outbox.renew_claims()
    assert await claim(RedisOutbox(store.database, clock)) == ()
    await make_idle(store, delivery)
    assert steps(await claim(RedisOutbox(store.database, clock))) == ["a"]


async def make_idle(store: Store, delivery: Delivery) -> None:
    """Let a delivery look as if nobody had touched it for two minutes."""
    words = ("XCLAIM", "{ob}:telegram:p1", "couriers", "courier", 0, delivery.receipt.split()[1])
    await store.database.command(*words, "IDLE", 120_000)


async def test_a_delivery_that_kills_every_worker_is_given_up(store: Store, clock: StillClock) -> None:
    await queue(store, alert("deadly"))
    workers = [RedisOutbox(store.database, clock, idle=timedelta()) for _ in range(6)]
    attempts = [(await claim_one(worker)).attempt for worker in workers[:5]]
    assert attempts == [0, 1, 2, 3, 4]
    assert await claim(workers[5]) == ()
    [dead_letter] = await given_up(store)
    assert "taken 5 times" in dead_letter["reason"]
    assert await store.outbox.depth() == {}


async def test_a_delivery_whose_claim_was_renewed_too_late_does_not_come_back_to_the_worker_that_sends_it(
    store: Store, clock: StillClock
) -> None:
    await queue(store, alert("a"))
    late = RedisOutbox(store.database, clock, idle=timedelta())
    claimed = await claim_one(late)
    assert await claim(late) == ()
    assert not late.still_owns(claimed)  # whoever claims next gets it, this worker included
    assert steps([await claim_one(late)]) == ["a"]


async def test_an_alert_wakes_a_worker_that_waits(patient_store: Store) -> None:
    waiting = asyncio.create_task(patient_store.outbox.claim(Platform.TELEGRAM, limit=5, wait=LONG))
    await until_it_waits(patient_store)
    async with in_time("the alert that was queued"):
        await queue(patient_store, alert("a"))
        assert steps(await waiting) == ["a"]


async def test_the_end_of_one_delivery_wakes_a_worker_for_the_next(patient_store: Store, clock: StillClock) -> None:
    await queue(patient_store, alert("opened"))
    opened = await claim_one(patient_store.outbox)
    await queue(patient_store, alert("resolved", kind=REPLY))
    await claim(patient_store.outbox)
    other = RedisOutbox(patient_store.database, clock)
    waiting = asyncio.create_task(other.claim(Platform.TELEGRAM, limit=5, wait=LONG))
    await until_it_waits(patient_store)
    async with in_time("the delivery behind the one that is over"):
        await patient_store.outbox.finish(opened, message_id="1")
        assert steps(await waiting) == ["resolved"]


async def test_a_worker_that_waits_wakes_for_what_is_due(patient_store: Store) -> None:
    outbox = RedisOutbox(patient_store.database, RealClock())
    await queue(patient_store, alert("a"))
    await outbox.postpone(await claim_one(outbox), pause=timedelta(milliseconds=20))
    async with in_time("the delivery that is due"):
        found = await outbox.claim(Platform.TELEGRAM, limit=5, wait=LONG)
    assert steps(found) == ["a"]


async def test_a_worker_waits_no_longer_than_asked(store: Store) -> None:
    async with in_time("the end of a wait of five milliseconds"):
        assert await store.outbox.claim(Platform.DISCORD, limit=5, wait=timedelta(milliseconds=5)) == ()


async def test_a_worker_that_waits_asks_once_and_not_again_and_again(patient_store: Store) -> None:
    """One script that finds nothing, and one blocking read that the server answers when there is something."""
    before = await calls(patient_store)
    waiting = asyncio.create_task(patient_store.outbox.claim(Platform.TELEGRAM, limit=5, wait=LONG))
    await until_it_waits(patient_store)
    after = await calls(patient_store)
    assert after["xread"] - before["xread"] <= 1  # Valkey counts it when it ends
    assert sum(after[name] - before[name] for name in ("evalsha", "eval")) <= 2  # twice where the script was not known
    await stop(waiting)


async def calls(store: Store) -> Counter[str]:
    """Return how often each command was called since the server began."""
    stats = await store.database.server_info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): facts["calls"] for name, facts in stats.items()})


async def test_a_worker_that_stops_waits_no_longer(patient_store: Store) -> None:
    stopping = asyncio.Event()
    claiming = patient_store.outbox.claim(Platform.TELEGRAM, limit=5, wait=LONG, stopping=stopping)
    waiting = asyncio.create_task(claiming)
    await until_it_waits(patient_store)
    async with in_time("the end of the wait"):
        stopping.set()
        assert await waiting == ()
    await queue(patient_store, alert("a"))
    assert steps(await claim(patient_store.outbox)) == ["a"]


async def test_a_cancelled_wait_takes_nothing_with_it(patient_store: Store) -> None:
    waiting = asyncio.create_task(patient_store.outbox.claim(Platform.TELEGRAM, limit=5, wait=LONG))
    await until_it_waits(patient_store)
    await stop(waiting)
    assert waiting.cancelled()
    await queue(patient_store, alert("a"))
    assert steps(await claim(patient_store.outbox)) == ["a"]


async def test_the_depth_is_by_platform_and_severity_and_the_oldest_has_its_time(store: Store) -> None:
    await queue(store, alert("young", GROUP, CHANNEL, severity=Severity.CRITICAL, created_at=NOON))
    await queue(store, alert("old", GROUP, severity=Severity.WATCH, incident="INC-2", created_at=NOON - MINUTE))
    assert await store.outbox.depth() == {
        (Platform.TELEGRAM, Severity.CRITICAL): 1,
        (Platform.DISCORD, Severity.CRITICAL): 1,
        (Platform.TELEGRAM, Severity.WATCH): 1,
    }
    assert await store.outbox.oldest_queued_at() == NOON - MINUTE
    for delivery in await claim(store.outbox):
        await store.outbox.finish(delivery, message_id="1")
    assert await store.outbox.oldest_queued_at() == NOON


async def test_a_big_fan_out_reaches_every_place_once(store: Store) -> None:
    places = [Place(Platform.TELEGRAM, str(n)) for n in range(2050)]
    await queue(store, alert("a", *places))
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 2050}
    seen = []
    while batch := await claim(store.outbox, 500):
        seen += [delivery.place for delivery in batch]
        await asyncio.gather(*(store.outbox.finish(delivery, message_id="1") for delivery in batch))
    assert seen == places
    assert await store.outbox.depth() == {}


async def test_several_workers_share_without_doubling(store: Store, clock: StillClock) -> None:
    places = [Place(Platform.TELEGRAM, str(n)) for n in range(600)]
    await queue(store, alert("a", *places))
    workers = [RedisOutbox(store.database, clock) for _ in range(4)]
    batches = await asyncio.gather(*(claim(worker, 200) for worker in workers))
    assert sorted(delivery.place for batch in batches for delivery in batch) == sorted(places)


async def test_an_expired_alert_leaves_no_blocked_place_behind(store: Store) -> None:
    await queue(store, alert("gone"))
    await store.database.command("DEL", "{ob}:alert:gone")
    assert await store.outbox.depth() == {}
    assert await claim(store.outbox) == ()
    await queue(store, alert("next"))
    assert steps(await claim(store.outbox)) == ["next"]


async def test_an_alert_that_expires_in_its_stream_frees_its_place(store: Store) -> None:
    await queue(store, alert("gone"))
    await claim(store.outbox, 0)
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
    while batch := [*await claim(store.outbox), *await claim(store.outbox, platform=Platform.DISCORD)]:
        for key in await store.database.command("KEYS", "{ob}:lanes:*"):
            assert await store.database.command("TTL", key) > 0
        for delivery in batch:
            await store.outbox.finish(delivery, message_id="1")
    for stream in ("telegram:p0", "telegram:p1", "telegram:p2", "discord:p1"):
        assert await store.database.command("XLEN", f"{{ob}}:{stream}") == 0
    left = {key.decode() for key in await store.database.command("KEYS", "{ob}*")}
    assert {key for key in left if key.startswith(("{ob}:alert:", "{ob}:lanes", "{ob}:fan"))} == set()
    assert await store.database.command("TTL", "{ob}:sent:INC-1") > 29 * 86400


async def test_a_claim_lasts_until_others_may_have_claimed_the_delivery(store: Store, clock: StillClock) -> None:
    await queue(store, alert("a", GROUP, CHANNEL))
    claimed = await claim_one(store.outbox)
    assert store.outbox.still_owns(claimed)
    await store.outbox.finish(claimed, message_id="1")
    assert not store.outbox.still_owns(claimed)
    slow = RedisOutbox(store.database, clock, idle=timedelta())
    (late,) = await claim(slow, platform=Platform.DISCORD)
    assert not slow.still_owns(late)
    await slow.renew_claims()
    assert not slow.still_owns(late)


def test_renewing_makes_claims_last_longer(server: Server, clock: StillClock) -> None:
    async def claim_and_renew(loop: HandMovedLoop) -> None:
        store = await open_store(server.url, clock=clock)
        outbox = RedisOutbox(store.database, clock, idle=LONG)
        await queue(store, alert("a"))
        claimed = await claim_one(outbox)
        loop.advance(0.9 * LONG)
        await outbox.renew_claims()
        loop.advance(0.9 * LONG)
        assert outbox.still_owns(claimed)
        loop.advance(0.2 * LONG)
        assert not outbox.still_owns(claimed)
        await store.close()

    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, HandMovedLoop)
        runner.run(claim_and_renew(loop))
