"""Figures of an exchange that an operator has paused with `/hold`, because they are known to be wrong for a while.

All of them, or one metric: while Binance's page of its proofs shows those of somebody else, `proof` is paused, and its
outflows and closed withdrawals raise alerts as ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from typing_extensions import override


class Metric(StrEnum):
    """What of an exchange is paused."""

    ALL = "all"
    OUTFLOW = "outflow"
    WITHDRAWALS = "withdrawals"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Suppression:
    """No alert is sent on a metric of `exchange`: paused since when, by whom, and why in their own words (or "").

    The names of the fields are those of the JSON in the store, where one without a metric is of all figures.
    """

    exchange: str
    since: datetime
    by: str
    why: str = ""
    metric: Metric = Metric.ALL

    @property
    def key(self) -> str:
        """Return what it is kept under."""
        return suppression_key(self.exchange, self.metric)

    @override
    def __str__(self) -> str:
        """Return what users read: since when, and why."""
        since = f"since {self.since:%Y-%m-%d %H:%M} UTC"
        return f"{since}, because: {self.why}" if self.why else f"{since} by the operator of this bot"


def suppression_key(exchange: str, metric: Metric) -> str:
    """Return what the suppression of a metric is kept under: `okx` for all figures, `okx proof` for one metric."""
    return exchange if metric is Metric.ALL else f"{exchange} {metric}"


def suppression_of(suppressions: Mapping[str, Suppression], exchange: str, metric: Metric) -> Suppression | None:
    """Return the suppression that a metric is paused by, by their keys: its own, else that of all figures."""
    return suppressions.get(suppression_key(exchange, metric)) or suppressions.get(exchange)
