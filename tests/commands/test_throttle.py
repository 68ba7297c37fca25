from hypothesis import given
from hypothesis import strategies as st

from bot.commands.throttle import Throttle


def waits(throttle: Throttle, times: int, *, person: str = "p", place: str = "c", now: float = 0.0) -> list[float]:
    return [throttle.seconds_to_wait(person, place, now) for _ in range(times)]


def test_a_person_may_ask_twenty_times_at_once_then_once_a_second() -> None:
    throttle = Throttle()

    assert waits(throttle, 21) == [0.0] * 20 + [1.0]
    assert waits(throttle, 2, now=1.0) == [0.0, 1.0]
    assert waits(throttle, 3, now=3.0) == [0.0, 0.0, 1.0]


def test_a_place_may_be_asked_in_sixty_times_at_once_then_five_times_a_second() -> None:
    throttle = Throttle()
    for person in range(60):
        assert throttle.seconds_to_wait(person, "c", 0.0) == 0.0

    assert throttle.seconds_to_wait("another", "c", 0.0) == 1.0
    assert throttle.seconds_to_wait("another", "elsewhere", 0.0) == 0.0
    assert [throttle.seconds_to_wait(person, "c", 1.0) for person in range(6)] == [0.0] * 5 + [1.0]


def test_who_is_told_to_wait_is_not_made_to_wait_longer() -> None:
    throttle = Throttle()
    waits(throttle, 200)

    assert throttle.seconds_to_wait("p", "c", 1.0) == 0.0


def test_after_a_long_silence_there_are_no_more_than_twenty() -> None:
    throttle = Throttle()
    waits(throttle, 1)

    assert waits(throttle, 21, now=10_000.0) == [0.0] * 20 + [1.0]


def test_a_person_and_a_place_of_one_name_are_two() -> None:
    assert waits(Throttle(), 20, person="x", place="x") == [0.0] * 20


def test_only_the_most_recent_are_remembered() -> None:
    throttle = Throttle()
    waits(throttle, 20, person="old", place="old")
    for number in range(5_000):
        throttle.seconds_to_wait(f"p{number}", f"c{number}", 0.0)

    assert throttle.seconds_to_wait("old", "old", 0.0) == 0.0
    assert throttle.seconds_to_wait("p4999", "c4999", 0.0) == 0.0


@given(st.lists(st.floats(0, 10), max_size=100))
def test_nobody_gets_more_than_a_burst_and_one_a_second(pauses: list[float]) -> None:
    throttle, now, answered = Throttle(), 0.0, 0
    for pause in pauses:
        now += pause
        answered += throttle.seconds_to_wait("p", "c", now) == 0.0

    assert answered <= 20 + now + 1e-6
