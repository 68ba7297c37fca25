import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.attempt import DeliveryAttempt
from bot.delivery.circuit_breaker import CircuitBreaker, RefusalLimits
from bot.delivery.fan_out_guard import FanOutGuard
from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import BadMessage, ChatGone, ChatMoved, DeliveryError, NotAllowed, RetryLater, TopicClosed
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.cards.deliveries import followed_card, stopped_card, topic_notice
from bot.messages.model import Message
from bot.ports.outbox import LEFT_BEHIND, DeliveryKind
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import DAY, HOUR, NOON, subscription
from tests.clocks import in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY, RecordingChat, alert
from tests.fakes.memory import Memory

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def place(name: str, thread: str | None = None) -> Place:
    return Place(Platform.TERMINAL, name, thread)


HERE, THERE, TOPIC = place("here"), place("there"), place("here", "7")


class Round:
    """Errands between an outbox and a chat; `told` is what the operator hears."""

    def __init__(self, tolerance: RefusalLimits | None = None) -> None:
        self.memory = Memory(NOON)
        self.chat = RecordingChat()
        self.pacer = RateLimiter(Platform.TERMINAL)
        self.told: list[tuple[Message, str]] = []
        self.told_breaks = False
        self.errand = DeliveryAttempt(
            self.chat,
            outbox=self.memory.outbox,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            pacer=self.pacer,
            guard=FanOutGuard(
                Platform.TERMINAL,
                breaker=CircuitBreaker(tolerance or RefusalLimits()),
                pacer=self.pacer,
                clock=self.memory.clock,
                meter=self.memory.meter,
                tell=self._note,
            ),
        )

    async def _note(self, message: Message, key: str) -> None:
        if self.told_breaks:
            raise ZeroDivisionError
        self.told.append((message, key))

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
        return [await self.errand.run(delivery) for delivery in batch]

    async def deliver_all(self) -> None:
        while await self.deliver():
            pass

    def counted(self, result: str, reason: str = "") -> int:
        return self.memory.meter.counts["delivered", result, reason]


@pytest.fixture
def round_() -> Round:
    return Round()


async def test_a_message_is_sent_once(round_: Round) -> None:
    round_.queue()

    assert [await round_.deliver(), await round_.deliver()] == [[True], []]
    assert round_.chat.shown == [(HERE, "opened", None)]
    assert round_.counted("sent") == 1


async def test_changes_edit_the_message_and_the_end_answers_it(round_: Round) -> None:
    round_.queue("opened")
    round_.queue("updated", kind=EDIT)
    round_.queue("closed", kind=CLOSE)
    round_.queue("over", kind=REPLY)

    await round_.deliver_all()

    assert round_.chat.shown == [
        (HERE, "opened", None),
        (HERE, "updated", "=m1"),
        (HERE, "closed", "=m1"),
        (HERE, "over", "m1"),
    ]
    assert (round_.counted("sent"), round_.counted("edited")) == (2, 2)


async def test_an_escalation_answers_the_first_message_which_then_says_where_the_story_goes_on(round_: Round) -> None:
    round_.queue("INC-1 · opened")
    round_.queue("INC-1 · worse")
    round_.queue("updated", kind=EDIT)

    await round_.deliver_all()

    assert round_.chat.shown[:2] == [(HERE, "INC-1 · opened", None), (HERE, "INC-1 · worse", "m1")]
    assert set(round_.chat.shown[2:]) == {(HERE, "updated", "=m2"), (HERE, "INC-1 · continued below", "=m1")}
    followed = followed_card(Message("INC-1 · worse"))
    assert followed in round_.chat.messages
    assert "newer message" in followed.lines[0][0].text
    assert round_.memory.outbox.waiting == []


async def test_an_older_message_that_was_deleted_needs_no_pointer(round_: Round) -> None:
    round_.queue("opened")
    round_.queue("worse")
    await round_.deliver()
    await round_.deliver()
    await round_.deliver(BadMessage("message to edit not found"))

    assert round_.chat.titles == ["opened", "worse"]
    assert round_.counted("dropped", "nothing to change") == 1
    assert round_.memory.outbox.waiting == []


