from datetime import UTC, datetime, timedelta

import pytest

from bot.detection.own_reading.comparison import AssetComparison, compared
from bot.domain.own_reading import BITCOIN, ETHEREUM, OwnReading
from tests.builders import reading

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
THEIRS = reading({"Bitcoin/BTC": (100.0, 1.0), "Ethereum/ETH": (50.0, 1.0), "Tron/USDT": (9.0, 1.0)}, at=NOON)


def own(btc: float, *, at: datetime = NOON, coverage: float = 1.0) -> OwnReading:
    return OwnReading("binance", BITCOIN, as_of=at, amounts={"BTC": btc}, coverage=coverage)


@pytest.mark.parametrize(
    ("btc", "agrees"), [(97.01, True), (96.9, False), (100.0, True), (102.99, True), (103.1, False), (0.0, False)]
)
def test_amounts_agree_within_three_percent(btc: float, *, agrees: bool) -> None:
    (comparison,) = compared(own(btc), THEIRS)

    assert comparison.difference == pytest.approx(btc / 100 - 1)
    assert (comparison.asset, comparison.agrees) == ("BTC", agrees)


def test_what_the_unread_wallets_held_may_explain_a_lower_amount_and_no_higher_one() -> None:
    (lower,) = compared(own(90.0, coverage=0.92), THEIRS)
    (higher,) = compared(own(104.0, coverage=0.92), THEIRS)

    assert (lower.agrees, higher.agrees) == (True, False)


def test_without_any_coverage_the_amount_stands_for_itself() -> None:
    assert compared(own(100.0, coverage=0.0), THEIRS) == [AssetComparison("BTC", 0.0, agrees=True)]


def test_only_the_same_asset_on_the_same_chain_is_compared() -> None:
    ethereum = OwnReading("binance", ETHEREUM, as_of=NOON, amounts={"ETH": 50.0, "USDT": 9.0, "USDC": 1.0})

    assert compared(ethereum, THEIRS) == [AssetComparison("ETH", 0.0, agrees=True)]


def test_amounts_of_other_times_are_not_compared() -> None:
    assert compared(own(100.0, at=NOON + timedelta(hours=8)), THEIRS)
    assert not compared(own(100.0, at=NOON - timedelta(hours=8, seconds=1)), THEIRS)
    assert not compared(OwnReading("binance", BITCOIN), THEIRS)


def test_an_amount_of_zero_is_compared_with_nothing() -> None:
    assert not compared(own(1.0), reading({"Bitcoin/BTC": (0.0, 1.0)}, at=NOON))
