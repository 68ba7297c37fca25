from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.backtest.naive_rules import NAIVE, NaiveRuleRunner
from bot.domain.reading import Slot
from bot.replay.recorder import inflow, record
from tests.builders import BINANCE, DAY, HOUR, NOON, reading

FIXED, TOTAL, MEAN, UPSTREAM = (name for name, _ in NAIVE)
BEFORE = {"Tron/USDT": (1e9, 1.0), "Bitcoin/BTC": (5e4, 20_000.0), "Binance/BNB": (4e6, 250.0)}


def fired(after: Mapping[str, tuple[float, float]], *, past: int = 1) -> set[str]:
    """Return the rules that are true once, after days without a move, this is held."""
    runner = NaiveRuleRunner(BINANCE)
    for age in range(past, 0, -1):
        runner.rules_met(reading(BEFORE, at=NOON - age * DAY))
    return set(runner.rules_met(reading(BEFORE | dict(after))))


def test_a_fixed_sum_is_ten_million() -> None:
    assert FIXED in fired({"Tron/USDT": (0.99e9, 1.0)})
    assert FIXED not in fired({"Tron/USDT": (0.991e9, 1.0)})
    assert FIXED not in fired({"Binance/BNB": (1e6, 250.0)})


def test_a_total_drops_with_prices_and_own_tokens_too() -> None:
    assert fired({"Bitcoin/BTC": (5e4, 18_000.0)}) == {TOTAL}
    assert TOTAL in fired({"Binance/BNB": (3e6, 250.0)})
    assert fired({"Bitcoin/BTC": (5e4, 19_000.0)}) == set()


def test_a_part_of_the_mean_is_nearly_always_reached() -> None:
    runner = NaiveRuleRunner(BINANCE)
    moves = [0.0, 1e6, -1e6, 1e6, -0.25e6, 0.1e6]
    is_true = [
        MEAN in runner.rules_met(reading({"Tron/USDT": (1e9 + sum(moves[: day + 1]), 1.0)}, at=NOON + day * DAY))
        for day in range(len(moves))
    ]

    assert is_true == [False, False, True, True, True, False]


def test_the_upstreams_rule_does_not_see_what_was_drained() -> None:
    assert UPSTREAM in fired({"Tron/USDT": (0.93e9, 1.0)})
    assert UPSTREAM not in fired({"Tron/USDT": (0.95e9, 1.0)})
    drained = fired({"Tron/USDT": (1e-6, 1.0)})
    assert FIXED in drained
    assert UPSTREAM not in drained


@pytest.mark.parametrize("usdt", [0.0, 5e8, 9e8, 1.5e9, 4e9])
def test_the_upstreams_rule_is_the_one_its_stand_in_has(usdt: float) -> None:
    prices = {"USDT": 1.0, "BTC": 20_000.0}
    held = {Slot("Tron", "USDT"): 1e9, Slot("Bitcoin", "BTC"): 5e4}
    old = record(NOON, held, prices)
    new = record(NOON + DAY, {**held, Slot("Tron", "USDT"): usdt, Slot("Bitcoin", "BTC"): 4.9e4}, prices)
    share = inflow(old, new, {"BNB"}) / 2e9

    assert (UPSTREAM in fired({"Tron/USDT": (usdt, 1.0), "Bitcoin/BTC": (4.9e4, 20_000.0)})) is (share <= -0.03)


def test_without_a_reading_of_the_day_before_nothing_is_said() -> None:
    runner = NaiveRuleRunner(BINANCE)

    assert runner.rules_met(reading(BEFORE, at=NOON - 3 * DAY)) == ()
    assert runner.rules_met(reading({"Tron/USDT": (1.0, 1.0)}, at=NOON)) == ()
    assert runner.rules_met(reading({"Tron/USDT": (0.1, 1.0)}, at=NOON - HOUR)) == ()


def test_of_nothing_held_no_share_leaves() -> None:
    runner = NaiveRuleRunner(BINANCE)
    runner.rules_met(reading({}, at=NOON - DAY))

    assert runner.rules_met(reading({})) == ()
    assert timedelta(0) < DAY
