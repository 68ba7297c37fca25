"""An exchange whose figures an operator has paused with `/hold`, because they are known to be wrong for a while."""

from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Suppression:
    """No alert is sent on the figures of `exchange`: paused since when, by whom, and why in their own words (or "").

    The names of the fields are those of the JSON in the store.
    """

    exchange: str
    since: datetime
    by: str
    why: str = ""

    @override
    def __str__(self) -> str:
        """Return what users read: since when, and why."""
        since = f"since {self.since:%Y-%m-%d %H:%M} UTC"
        return f"{since}, because: {self.why}" if self.why else f"{since} by the operator of this bot"
