"""Readings in a row for the examples in the guards' docstrings and for their tests, at a dollar a unit if not said."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.net_flow import net_flow
from bot.detection.guards.market_moves import NO_OTHERS, MarketMoves
from bot.detection.guards.restatement import restated
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from tests.builders import HOUR, NOON, reading

EXAMPLE = Exchange("example", "Example", "example", frozenset({"OWN"}))


def readings(
    *,
    hours: float | Sequence[float] = 1,
    exchange: str = "example",
    prices: Mapping[str, Sequence[float]] | None = None,
    **units: Sequence[float | None],
) -> list[Reading]:
    """Return readings so many hours apart, or at these hours; each asset lies on a chain of its own name.

    None leaves it out.
    """
    count = len(next(iter(units.values())))
    held = [
        {f"{asset}/{asset}": amount for asset, amounts in units.items() if (amount := amounts[number]) is not None}
        for number in range(count)
    ]
    return on_chains(*held, hours=hours, exchange=exchange, prices=prices)


def on_chains(
    *held: Mapping[str, float],
    hours: float | Sequence[float] = 1,
    exchange: str = "example",
    prices: Mapping[str, Sequence[float]] | None = None,
) -> list[Reading]:
    """Return readings from `{"Tron/USDT": amount}` each; `prices` has the assets that are not at a dollar."""
    times = hours if isinstance(hours, Sequence) else [number * hours for number in range(len(held))]
    return [
        reading(
            {slot: (float(amount), (prices or {}).get(slot.split("/")[1], [1.0] * len(held))[number])
             for slot, amount in slots.items()},
            at=NOON + time * HOUR,
            exchange=exchange,
        )
        for number, (time, slots) in enumerate(zip(times, held, strict=True))
    ]  # fmt: skip


def state_after(series: Iterable[Reading]) -> GuardState:
    """Return what the guards remember after the readings of one exchange; nothing is known of the others."""
    state = ExchangeState(EXAMPLE)
    for latest in series:
        state = state.with_reading(latest)
    return state.guard_state


def flow_between(base: Reading, end: Reading, state: GuardState) -> Flow:
    """Return the flow of a window between two readings, as the guards understand them."""
    return net_flow(
        Window.DAY,
        restated(base, state),
        restated(end, state),
        EXAMPLE.own_tokens,
        jumps=state.jumps,
        lost_parts=state.lost_parts,
    )


def flow_usd(series: Sequence[Reading], state: GuardState) -> float:
    """Return the net flow from the first reading to the last, without what the guards left out."""
    return float(flow_between(series[0], series[-1], state).usd)


def market_after(series: Iterable[Sequence[Reading]]) -> MarketMoves:
    """Return the market after the readings of several exchanges."""
    moves = [
        ExchangeState(EXAMPLE).with_reading(previous).last_move(latest)
        for exchange_readings in series
        for previous, latest in pairwise(exchange_readings)
    ]
    return NO_OTHERS.after(moves)
