"""What a rule would have told of the last months."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every incident that would have been opened from `since` to `until`, oldest first.

    `judged_from` says for each exchange from when on there was anything to judge; one without readings is not in it.
    `source` is where the readings are from, `as_of` the newest one's time.
    """

    since: datetime
    until: datetime
    incidents: tuple[Incident, ...]
    judged_from: Mapping[str, datetime]
    source: str
    as_of: datetime

    @property
    def days(self) -> float:
        """Return how many days were judged, exchanges added up."""
        return sum((self.until - moment) / timedelta(days=1) for moment in self.judged_from.values())