async def test_a_place_that_subscribed_late_hears_of_an_open_incident_at_its_next_change(round_: Round) -> None:
    round_.queue("updated", kind=EDIT)
    await round_.deliver()

    assert round_.chat.shown == [(HERE, "updated", None)]
    assert (round_.counted("sent"), round_.counted("edited")) == (1, 0)


async def test_a_message_that_cannot_be_changed_any_more_is_posted_anew(round_: Round) -> None:
    round_.queue("opened")
    await round_.deliver()
    round_.queue("updated", kind=EDIT)
    await round_.deliver(BadMessage("message to edit not found"))
    round_.queue("again", kind=EDIT)
    await round_.deliver()

    assert round_.chat.shown[1:] == [(HERE, "updated", "m1"), (HERE, "again", "=m2")]
    assert round_.memory.outbox.waiting == []


async def test_the_end_of_a_message_that_was_deleted_is_told_once(round_: Round) -> None:
    round_.queue("opened")
    await round_.deliver()
    round_.queue("closed", kind=CLOSE)
    round_.queue("over", kind=REPLY)
    await round_.deliver(BadMessage("message to edit not found"))
    await round_.deliver()

    assert round_.chat.shown[1:] == [(HERE, "over", "m1")]


@pytest.mark.parametrize(("kind", "told"), [(POST, 1), (EDIT, 1), (REPLY, 1), (CLOSE, 0)])
async def test_where_the_chat_has_moved_the_story_goes_on_in_a_message_of_its_own(
    round_: Round, kind: DeliveryKind, told: int
) -> None:
    round_.queue("opened")
    (opened,) = await round_.memory.outbox.claim(Platform.TERMINAL, limit=1, wait=timedelta())
    await round_.memory.outbox.finish(opened, message_id=LEFT_BEHIND)
    round_.queue("on", kind=kind)
    await round_.deliver_all()

    assert round_.chat.shown == [(HERE, "on", None)] * told
    assert round_.memory.outbox.waiting == []


@pytest.mark.parametrize("kind", [CLOSE, REPLY])
async def test_who_never_heard_of_an_incident_is_not_told_of_its_end(round_: Round, kind: DeliveryKind) -> None:
    round_.queue("over", kind=kind)

    assert await round_.deliver() == [False]
    assert round_.chat.shown == []
    assert round_.counted("dropped", "nothing to change") == 1
    assert round_.memory.outbox.waiting == []


async def test_what_has_expired_is_dropped_unsent(round_: Round) -> None:
    round_.queue(expires_in=HOUR)
    round_.memory.clock.advance(HOUR)

    assert await round_.deliver() == [False]
    assert round_.chat.shown == []
    assert round_.counted("dropped", "expired") == 1


async def test_a_place_in_trouble_that_answers_is_healed(round_: Round) -> None:
    await round_.memory.subscriptions.record_trouble(PlaceTrouble(HERE, "not allowed", NOON))
    round_.errand.troubled.add(HERE)
    round_.queue()
    with capture_logs() as logs:
        await round_.deliver()

    assert await round_.memory.subscriptions.trouble(HERE) is None
    assert round_.errand.troubled == set()
    assert logs == [{"event": "place healed", "place": "terminal:here", "log_level": "info"}]


@pytest.mark.parametrize(("attempt", "pause"), [(0, 5), (1, 10), (2, 20), (6, 320), (20, 320)])
async def test_a_platform_that_is_away_is_tried_again_after_ever_longer_pauses(
    round_: Round, attempt: int, pause: int
) -> None:
    round_.queue(expires_in=DAY)
    away = RetryLater("away", after=5 * SECOND)
    for _ in range(attempt + 1):
        round_.memory.clock.advance(HOUR)
        assert await round_.deliver(away) == [True]

    round_.memory.clock.advance((pause - 1) * SECOND)
    assert await round_.deliver() == []
    round_.memory.clock.advance(SECOND)
    assert await round_.deliver() == [True]
    assert round_.chat.shown == [(HERE, "opened", None)]
    assert round_.counted("retried", "busy") == attempt + 1
    assert len(set(round_.chat.keys)) == 1


