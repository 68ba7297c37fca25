"""Strategies that draw worlds: how the readings lie in time, and the events of the source, in any order.

`EXAMPLES` has the settings of every property of this package: how many worlds each is tried on.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate

from hypothesis import Phase, settings
from hypothesis import strategies as st

from bot.domain.reading import Slot
from tests.detection.invariants.source_events import (
    Absurd,
    ByOneFactor,
    ChainMissing,
    Listed,
    NewUnits,
    Renamed,
    RenamedChain,
    SourceEvent,
    Swapped,
    WalletsChanged,
    Zero,
)
from tests.detection.invariants.worlds import (
    BASE_ETH,
    BASE_USDC,
    BITCOIN_BTC,
    ETHEREUM_ETH,
    ETHEREUM_USDT,
    PAST,
    SLOTS,
    TRON_USDT,
    World,
)

EXAMPLES = settings(max_examples=200, phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink))

HOURLY = st.lists(st.just(1.0), min_size=4, max_size=10)
MIXED = st.lists(st.sampled_from((1.0, 1.0, 1.0, 2.0, 6.0, 13.0, 24.0)), min_size=4, max_size=9)

Drawer = Callable[[int], st.SearchStrategy[SourceEvent]]
"""Returns a strategy of one kind of event for a path of so many readings."""
_LISTED = (
    (Slot("Solana", "SOL"), ETHEREUM_ETH),
    (Slot("Base", "USDT"), TRON_USDT),
    (Slot("Ethereum", "DAI"), TRON_USDT),
    (Slot("Base", "BTC"), BITCOIN_BTC),
)
_SWAPS = ((TRON_USDT, ETHEREUM_USDT), (ETHEREUM_USDT, TRON_USDT), (ETHEREUM_ETH, BASE_ETH), (BASE_ETH, ETHEREUM_ETH))


def _step(count: int) -> st.SearchStrategy[int]:
    """Draw a reading after those that are a world's past."""
    return st.integers(len(PAST), count - 1)


def _spell(count: int) -> st.SearchStrategy[tuple[int, int]]:
    """Draw a first reading and the one after the last, mostly a few readings later."""
    first = _step(count)
    return st.tuples(first, st.sampled_from((1, 1, 2, 3, 6, 99))).map(lambda spell: (spell[0], spell[0] + spell[1]))


def _parts(
    count: int, firsts: Sequence[float], turns: Sequence[float]
) -> st.SearchStrategy[tuple[tuple[int, float], ...]]:
    """Draw a first change and up to four that follow it at later readings; each of them is a part of the first."""

    def changes(drawn: tuple[int, float, list[tuple[int, float]]]) -> tuple[tuple[int, float], ...]:
        first, part, later = drawn
        steps = list(accumulate((gap for gap, _ in later), initial=first))[1:]
        return ((first, part), *((step, -part * turn) for step, (_, turn) in zip(steps, later, strict=True)))

    later = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(turns)), max_size=4)
    return st.tuples(_step(count), st.sampled_from(firsts), later).map(changes)


def chain_missing(count: int) -> st.SearchStrategy[SourceEvent]:
    chains = st.sampled_from(("Tron", "Ethereum", "Bitcoin", "Base"))
    return st.builds(lambda chain, spell: ChainMissing(chain, *spell), chains, _spell(count))


def wallets_dropped(count: int) -> st.SearchStrategy[SourceEvent]:
    parts = _parts(count, (-0.1, -0.28, -0.4, -0.6, -0.99), (0.2, 0.5, 0.9, 1.0, -0.3))
    return st.builds(WalletsChanged, st.sampled_from(SLOTS), parts)


def wallets_added(count: int) -> st.SearchStrategy[SourceEvent]:
    parts = _parts(count, (0.2, 0.5, 1.5), (0.2, 0.5, 1.0, -0.4))
    return st.builds(WalletsChanged, st.sampled_from(SLOTS), parts)


def flapping(count: int) -> st.SearchStrategy[SourceEvent]:
    """Draw a slot that is told by two values in turn."""
    part = st.sampled_from((-0.5, -0.2, 0.5))
    turns = st.lists(st.integers(1, 2), min_size=2, max_size=7)

    def changes(first: int, part: float, gaps: list[int]) -> tuple[tuple[int, float], ...]:
        steps = accumulate(gaps, initial=first)
        return tuple((step, part if number % 2 == 0 else -part) for number, step in enumerate(steps))

    drawn = st.builds(changes, _step(count), part, turns)
    return st.builds(WalletsChanged, st.sampled_from(SLOTS), drawn)


