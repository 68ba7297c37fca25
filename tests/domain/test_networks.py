import pytest

from bot.domain.networks import network_name


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