async def test_what_could_not_be_told_before_it_expired_is_kept_for_the_operator(round_: Round) -> None:
    round_.queue(expires_in=HOUR)
    await round_.deliver(RetryLater("no route", after=5 * SECOND))
    round_.memory.clock.advance(HOUR)
    await round_.deliver()

    assert [why for _, why in round_.memory.outbox.given_up] == ["expired: tried 1 times"]
    assert round_.counted("gave up", "expired") == 1


@pytest.mark.parametrize("kind", [POST, EDIT, CLOSE, REPLY])
async def test_what_may_have_arrived_is_sent_again(round_: Round, kind: DeliveryKind) -> None:
    round_.queue("opened")
    await round_.deliver()
    round_.queue("next", kind=kind)
    await round_.deliver(RetryLater("reply lost", after=5 * SECOND, ambiguous=True))
    round_.memory.clock.advance(5 * SECOND)
    await round_.deliver()

    assert round_.chat.titles == ["opened", "next"]


async def test_what_is_to_be_told_once_is_not_sent_again_where_it_may_have_arrived(round_: Round) -> None:
    round_.queue("digest", once=True)
    await round_.deliver(RetryLater("reply lost", after=5 * SECOND, ambiguous=True))

    assert round_.memory.outbox.waiting == []
    assert round_.counted("dropped", "may have arrived") == 1


async def test_what_is_to_be_told_once_is_sent_again_where_it_has_not_arrived(round_: Round) -> None:
    round_.queue("digest", once=True)
    await round_.deliver(RetryLater("no connection", after=5 * SECOND))

    assert len(round_.memory.outbox.waiting) == 1


@pytest.mark.parametrize("limited", [True, False])
async def test_a_pause_of_the_whole_bot_or_a_rate_limit_is_kept_to_the_second_and_is_no_failure(
    round_: Round,
    limited: bool,  # noqa: FBT001 — a table's column
) -> None:
    round_.queue(expires_in=2 * DAY)
    slower = RetryLater("slower", after=7 * SECOND, rate_limited=limited, whole_bot=not limited)
    for _ in range(20):
        round_.memory.clock.advance(7 * SECOND)
        assert await round_.deliver(slower) == [True]

    assert [delivery.attempt for delivery in round_.memory.outbox.waiting] == [0]
    assert round_.memory.meter.counts["rate limited", Platform.TERMINAL] == (20 if limited else 0)
    assert round_.counted("retried", "rate limited") == (20 if limited else 0)


async def test_a_rate_limit_is_known_to_the_pacer(round_: Round) -> None:
    round_.queue()
    await round_.deliver(RetryLater("slower", after=7 * SECOND, rate_limited=True))

    assert round_.pacer.pause_of("here") == pytest.approx(7.0, abs=0.5)
    assert round_.pacer.pause_of("there") == 0.0
    assert await round_.pacer.due_in(1) == 0.0


async def test_a_chat_that_moved_gets_its_message_at_the_new_address(round_: Round) -> None:
    await round_.memory.subscriptions.add(subscription(place=HERE))
    round_.queue()
    await round_.deliver(ChatMoved(THERE))

    assert round_.memory.subscriptions.moved == [(HERE, THERE)]
    assert [one.place for one in await round_.memory.subscriptions.of_place(THERE)] == [THERE]
    [waiting] = await round_.memory.outbox.claim(Platform.TERMINAL, limit=1, wait=timedelta())
    assert (waiting.attempt, waiting.key) == (0, round_.chat.keys[0])


