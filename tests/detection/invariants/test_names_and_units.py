"""A new name or another unit moves nothing (invariant 6): the flows are those of a world without it.

Not even in traffic, for an asset and for a whole chain: what customers move in the same hour is counted, no more.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.flow import Flow
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import NewUnits, Renamed, RenamedChain
from tests.detection.invariants.world_strategies import (
    EXAMPLES,
    chain_missing,
    flapping,
    listed,
    new_units,
    renamed,
    renamed_chain,
    wallets_dropped,
    worlds,
)
from tests.detection.invariants.worlds import Outflow, World


def figures(flow: Flow) -> tuple[float, ...]:
    return (flow.usd, flow.share, flow.low, flow.high, flow.reserves_usd)


def without_new_terms(world: World) -> World:
    events = tuple(event for event in world.events if not isinstance(event, Renamed | RenamedChain | NewUnits))
    return replace(world, events=events)


@EXAMPLES
@given(worlds(renamed, least_events=1, most_events=3), st.booleans())
def test_a_new_name_moves_nothing(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    for signal, plain in zip(signals(world, fast=fast), signals(without_new_terms(world), fast=fast), strict=True):
        assert [figures(flow) for flow in signal.flows] == [
            pytest.approx(figures(flow), rel=1e-12, abs=1e-3) for flow in plain.flows
        ]
        assert signal.severity == plain.severity


@EXAMPLES
@given(
    worlds(renamed, renamed_chain, least_events=1, most_events=3, noises=(0.01, 0.03)),
    st.lists(st.builds(Outflow, st.sampled_from((0.04, 0.2)), st.integers(8, 16), st.just(4)), max_size=1),
    st.booleans(),
)
def test_a_new_name_moves_nothing_in_traffic(world: World, outflows: list[Outflow], fast: bool) -> None:  # noqa: FBT001 — drawn
    """Customers move up to 3 % of every asset in an hour, or in a run up to 9 %, and no window counts more of it."""
    assume(not has_chain_with_two_new_names(world))
    busy = replace(world, outflows=tuple(outflows))
    for signal, plain in zip(signals(busy, fast=fast), signals(without_new_terms(busy), fast=fast), strict=True):
        assert [figures(flow) for flow in signal.flows] == [
            pytest.approx(figures(flow), rel=1e-12, abs=1e-3) for flow in plain.flows
        ], signal.as_of
        assert signal.severity == plain.severity


@EXAMPLES
@given(worlds(renamed, wallets_dropped, flapping, listed, chain_missing, least_events=2), st.booleans())
def test_a_new_name_moves_nothing_while_other_parts_move(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    """What is called by another name is there in that reading and the one before, and moved by less than 9 %."""
    names = [event for event in world.events if isinstance(event, Renamed)]
    assume(all(is_still(world, name, step) for name in names for step in (name.first, name.until)))

    for signal, plain in zip(signals(world, fast=fast), signals(without_new_terms(world), fast=fast), strict=True):
        assert [figures(flow) for flow in signal.flows] == [
            pytest.approx(figures(flow), rel=1e-12, abs=1e-3) for flow in plain.flows
        ], signal.as_of
        assert signal.severity == plain.severity


def has_chain_with_two_new_names(world: World) -> bool:
    """Return whether a chain and assets on it are renamed: where all has other names, nobody can tell."""
    chains = {event.chain for event in world.events if isinstance(event, RenamedChain)}
    return any(event.slot.chain in chains for event in world.events if isinstance(event, Renamed))


def is_still(world: World, name: Renamed, step: int) -> bool:
    """Return whether a slot did not move in a step, by what its chain told under its first name."""
    if step >= len(world.times):
        return True
    told = without_new_terms(world).told
    before, now = told[step - 1].get(name.slot), told[step].get(name.slot)
    return before is not None and now is not None and abs(now.amount - before.amount) < 0.09 * before.amount


@EXAMPLES
@given(worlds(new_units, least_events=1, most_events=2), st.booleans())
def test_another_unit_moves_nothing(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    for signal, plain in zip(signals(world, fast=fast), signals(without_new_terms(world), fast=fast), strict=True):
        assert [figures(flow) for flow in signal.flows] == [
            pytest.approx(figures(flow), rel=1e-9, abs=1e3) for flow in plain.flows
        ]
        assert signal.severity == plain.severity
