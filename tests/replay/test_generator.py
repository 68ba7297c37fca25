"""The generator: the same under one seed, ordinary where nothing runs, and true to its table at the live start."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile

import pytest

from bot.domain.reading import Slot
from bot.replay.episode import HISTORY, OutflowRun, RunLeg
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.generator import generate_states, run_times
from tests.replay.plain_flow import plain_flow

A_FEW_EPISODES = ["binance-2022", "ftx-2022", "quiet-weeks", "guard-round-trip", "noisy-year"]


@pytest.mark.parametrize("name", A_FEW_EPISODES)
def test_the_same_seed_gives_the_same_numbers(name: str) -> None:
    assert list(islice(generate_states(find_episode(name)), 300)) == plain_flow(name).states[:300]


def test_another_seed_gives_other_noise() -> None:
    other = replace(find_episode("quiet-weeks"), seed=7)

    assert next(generate_states(other)).amounts != plain_flow("quiet-weeks").states[0].amounts


@pytest.mark.parametrize("name", EPISODES)
def test_the_live_phase_starts_from_what_the_exchanges_hold(name: str) -> None:
    start = find_episode(name).live_start
    *_, last = takewhile(lambda state: state.at < start, generate_states(find_episode(name)))

    for exchange in find_episode(name).exchanges:
        for (chain, asset), amount in last.amounts[exchange.id].items():
            assert amount * last.prices[asset] == pytest.approx(exchange.reserves_millions[chain][asset] * 1e6)


@pytest.mark.parametrize("name", ["binance-2022", "quiet-weeks"])
def test_ordinary_days_have_the_tails_they_are_said_to_have(name: str) -> None:
    flows = plain_flow(name)
    days = sorted(share for exchange in flows.exchanges for share in flows.normal_days(exchange))

    assert len(days) > 120 * len(flows.exchanges)
    assert days[len(days) // 20] == pytest.approx(-0.005, abs=0.001)
    assert days[len(days) // 100] == pytest.approx(-0.009, abs=0.002)
    assert days[0] > -0.0125
    assert days[len(days) // 2] == pytest.approx(0, abs=0.0005)


def test_the_upstream_runs_daily_in_the_past_and_hourly_from_two_days_before() -> None:
    episode = find_episode("binance-2022")
    times = run_times(episode)
    gaps = {after - before for before, after in pairwise(times)}

    assert times[0] - (episode.live_start - HISTORY) < timedelta(hours=1)
    assert episode.live_end - timedelta(hours=1) < times[-1] < episode.live_end
    assert sum(at >= episode.live_start - timedelta(days=2) for at in times) == 20 * 24
    assert max(gaps) == timedelta(days=1)
    assert all(at.minute in (20, 21) for at in times)
    assert all(at.second % 2 == 1 for at in times)


@pytest.mark.parametrize("name", EPISODES)
def test_no_holding_ever_runs_dry(name: str) -> None:
    for state in plain_flow(name).states:
        assert all(amount > 0 for held in state.amounts.values() for amount in held.values())


@pytest.mark.parametrize("name", EPISODES)
def test_an_episode_is_made_of_few_enough_numbers_to_be_quick(name: str) -> None:
    episode = find_episode(name)
    slots = sum(len(held) for exchange in episode.exchanges for held in exchange.reserves_millions.values())

    assert len(run_times(episode)) * slots < 130_000


@pytest.mark.parametrize("name", EPISODES)
def test_a_show_takes_at_most_95_seconds(name: str) -> None:
    episode = find_episode(name)

    assert (episode.live_end - episode.live_start).total_seconds() / episode.speed <= 95


def test_noise_goes_on_around_a_run_and_around_a_second_one() -> None:
    quiet = find_episode("quiet-weeks")
    start = quiet.live_start
    legs = [(RunLeg(start + timedelta(days=day + 1), -0.02),) for day in (2, 6)]
    runs = tuple(
        OutflowRun("okx", leg, since=start + timedelta(days=day)) for leg, day in zip(legs, (2, 6), strict=True)
    )
    states = {state.at: state for state in generate_states(replace(quiet, runs=runs))}
    held = [states[at].amounts["okx"][Slot("Bitcoin", "BTC")] for at in sorted(states) if at >= start]

    for first, hours in ((0, 48), (73, 70), (170, 100)):
        assert len(set(held[first : first + hours])) == hours
    assert held[72] / held[47] == pytest.approx(0.98, abs=0.01)
    assert held[168] / held[143] == pytest.approx(0.98, abs=0.01)


def test_a_swap_moves_assets_against_each_other_and_nothing_in_sum() -> None:
    flows = plain_flow("busd-2023-02")
    start, end = datetime(2023, 2, 16, 1, tzinfo=UTC), datetime(2023, 2, 20, 1, tzinfo=UTC)
    moved = {
        asset: sum(
            flows.at(end).amounts["binance"][slot] - amount
            for slot, amount in flows.at(start).amounts["binance"].items()
            if slot.asset == asset
        )
        for asset in ("BUSD", "USDT", "USDC")
    }

    assert moved["BUSD"] < -1.5e9
    assert moved["USDT"] > 1.5e9
    assert abs(flows.flow("binance", start, end)) < 0.4e9


def test_a_stablecoin_stays_by_its_dollar_while_the_market_falls() -> None:
    prices = [state.prices for state in plain_flow("quiet-weeks").states]

    assert all(abs(price["USDT"] - 1) < 0.003 for price in prices)
    assert min(price["XRP"] for price in prices) < 0.9 * 0.385
