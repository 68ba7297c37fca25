"""Stale: a reading that is too old is shown with its age, but nothing fires on it and nothing resolves.

Example: the source's newest reading is of 12:00. At 15:00 it counts, at 15:01 every window is held.

    >>> from datetime import timedelta
    >>> from tests.detection.guards.worked_series import readings
    >>> latest = readings(BTC=(100,))[-1]
    >>> print(staleness_hold(latest, latest.as_of + timedelta(hours=3)))
    None
    >>> staleness_hold(latest, latest.as_of + timedelta(hours=5)).detail
    'newest reading is 5 h old'
"""

from datetime import datetime, timedelta

from bot.domain.flow import Hold, HoldReason
from bot.domain.reading import Reading

MAX_AGE = timedelta(hours=3)
"""A reading older than this by the source's own time is stale. Sources publish every hour, so three are missing by
then."""


def staleness_hold(latest: Reading, now: datetime) -> Hold | None:
    """Return why a reading is held at `now`, None while it is young enough."""
    age = now - latest.as_of
    if age <= MAX_AGE:
        return None
    return Hold(HoldReason.STALE, f"newest reading is {age // timedelta(hours=1)} h old")
