"""Two years without a run: their percentiles, tails and prices."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import median

import pytest

from bot.domain.reading import Slot
from bot.replay.episodes.catalogue import find_episode
from bot.replay.generator import generate_states, run_times
from tests.replay.plain_flow import plain_flow

SEEDS = (1, 2, 3)
"""Beside the episodes' own, 2023 and 2025: their years, settled before anything was drawn."""


def daily_shares(name: str, seed: int) -> list[float]:
    """Return every day of every exchange, lowest first, by the plain formula."""
    episode = replace(find_episode(name), seed=seed)
    days = [state for state in generate_states(episode) if state.at.hour == 0]
    shares = []
    for exchange in episode.exchanges:
        own = exchange.own_tokens
        for before, after in pairwise(days):
            held = {slot: held for slot, held in before.amounts[exchange.id].items() if slot.asset not in own}
            moved = sum(
                (after.amounts[exchange.id][slot] - amount) * before.prices[slot.asset] for slot, amount in held.items()
            )
            shares.append(moved / sum(amount * before.prices[slot.asset] for slot, amount in held.items()))
    return sorted(shares)


@pytest.mark.parametrize("seed", [*SEEDS, 2023])
def test_one_quiet_day_in_twenty_is_below_half_a_percent_and_one_in_a_hundred_below_nine_tenths(seed: int) -> None:
    days = daily_shares("quiet-year", seed)

    assert len(days) == 3640
    assert days[182] == pytest.approx(-0.005, abs=0.0004)
    assert days[36] == pytest.approx(-0.009, abs=0.0010)
    assert median(days) == pytest.approx(0, abs=0.0002)
    assert days[0] > -0.015


@pytest.mark.parametrize("seed", [*SEEDS, 2025])
def test_one_noisy_day_in_a_hundred_is_below_one_and_seven_tenths(seed: int) -> None:
    days = daily_shares("noisy-year", seed)

    assert days[36] == pytest.approx(-0.017, abs=0.0017)
    assert days[0] > -0.03


def test_single_assets_have_heavy_tails() -> None:
    flows = plain_flow("quiet-year")
    days = [state.amounts["gullane"][Slot("Solana", "SOL")] for state in flows.states if state.at.hour == 0]
    moves = sorted(abs(after / before - 1) for before, after in pairwise(days))

    assert moves[-1] > 8 * median(moves)
    assert moves[-1] < 0.30


@pytest.mark.parametrize("name", ["quiet-year", "noisy-year"])
def test_a_year_is_365_days_and_hourly_at_its_end(name: str) -> None:
    episode = find_episode(name)
    times = run_times(episode)

    assert len({at.date() for at in times}) == 365
    assert sum(at >= episode.live_end - timedelta(days=1) for at in times) == 24
    assert len(times) == 360 + 5 * 24


@pytest.mark.parametrize("name", ["quiet-year", "noisy-year"])
def test_prices_crash_by_a_fifth_in_a_day_and_rally(name: str) -> None:
    prices = [state.prices["XRP"] for state in plain_flow(name).states if state.at.hour == 0]
    days = [after / before for before, after in pairwise(prices)]

    assert sum(day < 0.81 for day in days) >= 3
    assert sum(day > 1.15 for day in days) >= 3


@pytest.mark.parametrize("name", ["quiet-year", "noisy-year"])
def test_its_exchanges_are_of_very_different_size(name: str) -> None:
    flows = plain_flow(name)
    sizes = sorted(flows.clean(exchange, flows.episode.live_start) for exchange in flows.exchanges)

    assert len(sizes) == 10
    assert sizes[:2] == [pytest.approx(60e6), pytest.approx(250e6)]
    assert sizes[-1] > 50e9
