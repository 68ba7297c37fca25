"""Records, and the inflows the upstream works out from two of them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.reading import Slot
from bot.replay.recorder import StoredRecord, inflow, record, sections

NOW = datetime(2022, 12, 13, 0, 20, 3, tzinfo=UTC)


def holding(**millions: float) -> StoredRecord:
    """Return a record of assets worth one dollar each."""
    held = {Slot("Ethereum", asset): amount * 1e6 for asset, amount in millions.items()}
    return record(NOW, held, dict.fromkeys(millions, 1.0))


def test_chains_are_kept_apart_and_added_up() -> None:
    held = {Slot("Ethereum", "USDT"): 5.0, Slot("Tron", "USDT"): 7.0, Slot("Bitcoin", "BTC"): 2.0}
    stored = record(NOW, held, {"USDT": 1.0, "BTC": 17_000.0})

    assert stored.amounts == {"Ethereum": {"USDT": 5.0}, "Tron": {"USDT": 7.0}, "Bitcoin": {"BTC": 2.0}}
    assert stored.usd["Bitcoin"] == {"BTC": 34_000.0}
    assert stored.total_amounts == {"USDT": 12.0, "BTC": 2.0}
    assert stored.total_usd == {"USDT": 12.0, "BTC": 34_000.0}


def test_deposits_count_positive_and_withdrawals_negative() -> None:
    assert inflow(holding(USDT=10), holding(USDT=12), ()) == pytest.approx(2e6)
    assert inflow(holding(USDT=10), holding(USDT=7), ()) == pytest.approx(-3e6)


def test_the_own_token_does_not_count() -> None:
    assert inflow(holding(USDT=10, BNB=5), holding(USDT=10, BNB=1), {"BNB"}) == 0


def test_a_token_drained_to_nothing_is_not_seen_as_on_the_real_thing() -> None:
    assert inflow(holding(USDT=10, USDC=5), holding(USDT=9), ()) == pytest.approx(-1e6)
    assert inflow(holding(USDT=10, USDC=5), holding(USDT=9, USDC=0), ()) == pytest.approx(-1e6)


def test_a_token_of_less_than_ten_thousand_dollars_is_not_seen() -> None:
    assert inflow(holding(USDT=10, DAI=0.009), holding(USDT=10, DAI=0.5), ()) == 0


def test_prices_are_taken_from_the_end_where_the_token_is_worth_more() -> None:
    slot = Slot("Ethereum", "ETH")
    dear = record(NOW, {slot: 1_000.0}, {"ETH": 1_300.0})
    cheap = record(NOW, {slot: 900.0}, {"ETH": 1_000.0})

    assert inflow(dear, cheap, ()) == pytest.approx(-100 * 1_300)
    assert inflow(cheap, dear, ()) == pytest.approx(100 * 1_300)


def test_the_three_sections_tell_the_same_times() -> None:
    earlier = NOW - timedelta(days=1)
    made = sections([(earlier, {"BTC": 2.0}, {"BTC": 34_000.1234567}), (NOW, {"BTC": 1.0}, {"BTC": 17_000.0})])

    assert made["tvl"][0] == {"date": int(earlier.timestamp()), "totalLiquidityUSD": 34_000.12346}
    assert made["tokens"][1] == {"date": int(NOW.timestamp()), "tokens": {"BTC": 1.0}}
    assert [point["date"] for point in made["tokensInUsd"]] == [point["date"] for point in made["tvl"]]
