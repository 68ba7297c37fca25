"""The severities' thresholds as one table. They are judgement fitted on a handful of past events, not science."""

from dataclasses import dataclass

from bot.domain.flow import Window
from bot.domain.severity import Sensitivity, Severity

MIN_FLOW_USD = 5e6
"""Flows below this are never graded, however large their share."""
UNUSUAL_Z = -3.5
EASING = 0.6
"""Leaving is graded with every threshold at this fraction of itself."""

ISOLATED_MOVE_JUMP = 0.3
"""A chain or an asset that moves by more than this part of itself, while the rest stands still, is suspected."""
ISOLATED_MOVE_SHARE = 0.005
"""A chain or an asset below this share of reserves is never suspected."""
ODD_PRICE_CHANGE = 0.25
"""A price further than this from the last believed one, while others stayed within it, is odd."""
PRICED_ASSET_SHARE = 0.001
"""An asset worth less, as a part of the reserves, changes no figure that people see."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A severity is reached when the window's share is at or below `share` (negative: outflow) and z is unusual.

    `without_z` says whether the share decides alone while the exchange's past is too short for a z; `needs_z` False
    means z is not asked at all.
    """

    severity: Severity
    window: Window
    share: float
    needs_z: bool = True
    without_z: bool = True


THRESHOLDS = (
    Threshold(Severity.SEVERE, Window.DAY, -0.08, needs_z=False),
    Threshold(Severity.SEVERE, Window.THREE_DAYS, -0.15, needs_z=False),
    Threshold(Severity.ELEVATED, Window.DAY, -0.03),
    Threshold(Severity.ELEVATED, Window.WEEK, -0.06),
    Threshold(Severity.ELEVATED, Window.FORTNIGHT, -0.10, needs_z=False),
    Threshold(Severity.ELEVATED, Window.MONTH, -0.20, needs_z=False),
    Threshold(Severity.WATCH, Window.DAY, -0.015, without_z=False),
)

BLEED = frozenset({Window.FORTNIGHT, Window.MONTH})
"""Windows that show a slow bleed: where only these are crossed, no run is under way."""

SCALES = {Sensitivity.EARLY: 0.7, Sensitivity.NORMAL: 1.0, Sensitivity.CALM: 1.5}
"""What the presets make of the shares: `early` speaks at 0.7 of them, `calm` at 1.5 times."""
