"""Answers to `/compare`: two exchanges side by side, or one exchange beside a known run of the past.

A run of the past is compared by its outflow curve: the cumulative net flow since its day 0, as a share of the reserves
of that day. If FTX had lost 29 % two days after its day 0, and Binance 3 % two days after the day before its incident
began, the row for day 2 reads `2 | −3.0 % | −29.0 %`. An exchange of whose reserves a part is missing now stands there
with its last complete figures, marked by an asterisk. The tables are 34 columns wide: 11 for the measure, 9 for each
exchange, and the gaps.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from bot.domain.assets import STABLECOINS
from bot.domain.flow import Flow, Window
from bot.domain.incident import Incident
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.name_lists import apart, clauses
from bot.language.translation import tr
from bot.messages.cards.common import brief_hold, liabilities, provenance, window_name
from bot.messages.cards.flow_bounds import certain_share, is_bounded, share_figure
from bot.messages.cards.reserves import reserves_card
from bot.messages.cards.shown_total import (
    INCOMPLETE_MARK,
    missing_line,
    missing_notes,
    provenance_of_total,
    shown_total,
)
from bot.messages.model import Action, Chart, Line, Message, Table, Tone, lines, moment
from bot.messages.number_format import percent, span, usd
from bot.messages.plain_text import display_width, shorten
from bot.messages.translated_lines import tr_count_line, tr_line

_DAY = timedelta(days=1)
_SHOWN_DAYS = (1, 2, 3, 4, 5, 6, 7, 10, 14)
"""Rows of the table of days. Two weeks are more than the run on FTX took, and the first week is what people look at."""
_NAME_COLUMNS = 9
_PAST_COLUMNS = 13  # for a name with " then" behind it, or what other languages say
_PAST_NAME_COLUMNS = 8
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""
_UNKNOWN = "–"
_AT_LEAST_MARK = " *"
_WINDOWS = (Window.DAY, Window.WEEK, Window.MONTH)


def side_by_side_card(first: ExchangeSnapshot, second: ExchangeSnapshot, now: datetime) -> Message:
    """Return two exchanges measure by measure; where one of them was never read, the `/reserves` answer to that one."""
    if first.shown_reading is None:
        return reserves_card(first, now)
    if second.shown_reading is None:
        return reserves_card(second, now)
    left = list(_measures(first, first.shown_reading))
    right = list(_measures(second, second.shown_reading))
    # A comparison is as fresh as the older of its two readings, so the footer shows that one.
    older = min(first.shown_reading, second.shown_reading, key=lambda reading: reading.as_of)
    return Message(
        title=f"{_with_reserves(first)} · {_with_reserves(second)}",
        lines=lines(
            *missing_notes((first, second)),
            *_unclear_lines(first),
            *_unclear_lines(second),
            *_bounds_lines(first),
            *_bounds_lines(second),
            tr("Reserves, and flows as shares of them, without the exchange's own token."),
            liabilities(),
        ),
        table=Table(
            # Translators: the header over the names of figures, such as Reserves and Worst day.
            (tr("Measure"), _column(first), _column(second)),
            tuple(
                (measure, left_figure, right_figure)
                for (measure, left_figure), (_, right_figure) in zip(left, right, strict=True)
            ),
            numeric=(1, 2),
            chat_rows=len(left),
        ),
        footer=provenance(older.source, older.as_of),
        actions=tuple(
            Action(snapshot.exchange.name, f"reserves {snapshot.exchange.id}") for snapshot in (first, second)
        ),
        totals=tuple(total for snapshot in (first, second) if (total := shown_total(snapshot))),
    )


def beside_the_past_card(
    snapshot: ExchangeSnapshot, curve: OutflowCurve | None, past_curve: OutflowCurve, incident: Incident | None
) -> Message:
    """Return an exchange's outflow beside a run of the past, day by day.

    `curve` is None where there are too few readings for one; `incident` is the open one, from which its day 0 follows.
    """
    name = snapshot.exchange.name
    if curve is None or snapshot.shown_reading is None:
        command = f"/reserves {snapshot.exchange.id}"
        return Message(
            title=f"{name} · {tr(past_curve.title)}",
            tone=Tone.TROUBLE,
            lines=lines(
                tr(
                    "No two readings of {exchange} a day apart yet. Try again tomorrow, or {command} now.",
                    exchange=name,
                    command=command,
                )
            ),
        )
    return Message(
        title=f"{name} {_cell(curve.shares[-1])} · {tr(past_curve.title)}",
        lines=lines(
            _current_line(name, curve, incident),
            _past_line(curve, past_curve),
            missing_line(snapshot),
            # Translators: a run of the past and where its figures are from.
            tr("{run}: {origin}.", run=tr(past_curve.title), origin=tr(past_curve.label)),
            tr("Net flow since the start of each, as a share of its reserves then."),
            liabilities(),
        ),
        chart=_chart(name, curve),
        table=_table(name, curve, past_curve),
        footer=provenance_of_total(snapshot, snapshot.shown_reading),
        totals=(total,) if (total := shown_total(snapshot)) else (),
        actions=(
            Action(tr("Flows"), f"flows {snapshot.exchange.id}"),
            Action(tr("Incidents"), f"incidents {snapshot.exchange.id}"),
        ),
    )


def _with_reserves(snapshot: ExchangeSnapshot) -> str:
    total = shown_total(snapshot)
    return f"{snapshot.exchange.name} {usd(total.reserves_usd or 0.0) if total else _UNKNOWN}"


def _column(snapshot: ExchangeSnapshot) -> str:
    mark = INCOMPLETE_MARK if snapshot.missing else ""
    return shorten(snapshot.exchange.name, _NAME_COLUMNS - len(mark), measure=display_width) + mark


def _measures(snapshot: ExchangeSnapshot, reading: Reading) -> Iterator[tuple[str, str]]:
    shown = shown_total(snapshot)
    clean, total = (shown.reserves_usd or 0.0, shown.total_usd) if shown else (0.0, 0.0)
    stable = sum(held.usd for asset, held in reading.by_asset().items() if asset in STABLECOINS)
    baseline = snapshot.signal.baseline if snapshot.signal else None
    yield tr("Reserves"), usd(clean)
    yield tr("Total"), usd(total)
    yield tr("Own token"), _share_of(total, total - clean)
    yield tr("Stablecoins"), _share_of(total, stable)
    for window in _WINDOWS:
        yield tr("Flow {window}", window=window_name(window)), _flow_share(snapshot, window)
    # Translators: the largest outflow of a day among the last 90 days, in a narrow table.
    yield tr("Worst day"), percent(baseline.worst, signed=True) if baseline else _UNKNOWN


def _share_of(total_usd: float, part_usd: float) -> str:
    return percent(part_usd / total_usd) if total_usd > 0 else _UNKNOWN


def _flow_share(snapshot: ExchangeSnapshot, window: Window) -> str:
    """Return a window's net flow as a share of reserves, what is certain of it; why it is unclear is said above."""
    flow = _flow(snapshot, window)
    if flow is None:
        return _UNKNOWN
    if flow.hold:
        return tr("unclear")
    return percent(certain_share(flow), signed=True) + (_AT_LEAST_MARK if is_bounded(flow) else "")


