"""How bad an outflow is, and the presets: how large an outflow has to be for a place to hear of it."""

from enum import StrEnum


class Severity(StrEnum):
    """The four severities of an incident, mildest first; compare them by `rank`, for as texts they sort by alphabet."""

    WATCH = "watch"
    ELEVATED = "elevated"
    SEVERE = "severe"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 1 for watch … 4 for critical."""
        return _RANKS[self]


_RANKS = {severity: number for number, severity in enumerate(Severity, 1)}


def rank(severity: Severity | None) -> int:
    """Return the severity's rank, 0 for calm."""
    return severity.rank if severity else 0


class Sensitivity(StrEnum):
    """The presets of a subscription: `early` has the lowest thresholds, `calm` the highest, detection/thresholds.py."""

    CALM = "calm"
    NORMAL = "normal"
    EARLY = "early"
