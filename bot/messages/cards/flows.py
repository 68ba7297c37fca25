"""Answers to `/flows`: the net flow over a window, what it consists of, and how unusual it is for the exchange.

Example: "Binance · 24 h −$12.6 B (−10.6 %) 🔴 INC-1" in the title, and below "The largest outflow in 89 days." and
"Normal day: −0.2 % to +0.2 % (last 89 days)". A normal day is nine of ten. A flow whose exact size is not known is told
by its two ends.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.detection.flow.baseline import MIN_DAYS, percentile, robust_z
from bot.detection.thresholds import UNUSUAL_Z
from bot.domain.exchange import Listing
from bot.domain.flow import Baseline, Flow, Hold, Window
from bot.domain.incident import Incident
from bot.domain.snapshot import DailyPoint, ExchangeSnapshot
from bot.language.name_lists import enumerated
from bot.language.translation import tr, tr_count
from bot.messages.cards.common import (
    hold_sentence,
    liabilities,
    note_sentence,
    provenance,
    source_figure,
    trouble_sentence,
    window_name,
)
from bot.messages.cards.flow_bounds import (
    certain_share,
    flow_or_source_figure,
    flow_sentence,
    is_bounded,
    share_figure,
    title_figures,
)
from bot.messages.cards.part_names import part_name
from bot.messages.cards.reserves import incident_mark, reserves_card
from bot.messages.cards.shown_total import missing_line, shown_total, source_figure_beside
from bot.messages.model import Action, Chart, Field, Line, Message, Table, lines
from bot.messages.number_format import amount, clock, percent, usd
from bot.messages.translated_lines import tr_count_line, tr_line

_MAX_ASSETS = 10
"""Rows of the table of assets; a chat shows as many of them as fit on its screen."""
_CHAT_ASSETS = 6
_MAX_NOTES = 2
_READS_AS_ZERO = 0.0005  # 0.05 %: below it one digit shows 0.0 %
_SHOWN_WINDOWS = (Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.MONTH)
_CHART_DAYS = 30
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""


def flows_card(snapshot: ExchangeSnapshot, window: Window, now: datetime, incident: Incident | None = None) -> Message:
    """Return the answer to `/flows`; for an exchange that was never read it is the answer to `/reserves`.

    `incident` is the open outflow of the exchange, whose number stands in the title.
    """
    signal = snapshot.signal
    if signal is None or snapshot.reading is None:
        return reserves_card(snapshot, now)
    flow = signal.flow(window)
    return Message(
        title=_title(snapshot, window, flow, incident),
        lines=lines(
            flow_sentence(flow, signal.jumps) if flow else _without_flow(snapshot.listing, window),
            _unclear_sentence(flow.hold) if flow and flow.hold else None,
            liabilities(),
            missing_line(snapshot),
            _rank_sentence(flow, snapshot) if flow else None,
            usual_day(signal.baseline),
            _completeness(flow, snapshot) if flow else None,
            trouble_sentence(snapshot.health, now),
            source_figure_beside(snapshot, window),
            *map(note_sentence, signal.notes[:_MAX_NOTES]),
            _more_notes(len(signal.notes) - _MAX_NOTES),
        ),
        fields=tuple(
            Field(window_name(shown), flow_or_source_figure(signal, snapshot.listing, shown))
            for shown in _SHOWN_WINDOWS
            if shown is not window
        ),
        chart=_chart(snapshot),
        table=_table(flow) if flow else None,
        footer=provenance(snapshot.reading.source, snapshot.reading.as_of),
        actions=(
            Action(tr("Reserves"), f"reserves {snapshot.exchange.id}"),
            _other_window(snapshot.exchange.id, window),
            Action(tr("Subscribe"), f"subscribe {snapshot.exchange.id}"),
        ),
        totals=(total,) if (total := shown_total(snapshot)) else (),
    )


def _title(snapshot: ExchangeSnapshot, window: Window, flow: Flow | None, incident: Incident | None) -> str:
    name = window_name(window)
    if figures := title_figures(flow):
        moved = f"{name} {figures}"
    else:
        moved = tr("{window} flow unclear", window=name) if flow else tr("{window} flow not available yet", window=name)
    return f"{snapshot.exchange.name} · {moved}{incident_mark(incident)}"


def _other_window(exchange: str, shown: Window) -> Action:
    """Return the button to another window than the one that is shown."""
    other = Window.DAY if shown is Window.WEEK else Window.WEEK
    return Action(window_name(other), f"flows {exchange} {other}")


def _more_notes(count: int) -> str | None:
    if count < 1:
        return None
    # Translators: Why is the label of a button.
    return tr_count(
        "{count} more note on these figures: /incidents, then Why.",
        "{count} more notes on these figures: /incidents, then Why.",
        count,
    )


def daily_line(snapshot: ExchangeSnapshot) -> str:
    """Return an exchange's day in one line: `2022-12-13 Binance $50.0 B · 24 h −1.8 % · 7 d −5.0 %`.

    While a part is missing, the reserves are those of the last complete reading, and the line says so. It is for the
    demo on a terminal, in English.
    """
    signal, reading, total = snapshot.signal, snapshot.reading, shown_total(snapshot)
    if signal is None or reading is None or total is None:
        return f"{snapshot.exchange.name}: nothing read yet"
    clean = usd(total.reserves_usd or 0.0)
    if total.missing:
        names = ", ".join(part.name for part in total.missing)
        clean += f" at {clock(total.as_of)}, {names} missing since"
    flows = [(window, signal.flow(window)) for window in (Window.DAY, Window.WEEK)]
    shares = [f"{window_name(window)} {share_figure(flow)}" for window, flow in flows if flow]
    return " · ".join((f"{reading.as_of:%Y-%m-%d} {snapshot.exchange.name} {clean}", *shares))


def usual_day(baseline: Baseline | None) -> Line:
    """Return between which shares nine days of ten lie on this exchange, or that its past is too short to say."""
    if baseline is None:
        # Translators: 14 is what {days} stands for.
        return tr_line("Normal day: not known yet, it takes {days} days of readings.", days=MIN_DAYS)
    # Translators: {range} is "−0.2 % to +0.2 %".
    return tr_count_line(
        "Normal day: {range} (last {count} day)",
        "Normal day: {range} (last {count} days)",
        baseline.days,
        range=normal_range(baseline.low, baseline.high),
    )


def normal_range(low: float, high: float) -> str:
    """Return between which shares a normal day lies: `−0.2 % to +0.2 %`, finer where both would read as zero."""
    digits = 2 if max(abs(low), abs(high)) < _READS_AS_ZERO else 1
    first, second = (percent(share, signed=True, digits=digits) for share in (low, high))
    return tr("{first} to {second}", first=first, second=second)


def _rank_sentence(flow: Flow, snapshot: ExchangeSnapshot) -> str | None:
    """Return how unusual a flow is; of one with two ends that is the certain one.

    None without a baseline, or where nothing is certain.
    """
    baseline = snapshot.signal.baseline if snapshot.signal else None
    if baseline is None or (is_bounded(flow) and not certain_share(flow)):
        return None
    share = certain_share(flow)
    if flow.window is Window.DAY:
        return _rank_among_days(share, baseline, snapshot.days)
    # The days it would be ranked among are flows over one day each: other windows cannot be compared with them.
    name = window_name(flow.window)
    if abs(robust_z(share, flow.window, baseline)) < abs(UNUSUAL_Z):
        return tr("Not unusual for {window} here.", window=name)
    if share < 0:
        return tr("An unusual outflow for {window} here.", window=name)
    return tr("An unusual inflow for {window} here.", window=name)


def _rank_among_days(share: float, baseline: Baseline, days: Sequence[DailyPoint]) -> str | None:
    """Return where a day's flow lies among the known days, None where no day is known."""
    if share < baseline.worst:
        return tr_count("The largest outflow in {count} day.", "The largest outflow in {count} days.", baseline.days)
    if baseline.low <= share <= baseline.high:
        return tr("That is within a normal day.")
    rank = percentile(share, days)
    if rank is None:
        return None
    if share > baseline.high and rank == 1:
        return tr_count("The largest inflow in {count} day.", "The largest inflow in {count} days.", baseline.days)
    if share < baseline.low:
        return tr_count(
            "More left than on {share} of the last {count} day.",
            "More left than on {share} of the last {count} days.",
            baseline.days,
            share=percent(1 - rank, digits=0),
        )
    return tr_count(
        "More came in than on {share} of the last {count} day.",
        "More came in than on {share} of the last {count} days.",
        baseline.days,
        share=percent(rank, digits=0),
    )


