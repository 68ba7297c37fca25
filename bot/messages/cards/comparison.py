"""Two exchanges beside each other, and an exchange beside a run of the past."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.domain.assets import STABLECOINS
from bot.domain.flow import Window
from bot.domain.incident import Incident
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import HOLD_WORDS, LIABILITIES, WINDOW_NAMES, provenance
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Action, Chart, Line, Message, Table, Tone, bold, line, lines, moment
from bot.messages.numbers import percent, span, usd

_DAY = timedelta(days=1)
_SHOWN_DAYS = 14
_UNKNOWN = "unknown"


def side_by_side_card(one: ExchangeSnapshot, other: ExchangeSnapshot, now: datetime) -> Message:
    """Return two exchanges measure by measure; where one was not read, what is known of that one."""
    if one.reading is None:
        return reserves_card(one, now)
    if other.reading is None:
        return reserves_card(other, now)
    mine, theirs = list(_measures(one, one.reading, now)), list(_measures(other, other.reading, now))
    older = min(one.reading, other.reading, key=lambda reading: reading.as_of)
    return Message(
        title=f"{one.exchange.name} · {other.exchange.name} · compared",
        lines=lines("Shares are of clean reserves: without the exchange's own token.", LIABILITIES),
        table=Table(
            ("Measure", one.exchange.name, other.exchange.name),
            tuple((name, figure, figure_there) for (name, figure), (_, figure_there) in zip(mine, theirs, strict=True)),
            numeric=(1, 2),
        ),
        footer=provenance(older.source, older.as_of),
        actions=tuple(Action(each.exchange.name, f"reserves {each.exchange.id}") for each in (one, other)),
    )


def beside_the_past_card(
    outlook: ExchangeSnapshot, course: OutflowCurve | None, past: OutflowCurve, incident: Incident | None
) -> Message:
    """Return an exchange's outflow beside a run of the past on the same day of it; `incident` is the open one."""
    name = outlook.exchange.name
    if course is None or outlook.reading is None:
        return Message(
            title=f"{name} · {past.title}",
            tone=Tone.TROUBLE,
            lines=lines(f"There are no two readings of {name} a day apart yet: nothing can be laid beside the past."),
        )
    return Message(
        title=f"{name} today · {past.title}",
        lines=lines(
            _today(name, course, incident),
            _then(course, past),
            f"{past.title}: {past.label}.",
            "Cumulative net flow since day 0, as a share of clean reserves on that day and at its prices.",
            LIABILITIES,
        ),
        chart=_chart(name, course),
        table=_days(name, course, past),
        footer=provenance(outlook.reading.source, outlook.reading.as_of),
        actions=(
            Action("Flows", f"flows {outlook.exchange.id}"),
            Action("Incidents", f"incidents {outlook.exchange.id}"),
        ),
    )


def _measures(outlook: ExchangeSnapshot, reading: Reading, now: datetime) -> Iterator[tuple[str, str]]:
    clean = reading.total_usd(without=outlook.exchange.own_tokens)
    total = reading.total_usd()
    stable = sum(held.usd for asset, held in reading.by_asset().items() if asset in STABLECOINS)
    usual = outlook.signal.baseline if outlook.signal else None
    yield "Clean reserves", usd(clean)
    yield "Total", usd(total)
    yield "Own token", _part(total - clean, total)
    yield "Stablecoins", _part(stable, total)
    for window in (Window.DAY, Window.WEEK, Window.MONTH):
        yield f"Net flow {WINDOW_NAMES[window]}", _flow(outlook, window)
    yield "Lowest day in 90", percent(usual.worst, signed=True) if usual else _UNKNOWN
    yield "Age", span(now - reading.as_of)


def _part(part: float, whole: float) -> str:
    return percent(part / whole) if whole > 0 else _UNKNOWN


def _flow(outlook: ExchangeSnapshot, window: Window) -> str:
    flow = outlook.signal.flow(window) if outlook.signal else None
    if flow is None:
        return _UNKNOWN
    return f"held: {HOLD_WORDS[flow.hold.reason]}" if flow.hold else percent(flow.share, signed=True)


def _today(name: str, course: OutflowCurve, incident: Incident | None) -> Line:
    since = f"since the day before {incident.label} began" if incident else "in its last days; no incident is open"
    return line(
        f"{name}: ",
        bold(percent(course.shares[-1], signed=True)),
        f" of clean reserves {since} (",
        moment(course.start),
        f", {span(course.length)}).",
    )


def _then(course: OutflowCurve, past: OutflowCurve) -> Line:
    share = past.at(course.length)
    whole = f"at worst {percent(past.worst, signed=True)} within {span(past.length)}"
    if share is None:
        return line(f"{past.title}: shorter than that; {whole}.")
    return line(f"{past.title}, as long after its day 0: ", bold(percent(share, signed=True)), f"; {whole}.")


def _days(name: str, course: OutflowCurve, past: OutflowCurve) -> Table:
    """Return both courses day by day, as long as the longer one lasts."""
    longest = max(course.length, past.length) // _DAY
    rows = tuple(
        (str(day), _share(course.at(day * _DAY)), _share(past.at(day * _DAY)))
        for day in range(1, min(longest, _SHOWN_DAYS) + 1)
    )
    return Table(("Day", name, past.title), rows, numeric=(0, 1, 2))


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share, signed=True)


def _chart(name: str, course: OutflowCurve) -> Chart | None:
    if len(course.shares) < 3:  # noqa: PLR2004 — two points show no shape
        return None
    times = tuple(course.start + elapsed for elapsed in course.elapsed)
    return Chart(f"{name}, net flow since day 0", "share", times, course.shares)
