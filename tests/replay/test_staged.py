"""The made-up episodes are what their titles say."""

from datetime import timedelta

import pytest

from bot.domain.reading import Slot
from bot.replay.episode import MADE_UP
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.episodes.synthetic import on
from bot.replay.observations import upstream_runs
from tests.replay.expectations import expected_of
from tests.replay.plain_flow import plain_flow

DAY = timedelta(days=1)
STAGED = [name for name, episode in EPISODES.items() if episode.live_start == on(0)]


@pytest.mark.parametrize("name", STAGED)
def test_quiet_days_come_first_and_quiet_peers_stand_by(name: str) -> None:
    episode = find_episode(name)
    first = min(
        *(run.since or episode.live_start for run in episode.runs), episode.live_end,
        *(jump.at for jump in episode.jumps), *(fault.since for fault in episode.faults),
    )  # fmt: skip

    assert timedelta(days=40) <= episode.history <= timedelta(days=60)
    assert first - episode.live_start >= DAY
    assert 5 <= len(episode.exchanges) <= 7


def test_every_made_up_episode_was_staged() -> None:
    assert {name for name, episode in EPISODES.items() if episode.label == MADE_UP} == set(STAGED) - {"guard-own-token"}


def test_tron_holds_14_percent_and_is_absent_for_nine_hours() -> None:
    without = [
        run.at
        for run in upstream_runs(find_episode("guard-chain-missing"))
        if "Tron" not in {slot.chain for slot in run.observations["aurelia"].amounts}
    ]
    state = plain_flow("guard-chain-missing").at(on(2))
    tron = sum(
        amount * state.prices[slot.asset] for slot, amount in state.amounts["aurelia"].items() if slot.chain == "Tron"
    )

    assert sum(at < on(4) for at in without) == 9
    assert sum(at > on(4) for at in without) == 24
    assert tron / plain_flow("guard-chain-missing").clean("aurelia", on(2)) == pytest.approx(0.14, abs=0.01)


def test_wallets_add_nine_billion_and_three_weeks_later_a_chain_loses_two_fifths() -> None:
    flows = plain_flow("guard-wallets-changed")
    tron = [flows.at(on(24, hour, 30)).amounts["aurelia"][Slot("Tron", "USDT")] for hour in (9, 10)]

    assert flows.clean("aurelia", on(3, 10, 30)) - flows.clean("aurelia", on(3, 9, 30)) == pytest.approx(9e9, rel=0.05)
    assert tron[1] / tron[0] == pytest.approx(0.6, abs=0.005)
    assert flows.flow("aurelia", on(24, 9, 30), on(24, 10, 30)) / flows.clean("aurelia", on(24, 9, 30)) < -0.03


def test_an_odd_price_stands_for_two_readings() -> None:
    observed = {run.at: run.observations for run in upstream_runs(find_episode("guard-price-odd"))}
    odd = {
        exchange: [
            at for at, each in observed.items() if each[exchange].prices["DOT"] > 2 * each["aurelia"].prices["DOT"]
        ]
        for exchange in ("dunmere", "eastmere", "borvik")
    }

    assert {exchange: len(times) for exchange, times in odd.items()} == {"dunmere": 2, "eastmere": 2, "borvik": 0}
    first = observed[odd["eastmere"][0]]
    assert first["eastmere"].prices["DOT"] / first["aurelia"].prices["DOT"] == pytest.approx(5.6)


def test_what_left_on_a_round_trip_is_back_within_two_days() -> None:
    flows = plain_flow("guard-round-trip")
    for exchange in ("corvane", "eastmere"):
        before, during, after = (
            flows.at(moment).amounts[exchange][Slot("Ethereum", "ETH")] for moment in (on(6, 8), on(7), on(8))
        )
        assert abs(during - before) == pytest.approx(320_000, rel=0.05)
        assert after == pytest.approx(before, rel=0.06)


def test_a_small_part_is_moved_and_more_comes_back_a_day_later() -> None:
    flows = plain_flow("internal-move")
    times = (on(3, 11, 30), on(3, 12, 30), on(4, 11, 30), on(4, 12, 30))
    before, gone, later, back = (flows.at(at).amounts["aurelia"][Slot("Bitcoin", "BTC")] for at in times)

    assert before - gone == pytest.approx(51_000, rel=0.05)
    assert back - later == pytest.approx(76_000, rel=0.05)
    assert (before - gone) / before < 0.3


def test_three_days_are_missing_and_took_less_than_any_window_allows() -> None:
    flows = plain_flow("guard-gap")
    days = {
        run.at.date()
        for run in upstream_runs(find_episode("guard-gap"))
        if "corvane" in run.observations and run.at.hour == 0
    }

    assert [day for day in range(12) if on(day).date() not in days] == [3, 4, 5]
    assert min(share for _, share in flows.windows("corvane", DAY)) > -0.0155


def test_three_of_seven_lose_a_twentieth_for_one_hour() -> None:
    observed = {
        run.at.hour: run for run in upstream_runs(find_episode("guard-source-glitch")) if on(3) <= run.at < on(3, 2)
    }
    kept = {
        exchange: observed[0].observations[exchange].amounts[slot] / observed[1].observations[exchange].amounts[slot]
        for exchange in observed[0].observations
        for slot in [Slot("Bitcoin", "BTC")]
    }

    assert {exchange for exchange, part in kept.items() if part < 0.97} == {"aurelia", "corvane", "eastmere"}
    assert all(part == pytest.approx(0.95, abs=0.01) or part == pytest.approx(1, abs=0.01) for part in kept.values())


def test_no_day_of_the_bleed_stands_out() -> None:
    flows = plain_flow("bleed")
    days = [share for at, share in flows.windows("corvane", DAY) if on(3) <= at < on(32)]

    assert min(days) > -0.012
    assert max(days) < -0.004
    assert min(share for _, share in flows.windows("corvane", 30 * DAY)) < -0.20


def test_four_large_exchanges_are_elevated_within_48_hours() -> None:
    flows = plain_flow("market-wide")
    firsts = [
        next(at for at, share in flows.windows(exchange, DAY) if share <= -0.03)
        for exchange in ("aurelia", "borvik", "corvane", "eastmere")
    ]

    assert max(firsts) - min(firsts) < timedelta(hours=48)
    assert all(flows.clean(exchange, on(2)) > 1e9 for exchange in ("aurelia", "borvik", "corvane", "eastmere"))


def test_a_run_follows_the_held_step_within_72_hours() -> None:
    episode = find_episode("held-then-run")
    run = plain_flow("held-then-run").window("borvik", on(5), timedelta(hours=24))

    assert (episode.runs[0].since or episode.live_start) - episode.jumps[0].at < timedelta(hours=72)
    assert run == pytest.approx(-0.06, abs=0.006)


def test_four_percent_of_the_smallest_are_less_than_five_million() -> None:
    flows = plain_flow("slow-small")
    worst = min(flows.flow("gullane", at - DAY, at) for at in flows.live)

    assert min(share for _, share in flows.windows("gullane", DAY)) == pytest.approx(-0.04, abs=0.003)
    assert -5e6 < worst < -2e6


@pytest.mark.parametrize("name", EPISODES)
def test_the_exchange_that_an_episode_is_about_comes_first(name: str) -> None:
    episode = find_episode(name)

    named = expected_of(name)
    assert not named or named[0].exchange == episode.exchanges[0].id
