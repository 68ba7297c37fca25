"""Who still lets users withdraw: the state of the majors' doors at one exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WithdrawalStatus:
    """Withdrawals of one asset over one network, and since when they are so. A delay is no closed gate."""

    asset: str
    network: str
    is_open: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Every gate that is known of an exchange, by asset and network as the exchange spells them, upper case.

    `closed` are the majors that cannot be withdrawn, each with since when.
    """

    gates: Mapping[tuple[str, str], WithdrawalStatus] = field(default_factory=dict)
    closed: tuple[tuple[str, datetime], ...] = ()

    @property
    def are_shut(self) -> bool:
        """Return whether withdrawals of two majors or more are closed."""
        return len(self.closed) > 1
