"""`/chart <exchange> run`: how much of its reserves has left since day 0, against the runs of the past.

Day 0 is the day before the open incident began, without one seven days ago; of a past run it is the day before its
outflow crossed a threshold. If 3.6 % has left Binance on day 4, and 37.0 % had left FTX on its day 4, the two lines are
that far apart above the 4, and the legend says so.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from bot.domain.incident import Incident
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.name_lists import enumerated
from bot.language.translation import tr
from bot.messages.cards.chart import ChartWindow, chart_card, picture_source, readable_everywhere, undrawable_card
from bot.messages.cards.shown_total import missing_line, provenance_of_total
from bot.messages.model import Chart, Message
from bot.messages.number_format import day_and_month, percent, span
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
            tr(
                "There are no two readings of {exchange} a day apart yet: nothing can be laid beside past runs.",
                exchange=name,
            ),
        )
    return chart_card(
        snapshot.exchange.id,
        readable_everywhere(partial(_picture, name, shown.source, curve, past_curves, incident, window)),
        _day_zero_sentence(curve, incident),
        *(_comparison(past_curve, curve) for past_curve in past_curves),
        _gap_sentence(curve),
        _past_sentence(past_curves),
        missing_line(snapshot),
        chart=Chart(
            tr("{exchange}, net flow since day 0", exchange=name),
            "share",
            tuple(curve.start + elapsed for elapsed in curve.elapsed),
            curve.shares,
        ),
        footer=provenance_of_total(snapshot, shown),
    )


def _picture(  # noqa: PLR0913, PLR0917 — what the picture is made of
    name: str,
    source: str,
    curve: OutflowCurve,
    past_curves: Sequence[OutflowCurve],
    incident: Incident | None,
    window: ChartWindow,
) -> Picture:
    notes = (_day_zero_sentence(curve, incident), _gap_sentence(curve), _past_sentence(past_curves))
    past = (_past_series(past_curve, curve, window) for past_curve in past_curves)
    return Picture(
        kind=PictureKind.RUN,
        title=tr("{exchange} · net flow since day 0", exchange=name),
        headline=tr("{share} of reserves in {time}", share=_percent(curve.shares[-1]), time=span(curve.length)),
        across=Axis.DAYS,
        up=Axis.SHARE,
        series=(_own_series(name, curve), *past),
        source=picture_source(source, curve.start + curve.length),
        scale=_LEAST_SCALE,
        notes=tuple(note for note in notes if note),
        # Translators: below the axis of a picture, where the days are counted from
        origin=tr("day 0"),
    )


def _own_series(name: str, curve: OutflowCurve) -> Series:
    figure = _share_after(curve.shares[-1], curve.length)
    # Translators: in the legend of a picture, an exchange today, beside past runs
    return Series(tr("{exchange} now", exchange=name), tuple(_own_points(curve)), figure, Stroke.MAIN)


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
    return Series(tr(past_curve.title), tuple(_points(past_curve, length)), _same_point(past_curve, curve))


def _points(past_curve: OutflowCurve, length: timedelta) -> Iterator[Point]:
    for step in range(length // _STEP + 1):
        yield step * _STEP / _DAY, past_curve.at(step * _STEP)
    if length % _STEP:
        yield length / _DAY, past_curve.at(length)


def _same_point(past_curve: OutflowCurve, curve: OutflowCurve) -> str:
    """Return where a past run stood after as much time, else where it ended: `−37.0 % after 4 d`."""
    share = past_curve.at(curve.length)
    if share is None:
        return tr("{share} after {time}, its end", share=_percent(past_curve.shares[-1]), time=span(past_curve.length))
    return _share_after(share, curve.length)


def _share_after(share: float, length: timedelta) -> str:
    return tr("{share} after {time}", share=_percent(share), time=span(length))


def _comparison(past_curve: OutflowCurve, curve: OutflowCurve) -> str:
    return tr(
        "{run}: {share_after} (lowest {lowest})",
        run=tr(past_curve.title),
        share_after=_same_point(past_curve, curve),
        lowest=_percent(past_curve.worst),
    )


def _day_zero_sentence(curve: OutflowCurve, incident: Incident | None) -> str:
    date = day_and_month(curve.start)
    if incident:
        return tr("Day 0 is {date}, the day before {incident} began.", date=date, incident=incident.label)
    return tr("Day 0 is {date}; no incident is open.", date=date)


def _gap_sentence(curve: OutflowCurve) -> str | None:
    has_gap = any(share is None for _, share in _own_points(curve))
    return tr("Days that cannot be compared are left open.") if has_gap else None


def _past_sentence(past_curves: Sequence[OutflowCurve]) -> str | None:
    labels = dict.fromkeys(past_curve.label for past_curve in past_curves if past_curve.label)
    return tr("Past runs: {kinds}.", kinds=enumerated(tr(label) for label in labels)) if labels else None


def _percent(share: float) -> str:
    return percent(share, signed=True)