def _flow(snapshot: ExchangeSnapshot, window: Window) -> Flow | None:
    return snapshot.signal.flow(window) if snapshot.signal else None


def _unclear_lines(snapshot: ExchangeSnapshot) -> Iterator[str]:
    """Yield why figures of an exchange are unclear: in the table the reasons would not fit on a phone."""
    flows = [_flow(snapshot, window) for window in _WINDOWS]
    reasons = {flow.hold.reason: flow.hold for flow in flows if flow and flow.hold}
    if reasons:
        why = apart(map(brief_hold, reasons.values()))
        yield tr("Unclear at {exchange}: {reasons}.", exchange=snapshot.exchange.name, reasons=why)


def _bounds_lines(snapshot: ExchangeSnapshot) -> Iterator[str]:
    """Yield between which ends those flows lie of which the table has what is certain."""
    bounded = [flow for flow in map(partial(_flow, snapshot), _WINDOWS) if flow and not flow.hold and is_bounded(flow)]
    if bounded:
        ends = clauses(f"{window_name(flow.window)} {share_figure(flow)}" for flow in bounded)
        # Translators: {ends} are such as "24 h −55.0 to −61.0 %".
        yield tr("* At least; {exchange}: {ends}.", exchange=snapshot.exchange.name, ends=ends)


