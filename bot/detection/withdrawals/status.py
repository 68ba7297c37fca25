"""Withdrawal status: a major asset counts as closed once none of its main networks lets it out.

Example: USDT closed over Tron and open over Ethereum is open. Closed over both it is closed, since the later of the
two, whether or not it can still be withdrawn over BNB Chain, which is none of its main networks.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain.assets import MAJORS
from bot.domain.withdrawals import Withdrawals, WithdrawalStatus

MAIN_NETWORKS = {
    "BTC": ("BITCOIN",),
    "ETH": ("ETHEREUM",),
    "USDT": ("TRON", "ETHEREUM"),
    "USDC": ("ETHEREUM", "SOLANA"),
}
"""The networks over which most of each major leaves."""
# As exchanges' own interfaces spell them, in upper case and without anything but letters and digits.
_SPELLINGS = {
    "BITCOIN": ("BITCOIN", "BTC", "XBT", "BTCBITCOIN", "BITCOINMAINNET"),
    "ETHEREUM": ("ETHEREUM", "ETH", "ERC20", "ETHERC20", "ETHEREUMERC20", "ERC20ETHEREUM", "ETHEREUMMAINNET", "ETHER"),
    "TRON": ("TRON", "TRX", "TRC20", "TRXTRC20", "TRONTRC20", "TRC20TRON", "TRONMAINNET"),
    "SOLANA": ("SOLANA", "SOL", "SPL", "SOLSPL", "SOLANASPL", "SPLSOLANA", "SOLANAMAINNET"),
}
_NETWORKS = {spelling: network for network, spellings in _SPELLINGS.items() for spelling in spellings}


def network_name(asset: str, network: str) -> str:
    """Return a network as we call it: `TRC20`, `trx`, `USDT-TRC20` and `usdttrc20` are all TRON.

    One that is not in the table is returned in upper-case letters and digits.
    """
    plain = "".join(letter for letter in network.upper() if letter.isalnum())
    symbol = asset.upper()
    # Many exchanges write the asset before or after the network.
    spellings = (plain, plain.removeprefix(symbol), plain.removesuffix(symbol))
    return next((_NETWORKS[spelling] for spelling in spellings if spelling in _NETWORKS), plain)


def with_statuses(withdrawals: Withdrawals, statuses: Iterable[WithdrawalStatus]) -> Withdrawals:
    """Return the withdrawals once these statuses were seen, in order of time; assets and networks in any spelling."""
    by_network = dict(withdrawals.statuses)
    for status in statuses:
        asset = status.asset.upper()
        key = asset, network_name(asset, status.network)
        before = by_network.get(key)
        # A repeated status keeps its first time: people are told since when an asset is closed.
        if before is None or before.is_open is not status.is_open:
            by_network[key] = WithdrawalStatus(*key, status.is_open, status.since)
    return Withdrawals(by_network, tuple(_closed(by_network.values())))


def _closed(statuses: Iterable[WithdrawalStatus]) -> Iterator[tuple[str, datetime]]:
    """Yield the majors none of whose listed main networks is open, each with when the last of them closed."""
    listed = list(statuses)
    for asset in MAJORS:
        main = [status for status in listed if status.asset == asset and status.network in MAIN_NETWORKS[asset]]
        if main and not any(status.is_open for status in main):
            yield asset, max(status.since for status in main)
