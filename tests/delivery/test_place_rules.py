"""What a place's settings do to what is delivered there, by the time of sending."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.delivery.place_rules import following_settings
from bot.domain.local_time import QuietHours
from bot.domain.place import Place
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Severity
from bot.messages.cards.common import TONES
from bot.messages.model import Message, Tone, line, moment
from bot.ports.outbox import Delivery, DeliveryKind
from tests.builders import DAY, HOUR
from tests.clocks import in_simulated_time
from tests.delivery.recording_chat import CLOSE, POST, REPLY
from tests.delivery.test_worker import Scene, group
from tests.fakes.memory_place_settings import MemoryPlaceSettings
from tests.messages.cards.plain import plain

GROUP, OTHER, MOVED = group(1), group(2), group(3)
PARIS_NIGHT = PlaceSettings("Europe/Paris", QuietHours(time(22), time(7)))
LOUD_MOMENT = datetime(2026, 6, 10, 19, 59, tzinfo=UTC)
QUIET_MOMENT = datetime(2026, 6, 10, 20, 0, tzinfo=UTC)


class StartedClock:
    """A clock that shows a time when a test begins, and goes on with the loop's; fits ports.Clock."""

    def __init__(self, text: str) -> None:
        self.time = datetime.fromisoformat(text).replace(tzinfo=UTC)
        self._began_s = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return self.time + timedelta(seconds=asyncio.get_running_loop().time() - self._began_s)


async def delivered(scene: Scene, *severities: Severity, kind: DeliveryKind = POST) -> list[Message]:
    """Return what arrives of an alert of each severity that mentions @here."""
    for severity in severities:
        scene.queue(severity, GROUP, severity=severity, incident=f"INC-{severity}", kind=kind)
    scene.outbox.waiting[:] = [
        replace(delivery, message=replace(delivery.message, mention="here")) for delivery in scene.outbox.waiting
    ]
    async with scene.delivering():
        await scene.until_empty()
    return scene.chat.messages


@pytest.mark.parametrize(
    ("now", "is_quiet"),
    [
        ("2026-06-10 19:59", False),  # 21:59 in Paris
        ("2026-06-10 20:00", True),
        ("2026-06-11 04:59", True),
        ("2026-06-11 05:00", False),
        ("2026-03-29 00:59", True),  # the night in which clocks go from 02:00 to 03:00
        ("2026-03-29 04:59", True),
        ("2026-03-29 05:00", False),
        ("2026-10-24 20:30", True),  # the night in which they go from 03:00 to 02:00
        ("2026-10-25 05:59", True),
        ("2026-10-25 06:00", False),
    ],
)
@in_simulated_time
async def test_in_quiet_hours_only_critical_sounds_and_mentions(now: str, *, is_quiet: bool) -> None:
    scene = Scene(clock=StartedClock(now))
    scene.subscriptions.settings.kept[GROUP] = PARIS_NIGHT

    told = {message.title: message for message in await delivered(scene, *Severity)}

    assert set(told) == set(Severity)
    for severity, message in told.items():
        is_hushed = is_quiet and severity is not Severity.CRITICAL
        assert (message.silent, message.mention) == ((True, None) if is_hushed else (False, "here")), severity


def of_severity(severity: Severity, *, is_quiet: bool = False, **changes: Any) -> Delivery:
    """Return an open alert about an exchange on its way, as silent as it is written."""
    silent = severity is Severity.WATCH
    message = Message("An alert", tone=TONES[severity], silent=silent, mention="here")
    now = QUIET_MOMENT if is_quiet else LOUD_MOMENT
    delivery = Delivery("key", "1", "alert", "INC-8:normal", severity, POST, GROUP, message, now, now + DAY)
    return replace(delivery, **{"about": "kraken", **changes})


