"""Incidents: the alert itself and the list."""

from collections.abc import Mapping, Sequence

from bot.domain.exchange import MARKET
from bot.domain.flow import Hold
from bot.domain.incident import Ending, Incident, IncidentState, StepReason
from bot.domain.severity import Severity
from bot.domain.signal import MarketMember, Reason, Rule, Signal
from bot.messages.cards.common import (
    LIABILITIES,
    TONES,
    WINDOW_NAMES,
    assets_sentence,
    flow_sentence,
    hold_sentence,
    note_sentence,
    provenance,
)
from bot.messages.cards.flows import usual_day
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.numbers import percent, usd

_WORDS = {
    Severity.WATCH: "unusual outflow",
    Severity.ELEVATED: "elevated outflow",
    Severity.SEVERE: "severe outflow",
    Severity.CRITICAL: "critical: outflow while withdrawals are closed",
}

_BLEED = "slow outflow over weeks"


def incident_card(incident: Incident, name: str, reason: StepReason, names: Mapping[str, str] | None = None) -> Message:
    """Return the alert that is posted, edited and finally closed; `name` is the exchange's, `names` are all others'."""
    if incident.rule is Rule.MARKET_WIDE:
        return market_card(incident, names or {}, _turn(incident, reason))
    signal = incident.signal
    flow = signal.leading_flow
    resolved = incident.state is IncidentState.RESOLVED
    return Message(
        title=f"{incident.label} · {name} · {_state(incident)}",
        tone=Tone.GOOD if resolved else TONES[incident.severity],
        lines=lines(
            _turn(incident, reason),
            flow_sentence(flow) if flow else _no_figure(signal),
            usual_day(signal.baseline),
            assets_sentence(flow) if flow and flow.assets else None,
            doors_sentence(signal),
            _unconfirmed(incident),
            _under(incident),
            None if incident.held and _one_hold(signal) else comparability(signal),
            *map(note_sentence, signal.notes),
            LIABILITIES,
        ),
        footer=provenance(signal.source, signal.as_of),
        actions=(
            Action("Why", f"why {incident.label}"),
            Action("Reserves", f"reserves {incident.exchange}"),
            Action("Flows", f"flows {incident.exchange}"),
        ),
        silent=incident.severity is Severity.WATCH or resolved,
    )


def resolved_card(incident: Incident, name: str) -> Message:
    """Return the short reply that closes an incident."""
    return Message(
        title=f"{incident.label} · {name} · resolved",
        tone=Tone.GOOD,
        lines=lines(
            f"Resolved: {_ending(incident)} It was {incident.peak} at worst, "
            f"with {percent(abs(incident.worst_share))} of clean reserves gone over the leading window.",
            line("Opened ", moment(incident.opened_at), "."),
        ),
        footer=provenance(incident.signal.source, incident.signal.as_of),
        silent=True,
    )


def incidents_card(incidents: Sequence[Incident], names: dict[str, str], *, about: str = "") -> Message:
    """Return the list of open and recent incidents."""
    where = f" · {about}" if about else ""
    if not incidents:
        return Message(
            title=f"Incidents{where}",
            tone=Tone.GOOD,
            lines=lines("No incident is open and none is remembered. /status says how fresh the data is."),
        )
    newest = max((incident.signal for incident in incidents), key=lambda signal: signal.as_of)
    open_ones = sum(incident.state is IncidentState.OPEN for incident in incidents)
    return Message(
        title=f"Incidents{where}",
        tone=max((TONES[incident.severity] for incident in incidents if incident.state is IncidentState.OPEN),
                 key=list(Tone).index, default=Tone.GOOD),
        lines=lines(
            f"{open_ones} open, {len(incidents)} shown, newest first.",
            *[_entry(incident, _name(incident, names)) for incident in incidents],
            LIABILITIES,
        ),
        footer=provenance(newest.source, newest.as_of),
        actions=tuple(Action(f"Why {incident.label}", f"why {incident.label}") for incident in incidents[:3]),
    )  # fmt: skip


def reason_sentence(reason: Reason) -> str:
    """Return a threshold that was crossed as a sentence: the figure, and the limit."""
    window = WINDOW_NAMES[reason.window]
    if reason.measure == "doors":
        return f"Withdrawals of {reason.value:.0f} major assets are closed; {reason.threshold:.0f} make it critical"
    if reason.measure == "z":
        return f"{window}: robust z {reason.value:.1f} ≤ {reason.threshold:.1f}".replace("-", "−")
    return f"{window}: {percent(reason.value)} of clean reserves ≤ {percent(reason.threshold)}"


def market_card(incident: Incident, names: Mapping[str, str], first: Line | None) -> Message:
    """Return an incident of many exchanges with each one's part in it, under a first line."""
    signal, flow = incident.signal, incident.signal.leading_flow
    resolved = incident.state is IncidentState.RESOLVED
    state = "resolved" if resolved else f"{incident.severity} outflow at {len(signal.members)} exchanges"
    return Message(
        title=f"{incident.label} · Market-wide · {state}",
        tone=Tone.GOOD if resolved else TONES[incident.severity],
        lines=lines(
            first,
            flow_sentence(flow) if flow and not resolved else None,
            *[_member(member, names) for member in signal.members],
            None if resolved else "Their own incidents go on under this one and are told again from severe on.",
            "Outflows at many exchanges at once may be a flight from all of them, or one move of the market.",
            LIABILITIES,
        ),
        footer=provenance(signal.source, signal.as_of),
        actions=(Action("Incidents", "incidents"),),
        silent=resolved,
    )


