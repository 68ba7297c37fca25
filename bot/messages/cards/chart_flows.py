"""`/chart <exchange> flows`: a bar for each day, the normal range behind it, and the last 24 h as the newest bar.

The bar of a day is the net flow between its first reading and that of the next day, as a share of reserves: −0.018
hangs down to −1.8 %. Today has no such bar yet, and on the day of a run that is the one that matters: so the last 24 h
stand in its place, framed. Where their exact size is not known, the bar is what is certain, and what may have moved
besides is hatched.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.domain.flow import Baseline, Flow, Window
from bot.domain.incident import Incident
from bot.domain.reading import Reading
from bot.domain.signal import Signal
from bot.domain.snapshot import DailyPoint, ExchangeSnapshot
from bot.language.translation import tr, tr_as, tr_count
from bot.messages.cards.chart import (
    MIN_POINTS,
    ChartWindow,
    chart_card,
    incident_bands,
    missing_sentence,
    picture_source,
    readable_everywhere,
    too_few_days,
    undrawable_card,
)
from bot.messages.cards.common import hold_sentence, provenance
from bot.messages.cards.flow_bounds import certain_share, flow_figures, is_bounded
from bot.messages.cards.shown_total import missing_line
from bot.messages.model import Chart, Message
from bot.messages.number_format import percent
from bot.messages.pictures import Axis, Band, Picture, PictureKind, Point, Series, Stroke

_DAY = timedelta(days=1)
_LEAST_SCALE = (-0.02, 0.02)
"""An ordinary day, 0.3 %, takes an eighth of the axis and does not look like a crash."""


def flows_chart_card(snapshot: ExchangeSnapshot, incidents: Sequence[Incident], window: ChartWindow) -> Message:
    """Return the flows of an exchange's last days; `incidents` are its outflows, newest first."""
    signal, reading = snapshot.signal, snapshot.reading
    days = _calendar(snapshot, window)
    known = sum(value is not None for _, value in days)
    if signal is None or reading is None or known < MIN_POINTS:
        return undrawable_card(snapshot, PictureKind.FLOWS, too_few_days(snapshot, known, PictureKind.FLOWS))
    return chart_card(
        snapshot.exchange.id,
        readable_everywhere(partial(_picture, snapshot, signal, reading, days, incidents, window)),
        _normal_line(signal.baseline),
        _unknown_sentence(days),
        _hold_sentence(signal),
        missing_line(snapshot),
        chart=_bars(days, signal.flow(Window.DAY)),
        footer=provenance(reading.source, reading.as_of),
    )


def _picture(  # noqa: PLR0913, PLR0917 — what the picture is made of
    snapshot: ExchangeSnapshot,
    signal: Signal,
    reading: Reading,
    days: tuple[Point, ...],
    incidents: Sequence[Incident],
    window: ChartWindow,
) -> Picture:
    notes = (_unknown_sentence(days), _hold_sentence(signal), missing_sentence(snapshot))
    return Picture(
        kind=PictureKind.FLOWS,
        title=tr("{exchange} · net flow a day · {window}", exchange=snapshot.exchange.name, window=window.words),
        headline=_headline(signal.flow(Window.DAY)),
        across=Axis.TIME,
        up=Axis.SHARE,
        series=tuple(_series(signal, days)),
        source=picture_source(reading.source, reading.as_of),
        bands=(*_normal_band(signal.baseline), *_incident_bands(incidents, days)),
        scale=_LEAST_SCALE,
        notes=tuple(note for note in notes if note),
        # Translators: in the legend of a picture, what came into an exchange; beside it stands "out"
        above_zero=tr_as("money", "in"),
        # Translators: in the legend of a picture, what left an exchange; beside it stands "in"
        below_zero=tr_as("money", "out"),
    )


def _calendar(snapshot: ExchangeSnapshot, window: ChartWindow) -> tuple[Point, ...]:
    """Return a point for each day of the window up to yesterday, at its noon; None where the flow is not known."""
    if not snapshot.days:
        return ()
    by_day = {_midnight(point.day): point for point in snapshot.days}
    newest = max(by_day)
    oldest = max(min(by_day), newest - (window.days - 1) * _DAY)
    count = (newest - oldest) // _DAY + 1
    # The point of a day has the flow since the day before: its bar stands in that day.
    return tuple(
        ((end - _DAY / 2).timestamp(), _share(by_day.get(end))) for end in (oldest + day * _DAY for day in range(count))
    )


