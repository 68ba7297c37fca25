"""Runs a world through the engine alone: no store, no source."""

from collections.abc import Iterator, Sequence

from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.detection.outflow import grade
from bot.domain.exchange import Exchange
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal
from tests.detection.invariants.worlds import EXCHANGE, PAST, World

EXAMPLE = Exchange(EXCHANGE, "Example", EXCHANGE)


def initial_state(*, fast: bool = True) -> ExchangeState:
    """Return a state that has read nothing; `fast` says that flows are computed in columns where they can be."""
    return ExchangeState(EXAMPLE, computation=ColumnComputation(frozenset(), max_readings=48) if fast else None)


def states(readings: Sequence[Reading], *, fast: bool = True) -> Iterator[ExchangeState]:
    """Yield the state after every reading."""
    state = initial_state(fast=fast)
    for reading in readings:
        state = state.with_reading(reading)
        yield state


def signal_of(state: ExchangeState) -> Signal:
    """Return the graded signal at the newest reading."""
    assert state.latest
    return grade(signal_at_newest(state, state.latest.as_of), Sensitivity.NORMAL)


def signals(world: World, *, fast: bool = True) -> list[Signal]:
    """Return the graded signal after every reading of a world; in its past one is as good as the next."""
    quiet: Signal | None = None
    found: list[Signal] = []
    for step, state in enumerate(states(world.readings, fast=fast)):
        quiet = signal_of(state) if quiet is None or step >= len(PAST) - 1 else quiet
        found.append(quiet)
    return found


def alerts(world: World) -> list[SimulatedAlert]:
    """Return what would have been announced of outflows in a world; data notices are no part of it."""
    simulation = Simulation([EXAMPLE])
    found = [alert for reading in world.readings for alert in simulation.run_round([reading])]
    return [alert for alert in found if is_about_flow(alert)]


def is_about_flow(alert: SimulatedAlert) -> bool:
    """Return whether an alert is no data notice."""
    return alert.incident is None or alert.incident.rule != Rule.DATA