@pytest.mark.parametrize(
    ("sound", "sounding"),
    [
        ("auto", {Severity.ELEVATED, Severity.SEVERE, Severity.CRITICAL}),
        ("watch", set(Severity)),
        ("elevated", {Severity.ELEVATED, Severity.SEVERE, Severity.CRITICAL}),
        ("severe", {Severity.SEVERE, Severity.CRITICAL}),
        ("critical", {Severity.CRITICAL}),
    ],
)
def test_alerts_sound_from_the_severity_on_that_a_place_has_set(sound: str, sounding: set[Severity]) -> None:
    settings = replace(PARIS_NIGHT, sound=sound)
    by_day = [following_settings(of_severity(severity), settings, LOUD_MOMENT).message for severity in Severity]
    at_night = [
        following_settings(of_severity(severity, is_quiet=True), settings, QUIET_MOMENT).message
        for severity in Severity
    ]

    assert {severity for severity, told in zip(Severity, by_day, strict=True) if not told.silent} == sounding
    assert {told.mention for told in by_day} == {"here"}
    # Quiet hours are stronger, whatever the sound is.
    assert [told.silent for told in at_night] == [True, True, True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"message": Message("Over", tone=Tone.GOOD, silent=True), "kind": REPLY},
        {"message": Message("A data notice", tone=Tone.ELEVATED, silent=True), "switch": "notices"},
        {"message": Message("A digest", tone=Tone.WATCH, silent=True), "about": None},
        {"message": Message("A stress test", tone=Tone.INFO, silent=True)},
    ],
)
def test_what_never_sounds_does_not_for_any_severity(changes: dict[str, Any]) -> None:
    delivery = of_severity(Severity.SEVERE, **changes)
    for sound in ("auto", *Severity):
        assert following_settings(delivery, PlaceSettings(sound=sound), LOUD_MOMENT).message.silent, sound


def test_a_test_of_alerts_and_a_summary_sound_as_they_are_written_or_less() -> None:
    test = of_severity(Severity.SEVERE, message=Message("TEST", tone=Tone.INFO), about=None)
    summary = of_severity(Severity.ELEVATED, about=None)
    settings = PlaceSettings(sound="critical")
    assert not following_settings(test, settings, LOUD_MOMENT).message.silent
    assert following_settings(summary, settings, LOUD_MOMENT).message.silent
    assert not following_settings(summary, PlaceSettings(sound="watch"), LOUD_MOMENT).message.silent


@in_simulated_time
async def test_a_place_without_settings_is_never_quiet() -> None:
    scene = Scene()
    scene.subscriptions.settings.kept[OTHER] = PlaceSettings(quiet=QuietHours(time(0), time(23, 59)))
    (message,) = await delivered(scene, Severity.WATCH)
    assert (message.silent, message.mention) == (False, "here")


@in_simulated_time
async def test_what_waits_until_the_morning_sounds_again() -> None:
    """The settings count when it is sent, not when it was queued."""
    scene = Scene(clock=(clock := StartedClock("2026-06-11 04:30")))
    scene.subscriptions.settings.kept[GROUP] = PARIS_NIGHT
    scene.queue("elevated", GROUP)
    clock.time += HOUR
    async with scene.delivering():
        await scene.until_empty()
    assert not scene.chat.messages[0].silent


@in_simulated_time
async def test_quiet_hours_are_those_of_the_present_address() -> None:
    scene = Scene()
    scene.subscriptions.settings.kept[GROUP] = PlaceSettings(quiet=QuietHours(time(0), time(23, 59)))
    scene.queue("elevated", GROUP)
    await scene.subscriptions.move(GROUP, MOVED)
    async with scene.delivering():
        await scene.until_empty()
    assert [place for place, _, _ in scene.chat.shown] == [MOVED]
    assert scene.chat.messages[0].silent


def with_switch(scene: Scene, switch: str) -> None:
    """Let what waits be such that a setting of its place leaves it out."""
    scene.outbox.waiting[:] = [replace(delivery, switch=switch) for delivery in scene.outbox.waiting]


