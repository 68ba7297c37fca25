"""Answers to `/flows`: the net flow over a window, what it consists of, and how unusual it is for the exchange.

Unusual is said in three ways. With a baseline whose usual day lies between −0.6 % and +0.7 %, a day of −1.8 % reads:
robust z −4.4 (distance from the median in units of the usual spread), lower than every one of the last 90 days, and
the band of nine days in ten beside it. A flow whose exact size is not known is told by its two ends.
"""

from datetime import datetime

from bot.detection.flow.baseline import percentile, robust_z
from bot.domain.exchange import Listing
from bot.domain.flow import Baseline, Flow, Window
from bot.domain.signal import Signal
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import (
    HOLD_WORDS,
    LIABILITIES,
    WINDOW_NAMES,
    note_sentence,
    provenance,
    source_figure,
    trouble_sentence,
)
from bot.messages.cards.flow_bounds import (
    certain_share,
    flow_figures,
    flow_sentence,
    is_bounded,
    share_figure,
)
from bot.messages.cards.reserves import reserves_card
from bot.messages.cards.shown_total import missing_line, shown_total, source_figure_beside
from bot.messages.model import Action, Chart, Field, Line, Message, Table, line, lines
from bot.messages.number_format import amount, clock, percent, usd

_MAX_ASSETS = 10
"""Rows of the table of assets: what fits on a phone without scrolling sideways or far."""
_SHOWN_WINDOWS = (Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.MONTH)
_CHART_DAYS = 30
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""


def flows_card(snapshot: ExchangeSnapshot, window: Window, now: datetime) -> Message:
    """Return the answer to `/flows`; for an exchange that was never read it is the answer to `/reserves`."""
    signal = snapshot.signal
    if signal is None or snapshot.reading is None:
        return reserves_card(snapshot, now)
    flow = signal.flow(window)
    return Message(
        title=f"{snapshot.exchange.name} · flows",
        lines=lines(
            flow_sentence(flow, signal.jumps) if flow else _without_flow(snapshot.listing, window),
            missing_line(snapshot),
            _rank_line(flow, snapshot) if flow else None,
            usual_day(signal.baseline),
            _comparability(flow, snapshot) if flow else None,
            source_figure_beside(snapshot, window),
            *map(note_sentence, signal.notes),
            LIABILITIES,
            trouble_sentence(snapshot.health, now),
        ),
        fields=tuple(
            _field(shown_window, signal, snapshot.listing)
            for shown_window in (Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.MONTH)
        ),
        chart=_chart(snapshot),
        table=_table(flow) if flow else None,
        footer=provenance(snapshot.reading.source, snapshot.reading.as_of),
        actions=(
            Action("Reserves", f"reserves {snapshot.exchange.id}"),
            Action("7 d", f"flows {snapshot.exchange.id} 7d"),
            Action("Subscribe", f"subscribe {snapshot.exchange.id}"),
        ),
        totals=(total,) if (total := shown_total(snapshot)) else (),
    )


def daily_line(snapshot: ExchangeSnapshot) -> str:
    """Return an exchange's day in one line: `2022-12-13 Binance $50.0 B · 24 h −1.8 % · 7 d −5.0 %`.

    While a part is missing, the reserves are those of the last complete reading, and the line says so.
    """
    signal, reading, total = snapshot.signal, snapshot.reading, shown_total(snapshot)
    if signal is None or reading is None or total is None:
        return f"{snapshot.exchange.name}: nothing read yet"
    clean = usd(total.reserves_usd or 0.0)
    if total.missing:
        names = ", ".join(part.name for part in total.missing)
        clean += f" at {clock(total.as_of)}, {names} missing since"
    flows = [(window, signal.flow(window)) for window in (Window.DAY, Window.WEEK)]
    shares = [f"{WINDOW_NAMES[window]} {share_figure(flow)}" for window, flow in flows if flow]
    return " · ".join((f"{reading.as_of:%Y-%m-%d} {snapshot.exchange.name} {clean}", *shares))


def usual_day(baseline: Baseline | None) -> Line:
    """Return between which shares nine days of ten lie on this exchange, or that its past is too short to say."""
    if baseline is None:
        return line("Usual day: unknown, fewer than 14 comparable days are known.")
    return line(
        f"Usual day: between {percent(baseline.low, signed=True)} and {percent(baseline.high, signed=True)} "
        f"(nine days of ten, {baseline.days} days)"
    )


def _rank_line(flow: Flow, snapshot: ExchangeSnapshot) -> Line | None:
    """Return a flow's robust z and, for the window of a day, its rank among the known days.

    Of a flow with two ends they are those of the certain one. None without a baseline, or where nothing is certain.
    """
    baseline = snapshot.signal.baseline if snapshot.signal else None
    if baseline is None or (is_bounded(flow) and not certain_share(flow)):
        return None
    share = certain_share(flow)
    z = line(f"Robust z {robust_z(share, flow.window, baseline):+.1f}".replace("-", "−"))
    # The days it would be ranked among are flows over one day each: other windows cannot be compared with them.
    rank = percentile(share, snapshot.days) if flow.window is Window.DAY else None
    if rank is None:
        return z
    if share < baseline.worst:
        return (*z, *line(f" · lower than every one of the last {baseline.days} days"))
    return (*z, *line(f" · higher than {rank * 100:.0f} % of the last {baseline.days} days"))


def _comparability(flow: Flow, snapshot: ExchangeSnapshot) -> str | None:
    if flow.hold:
        return f"Held: {HOLD_WORDS[flow.hold.reason]} ({flow.hold.detail}). This window raises no alert."
    if is_bounded(flow) or snapshot.missing:  # the sentence, or the line about what is missing, has said so
        return None
    if flow.missing_chains:
        return f"Without {', '.join(flow.missing_chains)}: not in the newest reading."
    return "Figures comparable: every chain is in both readings."


def _without_flow(listing: Listing | None, window: Window) -> str:
    """Return why a window has no flow; where the source states one itself, the line of its figure follows."""
    name = WINDOW_NAMES[window]
    if source_figure(listing, window) is None:
        return f"Net flow in {name}: unknown, no two readings give it."
    return f"Net flow in {name}: not computed yet, so no alert rests on it. What the source itself says stands below."


def _field(window: Window, signal: Signal, listing: Listing | None) -> Field:
    flow = signal.flow(window)
    if flow is None:
        figure = source_figure(listing, window)
        return Field(WINDOW_NAMES[window], line(f"{figure} (the source's own figure)" if figure else "unknown"))
    mark = " (held)" if flow.hold else ""
    return Field(WINDOW_NAMES[window], line(f"{flow_figures(flow)}{mark}"))


def _table(flow: Flow) -> Table | None:
    if not flow.assets:
        return None
    rows = tuple(
        (asset.asset, amount(asset.amount, "", signed=True), usd(asset.usd, signed=True),
         percent(asset.usd / flow.reserves_usd, signed=True) if flow.reserves_usd > 0 else "–")
        for asset in flow.assets[:_MAX_ASSETS]
    )  # fmt: skip
    return Table(("Asset", "Moved", "Value", "Of reserves"), rows, numeric=(1, 2, 3))


def _chart(snapshot: ExchangeSnapshot) -> Chart | None:
    # A day without a share could not be compared with the day before it; a gap is more honest than a zero.
    days = [day for day in snapshot.days[-_CHART_DAYS:] if day.share is not None]
    if len(days) < _MIN_CHART_POINTS:
        return None
    values = tuple(day.share for day in days if day.share is not None)
    return Chart(f"Net flow a day, {len(days)} days", "share", tuple(day.day for day in days), values)
