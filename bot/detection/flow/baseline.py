"""What is usual for an exchange: robust statistics over its own past days.

z = (share − n × median) / (spread × √n) for a window of n days, with spread = MAD / 0.6745, or
1.2533 × the mean absolute deviation where the MAD is 0 (Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993).
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt
from statistics import fmean

from bot.detection.flow.computation import FlowComputation
from bot.domain.flow import Baseline, Window
from bot.domain.guard_state import Adjustment
from bot.domain.reading import Reading
from bot.domain.snapshot import DailyPoint, IncidentSpan

MIN_DAYS = 14
"""With fewer days there is no z."""
MAX_DAYS = 90
_MAD_TO_SPREAD = 0.6745
_MEAN_TO_SPREAD = 1.2533
_MOST = 99.0
_DAY = timedelta(days=1)
_NEXT_DAY = (timedelta(hours=12), timedelta(hours=36))


def daily_point(
    reading: Reading,
    previous: Reading | None,
    computation: FlowComputation,
    adjustments: Sequence[Adjustment] = (),
) -> DailyPoint:
    """Return a day from its first reading and the day before's; no share where the two cannot be compared."""
    reserves = reading.total_usd(without=computation.own_tokens)
    return DailyPoint(reading.as_of, reserves, _day_share(reading, previous, computation, adjustments))


def baseline(days: Sequence[DailyPoint]) -> Baseline | None:
    """Return what is usual over the last 90 of these days, None when fewer than 14 can be used."""
    shares = sorted([day.share for day in days[-MAX_DAYS:] if day.share is not None])
    if len(shares) < MIN_DAYS:
        return None
    middle = _median(shares)
    deviations = [abs(share - middle) for share in shares]
    mad = _median(sorted(deviations))
    spread = mad / _MAD_TO_SPREAD if mad > 0 else _MEAN_TO_SPREAD * fmean(deviations)
    edge = round(0.05 * (len(shares) - 1))
    return Baseline(len(shares), middle, spread, low=shares[edge], high=shares[-1 - edge], worst=shares[0])


def usual_days(days: Sequence[DailyPoint], until: datetime, spells: Sequence[IncidentSpan]) -> Sequence[DailyPoint]:
    """Return the days, given oldest first, up to `until` that no spell touches: a run is not learned as normal.

    A day is the 24 hours before its point.
    """
    past = days[: bisect_right(days, until, key=_day)]
    return [day for day in past if not any(_touches(spell, day.day) for spell in spells)] if spells else past


def _day(point: DailyPoint) -> datetime:
    return point.day


def _median(figures: Sequence[float]) -> float:
    """Return the median of sorted figures."""
    half = len(figures) // 2
    return figures[half] if len(figures) % 2 else (figures[half - 1] + figures[half]) / 2


def _touches(spell: IncidentSpan, day: datetime) -> bool:
    return spell.start <= day and (spell.end is None or day - _DAY < spell.end)


def robust_z(share: float, window: Window, usual: Baseline) -> float:
    """Return how unusual a window's share is, in spreads of the exchange's own days; clamped to ±99."""
    days = window.length / timedelta(days=1)
    distance = share - days * usual.median
    spread = usual.spread * sqrt(days)
    if spread <= 0:
        return 0.0 if distance == 0 else _MOST if distance > 0 else -_MOST
    return max(-_MOST, min(_MOST, distance / spread))


def percentile(share: float, days: Sequence[DailyPoint]) -> float | None:
    """Return the fraction of past days whose share was lower than this one; None without any."""
    shares = [day.share for day in days if day.share is not None]
    return sum(one < share for one in shares) / len(shares) if shares else None


def _day_share(
    reading: Reading,
    previous: Reading | None,
    computation: FlowComputation,
    adjustments: Sequence[Adjustment],
) -> float | None:
    if previous is None or not _NEXT_DAY[0] <= reading.as_of - previous.as_of <= _NEXT_DAY[1]:
        return None
    flow = computation.flow(Window.DAY, previous, reading, adjustments=adjustments, with_assets=False)
    return None if flow.hold else flow.share
