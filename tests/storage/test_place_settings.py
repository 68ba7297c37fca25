"""The settings of places in Redis: one value per place, who changed what, and what moves and is forgotten with it."""

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StorageError
from bot.domain.local_time import DigestSchedule, QuietHours
from bot.domain.place import Place, Platform, Subscription
from bot.domain.place_settings import AnswerAudience, PlaceSettings
from bot.domain.setting_change import SettingChange
from bot.ports.subscriptions import PlaceTrouble
from bot.storage.place_settings import CHANGES_MAX
from bot.storage.store import Store
from tests.storage.set_place import ANN, BOB, NOON, set_place

GROUP = Place(Platform.TELEGRAM, "-100")
TOPIC = Place(Platform.TELEGRAM, "-100", "7")
NEW_GROUP, NEW_TOPIC = Place(Platform.TELEGRAM, "-200"), Place(Platform.TELEGRAM, "-200", "7")
NIGHT, MORNING = QuietHours(time(22), time(7)), DigestSchedule(time(8))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EVERYTHING = PlaceSettings(
    "Europe/Paris", NIGHT, MORNING, AnswerAudience.PRIVATE, language="pt-BR", notices=False, recovered=False,
    drills=False, approval=True, approver=ANN.id, publish=True, sound="severe",
)  # fmt: skip


async def set_everything(store: Store, place: Place) -> None:
    await store.place_settings.change(place, lambda _: EVERYTHING, editor=ANN, now=NOON)


async def stored_names(store: Store) -> str:
    """Return every key of settings with the places in it, as one text."""
    found = []
    for key in sorted(await store.database.command("KEYS", "{subs}:*")):
        kind = (await store.database.command("TYPE", key)).decode()
        words = {"hash": ("HKEYS", key), "set": ("SMEMBERS", key), "zset": ("ZRANGE", key, 0, -1)}
        found.append((key, await store.database.command(*words[kind]) if kind in words else ""))
    return repr(found)


async def test_settings_are_kept_and_those_of_another_place_are_as_at_first(store: Store) -> None:
    await set_everything(store, GROUP)

    assert await store.place_settings.of_place(GROUP) == EVERYTHING
    assert await store.place_settings.of_places([TOPIC, GROUP]) == [PlaceSettings(), EVERYTHING]
    assert await store.place_settings.of_places([]) == []
    assert await store.subscriptions.places_without_notices() == {GROUP}


async def test_settings_that_are_as_at_first_take_no_space(store: Store) -> None:
    await set_everything(store, GROUP)
    await store.place_settings.change(GROUP, lambda _: PlaceSettings(), editor=ANN, now=NOON)

    assert await store.place_settings.of_place(GROUP) == PlaceSettings()
    for key in ("settings", "notices:off", "drills:off", "languages", "digests"):
        assert not await store.database.command("EXISTS", f"{{subs}}:{key}")


async def test_who_changed_what_is_kept_the_newest_first(store: Store) -> None:
    await set_place(store, GROUP, timezone="Europe/Paris", notices=False)
    await set_place(store, GROUP, by=BOB, at=NOON + MINUTE, quiet=NIGHT)
    await set_place(store, GROUP, by=BOB, at=NOON + 2 * MINUTE, quiet=NIGHT)  # which changes nothing

    assert await store.place_settings.changes(GROUP) == [
        SettingChange(NOON + MINUTE, BOB, "quiet", "off", "22:00-07:00"),
        SettingChange(NOON, ANN, "notices", "on", "off"),
        SettingChange(NOON, ANN, "timezone", "UTC", "Europe/Paris"),
    ]
    assert await store.place_settings.changes(TOPIC) == []


async def test_only_the_last_changes_are_kept(store: Store) -> None:
    for number in range(CHANGES_MAX + 5):
        await set_place(store, GROUP, recovered=number % 2 == 1, at=NOON + number * MINUTE)

    changes = await store.place_settings.changes(GROUP)
    assert len(changes) == CHANGES_MAX
    assert changes[0].at == NOON + (CHANGES_MAX + 4) * MINUTE


