import asyncio

from bot.delivery.send_queue import SendQueue
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.messages.model import Message
from bot.ports.outbox import Delivery, DeliveryKind
from tests.builders import HOUR, NOON
from tests.clocks import in_simulated_time
from tests.waiting import in_time

HERE, THERE = Place(Platform.TELEGRAM, "1"), Place(Platform.TELEGRAM, "2")


def delivery(name: str, place: Place = HERE, severity: Severity = Severity.WATCH, older: str | None = None) -> Delivery:
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
        older=older,
    )


def room_with(*deliveries: Delivery, size: int = 8) -> SendQueue:
    room = SendQueue(size)
    for one in deliveries:
        room.add(one)
    return room


def left(room: SendQueue) -> str | None:
    found = room.pop()
    return found.key if found else None


def elsewhere(number: int) -> Place:
    return Place(Platform.TELEGRAM, str(100 + number))


def test_the_most_urgent_leaves_first_and_among_those_the_oldest() -> None:
    room = room_with(
        delivery("pointer", elsewhere(1), Severity.CRITICAL, older="7"),
        delivery("watch", elsewhere(2)),
        delivery("severe", elsewhere(3), Severity.SEVERE),
        delivery("watch too", elsewhere(4)),
        delivery("critical", elsewhere(5), Severity.CRITICAL),
    )
    assert [left(room) for _ in range(6)] == ["critical", "severe", "watch", "watch too", "pointer", None]


@in_simulated_time
async def test_one_of_a_chat_leaves_at_a_time_and_the_next_after_its_rest() -> None:
    room = room_with(delivery("first"), delivery("second"), delivery("other", THERE))
    assert [left(room), left(room), left(room)] == ["first", "other", None]
    assert not room.has_ready.is_set()
    room.release_after(HERE, 3.0)
    await asyncio.sleep(2.9)
    assert not room.has_ready.is_set()
    await asyncio.sleep(0.2)
    assert left(room) == "second"


def test_topics_are_one_chat() -> None:
    topics = [Place(Platform.TELEGRAM, "-100", thread) for thread in ("1", "2")]
    room = room_with(*(delivery(str(topic.thread), topic) for topic in topics))
    assert [left(room), left(room)] == ["1", None]


@in_simulated_time
async def test_what_comes_for_a_busy_chat_waits_and_keeps_its_urgency() -> None:
    room = room_with(delivery("first"))
    left(room)
    room.add(delivery("mild"))
    room.add(delivery("bad", severity=Severity.CRITICAL))
    assert left(room) is None
    room.release_after(HERE, 0.0)
    async with in_time("somebody who may leave"):
        await room.has_ready.wait()
    assert left(room) == "bad"


def test_a_busy_chat_takes_two_seats_at_most() -> None:
    room = room_with(delivery("1"))
    assert not room.is_full_for(HERE)
    room.add(delivery("2"))
    assert room.is_full_for(HERE)
    assert not room.is_full_for(THERE)
    left(room)
    assert not room.is_full_for(HERE)
    room.add(delivery("3"))
    assert room.is_full_for(HERE)
    room.drain()
    assert not room.is_full_for(HERE)


def test_it_is_roomy_while_half_of_it_is_free() -> None:
    room = room_with(*(delivery(str(one), elsewhere(one)) for one in range(4)))
    assert (room.has_space.is_set(), room.space, len(room)) == (True, 4, 4)
    room.add(delivery("one more"))
    assert (room.has_space.is_set(), room.space) == (False, 3)
    left(room)
    assert room.has_space.is_set()
    for number in range(10):
        room.add(delivery("x", elsewhere(50 + number)))
    assert room.space == 0


def test_it_can_be_emptied_for_one_chat_or_for_all() -> None:
    room = room_with(delivery("a"), delivery("b"), delivery("c"), delivery("d", THERE))
    assert room.drain(HERE.chat) == []
    assert [left(room), left(room), left(room)] == ["a", "d", None]
    assert [one.key for one in room.drain(HERE.chat)] == ["b", "c"]
    room.add(delivery("e", elsewhere(1)))
    room.add(delivery("f"))
    assert [one.key for one in room.drain()] == ["e", "f"]
    assert (len(room), room.has_ready.is_set(), room.has_space.is_set()) == (0, False, True)


def test_it_is_not_roomy_while_it_stands_still() -> None:
    room = room_with(delivery("a"))
    room.pause(still=True)
    assert left(room) == "a"
    assert not room.has_space.is_set()
    room.pause(still=False)
    assert room.has_space.is_set()


def test_once_closed_it_keeps_nobody_waiting_for_room() -> None:
    room = SendQueue(2)
    room.close()
    room.pause(still=True)
    for number in range(4):
        room.add(delivery("x", elsewhere(number)))
    assert room.has_space.is_set()
