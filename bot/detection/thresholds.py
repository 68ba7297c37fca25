"""The thresholds of the severities as one table, and those of the guards.

They are judgement fitted on about nine past events, not science; docs/detection.md says how well they did and how to
try others (`runwatch backtest --compare`, `python -m benchmarks.rules`). Shares are fractions of the reserves without
own tokens; negative = outflow.

An example: 24 h at −3.2 % with z = −4.0, and 72 h at −6 %. The day is past its threshold of elevated (−3 %) and unusual
(z ≤ −3.5); the three days are not past theirs (−15 %). Elevated. With the preset `calm` the day's threshold is
−3 % × 1.5 = −4.5 %, and only watch (−1.5 % × 1.5 = −2.25 %) is reached.
"""

from dataclasses import dataclass

from bot.domain.flow import Window
from bot.domain.severity import Sensitivity, Severity

MIN_FLOW_USD = 5e6
"""Flows below this are never graded, however large their share: at a small exchange one customer may move several
percent."""
UNUSUAL_Z = -3.5
"""The limit that Iglewicz & Hoaglin (1993) recommend for calling a value an outlier by its robust z, downwards."""
EASING = 0.6
"""An incident eases by thresholds at this fraction of themselves, MIN_FLOW_USD and UNUSUAL_Z included. The gap keeps
one from ending and opening again with every reading while the flow hovers around a threshold."""

ISOLATED_MOVE_JUMP = 0.3
"""A chain or an asset that moves by more than this fraction of itself, while the rest stands still, is suspected to be
a changed list of wallets: who leaves in a run takes many assets over many chains."""
ISOLATED_MOVE_SHARE = 0.005
"""A chain or an asset below this share of reserves is never suspected: all of it is less than the threshold of a day
(1.5 %)."""
ODD_PRICE_CHANGE = 0.25
"""A price further than this fraction from the last believed one, while other exchanges stayed within it, is odd. By
judgement: what one asset is worth at several exchanges differs by far less."""
PRICED_ASSET_SHARE = 0.001
"""Prices of assets below this share of reserves are not checked: they change no figure that people see."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A severity is reached when the window's share is at or below `share` (negative: outflow) and z is unusual.

    `needs_z` False means z is not asked at all. `without_z` says whether the share decides alone while the exchange has
    too few past days for a z.
    """

    severity: Severity
    window: Window
    share: float
    needs_z: bool = True
    without_z: bool = True


# Severe and the windows of weeks ask for no z: an exchange that bleeds for weeks makes large outflows its own normal,
# and such a share is news however usual it has become. Watch is not reached without a z: on many exchanges −1.5 % is
# any day.
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
"""The windows of a slow bleed: where only these are crossed, no run is under way."""

SCALES = {Sensitivity.EARLY: 0.7, Sensitivity.NORMAL: 1.0, Sensitivity.CALM: 1.5}
"""By what a preset multiplies the shares: `early` alerts at 0.7 of them, `calm` at 1.5 times. z stays as it is."""
