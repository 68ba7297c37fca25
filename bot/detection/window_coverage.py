"""Which windows can be judged now, and from when on the others: what `/status`, `/top` and `/subscribe` say about it.

An example: an exchange that the source has listed for five days. Windows of 24 h, 72 h and 7 d have a base (for 7 d
half of the window is enough), so they are judged. For 14 d a reading has to be 7 days old: the first one will be in two
days. For 30 d it takes eight days more, and how unusual an outflow is will be known after 14 days.

Held windows count as judged here: why figures are held is said with the figures, and has nothing to do with time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.detection.flow.windows import base_span
from bot.detection.thresholds import THRESHOLDS
from bot.domain.flow import Window
from bot.domain.snapshot import ExchangeSnapshot

_WITH_THRESHOLD = frozenset(threshold.window for threshold in THRESHOLDS)
GRADED_WINDOWS = tuple(window for window in Window if window in _WITH_THRESHOLD)
"""The windows that have a threshold, shortest first; that of an hour is only shown."""

_STILL_READ = timedelta(days=1)
"""An exchange whose newest reading is older is left out: what it lacks is not time. By judgement: calm exchanges are
read every few hours."""


@dataclass(frozen=True, slots=True)
class LaterWindow:
    """A window that cannot be judged yet of `exchanges` exchanges, and when it can be of the last of them."""

    window: Window
    exchanges: int
    judged_from: datetime


@dataclass(frozen=True, slots=True)
class WindowCoverage:
    """What can be judged of some exchanges, of which `exchanges` are being read.

    `judged` are the windows that can be judged of all of them, `later` the others, both shortest first.
    `without_baseline` counts the exchanges of which it is not known yet how unusual an outflow is.
    """

    exchanges: int
    judged: tuple[Window, ...] = ()
    later: tuple[LaterWindow, ...] = ()
    without_baseline: int = 0


def window_coverage(
    snapshots: Iterable[ExchangeSnapshot], now: datetime, windows: Sequence[Window] = GRADED_WINDOWS
) -> WindowCoverage:
    """Return which of some windows can be judged of the exchanges that are being read."""
    read = [snapshot for snapshot in snapshots if _is_read(snapshot, now)]
    later = []
    for window in windows:
        moments = [moment for snapshot in read if (moment := _judged_from(snapshot, window)) and moment > now]
        if moments:
            later.append(LaterWindow(window, len(moments), max(moments)))
    late_windows = {late.window for late in later}
    return WindowCoverage(
        len(read),
        tuple(window for window in windows if read and window not in late_windows),
        tuple(later),
        sum(snapshot.signal is None or snapshot.signal.baseline is None for snapshot in read),
    )


def _is_read(snapshot: ExchangeSnapshot, now: datetime) -> bool:
    return snapshot.reading is not None and now - snapshot.reading.as_of < _STILL_READ


def _judged_from(snapshot: ExchangeSnapshot, window: Window) -> datetime | None:
    """Return when a window that has no base will have one, if readings go on; None where it is computed already."""
    if snapshot.reading is None or (snapshot.signal and snapshot.signal.flow(window)):
        return None
    end = snapshot.reading.as_of
    _, youngest = base_span(window, end)
    # Of what is known and still too young to be a base, the oldest will be the first that is old enough.
    too_young = [moment for moment in (*(day.day for day in snapshot.days), end) if moment > youngest]
    return min(too_young) + (end - youngest)
