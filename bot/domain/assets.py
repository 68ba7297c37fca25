"""What is known of assets by their symbols."""

STABLECOINS = frozenset(
    {
        "BUSD", "CRVUSD", "DAI", "FDUSD", "FRAX", "GUSD", "LUSD", "PYUSD", "RLUSD", "SUSD", "TUSD",
        "USD0", "USD1", "USDC", "USDD", "USDE", "USDG", "USDP", "USDS", "USDT",
    }
)  # fmt: skip
"""Symbols of tokens that stand for one US dollar, upper case."""
MAJORS = ("BTC", "ETH", "USDT", "USDC")
"""The assets whose doors matter most."""
