"""Which stablecoins are watched by name, and what CoinGecko, by whose ids prices are asked for, calls each.

The list of DefiLlama adds whatever else is above a billion dollars. Ids are what tells a coin: a symbol can be taken by
anybody, and several coins of the list are called USD1.
"""

from collections.abc import Mapping

COIN_IDS: Mapping[str, str] = {
    "USDT": "tether",
    "USDC": "usd-coin",
    "USDS": "usds",
    "DAI": "dai",
    "USDe": "ethena-usde",
    "USD1": "usd1-wlfi",
    "USDG": "global-dollar",
    "PYUSD": "paypal-usd",
    "RLUSD": "ripple-usd",
    "USDD": "usdd",
    "USDGO": "usdgo",
    "U": "united-stables",
    "USDf": "falcon-finance",
    # Below a billion in 2026, and watched for what they were or for the exchange that they are used at.
    "FDUSD": "first-digital-usd",
    "TUSD": "true-usd",
    "GHO": "gho",
    "USDP": "paxos-standard",
}
"""By the symbol that people read: the coins above $1 B in DefiLlama's list of 2026-09-11, and some smaller ones."""

UNPEGGED_IDS = frozenset(
    {
        "hashnote-usyc",  # rises with its yield
        "ondo-us-dollar-yield",  # likewise
        "blackrock-usd-institutional-digital-liquidity-fund",  # a fund, which cannot be traded freely
    }
)
"""Coins of that list which have no dollar to fall from."""