async def test_two_moderators_at_once_both_get_what_they_want(store: Store) -> None:
    values: dict[str, Any] = {
        "notices": False,
        "drills": False,
        "recovered": False,
        "language": "es",
        "quiet": NIGHT,
        "timezone": "Asia/Tokyo",
    }
    await asyncio.gather(*(set_place(store, GROUP, **{name: value}) for name, value in values.items()))

    assert await store.place_settings.of_place(GROUP) == replace(PlaceSettings(), **values)
    assert {change.setting for change in await store.place_settings.changes(GROUP)} == set(values)


async def test_a_setting_that_changes_all_the_time_is_given_up(store: Store) -> None:
    class Interfering:
        """Somebody else's change comes between each reading and its writing."""

        async def script(self, script: object, key: object, *arguments: str) -> object:
            if "change_settings" in script.files:  # type: ignore[attr-defined]
                return 0
            return await store.database.script(script, key, *arguments)  # type: ignore[arg-type]

        decoded = store.database.decoded

    settings = replace(store.place_settings, database=Interfering())  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="again and again"):
        await settings.change(GROUP, lambda before: replace(before, notices=False), editor=ANN, now=NOON)
    assert await store.place_settings.of_place(GROUP) == PlaceSettings()


async def test_the_next_digest_is_due_at_the_places_hour_and_changes_with_the_zone_alone(store: Store) -> None:
    async def due() -> datetime | None:
        score = await store.database.command("ZSCORE", "{subs}:digests", str(GROUP))
        return datetime.fromtimestamp(float(score) / 1e6, NOON.tzinfo) if score else None

    await set_place(store, GROUP, digest=MORNING)
    assert await due() == NOON + timedelta(hours=20)  # 08:00 UTC tomorrow
    await set_place(store, GROUP, timezone="Europe/Paris")
    assert await due() == NOON + timedelta(hours=19)
    await set_place(store, GROUP, notices=False, at=NOON + 3 * DAY)  # one that is late is still due
    assert await due() == NOON + timedelta(hours=19)
    await set_place(store, GROUP, digest=None)
    assert await due() is None


async def test_settings_move_with_a_chat_and_its_topics_subscribed_or_not(store: Store) -> None:
    for place in (GROUP, TOPIC):
        await set_everything(store, place)
    await store.subscriptions.move(GROUP, NEW_GROUP)

    assert await store.place_settings.of_places([NEW_GROUP, NEW_TOPIC]) == [EVERYTHING, EVERYTHING]
    assert len(await store.place_settings.changes(NEW_TOPIC)) == 11
    assert await store.subscriptions.places_without_notices() == {NEW_GROUP, NEW_TOPIC}
    assert await store.place_settings.languages() == {NEW_GROUP: "pt-BR", NEW_TOPIC: "pt-BR"}
    assert "-100" not in (await stored_names(store)).replace("moved:telegram:-100", "")


async def test_settings_that_the_new_address_has_already_stay(store: Store) -> None:
    await set_everything(store, GROUP)
    await set_place(store, NEW_GROUP, by=BOB, timezone="Asia/Tokyo")
    await store.subscriptions.move(GROUP, NEW_GROUP)

    moved = await store.place_settings.of_place(NEW_GROUP)
    assert (moved.timezone, moved.quiet) == ("Asia/Tokyo", None)
    assert moved.language == "auto"
    assert (moved.notices, moved.drills) == (True, True)  # else data notices would be missed there without a word
    assert [change.editor for change in await store.place_settings.changes(NEW_GROUP)] == [BOB]


async def test_a_zone_that_only_another_program_knows_costs_no_other_setting(store: Store) -> None:
    stored = '{"approval":"on","digest":"daily 08:00","quiet":"22:00-07:00","timezone":"Mars/Olympus_Mons"}'
    await store.database.command("HSET", "{subs}:settings", str(GROUP), stored)
    read = await store.place_settings.of_place(GROUP)
    assert (read.approval, read.timezone) == (True, "Mars/Olympus_Mons")
    assert read.is_quiet_at(NOON.replace(hour=23))  # by UTC
    assert read.next_digest_after(NOON) == NOON.replace(day=11, hour=8)

    await set_place(store, GROUP, approval=False)
    assert (await store.place_settings.of_place(GROUP)).timezone == "Mars/Olympus_Mons"