def _share(point: DailyPoint | None) -> float | None:
    return point.share if point else None


def _midnight(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def _series(signal: Signal, days: tuple[Point, ...]) -> Iterator[Series]:
    """Yield the days, and the last 24 h as a bar behind them: what is certain of them, and what is not.

    Where they cannot be compared there is a gap: the figure that is held back may be the missing chain, drawn as a run.
    """
    flow, at = signal.flow(Window.DAY), days[-1][0] + _DAY.total_seconds()
    is_known = flow is not None and flow.hold is None
    yield Series(tr("a day"), days if is_known else (*days, (at, None)), stroke=Stroke.MAIN)
    if flow and is_known:
        yield from _newest_series(flow, at)


def _newest_series(flow: Flow, at: float) -> Iterator[Series]:
    if not is_bounded(flow):
        yield Series(tr("last 24 h"), ((at, flow.share),), _percent(flow.share), Stroke.LATEST)
        return
    certain = certain_share(flow)
    if certain:
        yield Series(tr("last 24 h, at least"), ((at, certain),), _percent(certain), Stroke.LATEST)
    for end in (flow.low, flow.high):
        if end != certain:
            # Translators: in the legend of a picture, before a figure: "not certain, up to −4.6 %"
            yield Series(tr("not certain, up to"), ((at, end),), _percent(end), Stroke.UNCERTAIN)


def _normal_band(baseline: Baseline | None) -> Iterator[Band]:
    if baseline:
        yield Band(_normal_words(baseline), baseline.low, baseline.high, is_vertical=True)


def _normal_line(baseline: Baseline | None) -> str:
    if baseline is None:
        return tr("Normal day: not known yet, fewer than 14 days can be compared.")
    return tr_count(
        "Normal day: {low} to {high} (last {count} day)",
        "Normal day: {low} to {high} (last {count} days)",
        baseline.days,
        low=_percent(baseline.low),
        high=_percent(baseline.high),
    )


def _normal_words(baseline: Baseline) -> str:
    return tr("Normal day: {low} to {high}", low=_percent(baseline.low), high=_percent(baseline.high))


def _incident_bands(incidents: Sequence[Incident], days: Sequence[Point]) -> tuple[Band, ...]:
    since, until = (datetime.fromtimestamp(days[end][0], UTC) for end in (0, -1))
    # From the beginning of the first bar to the end of the newest.
    return incident_bands(incidents, since - _DAY / 2, until + 1.5 * _DAY)


def _headline(flow: Flow | None) -> str:
    if flow is None:
        return tr("24 h: not available yet")
    return tr("24 h: cannot be compared") if flow.hold else tr("24 h {flow}", flow=flow_figures(flow))


def _unknown_sentence(days: Sequence[Point]) -> str | None:
    count = sum(value is None for _, value in days)
    if not count:
        return None
    return tr_count(
        "{count} day cannot be compared with the day before: marked “?”.",
        "{count} days cannot be compared with the day before: marked “?”.",
        count,
    )


def _hold_sentence(signal: Signal) -> str | None:
    flow = signal.flow(Window.DAY)
    return tr("Why: {reason}.", reason=hold_sentence(flow.hold)) if flow and flow.hold else None


def _bars(days: Sequence[Point], newest: Flow | None) -> Chart:
    """Return the days, and the last 24 h behind them, as a line of bars, for where pictures cannot be shown."""
    known = [(datetime.fromtimestamp(at, UTC), value) for at, value in days if value is not None]
    title = tr_count("Net flow a day, {count} day", "Net flow a day, {count} days", len(known))
    # Without it the line would end with yesterday as its “now”.
    if newest and newest.hold is None:
        known.append((newest.end, certain_share(newest)))
    times, values = zip(*known, strict=True)
    return Chart(title, "share", times, values)


def _percent(share: float) -> str:
    return percent(share, signed=True)
