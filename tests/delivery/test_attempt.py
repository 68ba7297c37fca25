import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.attempt import DeliveryAttempt
from bot.delivery.circuit_breaker import CircuitBreaker, RefusalLimits
from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import BadMessage, ChatGone, ChatMoved, DeliveryError, NotAllowed, RetryLater, TopicClosed
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.severity import Severity
from bot.language.translation import written_in
from bot.messages.cards.deliveries import followed_card, topic_notice
from bot.messages.model import Message, Tone, line, lines
from bot.ports.outbox import LEFT_BEHIND, DeliveryKind
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import DAY, HOUR, NOON, subscription
from tests.clocks import in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY, RecordingChat, alert
from tests.fakes.marking_language import mark_texts
from tests.fakes.memory import Memory
from tests.messages.cards.plain import said

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def place(name: str, thread: str | None = None) -> Place:
    return Place(Platform.TERMINAL, name, thread)


HERE, THERE, TOPIC = place("here"), place("there"), place("here", "7")


class Scene:
    """Attempts between an outbox and a chat."""

    def __init__(self, refusal_limits: RefusalLimits | None = None) -> None:
        self.memory = Memory(NOON)
        self.chat = RecordingChat()
        self.rate_limiter = RateLimiter(Platform.TERMINAL)
        self.attempt = DeliveryAttempt(
            self.chat,
            outbox=self.memory.outbox,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            rate_limiter=self.rate_limiter,
            on_posted=lambda *_: None,
            circuit_breaker=CircuitBreaker(
                Platform.TERMINAL,
                limits=refusal_limits or RefusalLimits(),
                rate_limiter=self.rate_limiter,
                clock=self.memory.clock,
                meter=self.memory.meter,
            ),
        )

    def queue(
        self,
        title: str = "opened",
        *places: Place,
        kind: DeliveryKind = POST,
        incident: str = "INC-1",
        expires_in: timedelta = HOUR,
        once: bool = False,
    ) -> None:
        now = self.memory.clock.now()
        self.memory.outbox.queue(
            alert(title, *(places or (HERE,)), now=now, kind=kind, incident=incident, expires_in=expires_in, once=once)
        )

    async def deliver(self, *answers: Exception | None) -> list[bool]:
        """Run everything that is to go now, and return for each whether the platform was asked."""
        self.chat.answers = list(answers)
        batch = await self.memory.outbox.claim(Platform.TERMINAL, limit=16, wait=timedelta())
        return [await self.attempt.run(delivery) for delivery in batch]

    async def deliver_all(self) -> None:
        while await self.deliver():
            pass

    def counted(self, result: str, reason: str = "") -> int:
        return self.memory.meter.counts["delivered", result, reason]


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_message_is_sent_once(scene: Scene) -> None:
    scene.queue()

    assert [await scene.deliver(), await scene.deliver()] == [[True], []]
    assert scene.chat.shown == [(HERE, "opened", None)]
    assert scene.counted("sent") == 1


async def test_changes_edit_the_message_and_the_end_answers_it(scene: Scene) -> None:
    scene.queue("opened")
    scene.queue("updated", kind=EDIT)
    scene.queue("closed", kind=CLOSE)
    scene.queue("over", kind=REPLY)

    await scene.deliver_all()

    assert scene.chat.shown == [
        (HERE, "opened", None),
        (HERE, "updated", "=m1"),
        (HERE, "closed", "=m1"),
        (HERE, "over", "m1"),
    ]
    assert (scene.counted("sent"), scene.counted("edited")) == (2, 2)


async def test_an_escalation_answers_the_first_message_which_keeps_its_text_and_says_where_it_goes_on(
    scene: Scene,
) -> None:
    scene.queue("opened")
    scene.queue("still elevated", kind=EDIT)
    await scene.deliver_all()
    scene.queue("worse")
    scene.queue("updated", kind=EDIT)

    await scene.deliver_all()

    assert scene.chat.shown[2] == (HERE, "worse", "m1")
    assert set(scene.chat.shown[3:]) == {(HERE, "updated", "=m3"), (HERE, "still elevated", "=m1")}
    followed = followed_card(Message("still elevated"), Severity.ELEVATED, NOON)
    assert followed in scene.chat.messages
    assert scene.memory.outbox.waiting == []


def test_an_earlier_message_keeps_all_it_said_and_gains_one_line() -> None:
    earlier = Message("INC-1 · elevated", Tone.ELEVATED, lines("Net outflow −$2 B"), footer=line("DefiLlama"))

    followed = followed_card(earlier, Severity.SEVERE, NOON)

    assert said(followed).splitlines() == [
        "INC-1 · elevated",
        "Updated: it got worse (severe, 2022-12-13 12:00 UTC). See the reply below.",
        "Net outflow −$2 B",
        "DefiLlama",
    ]
    assert replace(followed, lines=earlier.lines) == earlier


