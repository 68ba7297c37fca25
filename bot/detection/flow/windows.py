"""Which reading a window starts from, its base: live, in backtests and in rehearsals.

Readings do not come exactly when a window begins. The base is the newest reading at least as old as the window's start,
if that is at most 15 % of the window (at least 13 h) older. Else it is the oldest reading after the start, if that
leaves at least half of the window. Only where there is neither the window is not computed.

An example: the window of 24 h that ends on Friday at 12:00 begins on Thursday at 12:00. A reading of Thursday 02:00
will do (34 h). One of Wednesday 22:00 will not: it is 38 h old, more than 13 h too old. Then a reading of Friday 00:00
is the next best, and the window covers 12 h; one of Friday 01:00 would leave less than half of the day.

The upstream tells of past days only what was there at 00:00. At every hour of the day one of the last two midnights is
12 to 37 h old, so that a bot which has just been started has a window of 24 h at once. A share over less than the
window's length is graded by the window's thresholds as it is: what left in 14 h is at least as bad as if it had taken
24 h. Its z is computed for the window's nominal length.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile

from bot.domain.flow import Window
from bot.domain.reading import Reading

# How much older than its start a window's first reading may be, both by judgement. 15 % keeps the share of a long
# window near what its threshold is meant for. 13 h: with the half of a day below, one of two midnights always fits.
_SLACK_FRACTION = 0.15
_MIN_SLACK = timedelta(hours=13)

# How much of its length a window has to cover at least, by judgement: over less the share says too little about what
# its threshold is meant for, and one bad reading weighs too much.
_LEAST_FRACTION = 0.5

# The hour is only shown, never graded, and people read it as "just now": one that began half a day ago would mislead,
# and one of half an hour lies between two readings of the source.
_HOUR_SLACK = timedelta(hours=1)

_MAX_AGES = {
    window: window.length + (_HOUR_SLACK if window is Window.HOUR else max(window.length * _SLACK_FRACTION, _MIN_SLACK))
    for window in Window
}
_MIN_AGES = {window: window.length * (1 if window is Window.HOUR else _LEAST_FRACTION) for window in Window}

LONGEST_LOOKBACK = timedelta(days=35)
"""How long anything that may concern a window is remembered: the window of 30 days may start 34.5 days back (its 15 %
of slack included), and half a day is left over."""


def base_limit(window: Window, end: datetime) -> datetime:
    """Return the moment at which a window that ends at `end` begins: its length before that."""
    return end - window.length


def base_span(window: Window, end: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last moment of which a reading may be the base of a window that ends at `end`."""
    return end - _MAX_AGES[window], end - _MIN_AGES[window]


def fits(window: Window, base: Reading, end: datetime) -> bool:
    """Return whether a reading is neither too old nor too young for a window that ends at `end` to start from it.

    It is at most 15 % of the window or 13 h older than the window's start, whichever is more, and not younger than
    half of the window. For the window of one hour it is one to two hours old.
    """
    return _MIN_AGES[window] <= end - base.as_of <= _MAX_AGES[window]


def base_candidates(window: Window, readings: Sequence[Reading], end: datetime) -> Iterator[Reading]:
    """Yield the readings that a window which ends at `end` may start from, the best first; `readings` are oldest first.

    Those as old as the window's start come first, the newest of them leading, then those after it, the oldest leading.
    The second and further ones are for a caller that rejects the ones before, because a chain was missing in them.
    """
    start = bisect_right(readings, base_limit(window, end), key=_as_of)
    # The hour has one candidate only: it is not worth a search.
    older = islice(reversed(readings[:start]), 1 if window is Window.HOUR else None)
    for in_order in (older, islice(readings, start, None)):
        yield from takewhile(lambda reading: fits(window, reading, end), in_order)


def _as_of(reading: Reading) -> datetime:
    return reading.as_of
