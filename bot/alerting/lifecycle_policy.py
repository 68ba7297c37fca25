"""How many readings over how much time open, ease and announce an incident: the numbers that its life follows."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """How an incident is entered and left.

    Two fresh readings `confirm_gap` apart confirm; where readings are more than `sparse_gap` apart one is enough. An
    incident eases after `leave_readings` fresh readings over `leave_span` that graded lower; one that was never
    confirmed needs `confirm_gap` instead of `leave_span`. Figures are announced again when the size changed by
    `reannounce_points`, or by `reannounce_part` of itself but not less than `reannounce_least`, at most every
    `reannounce_every`. Sizes are in the signal's own unit: 0.0025 is 0.25 points of reserves. That figures are frozen,
    or no longer, is announced `hold_every` after the last time at the earliest.
    """

    # A poll interval: readings that are closer may come from one run of the source, with one fault in both.
    confirm_gap: timedelta = timedelta(minutes=10)
    # Half a day: hourly sources never have such a gap unless they were down, daily ones always do.
    sparse_gap: timedelta = timedelta(hours=12)
    # One low reading may be a fault of the source, and an outflow pauses for an hour or two without being over.
    leave_readings: int = 2
    leave_span: timedelta = timedelta(hours=6)
    # Platforms limit how often a message is edited, and every edit of an alert goes to all of its places.
    reannounce_every: timedelta = timedelta(minutes=5)
    # For large outflows points count, for small ones parts; below a tenth of a point the card would show the same.
    reannounce_points: float = 0.0025
    reannounce_part: float = 0.1
    reannounce_least: float = 0.001
    # As long as easing takes: a chain that comes and goes with every reading says nothing new in between.
    hold_every: timedelta = timedelta(hours=6)
