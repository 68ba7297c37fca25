"""What arrived uncounted leaves uncounted, up to its amount (invariant 2): at once or in parts, months later.

What was counted when it came, a large amount, leaves uncounted within two days.
"""

from dataclasses import replace
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reading import Slot
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import Listed, WalletsChanged
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import BASE_ETH, BASE_USDC, BITCOIN_BTC, ETHEREUM_ETH, PAST, TRON_USDT, World

_QUIET = len(PAST) + 2
_NOISE = 0.0004
_MOST_NOISE = 0.001
"""What customers move in a window of these worlds, of an asset: in a random walk far less than all steps added up."""

new_slots = st.sampled_from(
    ((Slot("Solana", "SOL"), ETHEREUM_ETH), (Slot("Base", "BTC"), BITCOIN_BTC), (Slot("Base", "USDT"), TRON_USDT))
)
known_slots = st.sampled_from((BITCOIN_BTC, BASE_ETH, BASE_USDC, TRON_USDT))
lags = st.lists(st.sampled_from((1, 1, 2, 5)), min_size=1, max_size=4)
hours = st.sampled_from((1.0, 3.0, 24.0, 84.0))


@st.composite
def leavings(draw: st.DrawFn, first: int) -> tuple[tuple[int, float], ...]:
    """Draw a whole that comes at `first` and leaves again, in up to four parts."""
    gaps = draw(lags)
    steps = list(accumulate(gaps, initial=first))[1:]
    parts = draw(st.lists(st.floats(0.2, 1), min_size=len(steps), max_size=len(steps)))
    return ((first, 1.0), *((step, -part / sum(parts)) for step, part in zip(steps, parts, strict=True)))


def quiet_world(between: float, changes: tuple[tuple[int, float], ...], seed: int) -> World:
    last = changes[-1][0]
    return World((*PAST, 1.0, 1.0) + (between,) * (last + 2 - _QUIET), noise=_NOISE, seed=seed)


def assert_nothing_left(world: World) -> None:
    for signal in signals(world):
        for flow in signal.flows:
            assert flow.usd >= -_MOST_NOISE * len(world.hours) ** 0.5 * flow.reserves_usd, (signal.as_of, flow)


@EXAMPLES
@given(new_slots, st.sampled_from((0.004, 0.02, 0.1, 0.5)), leavings(_QUIET), hours, st.integers(0, 99))
def test_what_was_listed_leaves_uncounted(
    slots: tuple[Slot, Slot], share: float, changes: tuple[tuple[int, float], ...], between: float, seed: int
) -> None:
    world = quiet_world(between, changes, seed)

    assert_nothing_left(replace(world, events=(Listed(*slots, share, changes),)))


@EXAMPLES
@given(known_slots, st.sampled_from((0.6, 0.9, 1.3)), leavings(_QUIET), hours, st.integers(0, 99))
def test_what_joined_by_itself_leaves_uncounted(
    slot: Slot, size: float, changes: tuple[tuple[int, float], ...], between: float, seed: int
) -> None:
    world = quiet_world(between, changes, seed)
    sized = tuple((step, size * part) for step, part in changes)

    assert_nothing_left(replace(world, events=(WalletsChanged(slot, sized),)))


@EXAMPLES
@given(st.sampled_from((0.1, 0.25)), leavings(_QUIET), st.sampled_from((1.0, 2.0)), st.integers(0, 99))
def test_a_large_amount_leaves_uncounted_within_two_days(
    size: float, changes: tuple[tuple[int, float], ...], between: float, seed: int
) -> None:
    """3 or 8 % of reserves come as BTC. Once all has left again, no window counts more than a tenth of a percent."""
    world = quiet_world(between, changes, seed)
    sized = tuple((step, size * part) for step, part in changes)
    moved = replace(world, events=(WalletsChanged(BITCOIN_BTC, sized),))
    last, _ = changes[-1]

    for signal in signals(moved)[last:]:
        for flow in signal.flows:
            least = -0.001 - _MOST_NOISE * len(world.hours) ** 0.5
            assert flow.usd >= least * flow.reserves_usd, (signal.as_of, flow)


@EXAMPLES
@given(known_slots, st.sampled_from((0.6, 0.9)), st.integers(1, 6), hours, st.integers(0, 99))
def test_what_leaves_beyond_what_came_is_counted(
    slot: Slot, size: float, later: int, between: float, seed: int
) -> None:
    """A quarter of what was there before leaves together with what had joined: that quarter is flow."""
    more = 0.25
    changes = ((_QUIET, size), (_QUIET + later, -size - more))
    world = replace(quiet_world(between, changes, seed), events=(WalletsChanged(slot, changes),))
    before = world.true[_QUIET - 1]
    left_usd = more * before[slot].usd

    assert_nothing_counted_beyond(world, left_usd)
    flows = [flow for flow in signals(world)[_QUIET + later].flows if flow.start < world.times[_QUIET + later]]
    noise_usd = _MOST_NOISE * len(world.hours) ** 0.5 * 100e9
    assert all(flow.usd <= -left_usd + noise_usd for flow in flows)


def assert_nothing_counted_beyond(world: World, left_usd: float) -> None:
    for signal in signals(world):
        for flow in signal.flows:
            noise_usd = _MOST_NOISE * len(world.hours) ** 0.5 * flow.reserves_usd
            assert flow.usd >= -left_usd - noise_usd, (signal.as_of, flow)
