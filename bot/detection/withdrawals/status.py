"""Withdrawal status: a major asset counts as closed once none of its main networks lets it out.

Example: USDT closed over Tron and open over Ethereum is open. Closed over both it is closed, since the later of the
two, whether or not it can still be withdrawn over BNB Chain, which is none of its main networks.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain.assets import MAJORS
from bot.domain.networks import MAIN_NETWORKS, network_name
from bot.domain.withdrawals import Withdrawals, WithdrawalStatus


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
