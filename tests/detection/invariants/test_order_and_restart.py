"""What must not matter: the order of slots, how flows are computed, how large the exchange is, and a restart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.signal import Signal
from tests.detection.invariants.engine_runs import signal_of, signals, states
from tests.detection.invariants.source_events import worth
from tests.detection.invariants.world_strategies import (
    EXAMPLES,
    MIXED,
    STEPS_OF_A_SOURCE,
    absurd,
    new_units,
    renamed,
    worlds,
)
from tests.detection.invariants.worlds import PAST, World

ANY_EVENT = (*STEPS_OF_A_SOURCE, absurd, new_units, renamed)
REMADE_FROM = timedelta(days=91)


def shares(signal: Signal) -> list[tuple[float, float, float]]:
    return [(flow.share, flow.low, flow.high) for flow in signal.flows]


def verdicts(signal: Signal) -> set[tuple[object, ...]]:
    """Return what is told of the steps; names of parts that moved alike may be any of theirs."""
    return {(jump.at, jump.reason, jump.verdict, round(jump.share, 9)) for jump in signal.jumps}


def assert_the_same(found: Sequence[Signal], expected: Sequence[Signal]) -> None:
    for signal, other in zip(found, expected, strict=True):
        assert shares(signal) == [pytest.approx(share, rel=1e-9, abs=1e-9) for share in shares(other)]
        assert verdicts(signal) == verdicts(other)
        assert signal.severity == other.severity


@EXAMPLES
@given(worlds(*ANY_EVENT), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_slots_changes_nothing(world: World, random: Random, fast: bool) -> None:  # noqa: FBT001 — drawn
    shuffled = [
        replace(reading, holdings=dict(random.sample(held := list(reading.holdings.items()), len(held))))
        for reading in world.readings
    ]

    found = [signal_of(state) for state in states(shuffled, fast=fast)]

    assert_the_same(found[len(PAST) :], signals(world, fast=fast)[len(PAST) :])


@EXAMPLES
@given(worlds(*ANY_EVENT), st.sampled_from((2.0**-4, 2.0**3, 2.0**7)), st.booleans())
def test_an_exchange_of_another_size_has_the_same_shares(
    world: World,
    scale: float,
    fast: bool,  # noqa: FBT001 — drawn
) -> None:
    """By a power of two, which leaves every digit as it is; and large enough for the least flow that is graded."""
    assert_the_same(signals(replace(world, scale=scale), fast=fast), signals(world, fast=fast))


@EXAMPLES
@given(worlds(*ANY_EVENT))
def test_columns_and_detail_tell_the_same(world: World) -> None:
    assert_the_same(signals(world, fast=True), signals(world, fast=False))


old = st.tuples(st.lists(st.sampled_from((96.0, 120.0)), min_size=19, max_size=21), MIXED).map(
    lambda parts: [*parts[0], *parts[1]]
)


@EXAMPLES
@given(worlds(*ANY_EVENT, hours=old, most_events=6))
def test_a_state_made_again_from_the_last_readings_is_that_which_ran_on(world: World) -> None:
    """From a reading that told everything: of a chain that the first one lacks nobody can know that it was there."""
    newest = world.times[-1]
    whole = [
        step
        for step, (told, true) in enumerate(zip(world.told, world.true, strict=True))
        if newest - world.times[step] >= REMADE_FROM
        and not world.missing_chains(step)
        and abs(worth(told) / worth(true) - 1) < 0.005
    ]
    recent = world.readings[whole[-1] :]

    *_, ran_on = states(world.readings)
    *_, made_again = states(recent)

    assert_the_same([signal_of(made_again)], [signal_of(ran_on)])