def listed(count: int) -> st.SearchStrategy[SourceEvent]:
    parts = _parts(count, (1.0,), (0.2, 0.5, 1.0, -0.5))
    return st.builds(
        lambda slots, share, changes: Listed(slots[0], slots[1], share, changes),
        st.sampled_from(_LISTED),
        st.sampled_from((0.004, 0.03, 0.2)),
        parts,
    )


def swapped(count: int) -> st.SearchStrategy[SourceEvent]:
    step = _step(count)
    return st.builds(
        lambda slots, part, left, lag: Swapped(slots[0], slots[1], part, left, max(1, left + lag)),
        st.sampled_from(_SWAPS),
        st.sampled_from((0.2, 0.5, 0.95)),
        step,
        st.sampled_from((0, 0, 1, -1, 3)),
    )


def by_one_factor(count: int) -> st.SearchStrategy[SourceEvent]:
    factor = st.sampled_from((0.05, 0.5, 0.9, 1.5))
    return st.builds(lambda factor, spell: ByOneFactor(factor, *spell), factor, _spell(count))


def zero(count: int) -> st.SearchStrategy[SourceEvent]:
    return st.builds(lambda slot, spell: Zero(slot, *spell), st.sampled_from(SLOTS), _spell(count))


def absurd(count: int) -> st.SearchStrategy[SourceEvent]:
    """Draw a value that is told once: the smaller ones would be believed after two days."""
    step = _step(count)
    return st.builds(
        lambda slot, times, first: Absurd(slot, times, first, first + 1),
        st.sampled_from(SLOTS),
        st.sampled_from((20.0, 1e3, 1e9)),
        step,
    )


_NAMES = ((TRON_USDT, "USDT0"), (ETHEREUM_ETH, "WETH"), (BASE_USDC, "USDC.E"), (BITCOIN_BTC, "WBTC"))


def renamed(count: int) -> st.SearchStrategy[Renamed]:
    return st.builds(lambda name, spell: Renamed(*name, *spell), st.sampled_from(_NAMES), _spell(count))


def renamed_chain(count: int) -> st.SearchStrategy[RenamedChain]:
    chains = st.sampled_from(("Tron", "Ethereum", "Bitcoin", "Base"))
    return st.builds(lambda chain, spell: RenamedChain(chain, f"{chain} One", *spell), chains, _spell(count))


def new_units(count: int) -> st.SearchStrategy[NewUnits]:
    return st.builds(NewUnits, st.sampled_from(("BTC", "ETH")), st.sampled_from((1000.0, 0.01)), _step(count))


STEPS_OF_A_SOURCE: tuple[Drawer, ...] = (
    chain_missing, wallets_dropped, wallets_added, flapping, listed, swapped, by_one_factor, zero,
)  # fmt: skip


def _is_told_throughout(events: Sequence[SourceEvent]) -> bool:
    """Return whether no slot is listed twice."""
    slots = [event.slot for event in events if isinstance(event, Listed)]
    return len(slots) == len(set(slots))


def _rank(event: SourceEvent) -> int:
    ranks: dict[type, int] = {Absurd: 1, NewUnits: 2, Renamed: 3, RenamedChain: 4, ChainMissing: 5}
    return ranks.get(type(event), 0)


@cache
def _events(drawers: tuple[Drawer, ...], count: int, least: int, most: int) -> st.SearchStrategy[list[SourceEvent]]:
    """Return a strategy of the events on a path of so many readings.

    Kept, for to make it anew for every world would take longer than to judge the world.
    """
    kinds = st.one_of([drawer(count) for drawer in drawers])
    return st.lists(kinds, min_size=least, max_size=most).filter(_is_told_throughout)


@st.composite
def worlds(  # noqa: PLR0913 — everything that a world may have
    draw: st.DrawFn,
    *drawers: Drawer,
    hours: st.SearchStrategy[list[float]] = MIXED,
    most_events: int = 4,
    least_events: int = 0,
    noises: Sequence[float] = (0.0, 0.0005, 0.003),
    drifts: Sequence[float] = (0.0, 0.02),
) -> World:
    """Draw a world with some events of these kinds, in any order."""
    between = (*PAST, *draw(hours))
    events = draw(_events(drawers, len(between) + 1, least_events, most_events))
    noise = draw(st.sampled_from(noises))
    drift = draw(st.sampled_from(drifts))
    # What is told in other terms, or not told at all, comes last: the other events go by first names. And a value is
    # absurd whatever else is done to it.
    events.sort(key=_rank)
    return World(between, tuple(events), noise=noise, drift=drift, seed=draw(st.integers(0, 999)))