def _unclear_sentence(hold: Hold) -> str:
    return tr("No alert follows from this window: {reason}.", reason=hold_sentence(hold))


def _completeness(flow: Flow, snapshot: ExchangeSnapshot) -> str | None:
    if flow.hold or is_bounded(flow) or snapshot.missing:  # another line has said what is not complete
        return None
    if flow.missing_chains:
        return tr(
            "Without {chains}: not in the newest reading.", chains=enumerated(map(part_name, flow.missing_chains))
        )
    return tr("Data complete.")


def _without_flow(listing: Listing | None, window: Window) -> str:
    """Return why a window has no flow; where the source states one itself, the line of its figure follows."""
    name = window_name(window)
    if source_figure(listing, window) is None:
        return tr("{window} flow: not available yet (no reading from {window} ago).", window=name)
    return tr(
        "{window} flow: not available yet (no reading from {window} ago), so no alert can follow from it.", window=name
    )


def _table(flow: Flow) -> Table | None:
    if not flow.assets:
        return None
    rows = tuple(
        (asset.asset, amount(asset.amount, "", signed=True), usd(asset.usd, signed=True),
         percent(asset.usd / flow.reserves_usd, signed=True) if flow.reserves_usd > 0 else "–")
        for asset in flow.assets[:_MAX_ASSETS]
    )  # fmt: skip
    header = (tr("Asset"), tr("Moved"), tr("Value"), tr("Share"))
    return Table(header, rows, numeric=(1, 2, 3), chat_rows=_CHAT_ASSETS, spare=1)


def _chart(snapshot: ExchangeSnapshot) -> Chart | None:
    """Return the net flow of each of the last 30 days, and that of the 24 h until now."""
    # A day without a share could not be compared with the day before it; a gap is more honest than a zero.
    points = [(day.day, day.share) for day in snapshot.days[-_CHART_DAYS:] if day.share is not None]
    if len(points) < _MIN_CHART_POINTS:
        return None
    title = tr_count("Net flow a day, {count} day", "Net flow a day, {count} days", len(points))
    newest = snapshot.signal.flow(Window.DAY) if snapshot.signal else None
    # Without the newest figure a run of today would not be in the picture.
    if newest and newest.hold is None and newest.end > points[-1][0]:
        points.append((newest.end, certain_share(newest)))
    return Chart(title, "share", tuple(at for at, _ in points), tuple(share for _, share in points))
