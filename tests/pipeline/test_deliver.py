import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import (
    BadMessage,
    ChatGone,
    ChatMoved,
    DeliveryError,
    NotAllowed,
    RetryLater,
    StorageError,
    TopicClosed,
)
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.messages.model import Message
from bot.pipeline.deliver import Courier
from bot.pipeline.pace import PACES, Pacer
from bot.ports import Alert, DeliveryKind, PlaceTrouble
from tests.builders import DAY, HOUR, NOON, subscription
from tests.fakes.memory import Memory

POST, EDIT, CLOSE, REPLY = DeliveryKind
MINUTE = timedelta(minutes=1)


def place(name: str) -> Place:
    return Place(Platform.TERMINAL, name)


HERE, THERE = place("here"), place("there")


@dataclass
class Chat:
    """A chat platform that takes everything, except what `answers` says to the next sends. Fits ports.ChatPlatform."""

    platform: Platform = Platform.TERMINAL
    shown: list[tuple[Place, str, str | None]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    before_each: Callable[[Place], Awaitable[None]] | None = None
    something_shown: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        await asyncio.Event().wait()

    def trouble(self) -> str | None:
        return None

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self.keys.append(key)
        await self._say(place, message, reply_to)
        return f"m{len(self.shown)}"

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._say(place, message, f"={message_id}")

    async def _say(self, place: Place, message: Message, about: str | None) -> None:
        if self.before_each:
            await self.before_each(place)
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        self.shown.append((place, message.title, about))
        self.something_shown.set()


class Round:
    """A courier between an outbox and a chat."""

    def __init__(self, platform: Platform = Platform.TERMINAL) -> None:
        self.memory = Memory(NOON)
        self.chat = Chat(platform)
        self.held_back: list[float] = []
        self.pacer = Pacer(PACES[platform], monotonic=self._seconds, sleep=self._note)
        self.courier = Courier(
            self.chat,
            outbox=self.memory.outbox,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            pacer=self.pacer,
        )

    def _seconds(self) -> float:
        return (self.memory.clock.now() - NOON).total_seconds()

    async def _note(self, seconds: float) -> None:
        self.held_back.append(seconds)

    def queue(
        self, title: str = "opened", *places: Place, kind: DeliveryKind = POST, incident: str = "INC-1",
        severity: Severity = Severity.ELEVATED, expires_in: timedelta = HOUR,
    ) -> None:  # fmt: skip
        now = self.memory.clock.now()
        self.memory.outbox.queue(
            Alert(
                id=f"{incident}:{title}:{kind}",
                incident=incident,
                severity=severity,
                kind=kind,
                message=Message(title),
                created_at=now,
                expires_at=now + expires_in,
                recipients=tuple(subscription(place=one) for one in places or (HERE,)),
            )
        )

    async def deliver(self, *answers: Exception | None) -> int:
        self.chat.answers = list(answers)
        return await self.courier.deliver_waiting()

    @property
    def shown(self) -> list[tuple[Place, str, str | None]]:
        return self.chat.shown

    def counted(self, result: str, reason: str = "") -> int:
        return self.memory.meter.counts["delivered", result, reason]


@pytest.fixture
def round_() -> Round:
    return Round()


async def test_a_message_is_sent_once(round_: Round) -> None:
    round_.queue()

    assert [await round_.deliver(), await round_.deliver()] == [1, 0]
    assert round_.shown == [(HERE, "opened", None)]
    assert round_.counted("sent") == 1


async def test_changes_edit_the_message_and_the_end_answers_it(round_: Round) -> None:
    round_.queue("opened")
    round_.queue("updated", kind=EDIT)
    round_.queue("worse")
    round_.queue("closed", kind=CLOSE)
    round_.queue("over", kind=REPLY)

    while await round_.deliver():
        pass

    assert round_.shown == [
        (HERE, "opened", None),
        (HERE, "updated", "=m1"),
        (HERE, "worse", "m1"),
        (HERE, "closed", "=m3"),
        (HERE, "over", "m3"),
    ]
    assert (round_.counted("sent"), round_.counted("edited")) == (3, 2)


async def test_a_place_that_subscribed_late_hears_of_an_open_incident_at_its_next_change(round_: Round) -> None:
    round_.queue("updated", kind=EDIT)
    await round_.deliver()

    assert round_.shown == [(HERE, "updated", None)]
    assert (round_.counted("sent"), round_.counted("edited")) == (1, 0)


@pytest.mark.parametrize("kind", [CLOSE, REPLY])
async def test_who_never_heard_of_an_incident_is_not_told_of_its_end(round_: Round, kind: DeliveryKind) -> None:
    round_.queue("over", kind=kind)
    await round_.deliver()

    assert round_.shown == []
    assert round_.counted("dropped", "nothing to change") == 1
    assert round_.memory.outbox.waiting == []


async def test_what_has_expired_is_dropped_unsent(round_: Round) -> None:
    round_.queue(expires_in=HOUR)
    round_.memory.clock.advance(HOUR)
    await round_.deliver()

    assert round_.shown == []
    assert round_.counted("dropped", "expired") == 1


async def test_a_disabled_place_hears_nothing(round_: Round) -> None:
    await round_.memory.subscriptions.note_trouble(PlaceTrouble(HERE, "gone", NOON, disabled=True))
    round_.queue()
    await round_.deliver()

    assert round_.shown == []
    assert round_.counted("dropped", "place disabled") == 1


async def test_a_place_in_trouble_that_answers_is_healed(round_: Round) -> None:
    await round_.memory.subscriptions.note_trouble(PlaceTrouble(HERE, "not allowed", NOON))
    round_.queue()
    with capture_logs() as logs:
        await round_.deliver()

    assert await round_.memory.subscriptions.trouble(HERE) is None
    assert logs == [{"event": "place healed", "place": "terminal:here", "log_level": "info"}]


@pytest.mark.parametrize(("attempt", "pause"), [(0, 5), (1, 10), (2, 20), (6, 320), (10, 320)])
async def test_a_platform_that_is_away_is_tried_again_after_ever_longer_pauses(
    round_: Round, attempt: int, pause: int
) -> None:
    round_.queue(expires_in=DAY)
    away = RetryLater("away", after=timedelta(seconds=5))
    for _ in range(attempt + 1):
        round_.memory.clock.advance(HOUR)
        assert await round_.deliver(away) == 1

    round_.memory.clock.advance(timedelta(seconds=pause - 1))
    assert await round_.deliver() == 0
    round_.memory.clock.advance(timedelta(seconds=1))
    assert await round_.deliver() == 1
    assert round_.shown == [(HERE, "opened", None)]
    assert round_.counted("retried", "busy") == attempt + 1
    assert len(set(round_.chat.keys)) == 1


async def test_after_twelve_tries_a_message_is_buried_with_the_reason(round_: Round) -> None:
    round_.queue(expires_in=2 * DAY)
    for _ in range(12):
        round_.memory.clock.advance(HOUR)
        await round_.deliver(RetryLater("no route", after=timedelta(seconds=5)))

    (buried,) = round_.memory.outbox.buried
    assert buried[1] == "tried 12 times: no route"
    assert round_.memory.outbox.waiting == []
    assert round_.counted("gave up", "tried 12 times") == 1


async def test_a_rate_limit_is_kept_to_the_second_and_is_no_failure(round_: Round) -> None:
    round_.queue(expires_in=2 * DAY)
    slower = RetryLater("slower", after=timedelta(seconds=7), rate_limited=True)
    for _ in range(20):
        round_.memory.clock.advance(timedelta(seconds=7))
        assert await round_.deliver(slower) == 1

    assert round_.memory.outbox.buried == []
    assert round_.memory.meter.counts["rate limited", Platform.TERMINAL] == 20
    assert round_.counted("retried", "rate limited") == 20
    assert round_.held_back == []


async def test_a_limit_on_the_whole_bot_holds_everybody_back(round_: Round) -> None:
    round_.queue()
    await round_.deliver(RetryLater("slower", after=timedelta(seconds=7), rate_limited=True, whole_bot=True))
    round_.queue("another", THERE)
    await round_.deliver()

    assert round_.held_back == [7.0]


async def test_a_chat_that_moved_gets_its_message_at_the_new_address(round_: Round) -> None:
    await round_.memory.subscriptions.add(subscription(place=HERE))
    round_.queue()
    await round_.deliver(ChatMoved(THERE))

    assert round_.shown == [(THERE, "opened", None)]
    assert round_.memory.subscriptions.moved == [(HERE, THERE)]
    assert [one.place for one in await round_.memory.subscriptions.of_place(THERE)] == [THERE]
    assert await round_.memory.outbox.sent_message("INC-1", THERE) == "m1"
    assert len(set(round_.chat.keys)) == 1


async def test_a_moved_chat_keeps_the_thread_of_its_incident(round_: Round) -> None:
    round_.queue()
    await round_.deliver()
    round_.queue("updated", kind=EDIT)
    await round_.deliver(ChatMoved(THERE))

    assert round_.shown[-1] == (THERE, "updated", "=m1")


@pytest.mark.parametrize("error", [ChatGone("blocked"), TopicClosed("closed")])
async def test_a_place_that_is_gone_is_disabled_with_the_reason(round_: Round, error: DeliveryError) -> None:
    round_.queue()
    await round_.deliver(error)

    where = HERE.whole_chat if isinstance(error, ChatGone) else HERE  # a bot that is out of a chat is out of its topics
    assert await round_.memory.subscriptions.trouble(HERE) == PlaceTrouble(where, str(error), NOON, disabled=True)
    assert round_.counted("dropped", "place disabled") == 1


async def test_one_refusal_disables_nothing(round_: Round) -> None:
    round_.queue()
    await round_.deliver(NotAllowed("no rights"))

    assert await round_.memory.subscriptions.trouble(HERE) == PlaceTrouble(HERE, "no rights", NOON, failures=1)
    assert round_.memory.outbox.buried == []
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

    assert [why for _, why in round_.memory.outbox.buried] == ["message refused: can't parse"]
    assert await round_.memory.subscriptions.trouble(HERE) is None
    assert round_.counted("gave up", "message refused") == 1


async def test_a_fault_of_our_own_is_logged_tried_again_and_holds_up_nobody(round_: Round) -> None:
    round_.queue("opened", HERE, THERE)
    with capture_logs() as logs:
        assert await round_.deliver(ZeroDivisionError("oh")) == 2

    assert round_.shown == [(THERE, "opened", None)]
    assert [(one["event"], one["place"]) for one in logs] == [("delivery broke", "terminal:here")]
    round_.memory.clock.advance(30 * timedelta(seconds=1))
    await round_.deliver()
    assert round_.shown[-1] == (HERE, "opened", None)


async def test_a_slow_place_does_not_hold_up_the_others(round_: Round) -> None:
    free = asyncio.Event()

    async def wait_here(where: Place) -> None:
        if where == HERE:
            await free.wait()

    round_.chat.before_each = wait_here
    round_.queue("opened", HERE, THERE)
    delivering = asyncio.create_task(round_.courier.deliver_waiting())
    await round_.chat.something_shown.wait()

    assert round_.shown == [(THERE, "opened", None)]
    free.set()
    assert await delivering == 2


async def test_in_one_place_messages_keep_their_order(round_: Round) -> None:
    round_.queue("first", incident="INC-1")
    round_.queue("second", incident="INC-2")
    await round_.deliver()

    assert [title for _, title, _ in round_.shown] == ["first", "second"]


async def test_the_worst_goes_first(round_: Round) -> None:
    round_.queue("mild", incident="INC-1", severity=Severity.WATCH)
    round_.queue("bad", incident="INC-2", severity=Severity.CRITICAL)
    await round_.deliver()

    assert [title for _, title, _ in round_.shown] == ["bad", "mild"]


async def test_messages_of_another_platform_are_left_to_its_courier(round_: Round) -> None:
    round_.queue("opened", Place(Platform.TELEGRAM, "1"))

    assert await round_.deliver() == 0


async def test_each_message_waits_for_its_turn() -> None:
    round_ = Round(Platform.TELEGRAM)
    group = Place(Platform.TELEGRAM, "-100")
    round_.queue("first", group, incident="INC-1")
    round_.queue("second", group, incident="INC-2")
    await round_.deliver()

    assert round_.held_back == [3.0]


async def test_a_store_that_goes_away_stops_the_round_after_everybodys_turn(round_: Round) -> None:
    async def lose_the_store(where: Place) -> None:
        if where == HERE:
            raise StorageError("gone")
        for _ in range(5):
            await asyncio.sleep(0)

    round_.chat.before_each = lose_the_store
    round_.queue("opened", HERE, THERE)

    with pytest.raises(StorageError):
        await round_.deliver()
    assert round_.shown == [(THERE, "opened", None)]


async def test_it_runs_until_told_to_stop_and_finishes_what_is_under_way(round_: Round) -> None:
    running = asyncio.create_task(round_.courier.run())
    round_.queue()
    await round_.chat.something_shown.wait()

    round_.courier.stop()
    round_.queue("last", THERE)
    await running

    assert [title for _, title, _ in round_.shown] in (["opened"], ["opened", "last"])
    assert len(round_.memory.outbox.waiting) + len(round_.shown) == 2


async def test_while_the_store_is_away_it_waits_and_goes_on(round_: Round) -> None:
    round_.memory.outbox.away = True
    with capture_logs() as logs:
        running = asyncio.create_task(round_.courier.run())
        await round_.memory.outbox.missed.wait()

        assert logs[0]["event"] == "store away while delivering"
        assert not running.done()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
