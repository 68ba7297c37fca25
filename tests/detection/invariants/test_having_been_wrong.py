"""Having been wrong is remembered (invariant 9): after an internal move the same assets need readings an hour apart."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from bot.backtest.simulation import SimulatedAlert
from bot.domain.incident import Ending, StepReason
from bot.domain.reading import Slot
from bot.domain.severity import Severity, rank
from tests.detection.invariants.engine_runs import alerts, signals
from tests.detection.invariants.source_events import WalletsChanged
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import BITCOIN_BTC, ETHEREUM_ETH, PAST, TRON_USDT, Outflow, World

_BEGIN = len(PAST) + 2
_HOUR = 4
"""Readings an hour, so that "within the hour" is more than one of them."""

Trip = tuple[Slot, float, int, int, int]
trips = st.tuples(
    st.sampled_from((BITCOIN_BTC, TRON_USDT, ETHEREUM_ETH)),
    st.floats(0.12, 0.9),  # of the slot, which is 20 % of reserves or more
    st.integers(1, 6),  # readings away
    st.integers(1, 30),  # readings back
    st.integers(0, 99),
)


def world_of(trip: Trip, again: float, *, stays: int) -> World:
    slot, part, away, back, seed = trip
    second = _BEGIN + away + back
    changes = ((_BEGIN, -part), (_BEGIN + away, part), (second, -part * again), (second + stays, part * again))
    return World(
        (*PAST, *(1 / _HOUR,) * (second + stays + 2 - len(PAST))),
        (WalletsChanged(slot, changes),),
        noise=0.0002,
        seed=seed,
    )


def openings(found: list[SimulatedAlert], world: World, first: int) -> list[SimulatedAlert]:
    return [alert for alert in found if alert.reason is StepReason.OPENED and alert.at >= world.times[first]]


@EXAMPLES
@given(trips, st.floats(0.5, 1.0))
def test_the_same_drop_opens_nothing_within_the_hour(trip: Trip, again: float) -> None:
    world = world_of(trip, again, stays=_HOUR)
    second = _BEGIN + trip[2] + trip[3]

    found = alerts(world)

    assert openings(found, world, second) == []
    assert all(
        alert.incident and alert.incident.ending is Ending.INTERNAL_MOVE
        for alert in found
        if alert.reason is StepReason.RESOLVED
    )


@EXAMPLES
@example((Slot("Bitcoin", "BTC"), 0.140625, 1, 1, 0), 0.12, 1)  # the same part of the BTC leaves again, in a run
@given(trips, st.floats(0.12, 0.5), st.integers(1, 3))
def test_a_larger_loss_of_everything_still_opens_in_time(trip: Trip, part: float, steps: int) -> None:
    quiet = world_of(trip, 0.0, stays=1)
    second = _BEGIN + trip[2] + trip[3]
    world = replace(quiet, hours=(*quiet.hours, *(1 / _HOUR,) * 6), outflows=(Outflow(part, second, steps),))

    graded = signals(world)[second + steps - 1 :]

    assert max(rank(signal.severity) for signal in graded) >= Severity.SEVERE.rank
