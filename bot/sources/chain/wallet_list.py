"""The wallets that exchanges have published, as a file of this package: `wallets.json`, one line for each exchange.

They are those of DefiLlama's adapters, https://github.com/DefiLlama/DefiLlama-Adapters, at the commit and of the date
that the file names. An exchange adds wallets without telling anybody here: what is read of this list is a lower bound.
Coinbase is left out, of which only the backing of cbBTC is published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec


class _WalletFile(msgspec.Struct):
    source: str
    commit: str
    date: date
    chains: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class WalletList:
    """The addresses of wallets by chain and exchange id, and the day that the list is of."""

    day: date
    chains: Mapping[str, Mapping[str, Sequence[str]]]


@cache
def published_wallets() -> WalletList:
    """Return the list of this package."""
    read = msgspec.json.decode(files("bot.sources.chain").joinpath("wallets.json").read_bytes(), type=_WalletFile)
    return WalletList(
        read.date,
        {
            chain: {exchange: tuple(addresses.split()) for exchange, addresses in of_chain.items()}
            for chain, of_chain in read.chains.items()
        },
    )
