"""What places have set as a whole, on real servers: read from everywhere, written in one step, forgotten in one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import AskerError
from bot.domain.mute import Mute
from bot.domain.place import Place, Platform, Subscription
from bot.domain.place_export import PlaceChanges
from bot.domain.setting_change import SettingEditor
from bot.domain.severity import Sensitivity
from bot.storage.store import Store
from tests.storage.conftest import StillClock

GROUP = Place(Platform.TELEGRAM, "-100")
TOPIC = replace(GROUP, thread="7")
CHANNEL = Place(Platform.DISCORD, "998")
ANN, BOB = SettingEditor("telegram:7", "Ann"), SettingEditor("telegram:8", "Bob")
HOUR = timedelta(hours=1)


def changes(clock: StillClock, place: Place = GROUP, count: int = 1) -> PlaceChanges:
    """Return changes of every kind."""
    subscriptions = tuple(
        Subscription(place, f"x{number}", sensitivity=Sensitivity.EARLY, title="ü “quoted”") for number in range(count)
    )
    settings = (("digest", "daily 08:00"), ("notices", "off"), ("quiet", "22:00-07:00"))
    mutes = (Mute(place, None, clock.now(), clock.now() + HOUR, "telegram:7"),)
    return PlaceChanges(place, ANN, subscriptions, settings, mutes)


async def test_what_is_applied_is_read_back(store: Store, clock: StillClock) -> None:
    wanted = changes(clock, TOPIC)
    await store.place_exports.apply(wanted, now=clock.now())
    read = await store.place_exports.of_place(TOPIC)

    assert read.subscriptions == wanted.subscriptions
    assert dict(wanted.settings).items() <= dict(read.settings).items()
    (mute,) = read.mutes
    assert (mute.exchange, mute.until, mute.by) == (None, clock.now() + HOUR, "telegram:7")
    assert await store.subscriptions.presets("x0") == {Sensitivity.EARLY}
    assert await store.subscriptions.places_without_notices() == {TOPIC}
    assert {change.setting for change in await store.place_settings.changes(TOPIC)} == {"digest", "notices", "quiet"}


async def test_the_same_once_more_changes_nothing(store: Store, clock: StillClock) -> None:
    for _ in range(2):
        await store.place_exports.apply(changes(clock), now=clock.now())
    first = await store.place_exports.of_place(GROUP)
    await store.place_exports.apply(PlaceChanges(GROUP, ANN), now=clock.now())

    assert await store.place_exports.of_place(GROUP) == first
    assert len(await store.place_settings.changes(GROUP)) == 3


async def test_whoever_imports_that_approval_is_on_is_asked_from_then_on(store: Store, clock: StillClock) -> None:
    await store.place_exports.apply(PlaceChanges(GROUP, ANN, settings=(("approval", "on"),)), now=clock.now())
    assert (await store.place_settings.of_place(GROUP)).approver == ANN.id
    await store.place_exports.apply(PlaceChanges(GROUP, BOB, settings=(("timezone", "Asia/Tokyo"),)), now=clock.now())
    assert (await store.place_settings.of_place(GROUP)).approver == ANN.id
    await store.place_exports.apply(PlaceChanges(GROUP, BOB, settings=(("approval", "off"),)), now=clock.now())
    assert (await store.place_settings.of_place(GROUP)).approver == ""


async def test_settings_go_back_to_what_they_are_at_first(store: Store, clock: StillClock) -> None:
    await store.place_exports.apply(changes(clock), now=clock.now())
    back = (("digest", "off"), ("notices", "on"), ("quiet", "off"))
    await store.place_exports.apply(PlaceChanges(GROUP, ANN, settings=back), now=clock.now())

    assert dict(back).items() <= dict((await store.place_exports.of_place(GROUP)).settings).items()
    assert await store.subscriptions.places_without_notices() == frozenset()


async def test_a_place_that_would_have_too_much_gets_nothing(store: Store, clock: StillClock) -> None:
    await store.subscriptions.add(Subscription(GROUP, "okx"))
    with pytest.raises(AskerError, match="more than 100 subscriptions"):
        await store.place_exports.apply(changes(clock, count=100), now=clock.now())

    read = await store.place_exports.of_place(GROUP)
    assert [kept.exchange for kept in read.subscriptions] == ["okx"]
    assert dict(read.settings)["quiet"] == "off"
    assert read.mutes == ()


async def test_a_mute_keeps_when_it_began_and_one_that_is_over_is_left_out(store: Store, clock: StillClock) -> None:
    made = await store.mutes.mute(GROUP, "okx", length=HOUR, by="telegram:1")
    clock.advance(timedelta(minutes=10))
    longer = Mute(GROUP, "okx", clock.now(), clock.now() + 2 * HOUR, "telegram:7")
    over = Mute(GROUP, "kraken", clock.now() - HOUR, clock.now(), "telegram:7")
    await store.place_exports.apply(PlaceChanges(GROUP, ANN, mutes=(longer, over)), now=clock.now())

    (mute,) = await store.mutes.of_place(GROUP)
    assert (mute.since, mute.until, mute.id) == (made.since, clock.now() + 2 * HOUR, made.id)


async def test_every_place_that_has_set_anything_is_listed_once(store: Store, clock: StillClock) -> None:
    await store.place_exports.apply(changes(clock, TOPIC), now=clock.now())
    await store.subscriptions.add(Subscription(CHANNEL, "okx"))
    await store.place_exports.apply(PlaceChanges(GROUP, ANN, settings=(("drills", "off"),)), now=clock.now())
    spanish, muted = Place(Platform.TELEGRAM, "8"), Place(Platform.TELEGRAM, "9")
    await store.place_exports.apply(PlaceChanges(spanish, ANN, settings=(("language", "es"),)), now=clock.now())
    await store.mutes.mute(muted, None, length=HOUR, by="")
    await store.database.command("HSET", "{subs}:places", "nonsense", "okx")

    assert await store.place_exports.places() == [CHANNEL, GROUP, TOPIC, spanish, muted]


async def test_a_place_is_forgotten_whole_and_no_other_is(store: Store, clock: StillClock) -> None:
    for place in (GROUP, TOPIC):
        await store.place_exports.apply(changes(clock, place), now=clock.now())
    code = await store.pending_changes.keep(GROUP, "a file")
    kept = await store.place_exports.of_place(TOPIC)

    await store.place_exports.forget(GROUP)

    assert await store.place_exports.places() == [TOPIC]
    assert await store.place_exports.of_place(TOPIC) == kept
    assert await store.pending_changes.read(GROUP, code) is None
    assert await store.place_settings.changes(GROUP) == []
