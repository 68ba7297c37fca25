"""Withdrawal status: over which networks an exchange lets users take out the major assets.

Example: BTC and USDT can be withdrawn over none of their main networks. Two majors are closed, so that an outflow of
elevated or worse is critical, and does not ease before they open again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.errors import SourceFault
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.value_object import value_object
from bot.domain.withdrawal_reading import ALL_NETWORKS, Maintenance, SourceStanding, SystemState, WithdrawalState

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


@value_object
class NetworkWithdrawals:
    """What is believed of one asset on one network of one exchange, after as many polls as that takes.

    `since` is when `state` was first seen, of UNKNOWN when it was last known; `confirmed_at` is the newest poll that
    said the same. `last_known` is what an UNKNOWN one was before, None where it was never known. `pending` was seen
    first at `pending_since`, and is believed once another poll says it again.
    """

    asset: str
    network: str
    state: WithdrawalState
    since: datetime
    confirmed_at: datetime
    last_known: WithdrawalState | None = None
    pending: WithdrawalState | None = None
    pending_since: datetime | None = None


@value_object
class WithdrawalTransition:
    """One line of the history: an asset's withdrawals on a network became `after`, from `at` on."""

    at: datetime
    asset: str
    network: str
    before: WithdrawalState
    after: WithdrawalState


@value_object
class NetworkEvent:
    """A network that several exchanges closed within an hour: maintenance of the network, held against none of them.

    `since` is when the first of them closed it.
    """

    network: str
    since: datetime
    exchanges: tuple[str, ...]


@value_object
class MajorWithdrawals:
    """One asset over all of its main networks, and since when it is so; `since` is None where it was never known."""

    asset: str
    state: WithdrawalState
    since: datetime | None


@value_object
class ExchangeWithdrawals:
    """Everything that is known of one exchange's withdrawals.

    `as_of` is the newest poll that was answered, None before the first. `networks` are the tracked assets', in order of
    asset and network. `closed_share` is the part of all listed networks that is closed (0.1: a tenth), `usual_share`
    its median over the last 30 days; None where they are not known. `transitions` are the latest, oldest first, and
    `events` the network events that it is part of. `fault` is why the newest poll was not answered, and `silent_polls`
    how many in a row were not.
    """

    exchange: str
    source: str = ""
    standing: SourceStanding = SourceStanding.DOCUMENTED
    as_of: datetime | None = None
    networks: tuple[NetworkWithdrawals, ...] = ()
    closed_share: float | None = None
    usual_share: float | None = None
    system: SystemState | None = None
    maintenance: tuple[Maintenance, ...] = ()
    transitions: tuple[WithdrawalTransition, ...] = ()
    events: tuple[NetworkEvent, ...] = ()
    fault: SourceFault | None = None
    detail: str = ""
    silent_polls: int = 0
    part_faults: tuple[tuple[str, SourceFault], ...] = ()

    def major(self, asset: str) -> MajorWithdrawals:
        """Return an asset as a whole: closed where every main network that is listed is, and open where any is."""
        listed = [status for status in self.networks if status.asset == asset]
        main = [status for status in listed if status.network in (*MAIN_NETWORKS.get(asset, ()), ALL_NETWORKS)]
        judged = main or listed
        states = {status.state for status in judged}
        if not judged:
            return MajorWithdrawals(asset, WithdrawalState.UNKNOWN, None)
        for state in (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.UNKNOWN):
            if state in states:
                since = min(status.since for status in judged if status.state is state)
                return MajorWithdrawals(asset, state, since)
        return MajorWithdrawals(asset, WithdrawalState.CLOSED, max(status.since for status in judged))
