"""The result of a benchmark: figures, each beside the other way of doing the same and beside its target.

A p99 of 4.2 ms beside 3.5 ms of a bare bot, with a target of at most 1.3 times, has the ratio 1.2 and is met.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity, the smaller the better; `other` is the way it is compared with.

    The target is `at_most` in the figure's own unit, or `at_most_times` the other way.
    """

    name: str
    unit: str
    ours: float
    other: float | None = None
    at_most: float | None = None
    at_most_times: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return ours as a multiple of the other way."""
        return self.ours / self.other if self.other else None

    @property
    def target(self) -> str:
        """Return the target as it is written in a table, nothing when there is none."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}"
        return "" if self.at_most_times is None else f"≤ {self.at_most_times:g} ×"

    @property
    def is_met(self) -> bool | None:
        """Return whether the target is met, None when there is none."""
        if self.at_most is not None:
            return self.ours <= self.at_most
        if self.at_most_times is None or self.ratio is None:
            return None
        return self.ratio <= self.at_most_times

    def json(self) -> dict[str, Any]:
        """Return the figure as JSON has it, its conclusions included."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": _rounded(self.ours),
            "other": _rounded(self.other),
            "ratio": _rounded(self.ratio),
            "target": self.target,
            "met": self.is_met,
        }


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def tell(figures: Sequence[Figure], **more: Any) -> None:
    """Print a benchmark's figures, and `more` beside them, as one JSON object for `python -m benchmarks`."""
    print(json.dumps({"figures": [figure.json() for figure in figures], **more}, ensure_ascii=False))


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