@pytest.mark.parametrize("error", [ChatGone("blocked", Obstacle.BLOCKED), TopicClosed("closed")])
async def test_a_place_that_is_gone_is_disabled_with_the_reason(round_: Round, error: DeliveryError) -> None:
    round_.queue()
    await round_.deliver(error)

    where = HERE.whole_chat if isinstance(error, ChatGone) else HERE  # a bot that is out of a chat is out of its topics
    obstacle = Obstacle.BLOCKED if isinstance(error, ChatGone) else Obstacle.REFUSED
    assert await round_.memory.subscriptions.trouble(HERE) == PlaceTrouble(
        where, str(error), NOON, disabled=True, obstacle=obstacle
    )
    assert round_.counted("dropped", "place disabled") == 1
    assert round_.chat.shown == []


@pytest.mark.parametrize("obstacle", [Obstacle.TOPIC_CLOSED, Obstacle.TOPIC_DELETED])
async def test_a_closed_topic_is_announced_once_in_the_general_topic(round_: Round, obstacle: Obstacle) -> None:
    for number in range(3):
        round_.queue(f"opened {number}", TOPIC, incident=f"INC-{number}")
        await round_.deliver(TopicClosed("closed", obstacle))

    assert round_.chat.shown == [(HERE, topic_notice(obstacle).title, None)]
    assert round_.chat.messages[0].mention is None
    assert ("deleted" in round_.chat.messages[0].lines[0][0].text) == (obstacle is Obstacle.TOPIC_DELETED)
    trouble = await round_.memory.subscriptions.trouble(TOPIC)
    assert trouble
    assert (trouble.place, trouble.disabled) == (TOPIC, True)
    assert await round_.memory.subscriptions.trouble(HERE) is None


async def test_a_topic_that_closes_again_is_announced_again(round_: Round) -> None:
    for number in range(2):
        round_.queue("opened", TOPIC, incident=f"INC-{number}")
        await round_.deliver(TopicClosed("closed"))
        await round_.memory.subscriptions.clear_trouble(TOPIC)

    assert [where for where, _, _ in round_.chat.shown] == [HERE, HERE]


async def test_the_announcement_of_a_closed_topic_is_not_lost_to_a_rate_limit(round_: Round) -> None:
    round_.queue("opened", TOPIC)
    slower = RetryLater("slower", after=7 * SECOND, rate_limited=True)
    await round_.deliver(TopicClosed("closed"), slower)
    assert await round_.memory.subscriptions.trouble(TOPIC) is None
    round_.memory.clock.advance(7 * SECOND)
    await round_.deliver(TopicClosed("closed"))

    assert [where for where, _, _ in round_.chat.shown] == [HERE]
    assert round_.memory.outbox.waiting == []


async def test_a_topic_whose_closing_cannot_be_announced_is_paused_all_the_same(round_: Round) -> None:
    round_.queue("opened", TOPIC)
    await round_.deliver(TopicClosed("closed"), TopicClosed("so is General"))

    trouble = await round_.memory.subscriptions.trouble(TOPIC)
    assert trouble
    assert (trouble.disabled, trouble.reason) == (True, "closed")


async def test_one_refusal_disables_nothing(round_: Round) -> None:
    round_.queue()
    await round_.deliver(NotAllowed("no rights", Obstacle.NO_RIGHTS))

    assert await round_.memory.subscriptions.trouble(HERE) == PlaceTrouble(
        HERE, "no rights", NOON, failures=1, obstacle=Obstacle.NO_RIGHTS
    )
    assert round_.memory.outbox.given_up == []
    assert round_.counted("retried", "not allowed") == 1


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
    round_: Round,
    pauses: tuple[timedelta, ...],
    disabled: bool,  # noqa: FBT001 — a table's column
) -> None:
    for index, pause in enumerate(pauses):
        round_.memory.clock.advance(pause)
        round_.queue(incident=f"INC-{index}")
        await round_.deliver(NotAllowed("no rights"))

    trouble = await round_.memory.subscriptions.trouble(HERE)
    assert trouble
    assert (trouble.disabled, trouble.failures, trouble.since) == (disabled, len(pauses), NOON)


async def test_a_refused_message_is_buried_and_the_place_is_fine(round_: Round) -> None:
    round_.queue()
    await round_.deliver(BadMessage("can't parse"))

    assert [why for _, why in round_.memory.outbox.given_up] == ["message refused: can't parse"]
    assert await round_.memory.subscriptions.trouble(HERE) is None
    assert round_.counted("gave up", "message refused") == 1


