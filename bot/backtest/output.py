"""What a backtest prints: one JSON object a line for scripts, or a table for people.

A line says what the live bot would have announced: `{"at": "2022-11-08T06:00:00Z", "exchange": "ftx", "incident":
"INC-1", "event": "opened", "rule": "outflow", "severity": "severe", …, "share": -0.11, …}`. `share` and `flow_usd` are
negative where money left, and what is certain of it: the end that is graded, 0 where even the direction is open. Its
keys are a contract with scripts that read it: none is ever renamed.

A windows line says what was measured at one reading, whether or not anything was announced: `{"at":
"2022-11-08T06:00:00Z", "exchange": "ftx", "windows": {"24h": {"share": -0.11, "low": -0.13, "high": -0.11, "flow_usd":
-1.9e9, "since": "2022-11-07T06:00:00Z", "held": null}, …}}`. The true share lies between `low` and `high`.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.alerting.judging_round import ExchangeStep
from bot.backtest.archive import EVENTS
from bot.backtest.rule_comparison import alarms
from bot.backtest.scores import KnownEvent, Score, score
from bot.backtest.simulation import SimulatedAlert
from bot.domain.flow import Flow
from bot.domain.incident import Incident, StepReason
from bot.domain.severity import Severity
from bot.domain.signal import Signal
from bot.messages.cards.common import hold_sentence, note_sentence
from bot.messages.cards.flow_bounds import certain_share, certain_usd
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Line
from bot.messages.number_format import clock, percent, span, usd

_NO_INCIDENT = "data"  # the rule's word where figures are held and no incident is open
_HEADER = ("at (UTC)", "exchange", "incident", "event", "rule", "severity", "window", "net flow", "share", "why")
_NUMBERS = frozenset({_HEADER.index("net flow"), _HEADER.index("share")})
_SCORES = ("rule", "events found", "median delay", "false alarms", "per exchange-year")
_SCORES_NUMBERS = frozenset({1, 2, 3, 4})
_COUNTING_RULE = "Runwatch tells once an incident, a naive rule once a day while it is true."
_ASSUMED_EVENTS = (
    f"No {EVENTS} says what really happened: an event is here what Runwatch itself calls elevated or worse, so its own "
    "first row is true by definition and only the others say something."
)


def json_line(alert: SimulatedAlert, kinds: SignalKinds = SIGNAL_KINDS) -> str:
    """Return an alert as JSON, with the keys that every line has; those of flows are null for other sources."""
    return json.dumps(_record(alert, kinds))


def windows_line(step: ExchangeStep) -> str:
    """Return what was measured at one reading as JSON; a window that cannot be computed is absent."""
    windows = {str(flow.window): _window(flow) for flow in step.signal.flows}
    return json.dumps({"at": _iso(step.at), "exchange": step.key.subject, "windows": windows})


def table(alerts: Sequence[SimulatedAlert], kinds: SignalKinds = SIGNAL_KINDS) -> str:
    """Return the alerts as a table, each column as wide as it needs to be."""
    return _columns([_HEADER, *(_cells(alert, kinds) for alert in alerts)], _NUMBERS)


def score_table(scores: Sequence[Score], *, assumed: bool) -> str:
    """Return how the rules did, side by side; `assumed` says that nobody wrote down what really happened."""
    columns = _columns([_SCORES, *map(_score_cells, scores)], _SCORES_NUMBERS)
    return "\n".join((columns, _COUNTING_RULE, *([_ASSUMED_EVENTS] if assumed else [])))


def summary(
    alerts: Sequence[SimulatedAlert], events: Sequence[KnownEvent] | None, *, end: datetime, years: float
) -> str:
    """Return the totals of a backtest in two lines; `years` are exchange-years."""
    watches, elevated = (alarms(alerts, min_severity, end) for min_severity in (Severity.WATCH, Severity.ELEVATED))
    held = sum(alert.reason is StepReason.HELD for alert in alerts)
    first = f"incidents: {len(watches)}, elevated or worse: {len(elevated)}; spells of held figures: {held}"
    if events is None:
        rate = f"unknown, {EVENTS} would say what really happened; incidents: {_rate(len(watches), years)}"
    else:
        rate = f"{score('', watches, events, years).false_alarms_a_year:.2f} by {EVENTS}"
    return f"{first}; exchange-years: {years:.1f}\nfalse alarms per exchange-year: {rate}"


def _record(alert: SimulatedAlert, kinds: SignalKinds) -> dict[str, Any]:
    incident, flow = alert.incident, alert.flow
    return {
        "at": _iso(alert.at),
        "exchange": alert.exchange,
        "incident": incident.label if incident else None,
        "event": str(alert.reason),
        "rule": _rule(incident),
        "severity": str(incident.severity) if incident else None,
        "confirmed": incident.confirmed if incident else False,
        "window": str(flow.window) if flow else None,
        "flow_usd": certain_usd(flow) if flow else None,
        "share": certain_share(flow) if flow else None,
        "reasons": list(_reasons(alert, kinds)),
        "inhibited_by": alert.inhibited_by.label if alert.inhibited_by else None,
    }


def _window(flow: Flow) -> dict[str, Any]:
    return {
        "share": flow.share,
        "low": flow.low,
        "high": flow.high,
        "flow_usd": flow.usd,
        "since": _iso(flow.start),
        "held": hold_sentence(flow.hold) if flow.hold else None,
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _rule(incident: Incident | None) -> str:
    return str(incident.rule) if incident else _NO_INCIDENT


def _reasons(alert: SimulatedAlert, kinds: SignalKinds) -> Iterable[str]:
    """Yield why: what is held where that is told, else the thresholds crossed, and what people should know beside."""
    incident, signal, card = alert.incident, alert.signal, card_of(alert.signal.rule, kinds)
    if incident and incident.ending:
        yield f"Resolved: {incident.ending}"
    if alert.reason is not StepReason.HELD:
        yield from map(card.reason, signal.reasons)
        yield from (
            f"{member.exchange}: {member.severity}, {percent(member.share, signed=True)}" for member in signal.members
        )
    yield from _held(signal, card)
    yield from (_text(note_sentence(note)) for note in signal.notes)


def _text(sentence: Line) -> str:
    return "".join(clock(part.at) if part.at else part.text for part in sentence)


def _held(signal: Signal, card: SignalCard) -> Iterator[str]:
    """Yield each reason for which figures are held once; which of them are is said where they differ in that."""
    holds = card.holds(signal)
    for names, why in holds:
        yield f"Held over {', '.join(names)}: {why}" if len(holds) > 1 else f"Held: {why}"


def _cells(alert: SimulatedAlert, kinds: SignalKinds) -> tuple[str, ...]:
    incident, flow = alert.incident, alert.flow
    # The question mark: severe, seen in one reading only.
    severity = "" if incident is None else incident.severity if incident.confirmed else f"{incident.severity}?"
    inhibited = [f"under {alert.inhibited_by.label}"] if alert.inhibited_by else []
    return (
        f"{alert.at:%Y-%m-%d %H:%M}",
        alert.exchange,
        incident.label if incident else "–",
        alert.reason,
        _rule(incident),
        severity,
        flow.window if flow else "",
        usd(certain_usd(flow), signed=True) if flow else "",
        percent(certain_share(flow), signed=True) if flow else "",
        " · ".join((*inhibited, *_reasons(alert, kinds))),
    )


def _score_cells(rated: Score) -> tuple[str, ...]:
    delay = "–" if rated.delay is None else span(rated.delay) if rated.delay else "none"
    found = f"{rated.found} of {rated.events}"
    return rated.rule, found, delay, str(rated.false_alarms), f"{rated.false_alarms_a_year:.2f}"


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
