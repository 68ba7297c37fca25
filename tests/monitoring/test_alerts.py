"""Each place is told in its language, and beside what members' drills found where it has not switched those off."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.domain.drill import DrillOutcome
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.monitoring.alert_variants import USUAL, AlertVariant, by_variant
from bot.ports.drills import DrillMember
from bot.ports.outbox import DeliveryKind
from tests.builders import HERE, HOUR, NOON, subscription
from tests.fakes.marking_language import mark_texts
from tests.fakes.memory import Memory
from tests.fakes.memory_place_settings import MemoryPlaceSettings
from tests.messages.cards.plain import said
from tests.monitoring.test_watch import WatchedBinance

THERE = Place(Platform.DISCORD, "99")
GRUPO, CANAL, AMIGOS = (Place(Platform.TELEGRAM, f"-{number}") for number in (1, 2, 3))
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


async def test_each_language_has_its_own_text(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    watched = await drilled()
    for place, settings in {
        GRUPO: PlaceSettings(language="es"),
        CANAL: PlaceSettings(language="es", drills=False),
        AMIGOS: PlaceSettings(language="es"),
        THERE: PlaceSettings(language="en"),
    }.items():
        watched.memory.place_settings.kept[place] = settings
        await watched.memory.subscriptions.add(subscription(place=place))

    opened = await watched.judge_reading(54)
    changed = await watched.judge_reading(52, after=HOUR)

    for alerts, kind in ((opened, DeliveryKind.POST), (changed, DeliveryKind.EDIT)):
        english, spanish, _ = alerts
        assert [alert.kind for alert in alerts] == [kind] * 3
        assert [alert.id.removeprefix(english.id) for alert in alerts] == ["", "-es", "-es-without-drills"]
        assert [alert.message.language for alert in alerts] == ["en", "es", "es"]
        assert [{recipient.place for recipient in alert.recipients} for alert in alerts] == [
            {HERE, THERE}, {GRUPO, AMIGOS}, {CANAL},
        ]  # fmt: skip
        assert "es‹Mute 4 h›" in said(spanish.message)
        assert "‹" not in said(english.message)
        assert ["drills" in said(alert.message) for alert in alerts] == [True, True, False]


async def test_without_the_settings_of_places_alerts_go_out_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    watched = await drilled()
    watched.memory.place_settings.kept[THERE] = PlaceSettings(language="es")
    watched.memory.place_settings.away = True

    (opened,) = await watched.judge_reading(54)

    assert (opened.message.language, len(opened.recipients)) == ("en", 2)


class CountingSettings(MemoryPlaceSettings):
    """Counts how often all languages are asked for."""

    reads: int = 0

    @override
    async def languages(self) -> Mapping[Place, str]:
        self.reads += 1
        return await super().languages()


async def test_languages_are_asked_for_only_where_something_is_told() -> None:
    memory = Memory(NOON)
    memory.place_settings = settings = CountingSettings()
    watched = WatchedBinance(memory)
    await watched.store_quiet_days()
    await memory.subscriptions.add(subscription())

    reads = []
    for hour, billions in enumerate((60, 54, 52)):
        await watched.judge_reading(billions, after=hour * HOUR)
        reads.append(settings.reads)

    assert reads == [0, 1, 2]


def test_subscriptions_are_parted_only_where_places_differ() -> None:
    subscriptions = [subscription(place=place) for place in (HERE, THERE, GRUPO)]

    assert by_variant(subscriptions, {}, ()) == {USUAL: subscriptions}
    assert by_variant(subscriptions, {GRUPO: "es"}, {THERE}) == {
        USUAL: subscriptions[:1],
        AlertVariant(shows_drills=False): subscriptions[1:2],
        AlertVariant("es"): subscriptions[2:],
    }
