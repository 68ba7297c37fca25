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
        ("BTC", "btc-segwit", "BITCOIN"),
        ("BTC", "BTC-Lightning", "LIGHTNING"),
        ("BTC", "Lightning Network", "LIGHTNING"),
        ("BTC", "LNX", "LIGHTNING"),
        ("BTC", "BEP20", "BSC"),
        ("BTC", "BNB", "BNB"),
        ("ETH", "Arbitrum One", "ARBITRUM"),
        ("ETH", "ETH-Arbitrum One", "ARBITRUM"),
        ("ETH", "ARBNOVA", "ARBNOVA"),
        ("ETH", "ETH-Optimism", "OPTIMISM"),
        ("ETH", "OPETH", "OPTIMISM"),
        ("USDT", "BEP20", "BSC"),
        ("USDT", "bep20(bsc)", "BSC"),
        ("USDT", "BNB Smart Chain (BEP20)", "BSC"),
        ("USDT", "TETHERUSE", "ETHEREUM"),
        ("USDT", "TETHERUSX", "TRON"),
        ("USDT", "TETHERUSO", "TETHERUSO"),
        ("USDC", "Polygon POS", "POLYGON"),
        ("USDC", "Polygon zkEVM", "POLYGONZKEVM"),
        ("USDC", "AVAX C-Chain", "AVALANCHE"),
        ("USDC", "BASEEVM", "BASE"),
        ("USDT", "The Open Network", "TON"),
        ("USDT", "APT", "APTOS"),
        ("SOL", "SOL", "SOLANA"),
        ("XRP", "XRP", "XRPL"),
    ],
)
def test_networks_have_many_spellings_and_one_name(asset: str, network: str, name: str) -> None:
    assert network_name(asset, network) == name
