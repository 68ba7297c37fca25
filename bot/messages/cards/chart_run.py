"""`/chart <exchange> run`: how much of its reserves has left since day 0, against the runs of the past.

Day 0 is the day before the open incident began, without one seven days ago; of a past run it is the day before its
outflow crossed a threshold. If 3.6 % has left Binance on day 4, and 37.0 % had left FTX on its day 4, the two lines are
that far apart above the 4, and the legend says so.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.domain.incident import Incident
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.chart import ChartWindow, chart_card, date, picture_source, undrawable_card
from bot.messages.cards.shown_total import missing_line, provenance_of_total
from bot.messages.model import Chart, Message
from bot.messages.number_format import percent, span
from bot.messages.pictures import Axis, Picture, PictureKind, Point, Series, Stroke

_DAY = timedelta(days=1)
_STEP = timedelta(hours=6)
"""Between two points of a past run: its hourly ones are noise between the figures that were published."""
_LONGEST_STEP = timedelta(hours=36)
"""Between two readings of a day each; where it is longer, those in between lacked a part, or are not there."""
_LEAST_SCALE = (-0.05, 0.01)
"""Beside no past run, 0.3 % must not fill the picture."""


def run_chart_card(
    snapshot: ExchangeSnapshot,
    curve: OutflowCurve | None,
    past_curves: Sequence[OutflowCurve],
    incident: Incident | None,
    window: ChartWindow,
) -> Message:
    """Return an exchange's outflow against past runs; `curve` is None where there are too few readings for one."""
    name, shown = snapshot.exchange.name, snapshot.shown_reading
    if curve is None or shown is None:
        return undrawable_card(
            snapshot,
            PictureKind.RUN,
            f"There are no two readings of {name} a day apart yet: nothing can be laid beside past runs.",
        )
    day_zero = _day_zero_sentence(curve, incident)
    past = _past_sentence(past_curves)
    own = _own_series(name, curve)
    gap = "Days that cannot be compared are left open." if any(share is None for _, share in own.points) else None
    picture = Picture(
        kind=PictureKind.RUN,
        title=f"{name} · net flow since day 0",
        headline=f"{_percent(curve.shares[-1])} of reserves in {span(curve.length)}",
        across=Axis.DAYS,
        up=Axis.SHARE,
        series=(own, *(_past_series(past_curve, curve, window) for past_curve in past_curves)),
        source=picture_source(shown.source, curve.start + curve.length),
        scale=_LEAST_SCALE,
        notes=tuple(note for note in (day_zero, gap, past) if note),
    )
    times = tuple(curve.start + elapsed for elapsed in curve.elapsed)
    return chart_card(
        snapshot.exchange.id,
        picture,
        day_zero,
        *(_comparison(past_curve, curve) for past_curve in past_curves),
        gap,
        past,
        missing_line(snapshot),
        chart=Chart(f"{name}, net flow since day 0", "share", times, curve.shares),
        footer=provenance_of_total(snapshot, shown),
    )


def _own_series(name: str, curve: OutflowCurve) -> Series:
    figure = f"{_percent(curve.shares[-1])} after {span(curve.length)}"
    return Series(f"{name} now", tuple(_own_points(curve)), figure, Stroke.MAIN)


def _own_points(curve: OutflowCurve) -> Iterator[Point]:
    """Yield the points of a curve, with a gap where readings in between could not be compared."""
    yield curve.elapsed[0] / _DAY, curve.shares[0]
    for before, after, share in zip(curve.elapsed, curve.elapsed[1:], curve.shares[1:], strict=False):
        if after - before > _LONGEST_STEP:
            yield (before + after) / 2 / _DAY, None
        yield after / _DAY, share


def _past_series(past_curve: OutflowCurve, curve: OutflowCurve, window: ChartWindow) -> Series:
    # Never shorter than what it is laid beside.
    length = min(past_curve.length, max(window.length, curve.length))
    return Series(past_curve.title, tuple(_points(past_curve, length)), _same_point(past_curve, curve))


def _points(past_curve: OutflowCurve, length: timedelta) -> Iterator[Point]:
    for step in range(length // _STEP + 1):
        yield step * _STEP / _DAY, past_curve.at(step * _STEP)
    if length % _STEP:
        yield length / _DAY, past_curve.at(length)


def _same_point(past_curve: OutflowCurve, curve: OutflowCurve) -> str:
    """Return where a past run stood after as much time, else where it ended: `−37.0 % after 4 d`."""
    share = past_curve.at(curve.length)
    if share is None:
        return f"{_percent(past_curve.shares[-1])} after {span(past_curve.length)}, its end"
    return f"{_percent(share)} after {span(curve.length)}"


def _comparison(past_curve: OutflowCurve, curve: OutflowCurve) -> str:
    return f"{past_curve.title}: {_same_point(past_curve, curve)} (lowest {_percent(past_curve.worst)})"


def _day_zero_sentence(curve: OutflowCurve, incident: Incident | None) -> str:
    if incident:
        return f"Day 0 is {date(curve.start)}, the day before {incident.label} began."
    return f"Day 0 is {date(curve.start)}; no incident is open."


def _past_sentence(past_curves: Sequence[OutflowCurve]) -> str | None:
    labels = dict.fromkeys(past_curve.label for past_curve in past_curves if past_curve.label)
    return f"Past runs: {', '.join(labels)}." if labels else None


def _percent(share: float) -> str:
    return percent(share, signed=True)
