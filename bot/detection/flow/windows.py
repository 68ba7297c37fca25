"""Which reading a window starts from: the newest one that is at least the window's length old, if it is young enough.

Readings do not come exactly when a window begins, so a window may be somewhat longer than its name.

An example: the window of 24 h that ends on Friday at 12:00 starts from the newest reading at or before Thursday 12:00.
A reading of Thursday 02:00 will do (34 h). One of Wednesday 22:00 will not: it is 38 h old, more than 13 h too old, and
the window is left out.
"""

from datetime import datetime, timedelta

from bot.domain.flow import Window
from bot.domain.reading import Reading

# How much older than its start a window's first reading may be, both by judgement. 15 % keeps the share of a long
# window near what its threshold is meant for. 13 h: the upstream may publish nothing new for 12 h, and after such a gap
# there must still be a window of a day.
_SLACK_FRACTION = 0.15
_MIN_SLACK = timedelta(hours=13)

# The hour is only shown, never graded, and people read it as "just now": one that began half a day ago would mislead.
_HOUR_SLACK = timedelta(hours=1)

_MAX_AGES = {
    window: window.length + (_HOUR_SLACK if window is Window.HOUR else max(window.length * _SLACK_FRACTION, _MIN_SLACK))
    for window in Window
}

LONGEST_LOOKBACK = timedelta(days=35)
"""How long anything that may concern a window is remembered: the window of 30 days may start 34.5 days back (its 15 %
of slack included), and half a day is left over."""


def base_limit(window: Window, end: datetime) -> datetime:
    """Return the latest moment at which a window that ends at `end` may start."""
    return end - window.length


def fits(window: Window, base: Reading, end: datetime) -> bool:
    """Return whether a window that ends at `end` may start from the reading `base`.

    It may when the reading is as old as the window is long, and at most 15 % of the window or 13 h older, whichever is
    more. For the window of one hour it is one hour.
    """
    return window.length <= end - base.as_of <= _MAX_AGES[window]
