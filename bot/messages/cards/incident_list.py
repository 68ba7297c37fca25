"""The list that answers `/incidents`: what is open, what was lately, newest first, one line each.

Example: "🟠 INC-42 · OKX · elevated, severe at worst, −4.0 % · opened 12:00 UTC".
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
            lines=lines("No incident is open and none is remembered. /status says how fresh the data is."),
        )
    newest = max((incident.signal for incident in incidents), key=lambda signal: signal.as_of)
    open_count = sum(incident.state is IncidentState.OPEN for incident in incidents)
    return Message(
        title=f"Incidents{where}",
        tone=max((TONES[incident.severity] for incident in incidents if incident.state is IncidentState.OPEN),
                 key=list(Tone).index, default=Tone.GOOD),
        lines=lines(
            f"{open_count} open, {len(incidents)} shown, newest first.",
            *[_entry_line(incident, _name(incident, names), card_of(incident.rule, kinds)) for incident in incidents],
            *dict.fromkeys(card_of(incident.rule, kinds).footnote for incident in incidents),
        ),
        footer=provenance(newest.source, newest.as_of),
        actions=tuple(Action(f"Why {incident.label}", f"why {incident.label}") for incident in incidents[:3]),
    )  # fmt: skip


def _name(incident: Incident, names: Mapping[str, str]) -> str:
    return MARKET.name if incident.rule == Rule.MARKET_WIDE else names.get(incident.subject, incident.subject)


def _entry_line(incident: Incident, name: str, card: SignalCard) -> Line:
    """Return an incident in one line of text: a table would be too wide for a phone."""
    is_open = incident.state is IncidentState.OPEN
    now = f"{TONES[incident.severity].icon} " if is_open else f"{Tone.GOOD.icon} "
    state = f"{incident.severity}, {incident.peak} at worst" if is_open else f"resolved, {incident.peak} at worst"
    # The figures that the alert shows, also while a newer reading lacks a part.
    size = card.brief(incident.figures) if is_open else ""
    words = " · ".join(("", name, state, *([size] if size else []), "opened "))
    return line(now, bold(incident.label), words, moment(incident.opened_at))
