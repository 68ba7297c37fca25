"""Conservation (invariant 1): guards take away from a change, never add to it, turn it round or create one.

The raw change is worked out here from what the source told, without the guards: Δ of an asset over all its chains at
the price of the window's start. The source's zero may be taken for a missing value or not; either raw change will do.
"""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flow import Flow
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import NOTHING, Told
from tests.detection.invariants.world_strategies import EXAMPLES, STEPS_OF_A_SOURCE, absurd, worlds
from tests.detection.invariants.worlds import World, of_asset

_ROUNDING = 1e-9  # of reserves


def raw_changes_usd(world: World, flow: Flow, asset: str) -> Iterator[float]:
    """Yield the least and the most that may have moved of an asset, by each reading of the source's zeros.

    They differ where the price of the start is not one: that of a chain that is missing then is of an earlier reading.
    """
    start, end = world.index(flow.start), world.index(flow.end)
    for before in (world.last_told[start], world.last_positive[start]):
        prices = [held.price for slot, held in before.items() if slot.asset == asset]
        prices = prices or [held.price for told in world.told for slot, held in told.items() if slot.asset == asset][:1]
        for after in (world.last_told[end], world.last_positive[end]):
            slots = {slot for slot in {**before, **after} if slot.asset == asset}
            changes = [after.get(slot, NOTHING).amount - before.get(slot, NOTHING).amount for slot in slots]
            for price in prices:
                yield sum(changes) * price
            if len(set(prices)) > 1:
                mixed = sum(map(abs, changes)) * (max(prices) - min(prices))
                yield from (sum(changes) * prices[0] - mixed, sum(changes) * prices[0] + mixed)


def assert_conserved(world: World, flow: Flow) -> None:
    """Fail where an asset's flow does not lie between 0 and its raw change."""
    tolerated = _ROUNDING * flow.reserves_usd
    for moved in flow.assets:
        changes = (0.0, *raw_changes_usd(world, flow, moved.asset))
        assert min(changes) - tolerated <= moved.usd <= max(changes) + tolerated, (flow.window, moved, changes)


@EXAMPLES
@given(worlds(*STEPS_OF_A_SOURCE, absurd), st.booleans())
def test_a_flow_lies_between_nothing_and_the_raw_change(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    for signal in signals(world, fast=fast):
        for flow in signal.flows:
            assert_conserved(world, flow)


@EXAMPLES
@given(worlds(*STEPS_OF_A_SOURCE, absurd, least_events=1, noises=(0.0,)), st.booleans())
def test_a_window_is_zero_where_the_same_is_told_at_both_ends(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    """Whatever was counted or left out in between: prices may differ, amounts do not."""
    for step, signal in enumerate(signals(world, fast=fast)):
        for flow in signal.flows:
            at_both = (amounts(world.told[index]) for index in (world.index(flow.start), step))
            if len(set(at_both)) == 1:
                assert abs(flow.usd) <= _ROUNDING * flow.reserves_usd, (signal.as_of, flow)


def amounts(told: Told) -> frozenset[tuple[str, float]]:
    """Return the units of every asset that is told."""
    return frozenset((asset, of_asset(told, asset)) for asset in {slot.asset for slot in told})