def _member(one: MarketMember, names: Mapping[str, str]) -> Line:
    label = f" ({one.label})" if one.label else ""
    moved = f"{usd(one.usd, signed=True)} · {percent(one.share, signed=True)}"
    figures = f"{one.severity} · {moved} in {WINDOW_NAMES[one.window]}"
    return line(bold(names.get(one.exchange, one.exchange)), f"{label} · {figures}")


def _under(incident: Incident) -> str | None:
    return f"Part of INC-{incident.under}, which is market-wide." if incident.under else None


def _state(incident: Incident) -> str:
    if incident.state is IncidentState.RESOLVED:
        return "resolved"
    return f"{_word(incident)} · held" if incident.held else _word(incident)


def _word(incident: Incident) -> str:
    is_bleed = incident.rule is Rule.BLEED and incident.severity is not Severity.CRITICAL
    return _BLEED if is_bleed else _WORDS[incident.severity]


def _ending(incident: Incident) -> str:
    if incident.ending is Ending.INTERNAL_MOVE:
        return "an internal move, most of what left has come back."
    if incident.rule is Rule.MARKET_WIDE:
        return "fewer than three large exchanges are elevated any more."
    return "the outflow is back under its thresholds on fresh readings."


def _turn(incident: Incident, reason: StepReason) -> Line | None:
    match reason:
        case StepReason.ESCALATED:
            return line(f"Worse than before: now {incident.severity}.")
        case StepReason.DEESCALATED:
            return line(f"Easing: now {incident.severity}, {incident.peak} at worst.")
        case StepReason.RESOLVED:
            return line(f"Resolved: {_ending(incident)} It was {incident.peak} at worst.")
        case StepReason.HELD:
            return _held(incident.signal)
        case StepReason.RELEASED:
            return line("The hold is over: the newest figures can be compared again.")
        case _:
            return None


def doors_sentence(signal: Signal) -> Line | None:
    """Return which majors cannot be withdrawn; nothing where all can, or where nobody knows."""
    if not signal.closed:
        return None
    closed = [piece for asset, since in signal.closed for piece in (f" · {asset} since ", moment(since))]
    return line("Withdrawals closed", *closed)


def _unconfirmed(incident: Incident) -> str | None:
    if incident.confirmed or incident.state is IncidentState.RESOLVED:
        return None
    return "Not confirmed yet: seen in one reading only; the next one that shows it confirms it."


def _no_figure(signal: Signal) -> str:
    return "No window can be compared right now." if signal.flows else "No window can be computed right now."


def _held(signal: Signal) -> Line:
    hold = _one_hold(signal)
    if hold is None:
        return line("Held: the newest figures cannot be compared; nothing is concluded from them.")
    return line("Held: ", bold(hold_sentence(hold)), "; nothing is concluded from the newest figures.")


def _one_hold(signal: Signal) -> Hold | None:
    """Return why every window is held, in the words of the shortest one; None where they differ or some are not."""
    holds = [flow.hold for flow in signal.flows]
    return holds[0] if len({hold.reason if hold else None for hold in holds}) == 1 else None


def comparability(signal: Signal) -> str:
    """Return what was left out, window by window, or that nothing was."""
    held: dict[str, list[str]] = {}
    for flow in signal.flows:
        if flow.hold:
            held.setdefault(hold_sentence(flow.hold), []).append(WINDOW_NAMES[flow.window])
    if held:
        return " ".join(f"Held over {', '.join(windows)}: {why}." for why, windows in held.items())
    leading = signal.leading_flow
    gaps = f"without {', '.join(leading.missing_chains)}" if leading and leading.missing_chains else ""
    return f"An outflow may be a theft, a wallet move or a run; figures {gaps or 'comparable'}."


def _name(incident: Incident, names: Mapping[str, str]) -> str:
    return MARKET.name if incident.rule is Rule.MARKET_WIDE else names.get(incident.exchange, incident.exchange)


def _entry(incident: Incident, name: str) -> Line:
    """Return an incident in one line, which reads the same on a phone and on a wide screen."""
    flow = incident.signal.leading_flow
    is_open = incident.state is IncidentState.OPEN
    now = f"{TONES[incident.severity].icon} " if is_open else f"{Tone.GOOD.icon} "
    state = f"{incident.severity}, {incident.peak} at worst" if is_open else f"resolved, {incident.peak} at worst"
    share = f" · {percent(flow.share, signed=True)} in {WINDOW_NAMES[flow.window]}" if flow and is_open else ""
    return line(now, bold(incident.label), f" · {name} · {state}{share} · opened ", moment(incident.opened_at))
