"""What one poll of an exchange's own interface says about withdrawals, before anything is concluded from it.

Example: Gate answers at 12:00. USDT over Tron is open, USDT over Ethereum delayed, and 412 of its 3,900 networks are
closed, which is usual for it: most are those of coins that nobody trades any more. A reading has the flags of the
assets that are judged or shown (`TRACKED_ASSETS`) and counts the rest.
"""

from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.assets import MAJORS
from bot.domain.errors import SourceFault
from bot.domain.value_object import value_object

TRACKED_ASSETS = (*MAJORS, "SOL", "XRP", "TRX")
"""The assets whose networks are kept one by one: the majors are judged, the last three only shown."""

POLLED_EVERY = timedelta(minutes=5)
"""How often exchanges are asked, unless WITHDRAWAL_INTERVAL says otherwise: a thousandth of what the strictest of them
allows, and soon enough for rules that judge after 15 min."""

ALL_NETWORKS = "*"
"""The network of a flag that an exchange tells for the asset as a whole, without saying over which network."""


class WithdrawalState(StrEnum):
    """Whether an asset can be withdrawn. Delayed counts as open; unknown is neither open nor closed."""

    OPEN = "open"
    DELAYED = "delayed"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class SystemState(StrEnum):
    """What an exchange says of its trading system as a whole."""

    NORMAL = "normal"
    MAINTENANCE = "maintenance"
    CANCEL_ONLY = "cancel only"
    HALTED = "halted"
    UNKNOWN = "unknown"


class SourceStanding(StrEnum):
    """What stands behind an interface: a vendor's documentation, nothing at all, or an operator's own key."""

    DOCUMENTED = "documented"
    UNDOCUMENTED = "undocumented"
    KEY = "read-only key"


@value_object
class WithdrawalFlag:
    """One asset on one network in our spelling (`USDT`, `TRON`; `networks.py`), as the exchange tells it now."""

    asset: str
    network: str
    state: WithdrawalState


@value_object
class Maintenance:
    """Work that an exchange has announced or is doing, from its status page.

    `assets` and `networks` are what it names, in our spelling; with neither it is about the exchange as a whole.
    """

    title: str
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    is_under_way: bool = False
    assets: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()


@value_object
class WithdrawalReading:
    """One poll of one exchange: what was answered, or with a `fault` why nothing was.

    `as_of` is the time of the answer by the corrected clock. `source` is who says so ("Gate"). `flags` are of tracked
    assets only, each asset and network once. `listed` and `closed` count every network of every asset that the
    exchange still lists, tracked or not; both are 0 where it tells none. `system` is None where nobody was asked.
    `part_faults` are parts that could not be read while the rest could, each with what it is: ("status page", BLOCKED).
    `interval` is how often the exchange is asked.
    """

    exchange: str
    as_of: datetime
    source: str
    standing: SourceStanding = SourceStanding.DOCUMENTED
    flags: tuple[WithdrawalFlag, ...] = ()
    listed: int = 0
    closed: int = 0
    system: SystemState | None = None
    maintenance: tuple[Maintenance, ...] = ()
    fault: SourceFault | None = None
    detail: str = ""
    part_faults: tuple[tuple[str, SourceFault], ...] = field(default_factory=tuple)
    interval: timedelta = POLLED_EVERY

    @property
    def closed_share(self) -> float | None:
        """Return which part of all listed networks is closed (0.1: a tenth), None where the exchange tells none."""
        return self.closed / self.listed if self.listed else None
