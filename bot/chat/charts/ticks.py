"""Which values are written along the axes, and how: round ones, few enough to be read on a phone.

All are written as the language in force writes them: `$40 B` and `13 Dec`, `$40 млрд` and `13 дек.`.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.language.translation import language
from bot.messages.number_format import day_and_month, percent, usd
from bot.messages.pictures import Axis

_DAY_S = 86400
_ROUND = (1.0, 2.0, 5.0, 10.0)


def value_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Return round values from `low` to `high`, both ends within: −4, −2, 0 and 2 for −4.1 to 2.3."""
    length = high - low
    if not length > 0:
        return [low]
    magnitude = 10.0 ** math.floor(math.log10(length / most))
    step = next(magnitude * times for times in (*_ROUND, 20.0) if length / (magnitude * times) <= most)
    first = math.ceil(low / step - 1e-9)
    # Multiplied, not added up: 0.1 + 0.2 is not 0.3.
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def value_label(value: float, axis: Axis) -> str:
    """Return a round value as it stands at an axis, without zeros behind the point: `−2 %`, `$40 B`."""
    if value == 0:
        return "0"
    text = percent(value, signed=True) if axis is Axis.SHARE else usd(value)
    return re.sub(rf"{re.escape(language().numbers.point)}0+(?!\d)", "", text)


def time_ticks(start: float, end: float, *, most: int = 5) -> list[tuple[float, str]]:
    """Return midnights of UTC between two times in unix seconds, with their dates: `13 Dec`; at most `most`."""
    first = math.ceil(start / _DAY_S)
    days = [day * _DAY_S for day in range(first, math.floor(end / _DAY_S) + 1)]
    step = max(1, math.ceil(len(days) / most))
    # From the newest one back: that is the one people look for.
    return [(float(day), day_and_month(_midnight(day))) for day in reversed(days[::-1][::step])]


def day_ticks(length: float, *, most: int = 8) -> list[tuple[float, str]]:
    """Return days since a day 0, with their numbers."""
    step = max(1, math.ceil(length / most))
    return [(float(day), str(day)) for day in range(0, math.floor(length + 1e-9) + 1, step)]


def across_ticks(axis: Axis, values: Sequence[float]) -> list[tuple[float, str]]:
    """Return the ticks of the horizontal axis that these values lie on."""
    return time_ticks(min(values), max(values)) if axis is Axis.TIME else day_ticks(max(values))


def _midnight(day_s: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=day_s)
