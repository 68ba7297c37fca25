"""The course of an outflow: how much has left since it began, moment by moment."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class OutflowCurve:
    """Cumulative net flow since day 0, as a share of what was held then: `shares[i]` after `elapsed[i]`, oldest first.

    Negative is outflow; what is the exchange's own token is not in it. `start` is day 0, both series begin with
    nothing moved after no time. `label` says what the figures are where they were not read from a source.
    """

    title: str
    start: datetime
    elapsed: tuple[timedelta, ...]
    shares: tuple[float, ...]
    label: str = ""

    @property
    def length(self) -> timedelta:
        """Return how long the course is."""
        return self.elapsed[-1]

    @property
    def worst(self) -> float:
        """Return the lowest share it ever came to."""
        return min(self.shares)

    def at(self, elapsed: timedelta) -> float | None:
        """Return what had moved after so long, None beyond its end."""
        if not timedelta(0) <= elapsed <= self.length:
            return None
        return self.shares[bisect_right(self.elapsed, elapsed) - 1]
