"""The list that answers `/incidents`: what is open, what was lately, newest first, one line each.

Example: "🟠 OKX · −4.0 % in 24 h · elevated (peak: severe) · INC-42 · opened 12:00 UTC".
"""

from collections.abc import Mapping, Sequence

from bot.domain.exchange import MARKET
from bot.domain.incident import Incident, IncidentState
from bot.domain.signal import Rule
from bot.messages.cards.common import TONES, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment


def incidents_card(
    incidents: Sequence[Incident], names: dict[str, str], *, about: str = "", kinds: SignalKinds = SIGNAL_KINDS
) -> Message:
    """Return the list of open and recent incidents."""
    where = f" · {about}" if about else ""
    if not incidents:
        return Message(
            title=f"Incidents{where}",
            tone=Tone.GOOD,
            lines=lines("No open or past incidents. /status says how fresh the data are."),
        )
    newest = max((incident.signal for incident in incidents), key=lambda signal: signal.as_of)
    open_count = sum(incident.state is IncidentState.OPEN for incident in incidents)
    return Message(
        title=f"Incidents{where}",
        tone=max((TONES[incident.severity] for incident in incidents if incident.state is IncidentState.OPEN),
                 key=list(Tone).index, default=Tone.GOOD),
        lines=lines(
            f"{open_count} open · {len(incidents)} shown, newest first",
            *[_entry_line(incident, _name(incident, names), card_of(incident.rule, kinds)) for incident in incidents],
            *dict.fromkeys(card_of(incident.rule, kinds).footnote() for incident in incidents),
        ),
        footer=provenance(newest.source, newest.as_of),
        actions=tuple(Action(f"Why {incident.label}", f"why {incident.label}") for incident in incidents[:3]),
    )  # fmt: skip


def _name(incident: Incident, names: Mapping[str, str]) -> str:
    return MARKET.name if incident.rule == Rule.MARKET_WIDE else names.get(incident.subject, incident.subject)


def _entry_line(incident: Incident, name: str, card: SignalCard) -> Line:
    """Return an incident in one line of text: a table would be too wide for a phone."""
    is_open = incident.state is IncidentState.OPEN
    icon = TONES[incident.severity].icon if is_open else Tone.GOOD.icon
    # The figures that the alert shows, also while a newer reading lacks a part.
    size = card.brief(incident.figures) if is_open else ""
    words = " · ".join(("", *([size] if size else []), severity_words(incident), incident.label, "opened "))
    return line(f"{icon} ", bold(name), words, moment(incident.opened_at))


def severity_words(incident: Incident) -> str:
    """Return how severe an incident is and ever was: `severe (its peak)`, `elevated (peak: severe)`, `resolved (…)`."""
    if incident.state is IncidentState.RESOLVED:
        return f"resolved (peak: {incident.peak})"
    return (
        f"{incident.severity} (its peak)"
        if incident.severity is incident.peak
        else (f"{incident.severity} (peak: {incident.peak})")
    )