@in_simulated_time
async def test_with_pegs_off_what_is_there_is_edited_and_nothing_new_comes() -> None:
    scene = Scene()
    settings = scene.subscriptions.settings.kept
    settings[OTHER] = PlaceSettings(pegs=False)
    scene.queue("opened", GROUP, OTHER)
    with_switch(scene, "pegs")
    async with scene.delivering():
        await scene.until_empty()
        settings[GROUP] = PlaceSettings(pegs=False)
        for kind in (CLOSE, REPLY):
            scene.queue(f"over, {kind}", GROUP, OTHER, kind=kind)
        with_switch(scene, "pegs")
        await scene.until_empty()
        scene.queue("an outflow", OTHER, incident="INC-2")
        await scene.until_empty()
        scene.queue("of a newer program", OTHER, incident="INC-3")
        with_switch(scene, "weather")
        await scene.until_empty()

    assert [title for place, title, _ in scene.chat.shown if place == GROUP] == ["opened", "over, close"]
    assert [title for place, title, _ in scene.chat.shown if place == OTHER] == ["an outflow", "of a newer program"]
    assert scene.counted("dropped", "pegs off") == 4


@in_simulated_time
async def test_with_recovered_off_the_edit_stays_and_the_reply_is_left_out() -> None:
    scene = Scene()
    scene.subscriptions.settings.kept[GROUP] = PlaceSettings(recovered=False)
    scene.queue("opened", GROUP, OTHER)
    async with scene.delivering():
        await scene.until_empty()
        for kind in (CLOSE, REPLY):
            scene.queue(f"over, {kind}", GROUP, OTHER, kind=kind)
        await scene.until_empty()

    in_group = [title for place, title, _ in scene.chat.shown if place == GROUP]
    elsewhere = [title for place, title, _ in scene.chat.shown if place == OTHER]
    assert in_group == ["opened", "over, close"]
    assert elsewhere == ["opened", "over, close", "over, reply"]
    assert scene.counted("dropped", "recovered off") == 1


@in_simulated_time
async def test_on_telegram_times_are_those_of_the_place_also_in_what_points_to_it() -> None:
    scene = Scene()
    for place in (GROUP, OTHER):
        scene.subscriptions.settings.kept[place] = PlaceSettings("Asia/Tokyo" if place == GROUP else "UTC")
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    async with scene.delivering():
        for title in ("opened", "worse"):
            scene.queue(title, GROUP, OTHER)
            scene.outbox.waiting[:] = [
                replace(delivery, message=replace(delivery.message, lines=(line("since ", moment(noon)),)))
                for delivery in scene.outbox.waiting
            ]
            await scene.until_empty()

    told = [
        (place, plain(message.lines[0]))
        for (place, *_), message in zip(scene.chat.shown, scene.chat.messages, strict=True)
    ]
    assert {text for place, text in told if place == GROUP and "Updated" not in text} == {
        "since 2026-10-05 21:00 (12:00 UTC)"
    }
    # The edit of the first message, at some minutes past midnight, UTC.
    (pointer,) = (text for place, text in told if place == GROUP and "Updated" in text)
    assert re.fullmatch(
        r"Updated: it got worse \(elevated, 2026-10-05 09:\d\d \(00:\d\d UTC\)\). See the reply below.", pointer
    )
    assert not any("09:" in text for place, text in told if place == OTHER)
    assert len(told) == 6


@in_simulated_time
async def test_settings_that_cannot_be_read_hold_nothing_up() -> None:
    scene = Scene()
    scene.subscriptions.settings.kept[GROUP] = PlaceSettings(quiet=QuietHours(time(0), time(23, 59)))
    scene.subscriptions.settings.away = True
    with capture_logs() as logs:
        (message,) = await delivered(scene, Severity.ELEVATED)
    assert (message.silent, message.mention) == (False, "here")
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == [
        "settings of places not read, alerts go out as without any"
    ]


@in_simulated_time
async def test_settings_are_read_once_for_all_that_were_claimed_together() -> None:
    scene = Scene()
    asked: list[int] = []

    class CountedSettings(MemoryPlaceSettings):
        async def of_places(self, places: Sequence[Place]) -> Sequence[PlaceSettings]:
            asked.append(len(places))
            return await super().of_places(places)

    scene.subscriptions.settings = CountedSettings()
    scene.workers = [scene.new_worker(scene.chat)]
    scene.queue("opened", *map(group, range(10)))
    async with scene.delivering():
        await scene.until_empty()
    assert sum(asked) == 10
    assert len(asked) <= 2
