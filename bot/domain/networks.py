"""Networks by the names that exchanges give them: `TRC20`, `trx`, `USDT-TRC20` and `usdttrc20` are all TRON.

One table for everything that names a network. What is not in it keeps its name, in upper-case letters and digits.
"""

from collections.abc import Mapping

# As exchanges' own interfaces spell them, in upper case and without anything but letters and digits.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "BITCOIN": ("BITCOIN", "BTC", "XBT", "BTCBITCOIN", "BITCOINMAINNET"),
    "ETHEREUM": ("ETHEREUM", "ETH", "ERC20", "ETHERC20", "ETHEREUMERC20", "ERC20ETHEREUM", "ETHEREUMMAINNET", "ETHER"),
    "TRON": ("TRON", "TRX", "TRC20", "TRXTRC20", "TRONTRC20", "TRC20TRON", "TRONMAINNET"),
    "SOLANA": ("SOLANA", "SOL", "SPL", "SOLSPL", "SOLANASPL", "SPLSOLANA", "SOLANAMAINNET"),
}
_NETWORKS = {spelling: network for network, spellings in _SPELLINGS.items() for spelling in spellings}

KNOWN_NETWORKS = frozenset(_SPELLINGS)
"""The networks with a name of ours; every other one goes by the name that somebody gave it."""

MAIN_NETWORKS: Mapping[str, tuple[str, ...]] = {
    "BTC": ("BITCOIN",),
    "ETH": ("ETHEREUM",),
    "USDT": ("TRON", "ETHEREUM"),
    "USDC": ("ETHEREUM", "SOLANA"),
}
"""The networks over which most of each major leaves."""


def network_name(asset: str, network: str) -> str:
    """Return a network as we call it; `asset` is the symbol that some exchanges write before or after the network."""
    plain = "".join(letter for letter in network.upper() if letter.isalnum())
    symbol = asset.upper()
    spellings = (plain, plain.removeprefix(symbol), plain.removesuffix(symbol))
    return next((_NETWORKS[spelling] for spelling in spellings if spelling in _NETWORKS), plain)
