"""What arrives at northex without being counted, and leaves again: at once, in steps, after days or after weeks.

A new label or a listing is no deposit, so its end is no withdrawal, up to the amount that arrived.
"""

from random import Random

from bot.domain.reading import Slot
from tests.reports.exchange_history import ExchangeHistory
from tests.reports.expectation import Expectation, quiet_windows
from tests.reports.generated_exchanges import PRICES, drawn, hour, northex, reading_times
from tests.reports.report import Report

_STEPS = 10


def new_asset_leaves_in_steps(seed: int) -> Report:
    """An asset that was never there arrives, and leaves in ten steps over two days."""
    random = drawn("new-asset-leaves-in-steps", seed)
    slot = Slot(random.choice(["Ethereum", "Solana"]), "PEPE")
    return _leaving_in_steps(seed, random, slot, random.uniform(300e6, 600e6))


def relabelled_asset_leaves_in_steps(seed: int) -> Report:
    """An asset doubles or trebles in one step, alone, as a new label makes it, and shrinks back in ten steps."""
    random = drawn("relabelled-asset-leaves-in-steps", seed)
    slot = random.choice([Slot("Ripple", "XRP"), Slot("Litecoin", "LTC")])
    return _leaving_in_steps(seed, random, slot, random.uniform(300e6, 500e6))


def _leaving_in_steps(seed: int, random: Random, slot: Slot, usd: float) -> Report:
    arrival = random.randint(30, 40)
    leaving = arrival + random.randint(20, 60)
    history = northex(seed, reading_times((1, 180)))
    units = usd / PRICES[slot.asset]
    history.add(slot, units, hour(arrival))
    steps = sorted(random.sample(range(leaving, leaving + 48), _STEPS))
    _leave_at(history, random, slot, units, steps)
    # Not the very reading of a step: one that waits for its verdict may show it.
    times = [hour(arrival + 2), hour(leaving - 1), *(hour(step + 1) for step in steps[2::3]), hour(leaving + 60)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def _leave_at(history: ExchangeHistory, random: Random, slot: Slot, units: float, steps: list[int]) -> None:
    """Let units leave at these hours, unevenly."""
    weights = [random.uniform(0.5, 1.5) for _ in steps]
    for step, weight in zip(steps, weights, strict=True):
        history.add(slot, -units * weight / sum(weights), hour(step))


def arrival_leaves_after_weeks(seed: int) -> Report:
    """What arrived leaves at once after forty days, when no window that has a name reaches back to the arrival."""
    random = drawn("arrival-leaves-after-weeks", seed)
    arrival = random.randint(30, 40)
    leaving = 72 + 38 * 24 + random.randint(30, 50)
    slot = random.choice([Slot("Ethereum", "PEPE"), Slot("Ripple", "XRP")])
    history = northex(seed, reading_times((1, 72), (24, 38), (1, 100)))
    history.add(slot, random.uniform(300e6, 600e6) / PRICES[slot.asset], hour(arrival), hour(leaving))
    times = [hour(arrival + 2), hour(arrival + 240), hour(leaving + 2), hour(leaving + 40)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))
