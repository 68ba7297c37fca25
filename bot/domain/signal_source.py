"""The shape of a signal source: how readings become signals, and signals severities.

A source is pure and remembers nothing by itself: what it knows is a state that it is given and returns. The state is
of all its subjects, for what one of them shows often depends on the others (a network that three exchanges close at
once, the median price of all venues).

    state = source.update(source.initial_state(), readings)  # readings of one time, at most one of each subject
    signal = source.signal(state, "binance", now)     # what that shows, not judged yet; None: nothing known
    graded = source.grade(signal, Sensitivity.EARLY)  # severity and reasons by the thresholds of a preset

Measuring and grading are two steps because one signal is judged under up to three presets.

An example with a source that counts closed withdrawals: `update` by the reading "USDT at 12:00: closed" remembers since
when; `signal` at 13:00 measures one closed asset for 60 min; `grade` makes watch of it, because 60 min are the limit.
At 15:00, without another reading, `signal` measures the same and holds it as too old; `grade` leaves it ungraded.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.domain.severity import Sensitivity
from bot.domain.signal import Signal

State = TypeVar("State")
Reading_contra = TypeVar("Reading_contra", contravariant=True)


class SignalSource(Protocol[State, Reading_contra]):
    """What a kind of incident comes from. Its `rule` is the name that its incidents are kept and shown under."""

    @property
    def rule(self) -> str:
        """Return the rule's name."""
        ...

    def initial_state(self) -> State:
        """Return the state before any reading."""
        ...

    def update(self, state: State, readings: Sequence[Reading_contra]) -> State:
        """Return the state after readings of one time; those that are known already change nothing."""
        ...

    def subjects(self, state: State) -> Collection[str]:
        """Return everything that there is a signal of."""
        ...

    def signal(self, state: State, subject: str, now: datetime) -> Signal | None:
        """Return what the newest readings show of a subject, not graded yet; None where there is none.

        `now` only says how old they are: what is too old is held, and proves neither trouble nor calm.
        """
        ...

    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        """Return a signal with its severities under a preset, now and for leaving, and the reasons."""
        ...


def signals_of(source: SignalSource[State, Any], state: State, now: datetime) -> list[Signal]:
    """Return what the newest readings show of every subject, not graded yet."""
    return [signal for subject in source.subjects(state) if (signal := source.signal(state, subject, now))]
