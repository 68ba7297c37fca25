"""Networks by the names that exchanges give them: `TRC20`, `trx`, `USDT-TRC20` and `usdttrc20` are all TRON.

One table for everything that names a network. What is not in it keeps its name, in upper-case letters and digits.
Bitcoin's own network and Lightning are two: over one of them withdrawals may be closed while the other is open.
"""

from collections.abc import Mapping

# As exchanges' own interfaces spell them, in upper case and without anything but letters and digits. Left out on
# purpose: BNB and BEP2 (a chain of their own until 2024), ARBNOVA, POLYGON ZKEVM and AVAXX, which are other networks.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "BITCOIN": ("BITCOIN", "BTC", "XBT", "BTCBITCOIN", "BITCOINMAINNET", "BTCSEGWIT", "SEGWIT", "BITCOINNETWORK"),
    "LIGHTNING": ("LIGHTNING", "LN", "LNX", "BTCLN", "LNBTC", "BTCLIGHTNING", "BITCOINLIGHTNING", "LIGHTNINGNETWORK"),
    # TETHERUSE, TETHERUSX and the like are Bitfinex's methods: https://docs.bitfinex.com/reference/rest-auth-withdraw
    "ETHEREUM": (
        "ETHEREUM", "ETH", "ERC20", "ETHERC20", "ETHEREUMERC20", "ERC20ETHEREUM", "ETHEREUMMAINNET", "ETHER",
        "ETHEREUMNETWORK", "TETHERUSE",
    ),
    "TRON": ("TRON", "TRX", "TRC20", "TRXTRC20", "TRONTRC20", "TRC20TRON", "TRONMAINNET", "TRONNETWORK", "TETHERUSX"),
    "SOLANA": (
        "SOLANA", "SOL", "SPL", "SOLSPL", "SOLANASPL", "SPLSOLANA", "SOLANAMAINNET", "SOLANANETWORK", "TETHERUSDTSOL",
    ),
    "BSC": (
        "BSC", "BEP20", "BEP20BSC", "BSCBEP20", "BNBSMARTCHAIN", "BNBSMARTCHAINBEP20", "BINANCESMARTCHAIN", "BSCBNB",
        "BNBBSC", "BNBBEP20", "BNBCHAIN", "BSCMAINNET", "BSCBNBSMARTCHAIN",
    ),
    "ARBITRUM": ("ARBITRUM", "ARB", "ARBITRUMONE", "ARBONE", "ARBI", "ARBEVM", "ARBETH", "ETHARB", "ARBITRUMONEARB"),
    "OPTIMISM": ("OPTIMISM", "OP", "OPETH", "ETHOP", "OPTIMISMOP", "OPMAINNET", "OPTIMISMMAINNET"),
    "POLYGON": ("POLYGON", "MATIC", "POL", "POLYGONPOS", "POLYGONMATIC", "MATICPOLYGON", "POLYGONPOL", "TETHERUSDTPLY"),
    "BASE": ("BASE", "BASEEVM", "BASEMAINNET", "BASECHAIN", "BASENETWORK", "ETHBASE"),
    "AVALANCHE": (
        "AVALANCHE", "AVAXC", "AVAXCCHAIN", "AVALANCHEC", "AVALANCHECCHAIN", "CCHAIN", "CAVAX", "AVAX", "AVAXCHAIN",
        "TETHERUSDTAVAX",
    ),
    "TON": ("TON", "TONCOIN", "THEOPENNETWORK", "TONNETWORK", "OPENNETWORK"),
    "APTOS": ("APTOS", "APT", "APTOSMAINNET"),
    "XRPL": ("XRP", "XRPL", "RIPPLE", "XRPLEDGER", "XRPMAINNET"),
}  # fmt: skip
_NETWORKS = {spelling: network for network, spellings in _SPELLINGS.items() for spelling in spellings}

KNOWN_NETWORKS = frozenset(_SPELLINGS)
"""The networks with a name of ours; every other one goes by the name that somebody gave it."""

MAIN_NETWORKS: Mapping[str, tuple[str, ...]] = {
    "BTC": ("BITCOIN",),
    "ETH": ("ETHEREUM",),
    "USDT": ("TRON", "ETHEREUM"),
    "USDC": ("ETHEREUM", "SOLANA"),
    "SOL": ("SOLANA",),
    "XRP": ("XRPL",),
    "TRX": ("TRON",),
}
"""The networks over which most of each tracked asset leaves."""


def network_name(asset: str, network: str) -> str:
    """Return a network as we call it; `asset` is the symbol that some exchanges write before or after the network."""
    plain = "".join(letter for letter in network.upper() if letter.isalnum())
    symbol = asset.upper()
    spellings = (plain, plain.removeprefix(symbol), plain.removesuffix(symbol))
    return next((_NETWORKS[spelling] for spelling in spellings if spelling in _NETWORKS), plain)
