"""What a backtest prints: one JSON object a line, or a table for people."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.backtest.archive import EVENTS
from bot.backtest.rule_comparison import alarms
from bot.backtest.scores import KnownEvent, Score, score
from bot.backtest.simulation import SimulatedAlert
from bot.domain.flow import Hold
from bot.domain.incident import Incident, StepReason
from bot.domain.severity import Severity
from bot.messages.cards.common import HOLD_WORDS, note_sentence
from bot.messages.cards.signals import SIGNALS, SignalKinds, card_of
from bot.messages.model import Line
from bot.messages.numbers import clock, percent, span, usd

_DATA = "data"  # the rule's word where figures are held and no incident is open
_HEADER = ("at (UTC)", "exchange", "incident", "event", "rule", "severity", "window", "net flow", "share", "why")
_NUMBERS = frozenset({_HEADER.index("net flow"), _HEADER.index("share")})
_SCORES = ("rule", "events found", "median delay", "false alarms", "per exchange-year")
_SCORES_NUMBERS = frozenset({1, 2, 3, 4})
_TELLING = "Runwatch tells once an incident, a naive rule once a day while it is true."
_ASSUMED = (
    f"No {EVENTS} says what really happened: an event is here what Runwatch itself calls elevated or worse, so its own "
    "first row is true by definition and only the others say something."
)


def json_line(telling: SimulatedAlert, kinds: SignalKinds = SIGNALS) -> str:
    """Return a telling as JSON, with the keys that every line has; those of flows are null for other sources."""
    return json.dumps(_record(telling, kinds))


def table(tellings: Sequence[SimulatedAlert], kinds: SignalKinds = SIGNALS) -> str:
    """Return what was told as a table, each column as wide as it needs to be."""
    return _columns([_HEADER, *(_cells(telling, kinds) for telling in tellings)], _NUMBERS)


def score_table(scores: Sequence[Score], *, assumed: bool) -> str:
    """Return how the rules did, side by side; `assumed` says that nobody wrote down what really happened."""
    told = _columns([_SCORES, *map(_score_cells, scores)], _SCORES_NUMBERS)
    return "\n".join((told, _TELLING, *([_ASSUMED] if assumed else [])))


def summary(
    tellings: Sequence[SimulatedAlert], events: Sequence[KnownEvent] | None, *, end: datetime, years: float
) -> str:
    """Return what a backtest comes to, in two lines."""
    told, worse = (alarms(tellings, least, end) for least in (Severity.WATCH, Severity.ELEVATED))
    held = sum(telling.reason is StepReason.HELD for telling in tellings)
    first = f"incidents: {len(told)}, elevated or worse: {len(worse)}; spells of held figures: {held}"
    if events is None:
        rate = f"unknown, {EVENTS} would say what really happened; incidents: {_rate(len(told), years)}"
    else:
        rate = f"{score('', told, events, years).false_alarms_a_year:.2f} by {EVENTS}"
    return f"{first}; exchange-years: {years:.1f}\nfalse alarms per exchange-year: {rate}"


def _record(telling: SimulatedAlert, kinds: SignalKinds) -> dict[str, Any]:
    incident, flow = telling.incident, telling.flow
    return {
        "at": _iso(telling.at),
        "exchange": telling.exchange,
        "incident": incident.label if incident else None,
        "event": str(telling.reason),
        "rule": _rule(incident),
        "severity": str(incident.severity) if incident else None,
        "confirmed": incident.confirmed if incident else False,
        "window": str(flow.window) if flow else None,
        "flow_usd": flow.usd if flow else None,
        "share": flow.share if flow else None,
        "reasons": list(_reasons(telling, kinds)),
        "inhibited_by": telling.inhibited_by.label if telling.inhibited_by else None,
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _rule(incident: Incident | None) -> str:
    return str(incident.rule) if incident else _DATA


def _reasons(telling: SimulatedAlert, kinds: SignalKinds) -> Iterable[str]:
    """Yield why: what is held where that is told, else the thresholds crossed, and what people should know beside."""
    incident, signal = telling.incident, telling.signal
    if incident and incident.ending:
        yield f"Resolved: {incident.ending}"
    if telling.reason is not StepReason.HELD:
        yield from map(card_of(signal.rule, kinds).reason, signal.reasons)
        yield from (
            f"{member.exchange}: {member.severity}, {percent(member.share, signed=True)}" for member in signal.members
        )
    yield from map(_held, telling.holds)
    yield from (_text(note_sentence(note)) for note in signal.notes)


def _text(said: Line) -> str:
    return "".join(clock(one.at) if one.at else one.text for one in said)


def _held(hold: Hold) -> str:
    detail = f" ({hold.detail})" if hold.detail else ""
    return f"Held: {HOLD_WORDS[hold.reason]}{detail}"


def _cells(telling: SimulatedAlert, kinds: SignalKinds) -> tuple[str, ...]:
    incident, flow = telling.incident, telling.flow
    severity = "" if incident is None else incident.severity if incident.confirmed else f"{incident.severity}?"
    inhibited = [f"under {telling.inhibited_by.label}"] if telling.inhibited_by else []
    return (
        f"{telling.at:%Y-%m-%d %H:%M}",
        telling.exchange,
        incident.label if incident else "–",
        telling.reason,
        _rule(incident),
        severity,
        flow.window if flow else "",
        usd(flow.usd, signed=True) if flow else "",
        percent(flow.share, signed=True) if flow else "",
        " · ".join((*inhibited, *_reasons(telling, kinds))),
    )


def _score_cells(one: Score) -> tuple[str, ...]:
    delay = "–" if one.delay is None else span(one.delay) if one.delay else "none"
    return one.rule, f"{one.found} of {one.events}", delay, str(one.false_alarms), f"{one.false_alarms_a_year:.2f}"


def _rate(count: int, years: float) -> str:
    return f"{count / years:.2f}" if years > 0 else "–"


def _columns(rows: Sequence[Sequence[str]], numbers: Collection[int]) -> str:
    """Return rows with every column as wide as it needs to be; those of numbers align right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
