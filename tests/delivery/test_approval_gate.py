"""Places that want to release the first post of an incident: who is asked where, and what is held and what is not."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.delivery.approval_gate import NOT_RELEASED
from bot.domain.approval import APPROVAL_LASTS, ASKED_IN_PRIVATE_FOR, Approval, ApprovalDecision
from bot.domain.errors import ChatGone, ChatMoved, RetryLater
from bot.domain.local_time import QuietHours
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Severity
from bot.language.translation import written_in
from bot.ports.outbox import DeliveryKind
from tests.clocks import in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY
from tests.delivery.test_worker import Scene
from tests.fakes.marking_language import mark_texts
from tests.waiting import until

HERE = Place(Platform.TELEGRAM, "-1001234567890")
TOPIC = replace(HERE, thread="7")
SMALL = Place(Platform.TELEGRAM, "-5")
CHANNEL = Place(Platform.DISCORD, "998")
ANN = Place(Platform.TELEGRAM, "7")
APPROVAL = PlaceSettings(approval=True, approver="7")
DAY_S = 86_400.0


class GatedScene(Scene):
    """A worker, and places that want to be asked."""

    def __init__(self, *places: Place) -> None:
        super().__init__(places[0].platform)
        self.places = places
        self.subscriptions.settings.kept = dict.fromkeys(places, APPROVAL)

    def tell(
        self,
        title: str,
        *,
        severity: Severity = Severity.ELEVATED,
        kind: DeliveryKind = POST,
        incident: str = "INC-8:normal",
    ) -> None:
        self.queue(title, *self.places, severity=severity, kind=kind, incident=incident)

    def titles_in(self, place: Place) -> list[str]:
        return [title for shown_in, title, _ in self.chat.shown if shown_in == place]

    async def until_asked(self) -> None:
        place = self.places[0]
        await until(
            lambda: bool((asked := self.approvals.kept.get((place, "INC-8"))) and asked.is_asked),
            "a moderator who was asked",
            limit=DAY_S,
        )

    def decide(self, decision: ApprovalDecision) -> None:
        for key, approval in self.approvals.kept.items():
            self.approvals.kept[key] = replace(approval, decision=decision)


@in_simulated_time
async def test_who_switched_it_on_is_asked_in_private_and_what_they_release_is_posted() -> None:
    scene = GatedScene(HERE)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        assert scene.titles_in(HERE) == []
        assert scene.titles_in(ANN) == ["To be posted? opened"]
        commands = [action.command for action in scene.chat.messages[0].actions]
        assert commands == ["approve INC-8 post -1001234567890", "approve INC-8 discard -1001234567890"]
        assert all(len(f"~{command}".encode()) <= 64 for command in commands)

        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
        scene.tell("changed", kind=EDIT)
        scene.tell("worse", severity=Severity.SEVERE)
        await scene.until_empty()
    assert scene.titles_in(HERE)[:2] == ["opened", "changed"]
    assert "worse" in scene.titles_in(HERE)
    assert len(scene.titles_in(ANN)) == 1


@pytest.mark.parametrize("place", [CHANNEL, TOPIC, SMALL])
@in_simulated_time
async def test_elsewhere_the_place_is_asked_without_what_the_alert_says(place: Place) -> None:
    scene = GatedScene(place)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        assert scene.titles_in(place) == ["INC-8 waits for a moderator"]
        assert [action.command for action in scene.chat.messages[0].actions] == [
            "approve INC-8 post",
            "approve INC-8 discard",
        ]
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(place) == ["INC-8 waits for a moderator", "opened"]


@in_simulated_time
async def test_who_cannot_be_written_to_in_private_is_asked_in_the_place() -> None:
    scene = GatedScene(HERE)
    scene.chat.answers = [ChatGone("blocked", Obstacle.BLOCKED)]
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["INC-8 waits for a moderator", "opened"]


@pytest.mark.parametrize("approver", [HERE.chat, "operator", ""])
@in_simulated_time
async def test_who_is_no_person_is_not_asked_and_nobody_reads_the_alert(approver: str) -> None:
    scene = GatedScene(HERE)
    scene.subscriptions.settings.kept[HERE] = replace(APPROVAL, approver=approver)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        assert [(place, title) for place, title, _ in scene.chat.shown] == [(HERE, "INC-8 waits for a moderator")]
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()


@in_simulated_time
async def test_a_question_that_did_not_arrive_is_asked_again() -> None:
    scene = GatedScene(CHANNEL)
    scene.chat.answers = [ChatGone("not now", Obstacle.REFUSED)]
    with capture_logs() as logs:
        async with scene.delivering():
            scene.tell("opened")
            await scene.until_asked()
            scene.decide(ApprovalDecision.POST)
            await scene.until_empty()
    assert "moderator not asked about an alert" in [entry["event"] for entry in logs]
    assert scene.titles_in(CHANNEL) == ["INC-8 waits for a moderator", "opened"]


@in_simulated_time
async def test_what_was_discarded_is_left_out_until_it_gets_worse() -> None:
    scene = GatedScene(HERE)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        scene.decide(ApprovalDecision.DISCARD)
        await scene.until_empty()
        scene.tell("changed", kind=EDIT)
        await scene.until_empty()
        assert scene.titles_in(HERE) == []
        assert scene.counted("dropped", NOT_RELEASED) == 2

        scene.tell("worse", severity=Severity.SEVERE)
        await until(lambda: len(scene.titles_in(ANN)) == 2, "a second question", limit=DAY_S)
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["worse"]


@in_simulated_time
async def test_when_nobody_decides_two_lines_say_so_and_nothing_of_it_is_posted() -> None:
    scene = GatedScene(HERE)
    async with scene.delivering():
        began = scene.clock.now()
        scene.tell("opened")
        await scene.until_shown(3)
        assert scene.clock.now() - began >= APPROVAL_LASTS
        assert scene.titles_in(HERE) == ["INC-8 waits for a moderator", "INC-8 was not posted here"]
        scene.tell("changed", kind=EDIT)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["INC-8 waits for a moderator", "INC-8 was not posted here"]


@in_simulated_time
async def test_critical_is_posted_at_once_and_so_is_what_follows() -> None:
    scene = GatedScene(HERE)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        scene.decide(ApprovalDecision.DISCARD)
        await scene.until_empty()
        scene.tell("critical", severity=Severity.CRITICAL)
        await scene.until_empty()
        scene.tell("eased", severity=Severity.SEVERE, kind=EDIT)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["critical", "eased"]
    assert len(scene.titles_in(ANN)) == 1


@in_simulated_time
async def test_what_was_posted_before_it_was_switched_on_goes_on() -> None:
    scene = GatedScene(HERE)
    scene.subscriptions.settings.kept.clear()
    async with scene.delivering():
        scene.tell("opened")
        scene.tell("critical", severity=Severity.CRITICAL, incident="INC-9:normal")
        await scene.until_empty()
        scene.subscriptions.settings.kept[HERE] = APPROVAL
        for kind in (EDIT, CLOSE, REPLY):
            scene.tell(f"{kind}", kind=kind)
        scene.tell("critical again", severity=Severity.CRITICAL, incident="INC-9:normal")
        await scene.until_empty()
    assert scene.titles_in(ANN) == []
    assert "reply" in scene.titles_in(HERE)


@in_simulated_time
async def test_what_is_no_incident_waits_for_nobody() -> None:
    scene = GatedScene(HERE)
    async with scene.delivering():
        scene.tell("digest", incident="digest:2026-10-05")
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["digest"]


@in_simulated_time
async def test_while_approvals_cannot_be_read_the_alert_waits() -> None:
    scene = GatedScene(HERE)
    scene.approvals.away = True
    async with scene.delivering():
        scene.tell("opened")
        later = scene.clock.now() + timedelta(seconds=40)
        await until(lambda: scene.clock.now() >= later, "two more tries", limit=DAY_S)
        assert scene.titles_in(HERE) == []
        scene.approvals.away = False
        await scene.until_asked()
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["opened"]


@in_simulated_time
async def test_a_question_that_another_worker_has_begun_is_asked_once() -> None:
    scene = GatedScene(HERE)

    class Overtaken(type(scene.approvals)):  # type: ignore[misc]
        @override
        async def put(self, place: Place, incident: str, *, before: Approval | None, after: Approval) -> bool:
            if before is None:
                self.kept[place, incident] = replace(after, is_asked=True, since=after.since - timedelta(seconds=1))
                return False
            return bool(await super().put(place, incident, before=before, after=after))

    scene.approvals = Overtaken()
    scene.workers = [scene.new_worker(scene.chat)]
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(ANN) == []
    assert scene.titles_in(HERE) == ["opened"]


@in_simulated_time
async def test_whoever_is_asked_in_private_and_does_not_answer_the_place_is_asked_in_time() -> None:
    scene = GatedScene(HERE)
    async with scene.delivering():
        began = scene.clock.now()
        scene.tell("opened")
        await scene.until_asked()
        await scene.until_shown(2)
        assert ASKED_IN_PRIVATE_FOR <= scene.clock.now() - began < APPROVAL_LASTS / 2
        assert scene.titles_in(HERE) == ["INC-8 waits for a moderator"]
        await asyncio.sleep(1800)  # without a third question
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["INC-8 waits for a moderator", "opened"]
    assert len(scene.titles_in(ANN)) == 1


@in_simulated_time
async def test_what_gets_worse_while_it_waits_is_asked_about_at_once() -> None:
    scene = GatedScene(HERE)
    # In Redis an escalation replaces the post that waits before it.
    scene.approvals.kept[HERE, "INC-8"] = Approval(Severity.ELEVATED, scene.clock.now(), is_asked=True)
    async with scene.delivering():
        began = scene.clock.now()
        scene.tell("worse", severity=Severity.SEVERE)
        await until(lambda: bool(scene.titles_in(ANN)), "a second question", limit=DAY_S)
        assert scene.clock.now() - began < timedelta(minutes=1)
        assert scene.titles_in(ANN) == ["To be posted? worse"]
        await scene.until_asked()
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["worse"]


@in_simulated_time
async def test_a_first_message_that_is_an_edit_waits_and_is_not_left_out_in_silence() -> None:
    scene = GatedScene(CHANNEL)
    async with scene.delivering():
        scene.tell("grown", kind=EDIT)  # as large by now as the place asks for, or missed while it was muted
        await scene.until_shown(2)
        assert scene.titles_in(CHANNEL) == ["INC-8 waits for a moderator", "INC-8 was not posted here"]
        scene.tell("worse", kind=EDIT, severity=Severity.SEVERE)
        await until(lambda: len(scene.titles_in(CHANNEL)) == 3, "a second question", limit=DAY_S)
        await scene.until_asked()
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(CHANNEL)[2:] == ["INC-8 waits for a moderator", "worse"]


@in_simulated_time
async def test_what_was_discarded_and_got_worse_while_the_place_was_muted_is_asked_about() -> None:
    scene = GatedScene(CHANNEL)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        scene.decide(ApprovalDecision.DISCARD)
        await scene.until_empty()
        scene.tell("severe by now", kind=EDIT, severity=Severity.SEVERE)  # what follows a mute
        await until(lambda: len(scene.titles_in(CHANNEL)) == 2, "a second question", limit=DAY_S)
        await scene.until_asked()
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(CHANNEL)[2:] == ["severe by now"]


@in_simulated_time
async def test_each_time_that_nobody_decides_about_something_worse_it_is_said() -> None:
    scene = GatedScene(CHANNEL)
    async with scene.delivering():
        for count, severity in ((2, Severity.ELEVATED), (4, Severity.SEVERE)):
            scene.tell("opened", severity=severity)
            await scene.until_shown(count)
            await scene.until_empty()
    assert scene.titles_in(CHANNEL) == ["INC-8 waits for a moderator", "INC-8 was not posted here"] * 2


@in_simulated_time
async def test_a_group_that_moved_unnoticed_is_asked_at_its_new_address() -> None:
    scene = GatedScene(SMALL)
    scene.chat.answers = [ChatMoved(HERE)]
    async with scene.delivering():
        began = scene.clock.now()
        scene.tell("opened")
        await until(lambda: bool(scene.chat.shown), "a question", limit=DAY_S)
        assert scene.clock.now() - began < timedelta(minutes=1)
        assert scene.titles_in(ANN) == ["To be posted? opened"]  # a supergroup has a name in commands
        await until(lambda: scene.approvals.kept[HERE, "INC-8"].is_asked, "that it is remembered", limit=DAY_S)
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert scene.titles_in(HERE) == ["opened"]


@in_simulated_time
async def test_in_quiet_hours_the_place_is_asked_without_a_sound() -> None:
    scene = GatedScene(CHANNEL)
    always = QuietHours(time(0, 0), time(23, 59))
    scene.subscriptions.settings.kept[CHANNEL] = replace(APPROVAL, quiet=always)
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        assert [message.silent for message in scene.chat.messages] == [True]
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()


@in_simulated_time
async def test_a_question_that_takes_long_is_asked_once() -> None:
    scene = GatedScene(CHANNEL)
    scene.slow_places.add(CHANNEL)
    async with scene.delivering():
        scene.tell("opened")
        later = scene.clock.now() + timedelta(seconds=50)
        await until(lambda: scene.clock.now() >= later, "three returns of the delivery", limit=DAY_S)
        scene.slow.set()
        await scene.until_asked()
        assert scene.titles_in(CHANNEL) == ["INC-8 waits for a moderator"]
        scene.decide(ApprovalDecision.POST)
        await scene.until_empty()
    assert len(scene.chat.keys) == 2


@in_simulated_time
async def test_many_questions_keep_to_the_rate_and_a_pause_of_the_whole_bot_holds_them() -> None:
    places = [Place(Platform.TELEGRAM, f"-{number}") for number in range(2000, 2300)]
    scene = GatedScene(*places)
    scene.chat.answers = [RetryLater("429", after=timedelta(seconds=30), rate_limited=True, whole_bot=True)]
    async with scene.delivering():
        scene.tell("opened")
        await asyncio.sleep(25)
        assert len(scene.chat.keys) <= 5  # those that were under way
        await scene.until_shown(len(places))
        for first, last in zip(scene.chat.times, scene.chat.times[40:], strict=False):
            assert last - first >= 1.0
        scene.decide(ApprovalDecision.DISCARD)
        await scene.until_empty()
    assert {place for place, _, _ in scene.chat.shown} == {*places}


@in_simulated_time
async def test_a_429_to_the_person_is_no_reason_to_ask_the_place() -> None:
    scene = GatedScene(HERE)
    scene.chat.answers = [RetryLater("429", after=timedelta(seconds=7), rate_limited=True)]
    async with scene.delivering():
        scene.tell("opened")
        await scene.until_asked()
        assert [place for place, _, _ in scene.chat.shown] == [ANN]
        scene.decide(ApprovalDecision.DISCARD)
        await scene.until_empty()


@in_simulated_time
async def test_a_place_that_asked_for_a_pause_is_asked_after_it() -> None:
    scene = GatedScene(SMALL)
    scene.chat.answers = [RetryLater("429", after=timedelta(seconds=20), rate_limited=True)]
    async with scene.delivering():
        scene.tell("opened")
        await asyncio.sleep(19)
        assert len(scene.chat.keys) == 1
        await scene.until_asked()
        scene.decide(ApprovalDecision.DISCARD)
        await scene.until_empty()
    assert scene.titles_in(SMALL) == ["INC-8 waits for a moderator"]


@pytest.mark.parametrize(
    ("place", "asked", "button"),
    [
        (HERE, "es‹To be posted? opened›", "es‹Post›"),
        (CHANNEL, "es‹INC-8 waits for a moderator›", "es‹Post›"),
    ],
)
@in_simulated_time
async def test_a_moderator_is_asked_in_the_language_of_the_place(place: Place, asked: str, button: str) -> None:
    scene = GatedScene(place)
    with pytest.MonkeyPatch.context() as monkeypatch:
        mark_texts(monkeypatch)
        async with scene.delivering():
            with written_in("es"):
                scene.tell("opened")
            await scene.until_asked()
            assert (scene.chat.messages[0].title, scene.chat.messages[0].actions[0].label) == (asked, button)
            scene.decide(ApprovalDecision.DISCARD)
            await scene.until_empty()
