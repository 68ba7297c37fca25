"""The list that answers `/incidents`: what is open, what was lately, newest first, one line each.

Example: "🟠 OKX · −4.0 % in 24 h · elevated (peak: severe) · INC-42 · opened 12:00 UTC".
"""

from collections.abc import Mapping, Sequence

from bot.domain.incident import Incident, IncidentState
from bot.domain.signal import Rule
from bot.language.translation import tr
from bot.messages.cards.common import TONES, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_line


def incidents_card(
    incidents: Sequence[Incident], names: dict[str, str], *, about: str = "", kinds: SignalKinds = SIGNAL_KINDS
) -> Message:
    """Return the list of open and recent incidents."""
    title = " · ".join(filter(None, (tr("Incidents"), about)))
    if not incidents:
        return Message(
            title=title,
            tone=Tone.GOOD,
            lines=lines(tr("No open or past incidents. /status says how fresh the data are.")),
        )
    newest = max((incident.signal for incident in incidents), key=lambda signal: signal.as_of)
    open_count = sum(incident.state is IncidentState.OPEN for incident in incidents)
    return Message(
        title=title,
        tone=max((TONES[incident.severity] for incident in incidents if incident.state is IncidentState.OPEN),
                 key=list(Tone).index, default=Tone.GOOD),
        lines=lines(
            # Translators: how many incidents are open, and how many are listed below.
            tr("{open} open · {shown} shown, newest first", open=open_count, shown=len(incidents)),
            *[_entry_line(incident, names, card_of(incident.rule, kinds)) for incident in incidents],
            *dict.fromkeys(card_of(incident.rule, kinds).footnote() for incident in incidents),
        ),
        footer=provenance(newest.source, newest.as_of),
        actions=tuple(
            Action(tr("Why {incident}", incident=incident.label), f"why {incident.label}") for incident in incidents[:3]
        ),
    )  # fmt: skip


def incident_name(incident: Incident, names: Mapping[str, str]) -> str:
    """Return what an incident is about: the name of its exchange, or that it is many exchanges at once."""
    return tr("Market-wide") if incident.rule == Rule.MARKET_WIDE else names.get(incident.subject, incident.subject)


def _entry_line(incident: Incident, names: Mapping[str, str], card: SignalCard) -> Line:
    """Return an incident in one line of text: a table would be too wide for a phone."""
    is_open = incident.state is IncidentState.OPEN
    icon = TONES[incident.severity].icon if is_open else Tone.GOOD.icon
    # The figures that the alert shows, also while a newer reading lacks a part.
    size = card.brief(incident.figures) if is_open else ""
    words = " · ".join(("", *([size] if size else []), severity_words(incident), incident.label, ""))
    opened = tr_line("opened {time}", time=moment(incident.opened_at))
    return line(f"{icon} ", bold(incident_name(incident, names)), words, *opened)


def severity_words(incident: Incident) -> str:
    """Return how severe an incident is and ever was: `severe (its peak)`, `elevated (peak: severe)`, `resolved (…)`."""
    if incident.state is IncidentState.RESOLVED:
        return tr("resolved (peak: {peak})", peak=severity_word(incident.peak))
    severity = severity_word(incident.severity)
    if incident.severity is incident.peak:
        # Translators: the incident was never more severe than it is now.
        return tr("{severity} (its peak)", severity=severity)
    return tr("{severity} (peak: {peak})", severity=severity, peak=severity_word(incident.peak))