async def test_an_older_message_that_was_deleted_needs_no_pointer(scene: Scene) -> None:
    scene.queue("opened")
    scene.queue("worse")
    await scene.deliver()
    await scene.deliver()
    await scene.deliver(BadMessage("message to edit not found"))

    assert scene.chat.titles == ["opened", "worse"]
    assert scene.counted("dropped", "nothing to change") == 1
    assert scene.memory.outbox.waiting == []


async def test_a_change_for_those_who_have_a_message_is_sent_to_nobody_else(scene: Scene) -> None:
    now = scene.memory.clock.now()
    scene.queue("opened", HERE)
    await scene.deliver_all()
    scene.memory.outbox.queue(
        replace(alert("updated", HERE, THERE, now=now, kind=EDIT), only_where_sent=True),
    )

    await scene.deliver_all()

    assert scene.chat.shown == [(HERE, "opened", None), (HERE, "updated", "=m1")]
    assert scene.counted("dropped", "nothing to change") == 1


async def test_a_place_that_subscribed_late_hears_of_an_open_incident_at_its_next_change(scene: Scene) -> None:
    scene.queue("updated", kind=EDIT)
    await scene.deliver()

    assert scene.chat.shown == [(HERE, "updated", None)]
    assert (scene.counted("sent"), scene.counted("edited")) == (1, 0)


async def test_a_message_that_cannot_be_changed_any_more_is_posted_anew(scene: Scene) -> None:
    scene.queue("opened")
    await scene.deliver()
    scene.queue("updated", kind=EDIT)
    await scene.deliver(BadMessage("message to edit not found"))
    scene.queue("again", kind=EDIT)
    await scene.deliver()

    assert scene.chat.shown[1:] == [(HERE, "updated", "m1"), (HERE, "again", "=m2")]
    assert scene.memory.outbox.waiting == []


async def test_the_end_of_a_message_that_was_deleted_is_told_once(scene: Scene) -> None:
    scene.queue("opened")
    await scene.deliver()
    scene.queue("closed", kind=CLOSE)
    scene.queue("over", kind=REPLY)
    await scene.deliver(BadMessage("message to edit not found"))
    await scene.deliver()

    assert scene.chat.shown[1:] == [(HERE, "over", "m1")]


@pytest.mark.parametrize(("kind", "messages"), [(POST, 1), (EDIT, 1), (REPLY, 1), (CLOSE, 0)])
async def test_where_the_chat_has_moved_the_story_goes_on_in_a_message_of_its_own(
    scene: Scene, kind: DeliveryKind, messages: int
) -> None:
    scene.queue("opened")
    (opened,) = await scene.memory.outbox.claim(Platform.TERMINAL, limit=1, wait=timedelta())
    await scene.memory.outbox.finish(opened, message_id=LEFT_BEHIND)
    scene.queue("on", kind=kind)
    await scene.deliver_all()

    assert scene.chat.shown == [(HERE, "on", None)] * messages
    assert scene.memory.outbox.waiting == []


@pytest.mark.parametrize("kind", [CLOSE, REPLY])
async def test_who_never_heard_of_an_incident_is_not_told_of_its_end(scene: Scene, kind: DeliveryKind) -> None:
    scene.queue("over", kind=kind)

    assert await scene.deliver() == [False]
    assert scene.chat.shown == []
    assert scene.counted("dropped", "nothing to change") == 1
    assert scene.memory.outbox.waiting == []


async def test_what_has_expired_is_dropped_unsent(scene: Scene) -> None:
    scene.queue(expires_in=HOUR)
    scene.memory.clock.advance(HOUR)

    assert await scene.deliver() == [False]
    assert scene.chat.shown == []
    assert scene.counted("dropped", "expired") == 1


async def test_a_place_in_trouble_that_answers_is_healed(scene: Scene) -> None:
    await scene.memory.subscriptions.record_trouble(PlaceTrouble(HERE, "not allowed", NOON))
    scene.attempt.places_in_trouble.add(HERE)
    scene.queue()
    with capture_logs() as logs:
        await scene.deliver()

    assert await scene.memory.subscriptions.trouble(HERE) is None
    assert scene.attempt.places_in_trouble == set()
    assert logs == [{"event": "place reachable again", "place": "terminal:here", "log_level": "info"}]


