"""What moved between two readings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Window(StrEnum):
    """The lengths of time that flows are measured over."""

    HOUR = "1h"
    DAY = "24h"
    THREE_DAYS = "72h"
    WEEK = "7d"
    FORTNIGHT = "14d"
    MONTH = "30d"

    @property
    def length(self) -> timedelta:
        """Return the window's length."""
        return _LENGTHS[self]


_LENGTHS = {
    Window.HOUR: timedelta(hours=1),
    Window.DAY: timedelta(hours=24),
    Window.THREE_DAYS: timedelta(hours=72),
    Window.WEEK: timedelta(days=7),
    Window.FORTNIGHT: timedelta(days=14),
    Window.MONTH: timedelta(days=30),
}


class HoldReason(StrEnum):
    """Why a window is withheld from grading; users see these words."""

    CHAIN_MISSING = "chain missing"
    STALE = "stale"
    WALLETS_CHANGED = "wallets changed"
    SOURCE_GLITCH = "source glitch"
    DISAGREE = "sources disagree"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Hold:
    """A window that is not comparable: the reason and the detail people read ("Tron, 14 % of reserves")."""

    reason: HoldReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AssetFlow:
    """Net flow of one asset over all common chains: units of the asset, and USD at the prices of the window's start."""

    asset: str
    amount: float
    usd: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Net flow of an exchange over a window: positive = net deposits, negative = net withdrawals.

    `usd` is at the prices of the window's start, `reserves_usd` the clean reserves (without own tokens) at that
    start, `share` = usd / reserves_usd (−0.018 is 1.8 % leaving). `missing_chains` were there at the start only and
    are not part of the figure. `hold` set means: shown, but never graded.
    """

    window: Window
    start: datetime
    end: datetime
    usd: float
    share: float
    reserves_usd: float
    assets: tuple[AssetFlow, ...] = ()
    missing_chains: tuple[str, ...] = ()
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The exchange's own usual day, from the shares of `days` days.

    `median` and `spread` (scaled so that it is a standard deviation where days are normal) make z; `low` and `high`
    enclose nine days of ten; `worst` is the lowest day.
    """

    days: int
    median: float
    spread: float
    low: float
    high: float
    worst: float