async def test_settings_are_forgotten_with_a_place(store: Store) -> None:
    await store.subscriptions.add(Subscription(GROUP, "binance"))
    for place in (GROUP, TOPIC, NEW_GROUP):
        await set_everything(store, place)
    await store.subscriptions.record_trouble(PlaceTrouble(GROUP.whole_chat, "gone", NOON, disabled=True))
    await store.place_settings.forget(NEW_GROUP)

    assert await store.subscriptions.forget_disabled(NOON + 31 * DAY) == [GROUP.whole_chat, GROUP, TOPIC]
    assert await stored_names(store) == "[]"


async def test_who_switched_approval_on_is_kept_and_forgotten_with_it(store: Store) -> None:
    assert (await set_place(store, GROUP, approval=True)).approver == ANN.id
    assert (await set_place(store, GROUP, by=BOB, quiet=NIGHT)).approver == ANN.id
    assert (await store.place_settings.of_place(GROUP)).approver == ANN.id
    assert (await set_place(store, GROUP, by=BOB, approval=False)).approver == ""
    assert (await set_place(store, GROUP, by=BOB, approval=True)).approver == BOB.id


@pytest.mark.parametrize("damaged", [b"{", b"[]", b'{"quiet":"never"}', b'{"quiet":7}', b"\xff"])
async def test_settings_that_cannot_be_read_are_as_at_first_and_said(store: Store, damaged: bytes) -> None:
    await set_everything(store, GROUP)
    await store.database.command("HSET", "{subs}:settings", str(GROUP), damaged)

    with capture_logs() as logs:
        read = await store.place_settings.of_place(GROUP)
    assert read == PlaceSettings(notices=False, drills=False, language="pt-BR")
    assert [entry["event"] for entry in logs] == ["stored value cannot be read"]

    await set_place(store, GROUP, quiet=NIGHT)
    assert (await store.place_settings.of_place(GROUP)).quiet == NIGHT


async def test_the_languages_of_all_places_are_told_at_once_but_for_english(store: Store) -> None:
    await set_place(store, GROUP, language="es")
    await set_place(store, TOPIC, language="en")
    await set_place(store, NEW_GROUP, quiet=NIGHT)
    await set_place(store, NEW_TOPIC, language="ru")
    assert await store.place_settings.languages() == {GROUP: "es", NEW_TOPIC: "ru"}
    assert (await store.place_settings.of_place(TOPIC)).language == "en"

    await set_place(store, GROUP, language="auto")
    await store.place_settings.forget(NEW_TOPIC)
    assert await store.place_settings.languages() == {}


async def test_a_language_that_cannot_be_used_is_no_places_and_costs_no_other_setting(store: Store) -> None:
    await set_place(store, TOPIC, language="es")
    await set_place(store, GROUP, quiet=NIGHT)
    await store.database.command("HSET", "{subs}:languages", str(GROUP), "tlh", "nonsense", "es", "telegram:9", b"\xff")
    with capture_logs() as logs:
        assert await store.place_settings.languages() == {TOPIC: "es"}
        assert (await store.place_settings.of_place(GROUP)).quiet == NIGHT
    assert {entry["event"] for entry in logs} == {"stored value cannot be read"}


async def test_a_setting_of_a_newer_program_is_left_alone(store: Store) -> None:
    await store.database.command("HSET", "{subs}:settings", str(GROUP), b'{"quiet":"22:00-07:00","mood":"calm"}')
    assert await store.place_settings.of_place(GROUP) == PlaceSettings(quiet=NIGHT)


async def test_a_change_that_cannot_be_read_is_left_out(store: Store) -> None:
    await set_place(store, GROUP, notices=False)
    await store.database.command("LPUSH", "{subs}:settings:log:telegram:-100", b"{")
    assert [change.setting for change in await store.place_settings.changes(GROUP)] == ["notices"]
