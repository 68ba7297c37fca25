"""Which incidents the rules, as they are now, would have opened in the last months: the answer of `/rehearse`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every incident that would have been opened from `since` to `until`, oldest first.

    `judged_from` is, by exchange id, the time of the first reading that could be judged; an exchange without readings
    is not in it. `source` is where the readings are from, `as_of` the time of the newest.
    """

    since: datetime
    until: datetime
    incidents: tuple[Incident, ...]
    judged_from: Mapping[str, datetime]
    source: str
    as_of: datetime

    @property
    def days(self) -> float:
        """Return how many days were judged, added up over exchanges: two exchanges for 45 days each are 90."""
        return sum((self.until - judged_from) / timedelta(days=1) for judged_from in self.judged_from.values())
