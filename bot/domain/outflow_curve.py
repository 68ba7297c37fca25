"""How much has left an exchange since a run began, over time: what `/compare` and the pictures of past runs show."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class OutflowCurve:
    """Cumulative net flow since `start`, as a share of the reserves then: `shares[i]` after `elapsed[i]`, oldest first.

    Negative is outflow: shares (0, −0.05, −0.02) after 0, 1 and 2 days say that 5 % had left on the first day, of which
    3 % came back on the second. The exchange's own token is not counted. Both series begin with 0. `label` says where
    the figures come from if they were not read from a source ("" if they were).
    """

    title: str
    start: datetime
    elapsed: tuple[timedelta, ...]
    shares: tuple[float, ...]
    label: str = ""

    @property
    def length(self) -> timedelta:
        """Return the time from the start to the last point."""
        return self.elapsed[-1]

    @property
    def worst(self) -> float:
        """Return the lowest share of all points."""
        return min(self.shares)

    def at(self, elapsed: timedelta) -> float | None:
        """Return the share at the last point at or before a time since the start, None outside of the curve."""
        if not timedelta(0) <= elapsed <= self.length:
            return None
        return self.shares[bisect_right(self.elapsed, elapsed) - 1]
