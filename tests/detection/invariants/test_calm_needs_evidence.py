"""Calm needs evidence (invariant 4): what is held or not known ends no incident."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.simulation import Simulation
from bot.detection.thresholds import EASING, MIN_FLOW_USD, THRESHOLDS
from bot.domain.flow import Flow, Window
from bot.domain.incident import IncidentState, StepReason
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal
from tests.detection.invariants.engine_runs import EXAMPLE
from tests.detection.invariants.world_strategies import EXAMPLES, STEPS_OF_A_SOURCE, absurd, worlds
from tests.detection.invariants.worlds import PAST, Outflow, World


def easing_limit(window: Window) -> float | None:
    """Return the mildest share at which a window still keeps an incident open, by share alone."""
    limits = [threshold.share for threshold in THRESHOLDS if threshold.window is window and not threshold.needs_z]
    return max(limits) * EASING if limits else None


def is_calm(flow: Flow) -> bool:
    """Return whether a window is comparable and below its leaving threshold, even at its worst."""
    if flow.hold is not None:
        return False
    limit = easing_limit(flow.window)
    return limit is None or flow.low > limit or flow.low * flow.reserves_usd > -MIN_FLOW_USD * EASING


def endings(world: World) -> Iterator[tuple[frozenset[str], Signal]]:
    """Yield, for each incident that ended, the windows crossed during its life and the signal that ended it."""
    simulation, crossed = Simulation([EXAMPLE]), set[str]()
    for reading in world.readings:
        result = simulation.judge_reserves([reading])
        for judged in result.steps if result else ():
            if judged.key.sensitivity is not Sensitivity.NORMAL or judged.key.rule != Rule.OUTFLOW:
                continue
            crossed |= {reason.measurement for reason in judged.signal.reasons}
            incident = judged.step.incident
            if judged.step.reason is StepReason.RESOLVED:
                yield frozenset(crossed), judged.signal
            if incident is None or incident.state is IncidentState.RESOLVED:
                crossed.clear()


LONG = st.lists(st.sampled_from((1.0, 3.0, 6.0, 13.0, 24.0)), min_size=14, max_size=20)


@st.composite
def ended_outflows(draw: st.DrawFn) -> World:
    """Draw a world in which a real outflow ends, and most of it comes back or the windows pass it."""
    world = draw(worlds(*STEPS_OF_A_SOURCE, absurd, hours=LONG, most_events=2))
    first = len(PAST) + draw(st.integers(0, 2))
    part = draw(st.sampled_from((0.04, 0.1, 0.25)))
    came_back = draw(st.sampled_from((0.0, 0.6, 1.0)))
    after = first + draw(st.integers(2, 9))
    return replace(world, outflows=(Outflow(part, first, draw(st.integers(1, 2))), Outflow(-part * came_back, after)))


@EXAMPLES
@given(ended_outflows())
def test_an_incident_ends_only_when_every_window_that_was_crossed_is_known_to_be_calm(world: World) -> None:
    for crossed, signal in endings(world):
        flows = {str(flow.window): flow for flow in signal.flows}
        assert all(window in flows and is_calm(flows[window]) for window in crossed), (signal.as_of, crossed, flows)
