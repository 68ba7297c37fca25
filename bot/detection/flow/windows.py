"""Which reading a window starts from."""

from datetime import datetime, timedelta

from bot.domain.flow import Window
from bot.domain.reading import Reading

_SLACK_SHARE = 0.15
_LEAST_SLACK = timedelta(hours=13)
_HOUR_SLACK = timedelta(hours=1)  # an hour that began half a day ago is no hour: figures say their window
LONGEST_LOOKBACK = timedelta(days=35)
"""How long what may concern a window is kept: one of 30 days may start 34.5 days back, its slack included."""
_OLDEST = {
    window: window.length + (_HOUR_SLACK if window is Window.HOUR else max(window.length * _SLACK_SHARE, _LEAST_SLACK))
    for window in Window
}


def base_limit(window: Window, end: datetime) -> datetime:
    """Return the latest moment at which a window that ends at `end` may start."""
    return end - window.length


def fits(window: Window, base: Reading, end: datetime) -> bool:
    """Return whether a base is young enough: at most 15 % of the window, or 13 h, older than the window's start.

    The window of one hour, which is shown and never graded, may be two hours long.
    """
    return window.length <= end - base.as_of <= _OLDEST[window]
