"""An exchange whose figures an operator does not let speak."""

from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Suppression:
    """Who withholds an exchange's figures from alerts, since when, and why in their own words (may be empty)."""

    exchange: str
    since: datetime
    by: str
    why: str = ""

    @override
    def __str__(self) -> str:
        """Return what users read: since when, and why."""
        since = f"since {self.since:%Y-%m-%d %H:%M} UTC"
        return f"{since}, because: {self.why}" if self.why else f"{since} by the operator of this bot"
