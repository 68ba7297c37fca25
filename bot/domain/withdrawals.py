"""Withdrawal status: over which networks an exchange lets users take out the major assets.

Example: BTC and USDT can be withdrawn over none of their main networks. Two majors are closed, so that an outflow of
elevated or worse is critical, and does not ease before they open again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

CRITICAL_CLOSED_MAJORS = 2
"""Of so many of BTC, ETH, USDT and USDC withdrawals must be closed for an outflow to be critical.

By judgement: one is mostly maintenance of its network, two at once rarely are.
"""


@dataclass(frozen=True, slots=True)
class WithdrawalStatus:
    """Whether one asset can be withdrawn over one network, and since when that is so. A delay is not closed."""

    asset: str
    network: str
    is_open: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Every status that is known of an exchange, by asset and network in our spelling (`USDT`, `TRON`).

    `closed` are the majors that cannot be withdrawn, each with since when.
    """

    statuses: Mapping[tuple[str, str], WithdrawalStatus] = field(default_factory=dict)
    closed: tuple[tuple[str, datetime], ...] = ()

    @property
    def two_majors_closed(self) -> bool:
        """Return whether two majors or more are closed: one alone may be the maintenance of a wallet."""
        return len(self.closed) >= CRITICAL_CLOSED_MAJORS
