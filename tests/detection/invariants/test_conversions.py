"""A conversion is no flow, nor is its way back: no window counts one half of it, whichever reading it begins with."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reading import Slot
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import Swapped
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import BASE_USDC, ETHEREUM_USDT, PAST, TRON_USDT, World

_NOISE = 0.0004
_MOST_NOISE = 0.001  # of reserves, over the days of such a world; a random walk moves far less
_READINGS = 30

starts = st.integers(len(PAST), len(PAST) + 3)


@EXAMPLES
@given(
    st.sampled_from((TRON_USDT, ETHEREUM_USDT)),
    st.sampled_from((0.05, 0.2, 0.5, 0.9)),
    starts,
    st.integers(1, 24),
    st.sampled_from((1.0, 3.0, 24.0)),
    st.integers(0, 99),
)
def test_dollars_that_are_turned_into_others_and_back_are_no_flow(  # noqa: PLR0913, PLR0917 — drawn
    slot: Slot, part: float, start: int, later: int, between: float, seed: int
) -> None:
    world = World((*PAST, *(between,) * _READINGS), noise=_NOISE, seed=seed)
    there = Swapped(slot, BASE_USDC, part, start, start)
    # As many units go back: nearly all of what the other holds by then.
    units = part * world.true[start - 1][slot].amount
    part_back = units / (world.true[start + later - 1][BASE_USDC].amount + units)
    back = Swapped(BASE_USDC, slot, part_back, start + later, start + later)

    for signal in signals(replace(world, events=(there, back))):
        for flow in signal.flows:
            noise_usd = _MOST_NOISE * len(world.hours) ** 0.5 * flow.reserves_usd
            assert abs(flow.usd) <= noise_usd, (signal.as_of, flow)
