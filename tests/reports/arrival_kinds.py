"""What arrives at northex and leaves again without being flow: at once, in steps, after days or after weeks.

A new label or a listing is no deposit, so its end is no withdrawal, up to the amount that arrived. Nor is a large
deposit that leaves within two days.
"""

from random import Random

from bot.domain.reading import Slot
from tests.reports.exchange_history import ExchangeHistory
from tests.reports.expectation import Expectation, quiet_windows
from tests.reports.generated_exchanges import BTC, PRICES, drawn, hour, northex, reading_times
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


def large_deposit_leaves_in_steps(seed: int) -> Report:
    """A fifth more BTC come in one step, counted, and leave again in up to five steps within two days: no flow.

    What leaves first counts until more than half has left. The week's window begins while the deposit was there some
    days later, when the last day is long quiet.
    """
    random = drawn("large-deposit-leaves-in-steps", seed)
    arrival = random.randint(30, 40)
    history = northex(seed, reading_times((1, 260)))
    units = (history.amounts[-1][BTC] or 0.0) * random.uniform(0.18, 0.25)
    history.add(BTC, units, hour(arrival))
    steps = sorted(arrival + step for step in random.sample(range(4, 46), random.randint(1, 5)))
    _leave_at(history, random, BTC, units, steps)
    times = [hour(steps[-1] + number) for number in (0, 1, 12, 23, 47, 120, 145, 165)]
    windows = quiet_windows(*times)
    return Report([history], Expectation(at_most="elevated", closed_by=hour(steps[-1] + 30), windows=windows))


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
