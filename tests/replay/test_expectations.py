"""What is expected of each episode follows from its numbers by the plain formula, whatever the detectors say."""

import pytest

from bot.domain.severity import Severity, rank
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.faults import FaultKind
from tests.replay.expectations import EXPECTATIONS, Expectation, ExpectedOutcome, expected_of
from tests.replay.expectations import expected as expected_in
from tests.replay.plain_rules import announced_daily, worst_hourly

EXPECTED = [(name, expectation) for name in EPISODES for expectation in expected_of(name)]


def named(cases: list[tuple[str, Expectation]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("name", "expected"), cases, ids=[f"{name}-{expectation.exchange}" for name, expectation in cases]
    )


@named(EXPECTED)
def test_the_first_daily_point_that_crosses_is_the_one_named(name: str, expected: Expectation) -> None:
    assert announced_daily(name, expected.exchange).first == expected.crosses_on


@named(EXPECTED)
def test_what_really_left_crosses_on_the_day_named(name: str, expected: Expectation) -> None:
    assert announced_daily(name, expected.exchange, is_true=True).first == expected.due_on


@named([case for case in EXPECTED if case[1].outcome is ExpectedOutcome.RUN])
def test_a_run_reaches_the_severity_it_may_be_announced_at(name: str, expected: Expectation) -> None:
    assert worst_hourly(name, expected.exchange) is expected.highest
    assert expected.due_on is not None


@named([case for case in EXPECTED if case[1].due_on is None])
def test_without_its_jumps_and_faults_an_episode_is_calm_at_every_hour(name: str, expected: Expectation) -> None:
    assert worst_hourly(name, expected.exchange, is_true=True) is None


@pytest.mark.parametrize("name", EPISODES)
def test_the_peers_of_an_episode_never_cross(name: str) -> None:
    peers = {exchange.id for exchange in find_episode(name).exchanges} - {
        expectation.exchange for expectation in expected_of(name)
    }

    assert [peer for peer in peers if announced_daily(name, peer).crossing] == []


def test_most_jumps_and_faults_would_fool_the_plain_formula() -> None:
    fooled = {
        (name, expectation.guard)
        for name, expectation in EXPECTED
        if expectation.crosses_on and expectation.crosses_on != expectation.due_on
    }

    assert {guard for _, guard in fooled if guard} == {
        "CHAIN_MISSING", "WALLETS_CHANGED", "PRICE_ODD", "ROUND_TRIP", "GAP", "SOURCE_GLITCH", "DISAGREE",
    }  # fmt: skip


def test_every_guard_of_the_rules_has_an_episode() -> None:
    assert {expectation.guard for _, expectation in EXPECTED if expectation.guard} == {
        "CHAIN_MISSING", "WALLETS_CHANGED", "OWN_TOKEN", "PRICE_ODD", "ROUND_TRIP", "STALE", "GAP", "SOURCE_GLITCH",
        "DISAGREE", "WITHHELD",
    }  # fmt: skip


def test_expectations_name_exchanges_of_their_episode_once() -> None:
    assert EXPECTATIONS.keys() <= EPISODES.keys()
    for name, episode in EPISODES.items():
        named = [expectation.exchange for expectation in expected_of(name)]
        assert len(set(named)) == len(named), name
        assert set(named) <= {exchange.id for exchange in episode.exchanges}, name


def test_an_exchange_without_an_expectation_is_expected_to_be_calm() -> None:
    assert expected_in("binance-2022", "okx") == Expectation("okx", ExpectedOutcome.NONE)
    assert expected_in("binance-2022", "binance").outcome is ExpectedOutcome.RUN


def test_without_a_run_only_a_restless_year_and_a_move_within_the_house_may_be_announced() -> None:
    announced = {(name, expectation.outcome) for name, expectation in EXPECTED if expectation.highest}

    assert {name for name, outcome in announced if outcome is ExpectedOutcome.NONE} == {"noisy-year", "internal-move"}
    assert {name for name, outcome in announced if outcome is ExpectedOutcome.HELD} == set()


def test_a_noisy_year_is_restless_and_no_more_than_that() -> None:
    announced = [announced_daily("noisy-year", exchange.id) for exchange in find_episode("noisy-year").exchanges]

    assert max((verdict.worst for verdict in announced), key=rank) is Severity.WATCH
    assert sum(verdict.crossing for verdict in announced) == 31


def test_what_is_seen_live_only_is_a_claim_of_the_list() -> None:
    live_only = {name for name, expectation in EXPECTED if expectation.live_only}

    assert live_only == {
        name
        for name, episode in EPISODES.items()
        if FaultKind.INFLOW_CLAIMED in {fault.kind for fault in episode.faults}
    }
