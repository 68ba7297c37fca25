from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.clock_agreement import CLOCK_TOLERANCE, TimeWitness, agreed_correction, doubters

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def witnesses(*ahead: timedelta) -> list[TimeWitness]:
    """Return witnesses who are so far ahead; the first is the machine itself."""
    return [TimeWitness(f"w{number}", by) for number, by in enumerate(ahead)]


@pytest.mark.parametrize(
    ("ahead", "correction"),
    [
        ([], 0 * HOUR),
        ([0 * HOUR], 0 * HOUR),
        ([0 * HOUR, 5 * HOUR], 0 * HOUR),  # one against one
        ([0 * HOUR, 5 * HOUR, 5 * HOUR], 5 * HOUR),  # two against the machine
        ([0 * HOUR, -5 * HOUR, -5 * HOUR - SECOND, -5 * HOUR + SECOND], -5 * HOUR),
        ([0 * HOUR, 5 * HOUR, 0 * HOUR], 0 * HOUR),  # an upstream with a wrong Date
        ([0 * HOUR, 5 * HOUR, 3 * HOUR], 0 * HOUR),  # two who do not agree
        ([0 * HOUR, 5 * HOUR, 5 * HOUR, 0 * HOUR], 0 * HOUR),  # two against two
        ([-HOUR, 0 * HOUR], 0 * HOUR),  # the machine was set back, one witness has the time in use
        ([-HOUR], -HOUR),  # the machine was set back and nobody was asked
        ([0 * HOUR, CLOCK_TOLERANCE, CLOCK_TOLERANCE], 0 * HOUR),
        ([0 * HOUR, CLOCK_TOLERANCE + SECOND, CLOCK_TOLERANCE + SECOND], CLOCK_TOLERANCE + SECOND),
        ([0 * HOUR, 5 * HOUR, 5 * HOUR + 2 * CLOCK_TOLERANCE], 0 * HOUR),
    ],
)
def test_the_majority_is_right(ahead: list[timedelta], correction: timedelta) -> None:
    assert agreed_correction(witnesses(*ahead)) == correction


@pytest.mark.parametrize(
    ("ahead", "names"),
    [
        ([], []),
        ([0 * HOUR, 0 * HOUR], []),
        ([0 * HOUR, CLOCK_TOLERANCE], []),
        ([0 * HOUR, 5 * HOUR], ["w1"]),  # one against one: the doubt is said
        ([0 * HOUR, 5 * HOUR, 0 * HOUR], []),  # outvoted
        ([0 * HOUR, 5 * HOUR, 3 * HOUR], ["w1"]),
        ([0 * HOUR, 5 * HOUR, 5 * HOUR, 0 * HOUR], ["w1", "w2"]),
    ],
)
def test_a_doubt_is_said_while_nobody_can_decide(ahead: list[timedelta], names: list[str]) -> None:
    assert [witness.name for witness in doubters(witnesses(*ahead))] == names


def test_a_time_within_a_slack_agrees_and_the_narrowest_decides() -> None:
    vague = TimeWitness("vague", 4 * HOUR, slack=2 * HOUR)
    machine, exact = witnesses(0 * HOUR, 5 * HOUR)
    assert agreed_correction([machine, vague, exact]) == 5 * HOUR
    assert agreed_correction([machine, vague, TimeWitness("outside", 7 * HOUR)]) == 0 * HOUR
    assert agreed_correction([machine, TimeWitness("wide", -HOUR, slack=2 * HOUR), exact]) == 0 * HOUR
    assert doubters([machine, TimeWitness("wide", -HOUR, slack=2 * HOUR)]) == ()


@given(st.lists(st.integers(-20_000, 20_000).map(lambda seconds: seconds * SECOND), max_size=6))
def test_a_correction_is_made_once(ahead: list[timedelta]) -> None:
    """A correction settles it: the same answers ask for no other one, however often they are asked."""
    correction = agreed_correction(witnesses(*ahead))
    assert agreed_correction(witnesses(*(by - correction for by in ahead))) == timedelta()
