"""What moved between two readings: the flow over a window, and why a window may be held.

Example: reserves of $64.1 B a day ago, and $2.3 B less of the same units now: `Flow(Window.DAY, …, usd=-2.3e9,
share=-0.036, reserves_usd=6.41e10)`. Had a chain with 14 % of reserves been missing now, the flow would be
that of the other chains, with a `hold`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.value_object import value_object


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
    """Why a window is held, that is, not graded; users see these words."""

    CHAIN_MISSING = "chain missing"
    STALE = "stale"
    WALLETS_CHANGED = "wallets changed"
    SOURCE_GLITCH = "source glitch"
    DISAGREE = "sources disagree"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hold:
    """Says that a window cannot be compared: the reason, and the detail that people read ("Tron, 14 % of reserves")."""

    reason: HoldReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AssetFlow:
    """Net flow of one asset over all common chains: units of the asset, and USD at the prices of the window's start."""

    asset: str
    amount: float
    usd: float


@value_object
class Flow:
    """Net flow of an exchange over a window: positive = net deposits, negative = net withdrawals.

    `usd` is at the prices of the window's start, `reserves_usd` the reserves without own tokens at that start, `share`
    is usd / reserves_usd (−0.018: 1.8 % left). `missing_chains` are missing at the end, so that nobody knows what left
    them or went there. `lost_at_start` were missing at the start: `reserves_usd` has them as they were last told.
    `gone_parts` were missing at both ends, by now for longer than 72 h: they are neither part of the figure nor of
    `reserves_usd`. A flow with a `hold` is shown but never graded.

    Where a part of the reserves is not known, or a step waits for its verdict, the true flow lies between `lowest_usd`
    and `highest_usd`; None where the figure is certain. An outflow of at least 55 % has a `high` of −0.55.
    `doubted_usd` is what of the figure several exchanges of the source lost in one and the same step, negative: it is
    flow, but no proof of a run at one of them.
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
    lowest_usd: float | None = None
    highest_usd: float | None = None
    doubted_usd: float = 0.0
    lost_at_start: tuple[str, ...] = ()
    gone_parts: tuple[str, ...] = ()

    @property
    def low(self) -> float:
        """Return the lowest share that is possible: the worst case."""
        return self.share if self.lowest_usd is None else self._share_of(self.lowest_usd)

    @property
    def high(self) -> float:
        """Return the highest share that is possible: the certain end of an outflow."""
        return self.share if self.highest_usd is None else self._share_of(self.highest_usd)

    @property
    def at_low(self) -> "Flow":
        """Return the flow with its lowest figures in place of the likely ones."""
        return self if self.lowest_usd is None else replace(self, usd=self.lowest_usd, share=self.low)

    @property
    def at_high(self) -> "Flow":
        """Return the flow with its highest figures in place of the likely ones."""
        return self if self.highest_usd is None else replace(self, usd=self.highest_usd, share=self.high)

    @property
    def without_doubted(self) -> "Flow":
        """Return the flow with its highest figures, without what is doubted of them."""
        certain = self.at_high
        usd = certain.usd - self.doubted_usd
        return replace(certain, usd=usd, share=self._share_of(usd))

    def _share_of(self, usd: float) -> float:
        return usd / self.reserves_usd if self.reserves_usd > 0 else 0.0


@value_object
class Baseline:
    """A normal day of the exchange: how the shares of its last `days` days are distributed.

    `spread` is the median absolute deviation times 1.4826, which is the standard deviation where days are normally
    distributed (https://en.wikipedia.org/wiki/Median_absolute_deviation); the robust z of a day is (share − median) /
    spread (detection/flow/baseline.py). Nine days of ten lie between `low` and `high`; `worst` is the lowest share.
    """

    days: int
    median: float
    spread: float
    low: float
    high: float
    worst: float