@pytest.mark.parametrize(("attempt", "pause"), [(0, 5), (1, 10), (2, 20), (6, 320), (20, 320)])
async def test_a_platform_that_is_away_is_tried_again_after_ever_longer_pauses(
    scene: Scene, attempt: int, pause: int
) -> None:
    scene.queue(expires_in=DAY)
    away = RetryLater("away", after=5 * SECOND)
    for _ in range(attempt + 1):
        scene.memory.clock.advance(HOUR)
        assert await scene.deliver(away) == [True]

    scene.memory.clock.advance((pause - 1) * SECOND)
    assert await scene.deliver() == []
    scene.memory.clock.advance(SECOND)
    assert await scene.deliver() == [True]
    assert scene.chat.shown == [(HERE, "opened", None)]
    assert scene.counted("retried", "busy") == attempt + 1
    assert len(set(scene.chat.keys)) == 1


async def test_what_could_not_be_told_before_it_expired_is_kept_for_the_operator(scene: Scene) -> None:
    scene.queue(expires_in=HOUR)
    await scene.deliver(RetryLater("no route", after=5 * SECOND))
    scene.memory.clock.advance(HOUR)
    await scene.deliver()

    assert [why for _, why in scene.memory.outbox.given_up] == ["expired: tried 1 times"]
    assert scene.counted("gave up", "expired") == 1


@pytest.mark.parametrize("kind", [POST, EDIT, CLOSE, REPLY])
async def test_what_may_have_arrived_is_sent_again(scene: Scene, kind: DeliveryKind) -> None:
    scene.queue("opened")
    await scene.deliver()
    scene.queue("next", kind=kind)
    await scene.deliver(RetryLater("reply lost", after=5 * SECOND, ambiguous=True))
    scene.memory.clock.advance(5 * SECOND)
    await scene.deliver()

    assert scene.chat.titles == ["opened", "next"]


async def test_what_is_to_be_told_once_is_not_sent_again_where_it_may_have_arrived(scene: Scene) -> None:
    scene.queue("digest", once=True)
    await scene.deliver(RetryLater("reply lost", after=5 * SECOND, ambiguous=True))

    assert scene.memory.outbox.waiting == []
    assert scene.counted("dropped", "may have arrived") == 1


async def test_what_is_to_be_told_once_is_sent_again_where_it_has_not_arrived(scene: Scene) -> None:
    scene.queue("digest", once=True)
    await scene.deliver(RetryLater("no connection", after=5 * SECOND))

    assert len(scene.memory.outbox.waiting) == 1


@pytest.mark.parametrize("limited", [True, False])
async def test_a_pause_of_the_whole_bot_or_a_rate_limit_is_kept_to_the_second_and_is_no_failure(
    scene: Scene,
    limited: bool,  # noqa: FBT001 — a table's column
) -> None:
    scene.queue(expires_in=2 * DAY)
    slower = RetryLater("slower", after=7 * SECOND, rate_limited=limited, whole_bot=not limited)
    for _ in range(20):
        scene.memory.clock.advance(7 * SECOND)
        assert await scene.deliver(slower) == [True]

    assert [delivery.attempt for delivery in scene.memory.outbox.waiting] == [0]
    assert scene.memory.meter.counts["rate limited", Platform.TERMINAL] == (20 if limited else 0)
    assert scene.counted("retried", "rate limited") == (20 if limited else 0)


async def test_a_rate_limit_is_known_to_the_rate_limiter(scene: Scene) -> None:
    scene.queue()
    await scene.deliver(RetryLater("slower", after=7 * SECOND, rate_limited=True))

    assert scene.rate_limiter.pause_left_s("here") == pytest.approx(7.0, abs=0.5)
    assert scene.rate_limiter.pause_left_s("there") == 0.0
    assert await scene.rate_limiter.due_in_s(1) == 0.0


async def test_a_chat_that_moved_gets_its_message_at_the_new_address(scene: Scene) -> None:
    await scene.memory.subscriptions.add(subscription(place=HERE))
    scene.queue()
    await scene.deliver(ChatMoved(THERE))

    assert scene.memory.subscriptions.moved == [(HERE, THERE)]
    assert [moved.place for moved in await scene.memory.subscriptions.of_place(THERE)] == [THERE]
    [waiting] = await scene.memory.outbox.claim(Platform.TERMINAL, limit=1, wait=timedelta())
    assert (waiting.attempt, waiting.key) == (0, scene.chat.keys[0])


