"""Everything by one factor is the source (invariant 7): the one exception from "severe opens at once"."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.incident import StepReason
from bot.domain.severity import Severity
from tests.detection.invariants.engine_runs import alerts, signals
from tests.detection.invariants.source_events import ByOneFactor
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import PAST, World

factors = st.floats(0.02, 0.9)
quiet = st.tuples(st.integers(3, 10), st.integers(2, 8), st.sampled_from((1.0, 3.0, 6.0)), st.integers(0, 99))


def world_of(quiet: tuple[int, int, float, int], factor: float, *, readings: int) -> World:
    before, after, hours, seed = quiet
    event = ByOneFactor(factor, len(PAST) + before, len(PAST) + before + readings)
    return World((*PAST, *(hours,) * (before + readings + after)), (event,), noise=0.0005, seed=seed)


@EXAMPLES
@given(quiet, factors)
def test_an_even_collapse_for_one_reading_opens_nothing(quiet: tuple[int, int, float, int], factor: float) -> None:
    world = world_of(quiet, factor, readings=1)

    assert {alert.reason for alert in alerts(world)} <= {StepReason.HELD}
    assert [signal.severity for signal in signals(world)] == [None] * len(world.times)


@EXAMPLES
@given(quiet, factors)
def test_an_even_collapse_that_stays_opens_at_the_next_reading(
    quiet: tuple[int, int, float, int], factor: float
) -> None:
    world = world_of(quiet, factor, readings=2)

    opened = [alert for alert in alerts(world) if alert.reason is StepReason.OPENED]

    assert [(alert.at, alert.incident and alert.incident.severity) for alert in opened] == [
        (world.times[len(PAST) + quiet[0] + 1], Severity.SEVERE)
    ]
