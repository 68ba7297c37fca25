from datetime import datetime, timedelta

import pytest

from bot.detection.withdrawals.status import after, network_name
from bot.domain.withdrawals import Withdrawals, WithdrawalStatus
from tests.builders import HOUR, NOON


def gate(asset: str, network: str, *, is_open: bool = False, at: datetime = NOON) -> WithdrawalStatus:
    return WithdrawalStatus(asset, network, is_open, at)


@pytest.mark.parametrize(
    ("asset", "network", "name"),
    [
        ("USDT", "TRC20", "TRON"),
        ("USDT", "trx", "TRON"),
        ("USDT", "USDT-TRC20", "TRON"),
        ("USDT", "trc20usdt", "TRON"),
        ("USDT", "TRON (TRC20)", "TRON"),
        ("USDT", "ERC20", "ETHEREUM"),
        ("ETH", "ETH", "ETHEREUM"),
        ("ETH", "ETH-ERC20", "ETHEREUM"),
        ("usdc", "SPL", "SOLANA"),
        ("USDC", "Solana", "SOLANA"),
        ("BTC", "BTC", "BITCOIN"),
        ("BTC", "BTC-Bitcoin", "BITCOIN"),
        ("BTC", "BTC-Lightning", "BTCLIGHTNING"),
        ("ETH", "Arbitrum One", "ARBITRUMONE"),
        ("ETH", "ETH-Optimism", "ETHOPTIMISM"),
        ("USDT", "BEP20", "BEP20"),
    ],
)
def test_networks_have_many_spellings_and_one_name(asset: str, network: str, name: str) -> None:
    assert network_name(asset, network) == name


@pytest.mark.parametrize(
    ("gates", "closed"),
    [
        ([gate("BTC", "BTC")], ["BTC"]),
        ([gate("USDT", "TRC20"), gate("USDT", "ERC20", is_open=True)], []),
        ([gate("USDT", "TRC20"), gate("USDT", "ERC20")], ["USDT"]),
        ([gate("USDT", "TRC20"), gate("USDT", "BEP20", is_open=True)], ["USDT"]),
        ([gate("USDT", "BEP20")], []),
        ([gate("DOGE", "DOGE")], []),
        ([gate("BTC", "BTC"), gate("BTC", "BITCOIN", is_open=True)], []),
        ([gate("usdc", "sol"), gate("ETH", "ERC20"), gate("USDC", "eth")], ["ETH", "USDC"]),
    ],
)
def test_an_asset_is_closed_when_every_main_network_that_is_listed_is(
    gates: list[WithdrawalStatus], closed: list[str]
) -> None:
    assert [asset for asset, _ in after(Withdrawals(), gates).closed] == closed


def test_two_closed_majors_shut_the_doors() -> None:
    one = after(Withdrawals(), [gate("BTC", "BTC")])

    assert not one.are_shut
    assert after(one, [gate("ETH", "ETH")]).are_shut


def test_a_door_is_closed_since_its_last_network_closed() -> None:
    later = NOON + HOUR
    doors = after(Withdrawals(), [gate("USDT", "TRC20"), gate("USDT", "ERC20", at=later)])
    again = after(doors, [gate("USDT", "TRX", at=NOON + timedelta(days=1))])

    assert doors.closed == again.closed == (("USDT", later),)