@pytest.mark.parametrize("error", [ChatGone("blocked", Obstacle.BLOCKED), TopicClosed("closed")])
async def test_a_place_that_is_gone_is_disabled_with_the_reason(scene: Scene, error: DeliveryError) -> None:
    scene.queue()
    await scene.deliver(error)

    where = HERE.whole_chat if isinstance(error, ChatGone) else HERE  # a bot that is out of a chat is out of its topics
    obstacle = Obstacle.BLOCKED if isinstance(error, ChatGone) else Obstacle.REFUSED
    assert await scene.memory.subscriptions.trouble(HERE) == PlaceTrouble(
        where, str(error), NOON, disabled=True, obstacle=obstacle
    )
    assert scene.counted("dropped", "place disabled") == 1
    assert scene.chat.shown == []


@pytest.mark.parametrize("obstacle", [Obstacle.TOPIC_CLOSED, Obstacle.TOPIC_DELETED])
async def test_a_closed_topic_is_announced_once_in_the_general_topic(scene: Scene, obstacle: Obstacle) -> None:
    for number in range(3):
        scene.queue(f"opened {number}", TOPIC, incident=f"INC-{number}")
        await scene.deliver(TopicClosed("closed", obstacle))

    assert scene.chat.shown == [(HERE, topic_notice(obstacle).title, None)]
    assert scene.chat.messages[0].mention is None
    assert ("deleted" in scene.chat.messages[0].lines[0][0].text) == (obstacle is Obstacle.TOPIC_DELETED)
    trouble = await scene.memory.subscriptions.trouble(TOPIC)
    assert trouble
    assert (trouble.place, trouble.disabled) == (TOPIC, True)
    assert await scene.memory.subscriptions.trouble(HERE) is None


async def test_a_topic_that_closes_again_is_announced_again(scene: Scene) -> None:
    for number in range(2):
        scene.queue("opened", TOPIC, incident=f"INC-{number}")
        await scene.deliver(TopicClosed("closed"))
        await scene.memory.subscriptions.clear_trouble(TOPIC)

    assert [where for where, _, _ in scene.chat.shown] == [HERE, HERE]


async def test_the_announcement_of_a_closed_topic_is_not_lost_to_a_rate_limit(scene: Scene) -> None:
    scene.queue("opened", TOPIC)
    slower = RetryLater("slower", after=7 * SECOND, rate_limited=True)
    await scene.deliver(TopicClosed("closed"), slower)
    assert await scene.memory.subscriptions.trouble(TOPIC) is None
    scene.memory.clock.advance(7 * SECOND)
    await scene.deliver(TopicClosed("closed"))

    assert [where for where, _, _ in scene.chat.shown] == [HERE]
    assert scene.memory.outbox.waiting == []


async def test_a_topic_whose_closing_cannot_be_announced_is_paused_all_the_same(scene: Scene) -> None:
    scene.queue("opened", TOPIC)
    await scene.deliver(TopicClosed("closed"), TopicClosed("so is General"))

    trouble = await scene.memory.subscriptions.trouble(TOPIC)
    assert trouble
    assert (trouble.disabled, trouble.reason) == (True, "closed")


async def test_one_refusal_disables_nothing(scene: Scene) -> None:
    scene.queue()
    with capture_logs() as logs:
        await scene.deliver(NotAllowed("no rights", Obstacle.NO_RIGHTS))

    (refused,) = [entry for entry in logs if entry["event"] == "message refused"]
    assert (refused["place"], refused["reason"], refused["times"]) == (str(HERE), "no rights", 1)
    assert await scene.memory.subscriptions.refusing() == {Obstacle.NO_RIGHTS: 1}
    assert await scene.memory.subscriptions.trouble(HERE) == PlaceTrouble(
        HERE, "no rights", NOON, failures=1, obstacle=Obstacle.NO_RIGHTS
    )
    assert scene.memory.outbox.given_up == []
    assert scene.counted("retried", "not allowed") == 1


@pytest.mark.parametrize(
    ("pauses", "disabled"),
    [
        ((0 * HOUR, 12 * HOUR, 12 * HOUR), True),
        ((0 * HOUR, 1 * HOUR, 22 * HOUR), False),
        ((0 * HOUR, 24 * HOUR), False),
        ((0 * HOUR, *[HOUR] * 10), False),
    ],
)
async def test_three_refusals_over_a_day_disable_a_place(
    scene: Scene,
    pauses: tuple[timedelta, ...],
    disabled: bool,  # noqa: FBT001 — a table's column
) -> None:
    for index, pause in enumerate(pauses):
        scene.memory.clock.advance(pause)
        scene.queue(incident=f"INC-{index}")
        await scene.deliver(NotAllowed("no rights"))

    trouble = await scene.memory.subscriptions.trouble(HERE)
    assert trouble
    assert (trouble.disabled, trouble.failures, trouble.since) == (disabled, len(pauses), NOON)