def _current_line(name: str, curve: OutflowCurve, incident: Incident | None) -> Line:
    share, days = _cell(curve.shares[-1]), curve.length // _DAY
    if incident:
        # The curve of an incident starts a day before it, so that the outflow that raised it is in the curve.
        return tr_line(
            "{exchange}: **{share}** since the day before {incident} began ({time}).",
            exchange=name,
            share=share,
            incident=incident.label,
            time=moment(curve.start),
        )
    if days < 2:  # noqa: PLR2004 — two days and more are told in days
        return tr_line(
            "{exchange}: **{share}** over the last {time} (no open incident).",
            exchange=name,
            share=share,
            time=span(curve.length),
        )
    return tr_count_line(
        "{exchange}: **{share}** over the last {count} day (no open incident).",
        "{exchange}: **{share}** over the last {count} days (no open incident).",
        days,
        exchange=name,
        share=share,
    )


def _past_line(curve: OutflowCurve, past_curve: OutflowCurve) -> Line:
    """Return where the past run stood after as much time as `curve` covers, and how it ended."""
    name, share = _short_name(past_curve.title), past_curve.at(curve.length)
    end, worst = _cell(past_curve.shares[-1]), _cell(past_curve.worst)
    # Translators: how much had left at the end of a run of the past.
    ended = tr("in the end {end}", end=end)
    if worst != end:
        # Translators: how much had left at the worst moment of a run of the past, and at its end.
        ended = tr("at worst {worst}, in the end {end}", worst=worst, end=end)
    if share is None:
        return tr_line("{run} was over by then: {figures}.", run=name, figures=ended)
    return tr_line("{run} at the same point: **{share}** ({figures}).", run=name, share=_cell(share), figures=ended)


def _short_name(title: str) -> str:
    """Return the exchange that a run of the past is called by: `FTX, November 2022` → `FTX`."""
    return title.partition(",")[0]


def _table(name: str, curve: OutflowCurve, past_curve: OutflowCurve) -> Table:
    """Return both curves day by day, for as long as the longer one lasts but at most two weeks."""
    length = max(curve.length, past_curve.length) // _DAY
    rows = tuple(
        (str(day), _cell(curve.at(day * _DAY)), _cell(past_curve.at(day * _DAY)))
        for day in _SHOWN_DAYS
        if day <= length
    )
    # Translators: a column of a narrow table, with an exchange that is watched.
    now = tr("{exchange} now", exchange=_fitting(name, tr("{exchange} now", exchange="")))
    # Translators: a column of a narrow table, with an exchange on which a run was years ago.
    then = tr("{exchange} then", exchange=_fitting(_short_name(past_curve.title), tr("{exchange} then", exchange="")))
    return Table((tr("Day"), now, then), rows, numeric=(0, 1, 2), chat_rows=len(_SHOWN_DAYS))


def _fitting(name: str, words: str) -> str:
    """Return a name as short as a column needs it that has some words beside it."""
    columns = min(_PAST_NAME_COLUMNS, _PAST_COLUMNS - display_width(words))
    return shorten(name, columns, measure=display_width)


def _cell(share: float | None) -> str:
    return "–" if share is None else percent(share, signed=True)


def _chart(name: str, curve: OutflowCurve) -> Chart | None:
    if len(curve.shares) < _MIN_CHART_POINTS:
        return None
    times = tuple(curve.start + elapsed for elapsed in curve.elapsed)
    return Chart(tr("{exchange}, net flow so far", exchange=name), "share", times, curve.shares)
