"""A new name or another unit moves nothing (invariant 6): the flows are those of a world without it."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.flow import Flow
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import NewUnits, Renamed
from tests.detection.invariants.world_strategies import (
    EXAMPLES,
    chain_missing,
    flapping,
    listed,
    new_units,
    renamed,
    wallets_dropped,
    worlds,
)
from tests.detection.invariants.worlds import World


def figures(flow: Flow) -> tuple[float, ...]:
    return (flow.usd, flow.share, flow.low, flow.high, flow.reserves_usd)


def without_new_terms(world: World) -> World:
    events = tuple(event for event in world.events if not isinstance(event, Renamed | NewUnits))
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
@given(worlds(renamed, wallets_dropped, flapping, listed, chain_missing, least_events=2), st.booleans())
def test_a_new_name_moves_nothing_while_other_parts_move(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    """What is called by another name is there in that reading and the one before, and moved little."""
    names = [event for event in world.events if isinstance(event, Renamed)]
    assume(all(is_still(world, name, step) for name in names for step in (name.first, name.until)))

    for signal, plain in zip(signals(world, fast=fast), signals(without_new_terms(world), fast=fast), strict=True):
        assert [figures(flow) for flow in signal.flows] == [
            pytest.approx(figures(flow), rel=1e-12, abs=1e-3) for flow in plain.flows
        ], signal.as_of
        assert signal.severity == plain.severity


def is_still(world: World, name: Renamed, step: int) -> bool:
    """Return whether a slot did not move in a step, by what its chain told under its first name."""
    if step >= len(world.times):
        return True
    told = without_new_terms(world).told
    before, now = told[step - 1].get(name.slot), told[step].get(name.slot)
    return before is not None and now is not None and abs(now.amount / before.amount - 1) < 0.009


@EXAMPLES
@given(worlds(new_units, least_events=1, most_events=2), st.booleans())
def test_another_unit_moves_nothing(world: World, fast: bool) -> None:  # noqa: FBT001 — drawn
    for signal, plain in zip(signals(world, fast=fast), signals(without_new_terms(world), fast=fast), strict=True):
        assert [figures(flow) for flow in signal.flows] == [
            pytest.approx(figures(flow), rel=1e-9, abs=1e3) for flow in plain.flows
        ]
        assert signal.severity == plain.severity
