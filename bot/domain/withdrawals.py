"""Withdrawal status: over which networks an exchange lets users take out the major assets.

Example: BTC and USDT can be withdrawn over none of their main networks. Two majors are closed, so that an outflow of
elevated or worse is critical, and does not ease before they open again.
"""

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime, timedelta

from bot.domain.errors import SourceFault
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.value_object import value_object
from bot.domain.withdrawal_reading import (
    ALL_NETWORKS,
    POLLED_EVERY,
    Maintenance,
    SourceStanding,
    SystemState,
    WithdrawalState,
)

CRITICAL_CLOSED_MAJORS = 2
"""Of so many of BTC, ETH, USDT and USDC withdrawals must be closed for an outflow to be critical.

By judgement: one is mostly maintenance of its network, two at once rarely are.
"""

DEAD_AFTER = timedelta(days=30)
"""An asset that has been closed for so long is dead at that exchange, by judgement: nobody expects to withdraw it."""


@value_object
class NetworkWithdrawals:
    """What is believed of one asset on one network of one exchange, after as many polls as that takes.

    `since` is when `state` was first seen, of UNKNOWN when it was last known; `confirmed_at` is the newest poll that
    said the same. `last_known` is what an UNKNOWN one was before, None where it was never known, and `known_since`
    since when it was that. `pending` was seen first at `pending_since`, and is believed once another poll says it
    again. `began_unseen` says that it was so already when it was first looked at: when it began is not known.
    `silent_polls` counts the polls in a row of which a part failed and that did not mention it.
    """

    asset: str
    network: str
    state: WithdrawalState
    since: datetime
    confirmed_at: datetime
    last_known: WithdrawalState | None = None
    pending: WithdrawalState | None = None
    pending_since: datetime | None = None
    known_since: datetime | None = None
    began_unseen: bool = False
    silent_polls: int = 0

    @property
    def known_state(self) -> WithdrawalState:
        """Return what it is, and of an unknown one what it was when it was last known."""
        return self.last_known or self.state if self.state is WithdrawalState.UNKNOWN else self.state

    @property
    def began_at(self) -> datetime:
        """Return since when it is or was in its known state."""
        return self.known_since or self.since if self.state is WithdrawalState.UNKNOWN else self.since


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
    """One asset over all of its main networks, and since when it is so; `since` is None where it was never known.

    `last_known` is what an UNKNOWN one was before. `began_unseen` says that it was so already when it was first looked
    at. The rest is what guards say of one that is closed, or was before it became unknown: `network_event` names the
    network that many exchanges closed, `in_maintenance` says that its closing was announced, and `is_dead` that it has
    been closed for so long that nobody expects otherwise. `is_opening` says that the newest poll told it open, which is
    believed once another one does: it is closed until then, but raises nothing more.
    """

    asset: str
    state: WithdrawalState
    since: datetime | None
    last_known: WithdrawalState | None = None
    began_unseen: bool = False
    network_event: str = ""
    in_maintenance: bool = False
    is_dead: bool = False
    # Not compared: nothing that people read changes by it, and messages are edited where majors differ.
    is_opening: bool = field(default=False, compare=False)

    @property
    def is_closed(self) -> bool:
        """Return whether it is closed and that is held against the exchange."""
        return self.state is WithdrawalState.CLOSED and not self._is_excused

    @property
    def may_be_closed(self) -> bool:
        """Return whether it is closed, or was when it was last known: what an exchange stops telling is not open."""
        was_closed = self.state is WithdrawalState.UNKNOWN and self.last_known is WithdrawalState.CLOSED
        return self.is_closed or (was_closed and not self._is_excused)

    @property
    def _is_excused(self) -> bool:
        return bool(self.network_event) or self.is_dead


Majors = tuple[MajorWithdrawals, ...]
"""BTC, ETH, USDT and USDC at one exchange, in this order."""


def closed_majors(majors: Majors | None) -> Majors:
    """Return the majors that are closed and held against the exchange; none where nobody knows."""
    # Asked of every reading, and most exchanges tell nothing.
    return tuple(major for major in majors if major.is_closed) if majors else ()


def raising_majors(majors: Majors | None) -> Majors:
    """Return the closed majors by which anything may get worse: those that the newest poll did not tell open.

    Example: USDT closes at 12:00, the bot is away from 12:10 on, and at 15:00 USDT is told open. It is believed to be
    closed until 15:05, but not for three hours.
    """
    return tuple(major for major in closed_majors(majors) if not major.is_opening)


