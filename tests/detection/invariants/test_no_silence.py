"""The second worst is silence: a real run is severe in time, whatever small things the source does meanwhile."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.severity import Severity, rank
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import SourceEvent, WalletsChanged
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import (
    PAST,
    SLOTS,
    WORTH,
    Outflow,
    World,
)

_COUNT = 30
_READINGS_AFTER = 3
_SMALL = 0.05
"""What the source does with one slot is less than this share of reserves."""


firsts = st.integers(len(PAST) + 4, len(PAST) + 14)


@st.composite
def small_events(draw: st.DrawFn) -> tuple[SourceEvent, ...]:
    """Draw what the source does, each less than 5 % of reserves; rises that look like deposits less than 3 % in sum."""
    rises = 0.0
    events: list[SourceEvent] = []
    for slot in draw(st.lists(st.sampled_from(SLOTS), max_size=3, unique=True)):
        whole = WORTH[slot] / sum(WORTH.values())
        share = draw(st.sampled_from((-0.049, -0.03, -0.01, 0.01, 0.02)))
        part = max(share / whole, -0.99)
        first, last = len(PAST) + draw(st.integers(3, _COUNT)), draw(st.integers(1, 12))
        turns = draw(st.sampled_from((0.0, -0.5, -1.0)))
        rises += max(share, 0.0) + max(share * turns, 0.0)
        if rises < 0.03:
            events.append(WalletsChanged(slot, ((first, part), (first + last, part * turns))))
    return tuple(events)


@EXAMPLES
@given(small_events(), firsts, st.integers(1, 10), st.floats(0.12, 0.3), st.integers(0, 99))
def test_a_run_is_severe_within_a_few_readings(
    events: tuple[SourceEvent, ...], first: int, steps: int, part: float, seed: int
) -> None:
    quiet = World((*PAST, *(1.0,) * _COUNT), noise=0.0005, seed=seed)
    world = replace(quiet, events=events, outflows=(Outflow(part, first, steps),))

    found = signals(world)
    in_time = found[: first + steps + _READINGS_AFTER]

    assert max((rank(signal.severity) for signal in in_time), default=0) >= Severity.SEVERE.rank
