"""Muted places: nothing new is posted there, whatever is queued already, and what is there goes on being edited."""

import asyncio
from datetime import timedelta

import pytest

from bot.delivery.mute_check import PLACE_MUTED, muted_deliveries
from bot.domain.errors import BadMessage
from bot.domain.mute import MissedIncident, UntilWorse
from bot.domain.place import Subscription
from bot.domain.severity import Severity
from bot.ports.outbox import DeliveryKind
from tests.builders import DAY, HOUR
from tests.clocks import in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY
from tests.delivery.test_worker import Scene, person

GROUP, OTHER = person(1), person(2)
CRITICAL = Severity.CRITICAL


async def muted_scene(*, exchange: str | None = "binance", worse: UntilWorse | None = None) -> Scene:
    """Return a scene in which both places hear of everything, and the first has muted an exchange for four hours."""
    scene = Scene()
    for place in (GROUP, OTHER):
        await scene.subscriptions.add(Subscription(place, None, mention="here"))
    await scene.mutes.mute(GROUP, exchange, length=4 * HOUR, by="telegram:7", worse=worse)
    return scene


def tell(scene: Scene, kind: DeliveryKind = POST, severity: Severity = Severity.SEVERE, about: str = "binance") -> None:
    scene.queue(str(kind), GROUP, OTHER, about=about, kind=kind, severity=severity, incident="INC-42:normal")


def told_in_the_muted_place(scene: Scene) -> list[str]:
    return [title for place, title, _ in scene.chat.shown if place == GROUP]


@pytest.mark.parametrize("exchange", ["binance", None])
@pytest.mark.parametrize("kind", [POST, EDIT])
@in_simulated_time
async def test_a_muted_place_is_sent_nothing_new_critical_included(exchange: str | None, kind: DeliveryKind) -> None:
    scene = await muted_scene(exchange=exchange)
    tell(scene, kind, CRITICAL)
    async with scene.delivering():
        await scene.until_empty()

    assert [place for place, _, _ in scene.chat.shown] == [OTHER]
    assert scene.counted("dropped", PLACE_MUTED) == 1
    assert [*scene.mutes.missed.values()] == [MissedIncident("INC-42:normal", "binance", CRITICAL)]


@in_simulated_time
async def test_a_mute_stops_what_is_queued_already_and_nothing_else() -> None:
    scene = await muted_scene()
    await scene.mutes.lift(GROUP, "binance")
    tell(scene)
    tell(scene, about="okx", kind=EDIT)
    await scene.mutes.mute(GROUP, "binance", length=HOUR, by="telegram:7")
    async with scene.delivering():
        await scene.until_empty()

    assert told_in_the_muted_place(scene) == ["edit"]


@in_simulated_time
async def test_what_is_there_goes_on_being_edited_and_an_escalation_becomes_an_edit_without_a_mention() -> None:
    scene = Scene()
    tell(scene, severity=Severity.ELEVATED)
    async with scene.delivering():
        for place in (GROUP, OTHER):
            await scene.subscriptions.add(Subscription(place, None, mention="here"))
        await scene.until_empty()
        await scene.mutes.mute(GROUP, None, length=4 * HOUR, by="telegram:7")
        opened = next(f"m{i}" for i, shown in enumerate(scene.chat.shown, 1) if shown[0] == GROUP)
        for kind in (EDIT, POST, CLOSE, REPLY):
            tell(scene, kind)
            await scene.until_empty()

    here = [(title, about) for place, title, about in scene.chat.shown if place == GROUP]
    assert here == [("post", None), ("edit", f"={opened}"), ("post", f"={opened}"), ("close", f"={opened}")]
    assert [title for place, title, _ in scene.chat.shown if place == OTHER][-1] == "reply"
    assert [*scene.mutes.missed.values()] == [MissedIncident("INC-42:normal", "binance", Severity.SEVERE)]


@in_simulated_time
async def test_a_message_that_cannot_be_edited_is_not_sent_anew_to_a_muted_place() -> None:
    scene = Scene()
    scene.queue("opened", GROUP, about="binance", incident="INC-42:normal")
    await scene.subscriptions.add(Subscription(GROUP, None))
    async with scene.delivering():
        await scene.until_empty()
        await scene.mutes.mute(GROUP, None, length=HOUR, by="telegram:7")
        scene.chat.answers = [BadMessage("message to edit not found")]
        scene.queue("escalated", GROUP, about="binance", incident="INC-42:normal")
        await scene.until_empty()

    assert scene.chat.titles == ["opened"]


@in_simulated_time
async def test_what_is_about_no_incident_is_stopped_and_missed_by_nobody() -> None:
    scene = await muted_scene(exchange=None)
    scene.queue("the card of the day", GROUP, about="stress", incident="stress:2022-12-13", kind=EDIT)
    scene.queue("the summary of an earlier mute", GROUP, incident="mute:1", kind=EDIT)
    await scene.subscriptions.add(Subscription(GROUP, "stress"))
    async with scene.delivering():
        await scene.until_empty()

    assert scene.chat.titles == ["the summary of an earlier mute"]
    assert scene.mutes.missed == {}


@pytest.mark.parametrize(
    ("severity", "kind", "is_told"),
    [
        (Severity.ELEVATED, POST, False),
        (Severity.SEVERE, POST, True),
        (Severity.ELEVATED, REPLY, True),  # the incident that was waited for is over
    ],
)
@in_simulated_time
async def test_until_it_gets_worse_lets_through_what_is_worse_and_the_end(
    severity: Severity, kind: DeliveryKind, *, is_told: bool
) -> None:
    scene = Scene()
    tell(scene, severity=Severity.ELEVATED)
    for place in (GROUP, OTHER):
        await scene.subscriptions.add(Subscription(place, None))
    async with scene.delivering():
        await scene.until_empty()
        worse = UntilWorse(42, Severity.ELEVATED)
        await scene.mutes.mute(GROUP, "binance", length=30 * DAY, by="telegram:7", worse=worse)
        tell(scene, kind, severity)
        await scene.until_empty()

    new = [about for place, _, about in scene.chat.shown if place == GROUP and not (about or "").startswith("=")]
    assert len(new) == 1 + is_told


@in_simulated_time
async def test_what_a_mute_that_has_just_ended_would_have_stopped_is_sent() -> None:
    """The status of a place was read before the mute ended, and the store says at the recording that it has."""
    scene = await muted_scene()
    tell(scene)
    batch = await scene.outbox.claim(GROUP.platform, limit=9, wait=timedelta())
    statuses = await scene.subscriptions.place_statuses([(delivery.place, delivery.about) for delivery in batch])
    await scene.mutes.lift(GROUP, "binance")

    assert await muted_deliveries(scene.mutes, [*zip(batch, statuses, strict=True)]) == {}
    assert scene.mutes.missed == {}


@in_simulated_time
async def test_once_a_mute_is_over_everything_is_told_again() -> None:
    scene = await muted_scene()
    await asyncio.sleep(4 * HOUR.total_seconds())
    tell(scene)
    async with scene.delivering():
        await scene.until_empty()

    assert told_in_the_muted_place(scene) == ["post"]
