"""What is known of assets by their symbols: which names are the same asset, which are stablecoins, which are majors.

Example: on 29 January 2025 the contract of USDT on Arbitrum was renamed USD₮0. 500 M USDT before and 500 M USD₮0 after
are 500 M USDT both times, and no flow.
"""

from collections.abc import Mapping

STABLECOINS = frozenset(
    {
        "BUSD", "CRVUSD", "DAI", "FDUSD", "FRAX", "GUSD", "LUSD", "PYUSD", "RLUSD", "SUSD", "TUSD",
        "USD0", "USD1", "USDC", "USDD", "USDE", "USDG", "USDP", "USDS", "USDT",
    }
)  # fmt: skip
"""Symbols of tokens that stand for one US dollar, upper case."""
MAJORS = ("BTC", "ETH", "USDT", "USDC")
"""The assets that most customers hold: that their withdrawals are closed weighs more than it does for any other."""

# Names are joined where the one is the other: renamed, or exchanged one for one by the issuer without an end. What only
# has the same price is left apart, because it may lose it: USDC.E is a claim on a bridge and not on Circle (such claims
# fell to a fraction when Multichain failed in 2023), WBTC and STETH are claims on a custodian and on validators. WBNB
# stays apart, too: the list's total without own tokens counts it, for it leaves out the exact symbol BNB only.
ALIASES: Mapping[str, str] = {
    "USD₮0": "USDT",  # Tether's own symbol of USDT0: https://docs.usdt0.to/technical-documentation/deployments
    "USDT0": "USDT",  # "not a new stablecoin": https://docs.hedera.com/evm/integrations/cross-chain/usdt0
    "USD₮": "USDT",  # Tether's spelling on Celo: https://docs.celo.org/build-on-celo/build-with-usat
    "MATIC": "POL",  # one for one, in both directions: https://github.com/0xPolygon/pol-token#migration-contract
    "WETH": "ETH",  # as the upstream does: https://github.com/DefiLlama/defillama-server, `/protocol` and `/inflows`
}
"""Upper-case symbols, each with the name that the same asset goes by here."""


def asset_name(symbol: str) -> str:
    """Return the name that an asset goes by here: "USD₮0" → "USDT", and of any other symbol the symbol itself."""
    return ALIASES.get(symbol, symbol)
