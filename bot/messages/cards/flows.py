"""How much moved, and how unusual that is."""

from datetime import datetime

from bot.detection.flow.baseline import percentile, robust_z
from bot.domain.flow import Baseline, Flow, Window
from bot.domain.signal import Signal
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import (
    HOLD_WORDS,
    LIABILITIES,
    WINDOW_NAMES,
    flow_sentence,
    note_sentence,
    provenance,
    second_opinion,
    trouble_sentence,
)
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Action, Chart, Field, Line, Message, Table, line, lines
from bot.messages.numbers import amount, percent, usd

_SHOWN = 10


def flows_card(outlook: ExchangeSnapshot, window: Window, now: datetime) -> Message:
    """Return the answer to `/flows`; without any reading it is what `/reserves` can say."""
    signal = outlook.signal
    if signal is None or outlook.reading is None:
        return reserves_card(outlook, now)
    flow = signal.flow(window)
    return Message(
        title=f"{outlook.exchange.name} · flows",
        lines=lines(
            flow_sentence(flow) if flow else f"Net flow in {WINDOW_NAMES[window]}: unknown, no two readings give it.",
            _unusual(flow, outlook) if flow else None,
            usual_day(signal.baseline),
            _comparability(flow) if flow else None,
            second_opinion(outlook.listing, window),
            *map(note_sentence, signal.notes),
            LIABILITIES,
            trouble_sentence(outlook.health, now),
        ),
        fields=tuple(_field(one, signal) for one in (Window.DAY, Window.THREE_DAYS, Window.WEEK, Window.MONTH)),
        chart=_chart(outlook),
        table=_table(flow) if flow else None,
        footer=provenance(outlook.reading.source, outlook.reading.as_of),
        actions=(
            Action("Reserves", f"reserves {outlook.exchange.id}"),
            Action("7 d", f"flows {outlook.exchange.id} 7d"),
            Action("Subscribe", f"subscribe {outlook.exchange.id}"),
        ),
    )


def daily_line(outlook: ExchangeSnapshot) -> str:
    """Return one line on where an exchange stands: its reserves and its last day and week."""
    signal, reading = outlook.signal, outlook.reading
    if signal is None or reading is None:
        return f"{outlook.exchange.name}: nothing read yet"
    clean = usd(reading.total_usd(without=outlook.exchange.own_tokens))
    flows = [(window, signal.flow(window)) for window in (Window.DAY, Window.WEEK)]
    told = [f"{WINDOW_NAMES[window]} {percent(flow.share, signed=True)}" for window, flow in flows if flow]
    return " · ".join((f"{reading.as_of:%Y-%m-%d} {outlook.exchange.name} {clean}", *told))


def usual_day(usual: Baseline | None) -> Line:
    """Return what is usual for the exchange, or that its past is too short to say."""
    if usual is None:
        return line("Usual day: unknown, fewer than 14 comparable days are known.")
    return line(
        f"Usual day: between {percent(usual.low, signed=True)} and {percent(usual.high, signed=True)} "
        f"(nine days of ten, {usual.days} days)"
    )


def _unusual(flow: Flow, outlook: ExchangeSnapshot) -> Line | None:
    usual = outlook.signal.baseline if outlook.signal else None
    if usual is None:
        return None
    z = line(f"Robust z {robust_z(flow.share, flow.window, usual):+.1f}".replace("-", "−"))
    rank = percentile(flow.share, outlook.days) if flow.window is Window.DAY else None
    if rank is None:
        return z
    if flow.share < usual.worst:
        return (*z, *line(f" · lower than every one of the last {usual.days} days"))
    return (*z, *line(f" · higher than {rank * 100:.0f} % of the last {usual.days} days"))


def _comparability(flow: Flow) -> str:
    if flow.hold:
        return f"Held: {HOLD_WORDS[flow.hold.reason]} ({flow.hold.detail}). This window raises no alert."
    if flow.missing_chains:
        return f"Without {', '.join(flow.missing_chains)}: not in the newest reading."
    return "Figures comparable: every chain is in both readings."


def _field(window: Window, signal: Signal) -> Field:
    flow = signal.flow(window)
    if flow is None:
        return Field(WINDOW_NAMES[window], line("unknown"))
    held = " (held)" if flow.hold else ""
    return Field(WINDOW_NAMES[window], line(f"{usd(flow.usd, signed=True)} · {percent(flow.share, signed=True)}{held}"))


def _table(flow: Flow) -> Table | None:
    if not flow.assets:
        return None
    rows = tuple(
        (asset.asset, amount(asset.amount, "", signed=True), usd(asset.usd, signed=True),
         percent(asset.usd / flow.reserves_usd, signed=True) if flow.reserves_usd > 0 else "–")
        for asset in flow.assets[:_SHOWN]
    )  # fmt: skip
    return Table(("Asset", "Moved", "Value", "Of reserves"), rows, numeric=(1, 2, 3))


def _chart(outlook: ExchangeSnapshot) -> Chart | None:
    days = [day for day in outlook.days[-30:] if day.share is not None]
    if len(days) < 3:  # noqa: PLR2004 — two points show no shape
        return None
    values = tuple(day.share for day in days if day.share is not None)
    return Chart(f"Net flow a day, {len(days)} days", "share", tuple(day.day for day in days), values)
