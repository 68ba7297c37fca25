"""Held is said (invariant 11): every step of 3 % of reserves that is not counted is a jump, with its verdict."""

from hypothesis import given
from hypothesis import strategies as st

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.net_flow import net_flow
from bot.detection.guards.restatement import restated
from bot.domain.flow import Window
from bot.domain.jump import Verdict
from bot.domain.reading import Reading
from tests.detection.invariants.engine_runs import signal_of, states
from tests.detection.invariants.source_events import NOTHING
from tests.detection.invariants.world_strategies import EXAMPLES, STEPS_OF_A_SOURCE, worlds
from tests.detection.invariants.worlds import World

SAID_SHARE = 0.03


def uncounted_share(state: ExchangeState, previous: Reading) -> float:
    """Return how much of the last step is no flow, by asset, added up, as a share of reserves.

    What moved is worked out here: units of every asset over all chains.
    """
    latest = state.recent_readings[-1]
    before, now = (restated(reading, state.guard_state) for reading in (previous, latest))
    flow = net_flow(
        Window.HOUR, before, now, (), jumps=state.guard_state.jumps, lost_parts=state.guard_state.lost_parts
    )
    counted = {moved.asset: moved.usd for moved in flow.assets}
    uncounted = 0.0
    for asset in {slot.asset for slot in {**before.holdings, **now.holdings}}:
        held_before, held_now = before.by_asset().get(asset, NOTHING), now.by_asset().get(asset, NOTHING)
        priced = held_before if held_before.amount > 0 else held_now
        price = priced.usd / priced.amount if priced.amount > 0 else 0.0
        uncounted += abs((held_now.amount - held_before.amount) * price - counted.get(asset, 0.0))
    return uncounted / flow.reserves_usd if flow.reserves_usd > 0 else 0.0


@EXAMPLES
@given(worlds(*STEPS_OF_A_SOURCE, drifts=(0.0,)), st.booleans())
def test_every_large_step_that_is_not_counted_is_told_with_its_verdict(
    world: World,
    fast: bool,  # noqa: FBT001 — drawn
) -> None:
    previous: Reading | None = None
    for state in states(world.readings, fast=fast):
        latest = state.latest
        assert latest
        if previous and uncounted_share(state, previous) >= SAID_SHARE:
            moved_now = {
                (jump.group, jump.at)
                for jump in state.guard_state.jumps
                if any(move.at == latest.as_of for part in jump.parts for move in part.moves)
            }
            told = [jump for jump in signal_of(state).jumps if (jump.group, jump.at) in moved_now]
            assert any(jump.verdict is not Verdict.COUNTED for jump in told), (latest.as_of, moved_now, told)
        previous = latest
