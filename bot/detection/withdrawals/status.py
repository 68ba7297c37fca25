"""What counts as a closed door: an asset none of whose main networks lets it out."""

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
    spelled = (plain, plain.removeprefix(symbol), plain.removesuffix(symbol))
    return next((_NETWORKS[one] for one in spelled if one in _NETWORKS), plain)


def after(doors: Withdrawals, gates: Iterable[WithdrawalStatus]) -> Withdrawals:
    """Return the doors once these gates were seen, in any spelling, in order of time; what was so keeps its time."""
    known = dict(doors.gates)
    for gate in gates:
        asset = gate.asset.upper()
        key = asset, network_name(asset, gate.network)
        before = known.get(key)
        if before is None or before.is_open is not gate.is_open:
            known[key] = WithdrawalStatus(*key, gate.is_open, gate.since)
    return Withdrawals(known, tuple(_closed(known.values())))


def _closed(gates: Iterable[WithdrawalStatus]) -> Iterator[tuple[str, datetime]]:
    """Yield the majors none of whose main networks that are listed is open, each with when the last one closed."""
    listed = list(gates)
    for asset in MAJORS:
        main = [status for status in listed if status.asset == asset and status.network in MAIN_NETWORKS[asset]]
        if main and not any(status.is_open for status in main):
            yield asset, max(status.since for status in main)
