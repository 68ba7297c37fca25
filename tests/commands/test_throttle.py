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


def test_a_place_may_be_asked_in_240_times_at_once_then_twenty_times_a_second() -> None:
    throttle = Throttle()
    for person in range(240):
        assert throttle.seconds_to_wait(person, "c", 0.0) == 0.0

    assert throttle.seconds_to_wait("another", "c", 0.0) == 1.0
    assert throttle.seconds_to_wait("another", "elsewhere", 0.0) == 0.0
    assert [throttle.seconds_to_wait(person, "c", 1.0) for person in range(21)] == [0.0] * 20 + [1.0]


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


def told(throttle: Throttle, *floods: tuple[str, str], now: float = 0.0, tells_each: bool = False) -> list[bool]:
    """Return for each command that is not answered whether its sender is told so."""
    checks = [throttle.check(person, place, now, tells_each=tells_each) for person, place in floods]
    return [throttled.is_told for throttled in checks if throttled]


def test_who_floods_is_told_once_a_minute_wherever_it_is() -> None:
    throttle = Throttle()
    assert told(throttle, *[("p", f"c{number % 2}") for number in range(30)]) == [True] + [False] * 9
    assert told(throttle, *[("p", "c")] * 60, now=59.0) == [False] * 40
    assert told(throttle, *[("p", "c")] * 60, now=120.0) == [True] + [False] * 39


def test_a_place_in_which_too_many_ask_is_told_once_for_all() -> None:
    throttle = Throttle()
    assert told(throttle, *[(f"p{number}", "c") for number in range(250)]) == [True] + [False] * 9
    assert told(throttle, ("another", "c"), now=0.04) == [False]


def test_where_nobody_else_reads_it_each_is_told() -> None:
    throttle = Throttle()
    people = [(f"p{number}", "c") for number in range(245)]
    assert told(throttle, *people, tells_each=True) == [True] * 5
    assert told(throttle, *people[240:], now=0.04, tells_each=True) == [False] * 5


def test_only_the_most_recent_are_remembered_as_told() -> None:
    throttle = Throttle()
    waits(throttle, 60, person="p0", place="c")
    for number in range(60):
        throttle.check(f"q{number}", "c", 0.0, tells_each=True)
    for number in range(10_001):
        throttle.check(f"r{number}", "c", 0.0, tells_each=True)
    assert told(throttle, ("r10000", "c"), ("r0", "c"), tells_each=True) == [False, True]
