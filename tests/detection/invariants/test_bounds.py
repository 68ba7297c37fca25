"""Bounds instead of all or nothing (invariant 3): while a chain is missing, what is shown encloses what is true.

What is true is known here, for the world has the amounts on the missing chains. Nothing else is wrong in these worlds:
a move that is taken for a changed list of wallets is taken away from the figure, which is invariant 1.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.detection.thresholds import MIN_FLOW_USD
from bot.domain.flow import Flow, HoldReason, Window
from bot.domain.severity import Severity, rank
from tests.builders import DAY
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import ChainMissing, Swapped
from tests.detection.invariants.world_strategies import EXAMPLES, HOURLY, MIXED, STEPS_OF_A_SOURCE, absurd, worlds
from tests.detection.invariants.worlds import (
    BASE_ETH,
    CHAINS,
    ETHEREUM_ETH,
    ETHEREUM_USDT,
    PAST,
    SLOTS,
    TRON_USDT,
    Outflow,
    World,
)

_ROUNDING = 1e-9


@st.composite
def spells(draw: st.DrawFn) -> World:
    """Draw a world in which chains are missing for one spell, while customers move coins out, in, and across."""
    hours = (*PAST, *draw(st.one_of(HOURLY, MIXED)))
    first = draw(st.integers(len(PAST), len(hours) - 1))
    until = first + draw(st.integers(1, 6))
    chains = draw(st.lists(st.sampled_from(CHAINS), min_size=1, max_size=2, unique=True))
    # In steps of 4 % or less of any slot, from all of them: no step looks like a changed list of wallets.
    part = draw(st.sampled_from((-0.02, 0.0, 0.02, 0.1, 0.3)))
    begin = draw(st.integers(len(PAST), len(hours)))
    outflow = Outflow(part, begin, steps=draw(st.integers(10, 14)))
    world = World(hours, outflows=(outflow,), noise=draw(st.sampled_from((0.0, 0.001))), seed=draw(st.integers(0, 99)))
    moved = draw(st.sampled_from((0.0, 0.05, 0.2)))
    across = draw(st.sampled_from(((TRON_USDT, ETHEREUM_USDT), (ETHEREUM_ETH, BASE_ETH), (BASE_ETH, ETHEREUM_ETH))))
    step = draw(st.integers(len(PAST), len(hours)))
    return replace(
        world,
        moves=(Swapped(*across, moved, step, step),),
        events=tuple(ChainMissing(chain, first, until) for chain in chains),
    )


def true_usd(world: World, flow: Flow) -> float:
    """Return what really flowed, at the prices of the start."""
    start, end = world.true[world.index(flow.start)], world.true[world.index(flow.end)]
    return sum((end[slot].amount - start[slot].amount) * start[slot].price for slot in SLOTS)


def has_been_missing(world: World, step: int) -> timedelta:
    """Return for how long chains have been missing at a reading."""
    first = next(event.first for event in world.events if isinstance(event, ChainMissing))
    return world.times[step] - world.times[first]


@EXAMPLES
@given(spells(), st.booleans())
def test_the_true_flow_lies_between_the_bounds_while_chains_are_missing(
    world: World,
    fast: bool,  # noqa: FBT001 — drawn
) -> None:
    for step, signal in enumerate(signals(world, fast=fast)):
        if not world.missing_chains(step):
            continue
        for flow in signal.flows:
            # What both ends lack is taken for gone after three days.
            if not (world.missing_chains(world.index(flow.start)) and has_been_missing(world, step) > 3 * DAY):
                true_share = true_usd(world, flow) / flow.reserves_usd
                assert flow.low - _ROUNDING <= true_share <= flow.high + _ROUNDING, (step, flow.window, true_share)


@EXAMPLES
@given(spells(), st.booleans())
def test_a_window_is_as_certain_as_what_is_missing_is_small(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    """The bounds are not wider than twice the worth of what is missing; a step that waits widens them, too.

    It may have been made, or be away again, within the window.
    """
    for step, signal in enumerate(signals(world, fast=fast)):
        missing = world.missing_chains(step)
        for flow in signal.flows:
            start = world.index(flow.start)
            prices = world.true[start]
            worth = sum(
                held.amount * prices[slot].price
                for slot, held in world.last_told[step].items()
                if slot.chain in missing
            )
            uncounted = [jump for jump in signal.jumps if not jump.is_counted]
            if not any((jump.turned_at or jump.at) > flow.start for jump in uncounted):
                assert (flow.high - flow.low) * flow.reserves_usd <= 2 * worth * (1 + 1e-9), (step, flow.window)


def severity_of(flow: Flow) -> Severity | None:
    """Return what the certain end of a window says, by the thresholds that ask for nothing but the share."""
    limits = {
        Window.DAY: ((-0.08, Severity.SEVERE),),
        Window.THREE_DAYS: ((-0.15, Severity.SEVERE),),
        Window.FORTNIGHT: ((-0.10, Severity.ELEVATED),),
        Window.MONTH: ((-0.20, Severity.ELEVATED),),
    }
    may_be_graded = flow.hold is None or (
        flow.hold.reason in {HoldReason.CHAIN_MISSING, HoldReason.WALLETS_CHANGED, HoldReason.SOURCE_GLITCH}
    )
    if not may_be_graded or flow.high * flow.reserves_usd > -MIN_FLOW_USD:
        return None
    reached = [severity for limit, severity in limits.get(flow.window, ()) if flow.high <= limit]
    return max(reached, key=rank, default=None)


@EXAMPLES
@given(worlds(*STEPS_OF_A_SOURCE, absurd), st.booleans())
def test_the_figure_lies_between_the_bounds_and_the_certain_end_is_graded(
    world: World,
    fast: bool,  # noqa: FBT001 — drawn
) -> None:
    for signal in signals(world, fast=fast):
        for flow in signal.flows:
            assert flow.low - _ROUNDING <= flow.share <= flow.high + _ROUNDING, flow
            assert (flow.lowest_usd is None) == (flow.highest_usd is None)
        worst = max(map(severity_of, signal.flows), key=rank, default=None)
        assert rank(signal.severity) >= rank(worst)
        if rank(signal.severity) >= Severity.SEVERE.rank:
            assert rank(worst) >= Severity.SEVERE.rank
