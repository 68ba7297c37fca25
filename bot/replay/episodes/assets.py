"""The assets of the episodes: a rounded price each, and which price path it follows.

The prices are those of December 2022, FTT's of the first days of November. An episode of another time says in its paths
by how many times they differ.
"""

from typing import NamedTuple


class Asset(NamedTuple):
    """One asset: USD where its path stands at 1, and what its price follows ("stable" follows the dollar)."""

    usd: float
    follows: str = "market"


ASSETS = {
    "BTC": Asset(17_100, "BTC"),
    "WBTC": Asset(17_090, "BTC"),
    "ETH": Asset(1_265, "ETH"),
    "STETH": Asset(1_245, "ETH"),
    "USDT": Asset(1, "stable"),
    "USDC": Asset(1, "stable"),
    "BUSD": Asset(1, "stable"),
    "DAI": Asset(1, "stable"),
    "TUSD": Asset(1, "stable"),
    "USDP": Asset(1, "stable"),
    "BNB": Asset(285, "BNB"),
    "OKB": Asset(22),
    "LEO": Asset(3.6),
    "BIT": Asset(0.29),
    "CRO": Asset(0.063),
    "KCS": Asset(6.9),
    "FTT": Asset(24, "FTT"),
    "MNT": Asset(0.62),
    "XRP": Asset(0.385),
    "SHIB": Asset(0.0000092),
    "DOGE": Asset(0.095),
    "ADA": Asset(0.31),
    "MATIC": Asset(0.92),
    "SOL": Asset(13.6),
    "DOT": Asset(5.2),
    "LTC": Asset(76),
    "TRX": Asset(0.053),
    "AVAX": Asset(13.3),
    "LINK": Asset(6.8),
    "UNI": Asset(6.1),
    "CAKE": Asset(4),
    "OP": Asset(1.05),
    "SAND": Asset(0.56),
    "MANA": Asset(0.39),
    "AXS": Asset(8),
    "GALA": Asset(0.024),
    "APE": Asset(4.1),
    "CHZ": Asset(0.15),
    "GRT": Asset(0.064),
    "CRV": Asset(0.63),
    "AAVE": Asset(62),
    "MKR": Asset(620),
    "LDO": Asset(1.1),
    "ENJ": Asset(0.3),
    "BAT": Asset(0.21),
    "COMP": Asset(38),
    "SUSHI": Asset(1.2),
    "1INCH": Asset(0.43),
    "FTM": Asset(0.24),
}
