"""What members' drills found is told beside alerts, but not where a place has switched drills off."""

from datetime import timedelta

from bot.domain.drill import DrillOutcome
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.ports.drills import DrillMember
from bot.ports.outbox import DeliveryKind
from tests.builders import HERE, HOUR, subscription
from tests.messages.cards.plain import said
from tests.monitoring.test_watch import WatchedBinance

THERE = Place(Platform.DISCORD, "99")
FOUND = "Members' drills, unverified: 3 in 24 h, median 11 min, none refused, all in one community"


async def drilled() -> WatchedBinance:
    """Return a watch on which three members have tested withdrawals of Binance, and two places have subscribed."""
    watched = WatchedBinance()
    await watched.store_quiet_days()
    for place in (HERE, THERE):
        await watched.memory.subscriptions.add(subscription(place=place))
    members = [DrillMember(Platform.TELEGRAM, person, "traders") for person in ("ann", "bob", "cid")]
    for member in members:
        await watched.memory.drills.request("binance", member)
    watched.memory.clock.advance(timedelta(minutes=11))
    for member in members:
        await watched.memory.drills.finish("binance", member, DrillOutcome.ARRIVED)
    return watched


async def test_what_members_drills_found_is_told_beside_an_open_incident() -> None:
    watched = await drilled()

    (opened,) = await watched.judge_reading(54)

    assert FOUND in said(opened.message)
    assert {recipient.place for recipient in opened.recipients} == {HERE, THERE}


async def test_a_place_that_has_switched_drills_off_gets_the_same_without_them() -> None:
    watched = await drilled()
    watched.memory.place_settings.kept[THERE] = PlaceSettings(drills=False)

    opened = await watched.judge_reading(54)
    changed = await watched.judge_reading(52, after=HOUR)

    for alerts, kind in ((opened, DeliveryKind.POST), (changed, DeliveryKind.EDIT)):
        told, told_without = alerts
        assert (told.kind, told_without.kind) == (kind, kind)
        assert told.id != told_without.id
        assert [[recipient.place for recipient in alert.recipients] for alert in alerts] == [[HERE], [THERE]]
        assert FOUND in said(told.message)
        assert "drills" not in said(told_without.message)


async def test_without_the_store_of_drills_alerts_go_out_all_the_same() -> None:
    watched = await drilled()
    watched.memory.drills.away = True

    (opened,) = await watched.judge_reading(54)

    assert "drills" not in said(opened.message)


async def test_the_end_of_an_incident_says_nothing_of_drills() -> None:
    watched = await drilled()
    (opened,) = await watched.judge_reading(54)
    assert FOUND in said(opened.message)

    closed, reply = await watched.judge_reading(60, after=HOUR)

    assert (closed.kind, reply.kind) == (DeliveryKind.CLOSE, DeliveryKind.REPLY)
    assert "drills" not in said(closed.message) + said(reply.message)
