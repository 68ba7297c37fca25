"""Answers to `/compare`: two exchanges side by side, or one exchange beside a known run of the past.

A run of the past is compared by its outflow curve: the cumulative net flow since its day 0, as a share of the reserves
of that day. If FTX had lost 29 % two days after its day 0, and Binance 3 % two days after the day before its incident
began, the row for day 2 reads `2 | −3.0 % | −29.0 %`. An exchange of whose reserves a part is missing now stands there
with its last complete figures, marked by an asterisk.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.domain.assets import STABLECOINS
from bot.domain.flow import Window
from bot.domain.incident import Incident
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import HOLD_WORDS, LIABILITIES, WINDOW_NAMES, provenance
from bot.messages.cards.flow_bounds import share_figure
from bot.messages.cards.reserves import reserves_card
from bot.messages.cards.shown_total import (
    INCOMPLETE_MARK,
    missing_line,
    missing_notes,
    provenance_of_total,
    shown_total,
)
from bot.messages.model import Action, Chart, Line, Message, Table, Tone, bold, line, lines, moment
from bot.messages.number_format import percent, span, usd

_DAY = timedelta(days=1)
_MAX_DAYS = 14
"""Rows of the table of days. Two weeks are more than the run on FTX took, and fit on a phone."""
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""
_UNKNOWN = "unknown"
_WINDOWS = (Window.DAY, Window.WEEK, Window.MONTH)


def side_by_side_card(first: ExchangeSnapshot, second: ExchangeSnapshot, now: datetime) -> Message:
    """Return two exchanges measure by measure; where one of them was never read, the `/reserves` answer to that one."""
    if first.shown_reading is None:
        return reserves_card(first, now)
    if second.shown_reading is None:
        return reserves_card(second, now)
    left = list(_measures(first, first.shown_reading, now))
    right = list(_measures(second, second.shown_reading, now))
    # A comparison is as fresh as the older of its two readings, so the footer shows that one.
    older = min(first.shown_reading, second.shown_reading, key=lambda reading: reading.as_of)
    return Message(
        title=f"{first.exchange.name} · {second.exchange.name} · compared",
        lines=lines(
            *missing_notes((first, second)),
            *_held_lines(first),
            *_held_lines(second),
            "Shares are of clean reserves: without the exchange's own token.",
            LIABILITIES,
        ),
        table=Table(
            ("Measure", _column(first), _column(second)),
            tuple(
                (measure, left_figure, right_figure)
                for (measure, left_figure), (_, right_figure) in zip(left, right, strict=True)
            ),
            numeric=(1, 2),
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
        return Message(
            title=f"{name} · {past_curve.title}",
            tone=Tone.TROUBLE,
            lines=lines(f"There are no two readings of {name} a day apart yet: nothing can be laid beside the past."),
        )
    return Message(
        title=f"{name} today · {past_curve.title}",
        lines=lines(
            _current_line(name, curve, incident),
            _past_line(curve, past_curve),
            missing_line(snapshot),
            f"{past_curve.title}: {past_curve.label}.",
            "Cumulative net flow since day 0, as a share of clean reserves on that day and at its prices.",
            LIABILITIES,
        ),
        chart=_chart(name, curve),
        table=_table(name, curve, past_curve),
        footer=provenance_of_total(snapshot, snapshot.shown_reading),
        totals=(total,) if (total := shown_total(snapshot)) else (),
        actions=(
            Action("Flows", f"flows {snapshot.exchange.id}"),
            Action("Incidents", f"incidents {snapshot.exchange.id}"),
        ),
    )


def _column(snapshot: ExchangeSnapshot) -> str:
    return snapshot.exchange.name + (INCOMPLETE_MARK if snapshot.missing else "")


def _measures(snapshot: ExchangeSnapshot, reading: Reading, now: datetime) -> Iterator[tuple[str, str]]:
    shown = shown_total(snapshot)
    clean, total = (shown.reserves_usd or 0.0, shown.total_usd) if shown else (0.0, 0.0)
    stable = sum(held.usd for asset, held in reading.by_asset().items() if asset in STABLECOINS)
    baseline = snapshot.signal.baseline if snapshot.signal else None
    yield "Clean reserves", usd(clean)
    yield "Total", usd(total)
    yield "Own token", _share_of(total, total - clean)
    yield "Stablecoins", _share_of(total, stable)
    for window in _WINDOWS:
        yield f"Net flow {WINDOW_NAMES[window]}", _flow_share(snapshot, window)
    yield "Lowest day in 90", percent(baseline.worst, signed=True) if baseline else _UNKNOWN
    yield "Age", span(now - reading.as_of)


def _share_of(total_usd: float, part_usd: float) -> str:
    return percent(part_usd / total_usd) if total_usd > 0 else _UNKNOWN


def _flow_share(snapshot: ExchangeSnapshot, window: Window) -> str:
    """Return a window's net flow as a share of reserves, negative for an outflow; why it is held is said above."""
    flow = snapshot.signal.flow(window) if snapshot.signal else None
    if flow is None:
        return _UNKNOWN
    return "held" if flow.hold else share_figure(flow)


def _held_lines(snapshot: ExchangeSnapshot) -> Iterator[str]:
    """Yield why windows of an exchange are held: in the table the reasons would not fit on a phone."""
    flows = [snapshot.signal.flow(window) for window in _WINDOWS] if snapshot.signal else []
    reasons = dict.fromkeys(flow.hold.reason for flow in flows if flow and flow.hold)
    if reasons:
        yield f"Held for {snapshot.exchange.name}: {'; '.join(HOLD_WORDS[reason] for reason in reasons)}."


def _current_line(name: str, curve: OutflowCurve, incident: Incident | None) -> Line:
    # The curve of an incident starts a day before it, so that the outflow that raised it is in the curve.
    since = f"since the day before {incident.label} began" if incident else "in its last days; no incident is open"
    return line(
        f"{name}: ",
        bold(percent(curve.shares[-1], signed=True)),
        f" of clean reserves {since} (",
        moment(curve.start),
        f", {span(curve.length)}).",
    )


def _past_line(curve: OutflowCurve, past_curve: OutflowCurve) -> Line:
    """Return where the past run stood after as much time as `curve` covers, and its lowest point."""
    share = past_curve.at(curve.length)
    lowest = f"at worst {percent(past_curve.worst, signed=True)} within {span(past_curve.length)}"
    if share is None:
        return line(f"{past_curve.title}: shorter than that; {lowest}.")
    return line(f"{past_curve.title}, as long after its day 0: ", bold(percent(share, signed=True)), f"; {lowest}.")


def _table(name: str, curve: OutflowCurve, past_curve: OutflowCurve) -> Table:
    """Return both curves day by day, for as long as the longer one lasts but at most two weeks."""
    days = max(curve.length, past_curve.length) // _DAY
    rows = tuple(
        (str(day), _cell(curve.at(day * _DAY)), _cell(past_curve.at(day * _DAY)))
        for day in range(1, min(days, _MAX_DAYS) + 1)
    )
    return Table(("Day", name, past_curve.title), rows, numeric=(0, 1, 2))


def _cell(share: float | None) -> str:
    return "–" if share is None else percent(share, signed=True)


def _chart(name: str, curve: OutflowCurve) -> Chart | None:
    if len(curve.shares) < _MIN_CHART_POINTS:
        return None
    times = tuple(curve.start + elapsed for elapsed in curve.elapsed)
    return Chart(f"{name}, net flow since day 0", "share", times, curve.shares)
