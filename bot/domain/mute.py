"""Mutes: a place that wants nothing posted for a while, about one exchange or about all of them.

Example: a group mutes Binance at 14:00 for four hours. INC-42 becomes severe at 15:10: nothing is posted, and a missed
incident is recorded. At 18:00 the group reads in one message what it missed, and INC-42 is told as usual from then on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.place import Place
from bot.domain.severity import Severity

SHORTEST_MUTE = timedelta(minutes=5)
"""Less ends before anybody has put the phone away."""
LONGEST_MUTE = timedelta(days=30)
"""A mute that nobody remembers is a place that hears of no run; as long as a place that is off keeps its settings."""


@dataclass(frozen=True, slots=True)
class UntilWorse:
    """What a mute waits for: that its exchange is worse than this severity, or that this incident is over.

    `incident` is the number of the worst incident that was open when the place was muted, `severity` how bad it was.
    """

    incident: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing about an exchange (None: about any) is posted in a place from `since` to `until`, critical included.

    `until` is the end at the latest: one with `worse` ends before that, when it gets worse or is over. `by` is who
    muted last. A mute that is made longer or shorter stays the same one: `id` and `since` stay.
    """

    place: Place
    exchange: str | None
    since: datetime
    until: datetime
    by: str = ""
    worse: UntilWorse | None = None
    id: str = ""

    def is_about(self, exchange: str) -> bool:
        """Return whether a message about this exchange, by its id, is meant."""
        return self.exchange in {None, exchange}

    def stops(self, severity: Severity, incident: int, *, is_end: bool = False) -> bool:
        """Return whether a message of this severity about an incident (0: about none) is not posted.

        What is worse than what the mute waits for is posted, and so is the end of the incident that it waits for.
        """
        if self.worse is None:
            return True
        return severity.rank <= self.worse.severity.rank and not (is_end and incident == self.worse.incident)


@dataclass(frozen=True, slots=True)
class MissedIncident:
    """An incident of which something was not posted because its place was muted.

    `incident` is the incident of one preset, `INC-42:normal`, `exchange` the id of what it is about, and `severity` the
    worst that was not posted.
    """

    incident: str
    exchange: str
    severity: Severity


def incident_number(incident: str) -> int:
    """Return the number in the name of an incident of one preset, `INC-42:normal`; 0 for what is no incident."""
    label, _, _ = incident.partition(":")
    number = label.removeprefix("INC-")
    return int(number) if label != number and number.isdecimal() else 0
