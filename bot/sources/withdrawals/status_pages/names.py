"""Assets and networks in what status pages write: names of components, and titles of maintenance.

Kraken names its components "Tether USD (USDT) - Tron", "Bitcoin (BTC) - Lightning" and, for a coin on its own network,
"TRON (TRX)"; inside a maintenance they begin with the group, "Digital Currency Funding - USDC (USDC) - Sui". All 826 of
July 2026 are in https://github.com/Finnlayy/Neo_Fabel, `backend/data/kraken/status_components.json`. Coinbase names
assets and networks in its titles only: "USDC on Solana".
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.domain.assets import asset_name
from bot.domain.networks import network_name
from bot.domain.withdrawal_reading import TRACKED_ASSETS

# "Sei - EVM" is one network: what follows the symbol's dash is taken as a whole.
_COMPONENT = re.compile(
    r"(?:.*? - )??(?P<coin>(?:(?! - )[^()]){1,60}) \((?P<symbol>[A-Za-z0-9.]{1,15})\)(?: - (?P<network>.{1,60}))?"
)
_SYMBOL_IN_BRACKETS = re.compile(r"\(([A-Z0-9.]{2,15})\)")
_NO_SYMBOLS = frozenset(("API", "EDT", "EST", "ET", "FIX", "PDT", "PST", "PT", "UI", "UTC"))  # in brackets as well
_WORD = re.compile(r"[A-Za-z0-9]+(?:-[0-9]+)?")  # "ERC-20" is a word
_LONGEST_TEXT = 300  # characters that are searched; the longest name on Kraken's page has 50
# Beside the main ones those whose name is no other word: a title that names nothing is about the whole exchange.
_NETWORKS = (
    "BITCOIN", "ETHEREUM", "TRON", "SOLANA", "ARBITRUM", "OPTIMISM", "POLYGON", "AVALANCHE", "APTOS",
)  # fmt: skip
# Coins whose names begin like a network's: "Bitcoin Cash (BCH)", "Wrapped Bitcoin (WBTC)", "Ethereum Classic".
_OTHER_COIN = re.compile(
    rf"(?:[A-Z][\w.]* )+\((?!(?:{'|'.join(TRACKED_ASSETS)})\))[^()]*\)|Bitcoin (?:Cash|SV|Gold)|Ethereum Classic"
)


class FundingComponent(NamedTuple):
    """One asset on one network, as a component names them: ("USDT", "Tron"); a coin's own network by its name."""

    asset: str
    network: str


def funding_component(name: str) -> FundingComponent | None:
    """Return asset and network of a component, None where it has no symbol in brackets: "Website"."""
    match = _COMPONENT.fullmatch(name) if len(name) <= _LONGEST_TEXT else None
    return FundingComponent(match["symbol"], match["network"] or match["coin"]) if match else None


def named_assets(text: str) -> Iterator[str]:
    """Yield every symbol in brackets, and tracked assets that stand alone in capitals: "USDC on Solana" names USDC."""
    searched = text[:_LONGEST_TEXT]
    yield from (asset_name(symbol) for symbol in _SYMBOL_IN_BRACKETS.findall(searched) if symbol not in _NO_SYMBOLS)
    yield from (word for word in _WORD.findall(searched) if word in TRACKED_ASSETS)


def named_networks(text: str) -> Iterator[str]:
    """Yield the network of a component, and of other texts the known networks that they name: "Tron", "ERC-20"."""
    component = funding_component(text)
    if component and component.asset not in _NO_SYMBOLS:
        yield network_name(component.asset, component.network)
        return
    for word in _WORD.findall(_OTHER_COIN.sub("", text[:_LONGEST_TEXT])):
        # A symbol is no network: an "ETH" in a title is the asset.
        if word not in TRACKED_ASSETS and (network := network_name("", word)) in _NETWORKS:
            yield network
