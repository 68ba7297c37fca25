import pytest

from bot.domain.reading import Holding
from tests.builders import reading

BINANCE_READING = reading(
    {"Tron/USDT": (10, 1.0), "Ethereum/USDT": (30, 1.0), "Ethereum/ETH": (1, 100.0), "Binance/BNB": (2, 5.0)}
)


def test_reserves_are_counted_with_and_without_the_own_token() -> None:
    assert BINANCE_READING.total_usd() == 150.0
    assert BINANCE_READING.total_usd(without={"BNB"}) == 140.0


def test_the_own_token_was_fifteen_percent_of_binance() -> None:
    """Published on 2026-08-10: 139,684,360,969.40 in all, 118,724,669,008.51 without BNB."""
    total, clean = 139_684_360_969.40, 118_724_669_008.51
    whole = reading({"Ethereum/USDT": (clean, 1.0), "Binance/BNB": (total - clean, 1.0)})

    share = 1 - whole.total_usd(without={"BNB"}) / whole.total_usd()

    assert share == pytest.approx(0.15005, abs=5e-6)


def test_assets_are_added_up_over_chains_largest_first() -> None:
    assert list(BINANCE_READING.by_asset().items()) == [
        ("ETH", Holding(1, 100.0)),
        ("USDT", Holding(40, 40.0)),
        ("BNB", Holding(2, 10.0)),
    ]


def test_the_chains_are_those_with_holdings() -> None:
    assert BINANCE_READING.chains == {"Tron", "Ethereum", "Binance"}
