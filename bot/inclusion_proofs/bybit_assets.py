"""The lists of assets that Bybit's trees have had, in the order in which they are hashed.

Example: EOS stood before ETH until June 2025, and A does since then. A file has the assets of one list, all of them.
https://github.com/bybit-exchange/merkle-proof (3f0e2da, July 2026), `com/bybit/merkle/generic/Asset*.java`
"""

_FIRST = "AGLA APT ATOM AVAX BIT BTC BUSD DAI DOGE DOT DYDX EOS ETH FTM LTC MATIC SOL USDC USDT XRP"
_MANTLE = _FIRST.replace("BIT", "MNT")
_32 = f"{_MANTLE} SHIB OP SAND LDO LINK COMP UNI MANA CRV BLUR SUSHI PEPE"
_40 = f"{_32} WLD BEAM AGI FET IMX RNDR GALA APEX SHRAP".replace("BUSD ", "")
_AUGUST_2024 = f"{_40} USDE".replace("DAI ", "").replace("RNDR", "RENDER")
_OCTOBER_2024 = _AUGUST_2024.replace("MATIC", "POL")
_JANUARY_2025 = _OCTOBER_2024.replace("FTM", "S")
_JUNE_2025 = _JANUARY_2025.replace("EOS", "A")
_JULY_2026 = f"{_JUNE_2025} GRAM XAUT HYPE STABLE ENA ARB ASTER ONDO AAVE USD1"

ASSET_LISTS = tuple(
    tuple(names.split())
    for names in (_FIRST, _MANTLE, _32, _40, _AUGUST_2024, _OCTOBER_2024, _JANUARY_2025, _JUNE_2025, _JULY_2026)
)
ASSET_ORDER = {frozenset(names): names for names in ASSET_LISTS}
"""The order of hashing for the set of assets that a file has."""