@value_object
class DayShare:
    """Which part of all listed networks was closed in the first poll of a UTC day."""

    day: datetime
    closed_share: float


@value_object
class ExchangeWithdrawals:
    """Everything that is known of one exchange's withdrawals.

    `as_of` is the newest poll that was answered, None before the first, and `polled_at` the newest at all. `networks`
    are the tracked assets', in order of asset and network. `closed_share` is the part of all listed networks that is
    closed (0.1: a tenth), `usual_share` its median over the last 30 days, of which `day_shares` has one each, oldest
    first; None where they are not known. `share_jumped_since` is since when the share is far above the usual one.
    `transitions` are the latest, oldest first, and `events` the network events that it is part of. `fault` is why the
    newest poll was not answered, and `silent_polls` how many in a row were not. It is polled every `interval`.
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
    polled_at: datetime | None = None
    day_shares: tuple[DayShare, ...] = ()
    share_jumped_since: datetime | None = None
    interval: timedelta = POLLED_EVERY

    def judged_networks(self, asset: str) -> tuple[NetworkWithdrawals, ...]:
        """Return the networks that decide on an asset: the main ones that are listed, else all that are.

        A flag for the asset as a whole decides where it says closed, or where it is all there is: "open" may mean that
        any network is. It is all there is as well where the networks, of which none was closed, are not told any more.
        Example: Kraken tells them on its status page alone, and whether USDT is closed as a whole elsewhere.
        """
        listed = [status for status in self.networks if status.asset == asset and status.network != ALL_NETWORKS]
        whole = tuple(status for status in self.networks if status.asset == asset and status.network == ALL_NETWORKS)
        networks = tuple(status for status in listed if status.network in MAIN_NETWORKS.get(asset, ())) or tuple(listed)
        told = [status for status in networks if status.state is not WithdrawalState.UNKNOWN]
        if any(_still_says_closed(status, told) for status in whole):
            return whole
        was_closed = any(status.known_state is WithdrawalState.CLOSED for status in networks)
        return networks if told or was_closed or not whole else whole

    def major(self, asset: str) -> MajorWithdrawals:
        """Return an asset as a whole: closed where every main network that is listed is, and open where any is."""
        judged = self.judged_networks(asset)
        states = {status.state for status in judged}
        if not judged:
            return MajorWithdrawals(asset, WithdrawalState.UNKNOWN, None)
        for state in (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.UNKNOWN):
            if state in states:
                since = min(status.since for status in judged if status.state is state)
                last_known = _last_known(judged) if state is WithdrawalState.UNKNOWN else None
                return MajorWithdrawals(asset, state, since, last_known)
        last = last_closing(judged)
        return MajorWithdrawals(asset, WithdrawalState.CLOSED, last.since, began_unseen=last.began_unseen)


def _still_says_closed(whole: NetworkWithdrawals, told: Iterable[NetworkWithdrawals]) -> bool:
    """Return whether an asset as a whole is closed, or was and no network has been told after that.

    Where networks are told, what is told of the whole is part of them and not told besides.
    """
    if whole.state is WithdrawalState.CLOSED:
        return True
    is_newest = all(status.confirmed_at <= whole.confirmed_at for status in told)
    return whole.known_state is WithdrawalState.CLOSED and is_newest


def last_closing(closed: tuple[NetworkWithdrawals, ...]) -> NetworkWithdrawals:
    """Return the network by which an asset closed: the last that was seen to close, of some that all are or were.

    One that was closed when it was first looked at never let anybody withdraw: USDC on Ethereum closes at 12:00, and at
    12:30 the exchange lists it on Solana as well, closed. USDC is closed since 12:00. Where none was seen to close, it
    is so since the first look.
    """
    seen = [status for status in closed if not status.began_unseen]
    if seen:
        return max(seen, key=lambda status: status.began_at)
    return min(closed, key=lambda status: status.began_at)


def _last_known(judged: tuple[NetworkWithdrawals, ...]) -> WithdrawalState | None:
    """Return what an asset was when each of its networks was last known; a network that never was does not say."""
    states = {status.known_state for status in judged}
    order = (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.CLOSED)
    return next((state for state in order if state in states), None)
