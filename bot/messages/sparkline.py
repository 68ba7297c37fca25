"""A chart as one line of bars and one of figures, drawn so that neither noise nor a fall misleads.

Bars alone have no scale. Reserves between $50.0 B and $50.15 B would fill all eight heights and look like a crash, so
the heights span at least a tenth of the highest value (two points of a share), and the figures are written below:
"$50.0 B to $50.2 B · now $50.1 B". A long series is shown by the most extreme value of each stretch, because an
average would hide an hour at half; the last bar is always the newest value.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from bot.language.translation import tr
from bot.messages.model import Chart
from bot.messages.number_format import percent, usd

_BARS = "▁▂▃▄▅▆▇█"
_LEAST_RANGE_OF_HIGHEST = 0.1  # ordinary weeks of an exchange stay within it; FTX lost three times as much
_LEAST_RANGE_OF_SHARES = 0.02  # ±1 % of reserves: nine ordinary days of ten are within that


def chart_bars(chart: Chart, *, width: int = 30) -> str:
    """Return a chart as bars; without a finite number the empty text."""
    finite = _finite(chart.values)
    if chart.unit == "share":
        return sparkline(chart.values, width=width, least_range=_LEAST_RANGE_OF_SHARES)
    return sparkline(chart.values, width=width, least_range=_LEAST_RANGE_OF_HIGHEST * max(map(abs, finite), default=0))


def chart_figures(chart: Chart) -> str:
    """Return the scale and the newest value of a chart: `$44.0 B to $50.0 B · now $47.0 B`; "" without any."""
    finite = _finite(chart.values)
    if not finite:
        return ""
    low, high, now = (value_text(chart, value) for value in (min(finite), max(finite), finite[-1]))
    return tr("{low} to {high} · now {now}", low=low, high=high, now=now)


def value_text(chart: Chart, value: float) -> str:
    """Return a value of a chart in the chart's unit; a share has its sign."""
    return usd(value) if chart.unit == "usd" else percent(value, signed=True)


def sparkline(values: Sequence[float], *, width: int = 30, least_range: float = 0.0) -> str:
    """Return a series as one line of bars, oldest first, lowest `▁` and highest `█`.

    The eight heights span `least_range` at least, so that a series that hardly moves lies in the middle. More values
    than `width` are shown by the most extreme one of each of equal stretches. What is not a finite number is a gap; a
    series without any is the empty text.
    """
    finite = _finite(values)
    if not finite:
        return ""
    middle = median(finite)
    points = [_most_extreme(stretch, middle) for stretch in _stretches(values, width)]
    if points[-1] is not None:
        points[-1] = finite[-1]
    low, high = min(finite), max(finite)
    missing = max(0.0, least_range - (high - low)) / 2
    return "".join(" " if point is None else _bar(point, low - missing, high + missing) for point in points)


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _stretches(values: Sequence[float], width: int) -> list[Sequence[float]]:
    """Return the values in `width` consecutive parts whose lengths differ by one at most: 5 in 2 are 2 and 3."""
    count = min(len(values), max(width, 1))
    edges = [index * len(values) // count for index in range(count + 1)]
    return [values[start:end] for start, end in pairwise(edges)]


def _most_extreme(stretch: Sequence[float], middle: float) -> float | None:
    return max(_finite(stretch), key=lambda value: abs(value - middle), default=None)


def _bar(value: float, low: float, high: float) -> str:
    if high == low:
        return _BARS[len(_BARS) // 2]
    return _BARS[round((value - low) / (high - low) * (len(_BARS) - 1))]
