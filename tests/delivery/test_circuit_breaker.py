from datetime import timedelta

from hypothesis import given, strategies

from bot.delivery.circuit_breaker import REFUSAL_LIMITS, CircuitOpened, RefusalCounter, RefusalLimits
from bot.domain.place import Platform
from tests.builders import HOUR, NOON

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
FEW = RefusalLimits(judged=10, refused_share=0.5, judged_after_pause=4)


def after(counter: RefusalCounter, answers: str, at: timedelta = timedelta()) -> CircuitOpened | None:
    """Return the last decision after a row of answers: `+` a message that arrived, `-` a refusal."""
    opened = None
    for answer in answers:
        if answer == "+":
            counter.accepted(NOON + at)
        else:
            opened = counter.refused(NOON + at)
    return opened


def test_a_fan_out_that_is_refused_half_the_time_is_stopped_with_the_figures() -> None:
    assert after(RefusalCounter(FEW), "+-+-+-+-+-") == CircuitOpened(
        5 * MINUTE, "5 of the last 10 messages were refused"
    )


def test_a_few_refusals_stop_nothing() -> None:
    assert after(RefusalCounter(FEW), "++++++----") is None
    assert after(RefusalCounter(FEW), "---------") is None


@given(strategies.lists(strategies.booleans(), max_size=200))
def test_less_than_half_refused_never_stops(answers: list[bool]) -> None:
    counter = RefusalCounter(FEW)
    stops = [after(counter, "++-" if answer else "+++-") for answer in answers]
    assert stops == [None] * len(answers)


def test_what_comes_in_while_it_is_stopped_decides_nothing() -> None:
    counter = RefusalCounter(FEW)
    after(counter, "-" * 10)
    assert after(counter, "-" * 32, at=4 * MINUTE) is None
    assert after(counter, "+++", at=4 * MINUTE) is None
    assert after(counter, "---", at=5 * MINUTE) is None


def test_a_trial_that_fails_stops_for_twice_as_long_up_to_an_hour() -> None:
    counter, at, pauses = RefusalCounter(FEW), timedelta(), list[timedelta]()
    after(counter, "-" * 9)
    for _ in range(7):
        opened = after(counter, "-" if not pauses else "----", at=at)
        assert opened
        pauses.append(opened.pause)
        at += opened.pause
    assert pauses == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR, HOUR, HOUR]


def test_a_trial_that_succeeds_starts_anew() -> None:
    counter = RefusalCounter(FEW)
    after(counter, "-" * 10)
    assert after(counter, "-+++", at=5 * MINUTE) is None
    assert after(counter, "----", at=5 * MINUTE) is None
    assert after(counter, "--", at=6 * MINUTE) == CircuitOpened(5 * MINUTE, "7 of the last 10 messages were refused")


def test_discord_is_left_in_peace_long_before_it_shuts_the_address_out() -> None:
    counter, limits = RefusalCounter(REFUSAL_LIMITS[Platform.DISCORD]), REFUSAL_LIMITS[Platform.DISCORD]
    assert limits.most_in_ten_minutes
    assert limits.most_in_ten_minutes <= 10_000 / 4
    for number in range(limits.most_in_ten_minutes - 1):
        assert after(counter, "+++-", at=number * 0.2 * SECOND) is None
    assert after(counter, "-", at=9 * MINUTE) == CircuitOpened(10 * MINUTE, "2500 refusals within ten minutes")


def test_as_many_refusals_over_a_longer_time_stop_nothing() -> None:
    counter = RefusalCounter(RefusalLimits(most_in_ten_minutes=10))
    assert [after(counter, "+++-", at=number * 70 * SECOND) for number in range(100)] == [None] * 100
    assert after(counter, "-" * 10, at=3 * HOUR) == CircuitOpened(10 * MINUTE, "10 refusals within ten minutes")