async def test_a_refused_message_is_given_up_and_the_place_is_fine(scene: Scene) -> None:
    scene.queue()
    await scene.deliver(BadMessage("can't parse"))

    assert [why for _, why in scene.memory.outbox.given_up] == ["message refused: can't parse"]
    assert await scene.memory.subscriptions.trouble(HERE) is None
    assert scene.counted("gave up", "message refused") == 1


async def test_a_fault_of_our_own_is_logged_tried_again_and_holds_up_nobody(scene: Scene) -> None:
    scene.queue("opened", HERE, THERE)
    with capture_logs() as logs:
        assert await scene.deliver(ZeroDivisionError("oh")) == [True, True]

    assert scene.chat.shown == [(THERE, "opened", None)]
    assert [(log["event"], log["place"]) for log in logs] == [("delivery crashed", "terminal:here")]
    scene.memory.clock.advance(30 * SECOND)
    await scene.deliver()
    assert scene.chat.shown[-1] == (HERE, "opened", None)


async def test_a_fault_of_our_own_that_stays_is_given_up_after_twelve_tries(scene: Scene) -> None:
    scene.queue(expires_in=2 * DAY)
    for _ in range(12):
        await scene.deliver(ZeroDivisionError("oh"))
        scene.memory.clock.advance(HOUR)

    assert [why for _, why in scene.memory.outbox.given_up] == ["tried 12 times: ZeroDivisionError('oh')"]
    assert scene.memory.outbox.waiting == []
    assert scene.counted("gave up", "tried 12 times") == 1


@in_simulated_time
async def test_what_was_sent_is_recorded_once_the_store_is_back_and_not_sent_again() -> None:
    scene = Scene()
    scene.queue()
    [delivery] = await scene.memory.outbox.claim(Platform.TERMINAL, limit=1, wait=timedelta())
    scene.memory.outbox.away = True
    with capture_logs() as logs:
        sending = asyncio.create_task(scene.attempt.run(delivery))
        await asyncio.sleep(60)
    assert [log["event"] for log in logs] == ["store away, delivery result not stored yet"]
    assert not sending.done()

    scene.memory.outbox.away = False
    assert await sending
    assert scene.chat.titles == ["opened"]
    assert scene.memory.outbox.sent == {("INC-1", HERE): "m1"}


async def test_too_many_refusals_open_the_circuit_breaker_and_it_is_said_why() -> None:
    scene = Scene(RefusalLimits(judged=3, refused_share=0.5))
    for number in range(3):
        scene.queue("opened", place(str(number)), incident=f"INC-{number}")
    with capture_logs() as logs:
        await scene.deliver(ChatGone("gone"), None, NotAllowed("no"))

    reason = "2 of the last 3 messages were refused"
    assert [log["reason"] for log in logs if log["event"] == "circuit breaker opened"] == [reason]
    assert scene.counted("stopped", "too many refusals") == 1
    assert await scene.rate_limiter.due_in_s(1) == pytest.approx(300.0, abs=0.5)


async def test_rate_limits_count_as_refusals_and_what_the_platform_did_not_refuse_does_not() -> None:
    scene = Scene(RefusalLimits(judged=2, refused_share=0.5))
    for number in range(3):
        scene.queue("opened", place(str(number)), incident=f"INC-{number}")
    await scene.deliver(
        RetryLater("away", after=SECOND), NotAllowed("no right, as the gateway said", foreseen=True), BadMessage("no")
    )
    assert scene.counted("stopped", "too many refusals") == 0

    scene.queue("opened", place("4"), place("5"), incident="INC-4")
    limited = RetryLater("slower", after=SECOND, rate_limited=True)
    await scene.deliver(limited, limited)
    assert scene.counted("stopped", "too many refusals") == 1


def test_the_line_of_an_escalation_is_in_the_language_of_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        earlier = Message("INC-1")

    followed = followed_card(earlier, Severity.SEVERE, NOON)

    assert said(followed).splitlines()[1] == (
        "es‹Updated: it got worse (es‹severe›, 2022-12-13 12:00 UTC). See the reply below.›"
    )


async def test_a_closed_topic_is_announced_in_the_language_of_what_was_to_be_posted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        scene.queue("opened", TOPIC)

    await scene.deliver(TopicClosed("closed", Obstacle.TOPIC_CLOSED))

    assert scene.chat.shown == [(HERE, "es‹Alerts to a topic are paused›", None)]
