import asyncio

from bot.delivery.send_queue import SendQueue
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.messages.model import Message
from bot.ports.outbox import Delivery, DeliveryKind, EarlierMessage
from tests.builders import HOUR, NOON
from tests.clocks import in_simulated_time
from tests.waiting import in_time

HERE, THERE = Place(Platform.TELEGRAM, "1"), Place(Platform.TELEGRAM, "2")


def delivery(
    name: str, place: Place = HERE, severity: Severity = Severity.WATCH, *, is_pointer: bool = False
) -> Delivery:
    return Delivery(
        key=name,
        receipt=name,
        alert=name,
        incident=name,
        severity=severity,
        kind=DeliveryKind.POST,
        place=place,
        message=Message(name),
        created_at=NOON,
        expires_at=NOON + HOUR,
        older=EarlierMessage("7", "opened", Message(name)) if is_pointer else None,
    )


def queue_of(*deliveries: Delivery, size: int = 8) -> SendQueue:
    queue = SendQueue(size)
    for waiting in deliveries:
        queue.add(waiting)
    return queue


def popped(queue: SendQueue) -> str | None:
    delivery = queue.pop()
    return delivery.key if delivery else None


def elsewhere(number: int) -> Place:
    return Place(Platform.TELEGRAM, str(100 + number))


def test_the_most_urgent_leaves_first_and_among_those_the_oldest() -> None:
    queue = queue_of(
        delivery("pointer", elsewhere(1), Severity.CRITICAL, is_pointer=True),
        delivery("watch", elsewhere(2)),
        delivery("severe", elsewhere(3), Severity.SEVERE),
        delivery("watch too", elsewhere(4)),
        delivery("critical", elsewhere(5), Severity.CRITICAL),
    )
    assert [popped(queue) for _ in range(6)] == ["critical", "severe", "watch", "watch too", "pointer", None]


@in_simulated_time
async def test_one_of_a_chat_leaves_at_a_time_and_the_next_after_its_rest() -> None:
    queue = queue_of(delivery("first"), delivery("second"), delivery("other", THERE))
    assert [popped(queue), popped(queue), popped(queue)] == ["first", "other", None]
    assert not queue.has_ready.is_set()
    queue.release_after(HERE, 3.0)
    await asyncio.sleep(2.9)
    assert not queue.has_ready.is_set()
    await asyncio.sleep(0.2)
    assert popped(queue) == "second"


def test_topics_are_one_chat() -> None:
    topics = [Place(Platform.TELEGRAM, "-100", thread) for thread in ("1", "2")]
    queue = queue_of(*(delivery(str(topic.thread), topic) for topic in topics))
    assert [popped(queue), popped(queue)] == ["1", None]


@in_simulated_time
async def test_what_comes_for_a_busy_chat_waits_and_keeps_its_urgency() -> None:
    queue = queue_of(delivery("first"))
    popped(queue)
    queue.add(delivery("mild"))
    queue.add(delivery("bad", severity=Severity.CRITICAL))
    assert popped(queue) is None
    queue.release_after(HERE, 0.0)
    async with in_time("somebody who may leave"):
        await queue.has_ready.wait()
    assert popped(queue) == "bad"


def test_two_deliveries_to_a_chat_wait_at_most() -> None:
    queue = queue_of(delivery("1"))
    assert not queue.is_full_for(HERE)
    queue.add(delivery("2"))
    assert queue.is_full_for(HERE)
    assert not queue.is_full_for(THERE)
    popped(queue)
    assert not queue.is_full_for(HERE)
    queue.add(delivery("3"))
    assert queue.is_full_for(HERE)
    queue.drain()
    assert not queue.is_full_for(HERE)


def test_it_has_space_while_half_of_it_is_free() -> None:
    queue = queue_of(*(delivery(str(number), elsewhere(number)) for number in range(4)))
    assert (queue.has_space.is_set(), queue.space, len(queue)) == (True, 4, 4)
    queue.add(delivery("one more"))
    assert (queue.has_space.is_set(), queue.space) == (False, 3)
    popped(queue)
    assert queue.has_space.is_set()
    for number in range(10):
        queue.add(delivery("x", elsewhere(50 + number)))
    assert queue.space == 0


def test_it_can_be_emptied_for_one_chat_or_for_all() -> None:
    queue = queue_of(delivery("a"), delivery("b"), delivery("c"), delivery("d", THERE))
    assert queue.drain(HERE.chat) == []
    assert [popped(queue), popped(queue), popped(queue)] == ["a", "d", None]
    assert [drained.key for drained in queue.drain(HERE.chat)] == ["b", "c"]
    queue.add(delivery("e", elsewhere(1)))
    queue.add(delivery("f"))
    assert [drained.key for drained in queue.drain()] == ["e", "f"]
    assert (len(queue), queue.has_ready.is_set(), queue.has_space.is_set()) == (0, False, True)


def test_it_has_no_space_while_filling_is_paused() -> None:
    queue = queue_of(delivery("a"))
    queue.pause_filling()
    assert popped(queue) == "a"
    assert not queue.has_space.is_set()
    queue.resume_filling()
    assert queue.has_space.is_set()


def test_once_closed_it_keeps_nobody_waiting_for_space() -> None:
    queue = SendQueue(2)
    queue.close()
    queue.pause_filling()
    for number in range(4):
        queue.add(delivery("x", elsewhere(number)))
    assert queue.has_space.is_set()
