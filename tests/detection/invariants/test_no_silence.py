"""The second worst is silence: a real run is severe in time, whatever small things the source does meanwhile."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reading import Slot
from bot.domain.severity import Severity, rank
from tests.detection.invariants.engine_runs import signals
from tests.detection.invariants.source_events import (
    Absurd,
    Listed,
    NewUnits,
    Renamed,
    SourceEvent,
    Swapped,
    WalletsChanged,
    Zero,
)
from tests.detection.invariants.world_strategies import EXAMPLES
from tests.detection.invariants.worlds import (
    BASE_ETH,
    BASE_USDC,
    ETHEREUM_ETH,
    PAST,
    SLOTS,
    TRON_USDT,
    WORTH,
    Outflow,
    World,
)

SOLANA_SOL = Slot("Solana", "SOL")
_COUNT = 30
_READINGS_AFTER = 3

firsts = st.integers(len(PAST) + 4, len(PAST) + 14)


def step() -> st.SearchStrategy[int]:
    return st.integers(len(PAST) + 3, len(PAST) + _COUNT - 1)


@st.composite
def wallet_changes(draw: st.DrawFn) -> tuple[SourceEvent, ...]:
    """Draw changed lists of wallets, each of less than 5 %; what may look like a deposit is less than 3 % in sum."""
    rises = 0.0
    events: list[SourceEvent] = []
    for slot in draw(st.lists(st.sampled_from(SLOTS), max_size=3, unique=True)):
        whole = WORTH[slot] / sum(WORTH.values())
        share = draw(st.sampled_from((-0.049, -0.03, -0.01, 0.01, 0.02)))
        part = max(share / whole, -0.99)
        first, last = draw(step()), draw(st.integers(1, 12))
        turns = draw(st.sampled_from((0.0, -0.5, -1.0)))
        rises += max(share, 0.0) + max(share * turns, 0.0)
        if rises < 0.03:
            events.append(WalletsChanged(slot, ((first, part), (first + last, part * turns))))
    return tuple(events)


small_events = st.one_of(
    st.builds(lambda first, until: Zero(BASE_USDC, first, first + until), step(), st.integers(1, 9)),
    st.builds(lambda first: Absurd(BASE_USDC, 50.0, first, first + 1), step()),
    st.builds(lambda first: Listed(SOLANA_SOL, ETHEREUM_ETH, 0.04, ((first, 1.0),)), step()),
    st.builds(lambda left, came: Swapped(ETHEREUM_ETH, BASE_ETH, 0.12, left, came), step(), step()),
    st.builds(lambda factor, first: NewUnits("BTC", factor, first), st.sampled_from((1e3, 1e-2)), step()),
    st.builds(lambda first: Renamed(TRON_USDT, "USDT0", first, 99), step()),
)


events_of_the_source = st.tuples(wallet_changes(), st.lists(small_events, max_size=2, unique_by=type)).map(
    lambda parts: (*parts[0], *sorted(parts[1], key=lambda event: isinstance(event, NewUnits | Renamed)))
)
"""Names and units change last: the other events go by the first ones."""


@EXAMPLES
@given(events_of_the_source, firsts, st.integers(1, 10), st.floats(0.12, 0.3), st.integers(0, 99))
def test_a_run_is_severe_within_a_few_readings(
    events: tuple[SourceEvent, ...], first: int, steps: int, part: float, seed: int
) -> None:
    quiet = World((*PAST, *(1.0,) * _COUNT), noise=0.0005, seed=seed)
    world = replace(quiet, events=events, outflows=(Outflow(part, first, steps),))

    in_time = signals(world)[: first + steps + _READINGS_AFTER]

    assert max(rank(signal.severity) for signal in in_time) >= Severity.SEVERE.rank
