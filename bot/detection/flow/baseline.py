"""What is normal for an exchange: robust statistics over its own past days, and how unusual a flow is against them.

z = (share − n × median) / (spread × √n) for a window of n days, with spread = MAD / 0.6745, or 1.2533 × the mean
absolute deviation where the MAD is 0 (Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993; the constants make
the spread a standard deviation where days are normally distributed:
https://en.wikipedia.org/wiki/Median_absolute_deviation). Median and MAD, because a mean and a standard deviation are
pulled away by the very outliers that are sought.

An example: 14 days with a median of 0 and a MAD of 0.01 have a spread of 0.01 / 0.6745 = 0.0148. A day of −5 % then has
z = −0.05 / 0.0148 = −3.37: not quite unusual (−3.5). A week of −5 % has z = −0.05 / (0.0148 × √7) = −1.27.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt
from statistics import fmean

from bot.detection.flow.computation import FlowComputation
from bot.domain.flow import Baseline, Window
from bot.domain.guard_state import LostPart
from bot.domain.jump import Jump
from bot.domain.reading import Reading
from bot.domain.snapshot import DailyPoint, IncidentSpan

MIN_DAYS = 14
"""With fewer days than two weeks there is no baseline, so no z: two of each weekday are the least that says
anything."""
MAX_DAYS = 90
"""How many days count at most: a quarter, so that what an exchange was half a year ago does not count as normal now."""

# Both from Iglewicz & Hoaglin: for normally distributed days the MAD is 0.6745 standard deviations, and the standard
# deviation is 1.2533 (√(π/2)) mean absolute deviations.
_MAD_PER_STANDARD_DEVIATION = 0.6745
_STANDARD_DEVIATIONS_PER_MEAN_DEVIATION = 1.2533

# One day in twenty lies below `low`, one in twenty above `high`: "between −0.6 % and +0.7 % on nine days of ten".
_TAIL_FRACTION = 0.05

# Beyond this a z says nothing more; it also stands for infinity, where all days were alike (spread 0).
_MAX_Z = 99.0

_DAY = timedelta(days=1)

# How far apart two first readings of a day may be for the flow between them to be "a day". The first reading of a day
# may come late after a gap of the source; half a day more or less keeps the share of the order of a day's.
_MIN_DAY = timedelta(hours=12)
_MAX_DAY = timedelta(hours=36)


def daily_point(
    reading: Reading,
    previous: Reading | None,
    computation: FlowComputation,
    jumps: Sequence[Jump] = (),
    lost_parts: Sequence[LostPart] = (),
) -> DailyPoint:
    """Return the point of a UTC day from its first reading and that of the day before.

    The reserves are in USD without own tokens; the share is negative for an outflow, and None where the two readings
    cannot be compared: they are no day apart, or the flow between them is held.
    """
    reserves_usd = reading.total_usd(without=computation.own_tokens)
    return DailyPoint(reading.as_of, reserves_usd, _day_share(reading, previous, computation, jumps, lost_parts))


def baseline(days: Sequence[DailyPoint]) -> Baseline | None:
    """Return what is normal over the last 90 of these days, None when fewer than 14 of them have a share."""
    shares = sorted([share for day in days[-MAX_DAYS:] if (share := day.share) is not None])
    if len(shares) < MIN_DAYS:
        return None
    median = _median(shares)
    mad = _median_deviation(shares, median)
    # The MAD is 0 as soon as more than half of the days are alike, as on an exchange where little ever moves.
    # The mean deviation is then the next best; it is 0 only where all days are alike.
    spread = (
        mad / _MAD_PER_STANDARD_DEVIATION
        if mad > 0
        else _STANDARD_DEVIATIONS_PER_MEAN_DEVIATION * fmean([abs(share - median) for share in shares])
    )
    tail = round(_TAIL_FRACTION * (len(shares) - 1))
    return Baseline(len(shares), median, spread, low=shares[tail], high=shares[-1 - tail], worst=shares[0])


def usual_days(
    days: Sequence[DailyPoint], until: datetime, incident_spans: Sequence[IncidentSpan]
) -> Sequence[DailyPoint]:
    """Return the days up to `until` that no incident touches; days are given and returned oldest first.

    A point stands for the 24 hours before it. Days of an incident of elevated or worse are left out because a run must
    not be learned as normal: after a week of −5 % a day, −5 % would no longer be unusual.
    """
    past = days[: bisect_right(days, until, key=_end_of_day)]
    if not incident_spans:
        return past
    return [day for day in past if not any(_touches(span, day.day) for span in incident_spans)]


def _end_of_day(point: DailyPoint) -> datetime:
    return point.day


def _median(figures: Sequence[float]) -> float:
    """Return the median of sorted figures; `statistics.median` would sort them once more for every signal."""
    half = len(figures) // 2
    return figures[half] if len(figures) % 2 else (figures[half - 1] + figures[half]) / 2


def _median_deviation(figures: Sequence[float], median: float) -> float:
    """Return the median of how far sorted figures are from their median, without making or sorting the distances.

    Example: of 1, 2, 3, 4 and 9 the three nearest to 3 are 2, 3 and 4; the third nearest is 1 away, which is the MAD.
    """
    half = len(figures) // 2
    upper = _nearest_distance(figures, median, half + 1)
    return upper if len(figures) % 2 else (_nearest_distance(figures, median, half) + upper) / 2


def _nearest_distance(figures: Sequence[float], middle: float, count: int) -> float:
    """Return how far the last of the `count` figures is that are nearest to `middle`; these stand side by side."""
    first, last_first = 0, len(figures) - count
    while first < last_first:
        candidate = (first + last_first) // 2
        if middle - figures[candidate] > figures[candidate + count] - middle:
            first = candidate + 1
        else:
            last_first = candidate
    return max(middle - figures[first], figures[first + count - 1] - middle)


def _touches(span: IncidentSpan, end_of_day: datetime) -> bool:
    return span.start <= end_of_day and (span.end is None or end_of_day - _DAY < span.end)


def robust_z(share: float, window: Window, usual: Baseline) -> float:
    """Return how unusual a window's share is, as a number of the exchange's own daily spreads; negative = outflow.

    The medians of n days add up, and their spreads add up as √n, as those of independent days do. Clamped to ±99.
    """
    days = window.length / _DAY
    distance = share - days * usual.median
    spread = usual.spread * sqrt(days)
    if spread <= 0:
        return 0.0 if distance == 0 else _MAX_Z if distance > 0 else -_MAX_Z
    return max(-_MAX_Z, min(_MAX_Z, distance / spread))


def percentile(share: float, days: Sequence[DailyPoint]) -> float | None:
    """Return the fraction, 0 to 1, of past days whose share was lower than this one; None without any such day."""
    past_shares = [day.share for day in days if day.share is not None]
    return sum(past_share < share for past_share in past_shares) / len(past_shares) if past_shares else None


def _day_share(
    reading: Reading,
    previous: Reading | None,
    computation: FlowComputation,
    jumps: Sequence[Jump],
    lost_parts: Sequence[LostPart],
) -> float | None:
    if previous is None or not _MIN_DAY <= reading.as_of - previous.as_of <= _MAX_DAY:
        return None
    flow = computation.flow(Window.DAY, previous, reading, jumps=jumps, lost_parts=lost_parts, with_assets=False)
    return None if flow.hold else flow.share
