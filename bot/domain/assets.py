"""What is known of assets by their symbols, for the backtest, the withdrawal rules and the cards."""

STABLECOINS = frozenset(
    {
        "BUSD", "CRVUSD", "DAI", "FDUSD", "FRAX", "GUSD", "LUSD", "PYUSD", "RLUSD", "SUSD", "TUSD",
        "USD0", "USD1", "USDC", "USDD", "USDE", "USDG", "USDP", "USDS", "USDT",
    }
)  # fmt: skip
"""Symbols of tokens that stand for one US dollar, upper case."""
MAJORS = ("BTC", "ETH", "USDT", "USDC")
"""The assets that most customers hold: that their withdrawals are closed weighs more than it does for any other."""
