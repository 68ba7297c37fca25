from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from bot.delivery.circuit_breaker import REFUSAL_LIMITS, CircuitBreaker, CircuitOpened, RefusalLimits
from bot.domain.place import Platform
from tests.builders import HOUR, NOON

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
FEW = RefusalLimits(judged=10, part=0.5, trial=4)


def after(breaker: CircuitBreaker, answers: str, at: timedelta = timedelta()) -> CircuitOpened | None:
    """Return the last word after a row of answers: `+` taken, `-` refused."""
    stop = None
    for answer in answers:
        if answer == "+":
            breaker.accepted(NOON + at)
        else:
            stop = breaker.refused(NOON + at)
    return stop


def test_a_fan_out_that_is_refused_half_the_time_is_stopped_with_the_figures() -> None:
    assert after(CircuitBreaker(FEW), "+-+-+-+-+-") == CircuitOpened(
        5 * MINUTE, "5 of the last 10 messages were refused"
    )


def test_a_few_refusals_stop_nothing() -> None:
    assert after(CircuitBreaker(FEW), "++++++----") is None
    assert after(CircuitBreaker(FEW), "---------") is None


@given(some.lists(some.booleans(), max_size=200))
def test_less_than_half_refused_never_stops(answers: list[bool]) -> None:
    breaker = CircuitBreaker(FEW)
    stops = [after(breaker, "++-" if answer else "+++-") for answer in answers]
    assert stops == [None] * len(answers)


def test_what_comes_in_while_it_is_stopped_decides_nothing() -> None:
    breaker = CircuitBreaker(FEW)
    after(breaker, "-" * 10)
    assert after(breaker, "-" * 32, at=4 * MINUTE) is None
    assert after(breaker, "+++", at=4 * MINUTE) is None
    assert after(breaker, "---", at=5 * MINUTE) is None


def test_a_trial_that_fails_stops_for_twice_as_long_up_to_an_hour() -> None:
    breaker, at, pauses = CircuitBreaker(FEW), timedelta(), list[timedelta]()
    after(breaker, "-" * 9)
    for _ in range(7):
        stop = after(breaker, "-" if not pauses else "----", at=at)
        assert stop
        pauses.append(stop.pause)
        at += stop.pause
    assert pauses == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR, HOUR, HOUR]


def test_a_trial_that_succeeds_starts_anew() -> None:
    breaker = CircuitBreaker(FEW)
    after(breaker, "-" * 10)
    assert after(breaker, "-+++", at=5 * MINUTE) is None
    assert after(breaker, "----", at=5 * MINUTE) is None
    assert after(breaker, "--", at=6 * MINUTE) == CircuitOpened(5 * MINUTE, "7 of the last 10 messages were refused")


def test_discord_is_left_in_peace_long_before_it_shuts_the_address_out() -> None:
    breaker, tolerance = CircuitBreaker(REFUSAL_LIMITS[Platform.DISCORD]), REFUSAL_LIMITS[Platform.DISCORD]
    assert tolerance.most
    assert tolerance.most <= 10_000 / 4
    for number in range(tolerance.most - 1):
        assert after(breaker, "+++-", at=number * 0.2 * SECOND) is None
    assert after(breaker, "-", at=9 * MINUTE) == CircuitOpened(10 * MINUTE, "2500 refusals within ten minutes")


def test_as_many_refusals_over_a_longer_time_stop_nothing() -> None:
    breaker = CircuitBreaker(RefusalLimits(most=10))
    assert [after(breaker, "+++-", at=number * 70 * SECOND) for number in range(100)] == [None] * 100
    assert after(breaker, "-" * 10, at=3 * HOUR) == CircuitOpened(10 * MINUTE, "10 refusals within ten minutes")
