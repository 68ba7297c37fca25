"""Readings in a row for the examples in the guards' docstrings: so many units of each asset, at a dollar each."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.net_flow import net_flow
from bot.detection.guards.market_moves import NO_OTHERS, MarketMoves
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import HOUR, NOON

EXAMPLE = Exchange("example", "Example", "example")


def readings(
    *,
    hours: float = 1,
    exchange: str = "example",
    prices: Mapping[str, Sequence[float]] | None = None,
    **units: Sequence[float | None],
) -> list[Reading]:
    """Return readings so many hours apart; each asset lies on a chain of its own name, which None leaves out."""
    count = len(next(iter(units.values())))
    return [
        Reading(exchange, "defillama", at, at, {
            Slot(asset, asset): Holding(float(amount), float(amount) * (prices or {}).get(asset, [1.0] * count)[number])
            for asset, amounts in units.items()
            if (amount := amounts[number]) is not None
        })
        for number in range(count)
        for at in [NOON + number * hours * HOUR]
    ]  # fmt: skip


def state_after(series: Iterable[Reading]) -> GuardState:
    """Return what the guards remember after the readings of one exchange; nothing is known of the others."""
    state = ExchangeState(EXAMPLE)
    for reading in series:
        state = state.with_reading(reading)
    return state.guard_state


def flow_usd(series: Sequence[Reading], state: GuardState) -> float:
    """Return the net flow from the first reading to the last, without what the guards left out."""
    first, *_, previous, last = (series[0], *series)
    return float(net_flow(Window.DAY, first, last, (), previous=previous, adjustments=state.adjustments).usd)


def market_after(series: Iterable[Sequence[Reading]]) -> MarketMoves:
    """Return the market after the readings of several exchanges."""
    moves = [
        ExchangeState(EXAMPLE).with_reading(previous).last_move(latest)
        for exchange_readings in series
        for previous, latest in pairwise(exchange_readings)
    ]
    return NO_OTHERS.after(moves)
