"""No figure is ever beyond what is possible (invariant 5), whatever the source tells."""

from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.signal import Signal
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import Absurd, worth
from tests.detection.invariants.world_strategies import EXAMPLES, STEPS_OF_A_SOURCE, absurd, new_units, renamed, worlds
from tests.detection.invariants.worlds import World

_ROUNDING = 1e-9


def figures(signal: Signal) -> list[float]:
    """Return every number that people may see."""
    shown = [
        figure for flow in signal.flows for figure in (flow.usd, flow.share, flow.low, flow.high, flow.reserves_usd)
    ]
    moved = [figure for flow in signal.flows for asset in flow.assets for figure in (asset.amount, asset.usd)]
    jumps = [figure for jump in signal.jumps for figure in (jump.usd, jump.share, jump.rest_usd, jump.standing)]
    return [*shown, *moved, *jumps, *(note.usd for note in signal.notes if note.usd is not None)]


@EXAMPLES
@given(worlds(*STEPS_OF_A_SOURCE, absurd, renamed, new_units, drifts=(0.0,)), st.booleans())
def test_no_figure_is_beyond_what_is_possible(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    """Nobody can take out more than is there, and nothing comes that the source never told as possible."""
    possible = world.told_with([event for event in world.events if not isinstance(event, Absurd)])
    most_usd = max(map(worth, possible))
    for signal in signals(world, fast=fast):
        assert all(map(isfinite, figures(signal)))
        for flow in signal.flows:
            assert min(flow.low, flow.share, flow.high) >= -1 - _ROUNDING, flow
            assert max(flow.low, flow.share, flow.high) * flow.reserves_usd <= 2 * most_usd, flow


@EXAMPLES
@given(worlds(absurd, hours=st.lists(st.sampled_from((1.0, 6.0, 24.0)), min_size=5, max_size=15), least_events=1))
def test_an_absurd_value_is_a_missing_value(world: World) -> None:
    """It is said, its slot is uncertain by what it held, and no figure is larger than what customers moved."""
    for step, signal in enumerate(signals(world)):
        absurd_slots = [
            event.slot for event in world.events if isinstance(event, Absurd) and event.first <= step < event.until
        ]
        for flow in signal.flows:
            assert abs(flow.share) <= 0.003 * len(world.hours)
            base_is_absurd = any(
                isinstance(event, Absurd) and event.first <= world.index(flow.start) < event.until
                for event in world.events
            )
            if not base_is_absurd:
                said = {f"{slot.asset} on {slot.chain}" for slot in absurd_slots}
                assert said <= set(flow.missing_chains)