async def test_a_fault_of_our_own_is_logged_tried_again_and_holds_up_nobody(round_: Round) -> None:
    round_.queue("opened", HERE, THERE)
    with capture_logs() as logs:
        assert await round_.deliver(ZeroDivisionError("oh")) == [True, True]

    assert round_.chat.shown == [(THERE, "opened", None)]
    assert [(log["event"], log["place"]) for log in logs] == [("delivery broke", "terminal:here")]
    round_.memory.clock.advance(30 * SECOND)
    await round_.deliver()
    assert round_.chat.shown[-1] == (HERE, "opened", None)


async def test_a_fault_of_our_own_that_stays_is_buried_after_twelve_tries(round_: Round) -> None:
    round_.queue(expires_in=2 * DAY)
    for _ in range(12):
        await round_.deliver(ZeroDivisionError("oh"))
        round_.memory.clock.advance(HOUR)

    assert [why for _, why in round_.memory.outbox.given_up] == ["tried 12 times: ZeroDivisionError('oh')"]
    assert round_.memory.outbox.waiting == []
    assert round_.counted("gave up", "tried 12 times") == 1


@in_simulated_time
async def test_what_was_sent_is_noted_once_the_store_is_back_and_not_sent_again() -> None:
    round_ = Round()
    round_.queue()
    [delivery] = await round_.memory.outbox.claim(Platform.TERMINAL, limit=1, wait=timedelta())
    round_.memory.outbox.away = True
    with capture_logs() as logs:
        sending = asyncio.create_task(round_.errand.run(delivery))
        await asyncio.sleep(60)
    assert [log["event"] for log in logs] == ["store away, delivery not noted yet"]
    assert not sending.done()

    round_.memory.outbox.away = False
    assert await sending
    assert round_.chat.titles == ["opened"]
    assert round_.memory.outbox.sent == {("INC-1", HERE): "m1"}


async def test_too_many_refusals_stop_the_fan_out_and_the_operator_hears_why() -> None:
    round_ = Round(RefusalLimits(judged=3, part=0.5))
    for number in range(3):
        round_.queue("opened", place(str(number)), incident=f"INC-{number}")
    with capture_logs() as logs:
        await round_.deliver(ChatGone("gone"), None, NotAllowed("no"))

    reason = "2 of the last 3 messages were refused"
    assert [log["reason"] for log in logs if log["event"] == "fan-out stopped"] == [reason]
    assert round_.counted("stopped", "too many refusals") == 1
    assert [message for message, _ in round_.told] == [stopped_card(Platform.TERMINAL, reason, 5 * MINUTE)]
    assert "5 min" in round_.told[0][0].lines[1][0].text
    assert await round_.pacer.due_in(1) == pytest.approx(300.0, abs=0.5)


async def test_a_fault_while_the_operator_is_told_loses_nothing() -> None:
    round_ = Round(RefusalLimits(judged=1))
    round_.told_breaks = True
    round_.queue()
    with capture_logs() as logs:
        assert await round_.deliver(NotAllowed("no")) == [True]

    assert [delivery.attempt for delivery in round_.memory.outbox.waiting] == [1]
    assert "delivery broke" in {log["event"] for log in logs}


async def test_rate_limits_count_as_refusals_and_what_the_platform_did_not_refuse_does_not() -> None:
    round_ = Round(RefusalLimits(judged=2, part=0.5))
    for number in range(3):
        round_.queue("opened", place(str(number)), incident=f"INC-{number}")
    await round_.deliver(
        RetryLater("away", after=SECOND), NotAllowed("no right, as the gateway said", foreseen=True), BadMessage("no")
    )
    assert round_.told == []

    round_.queue("opened", place("4"), place("5"), incident="INC-4")
    limited = RetryLater("slower", after=SECOND, rate_limited=True)
    await round_.deliver(limited, limited)
    assert len(round_.told) == 1
