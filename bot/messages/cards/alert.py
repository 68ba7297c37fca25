"""The text of an alert: the message that is posted and edited, and the reply that closes it.

Example of an alert's title and first line: "INC-42 · OKX · elevated outflow", "Net outflow −$1.14 B in 24 h · 4.0 % of
clean reserves ($28.4 B)". What a signal source says in its own words comes from its `SignalCard`.

A message keeps its figures: while the newest reading lacks a part, it shows the last complete ones and since when it
does, "Figures of 2022-12-13 12:00 UTC; Tron has been missing since."
"""

from collections.abc import Mapping

from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.severity import Severity
from bot.domain.signal import MarketMember, Rule, Signal
from bot.messages.cards.common import (
    LIABILITIES,
    TONES,
    WINDOW_NAMES,
    note_sentence,
    provenance,
)
from bot.messages.cards.data_notice import notice_card
from bot.messages.cards.flow_bounds import flow_sentence
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.number_format import percent, usd


def incident_card(  # noqa: PLR0913 — what its text is made of
    incident: Incident,
    name: str,
    reason: StepReason,
    names: Mapping[str, str] | None = None,
    kinds: SignalKinds = SIGNAL_KINDS,
    *,
    drills: Line | None = None,
) -> Message:
    """Return the alert that is posted, edited and finally closed.

    `name` is that of the incident's subject, `names` those of all exchanges; `kinds` are the signal sources. `drills`
    is what members' drills found, shown while the incident is open.
    """
    card = card_of(incident.rule, kinds)
    if incident.rule == Rule.MARKET_WIDE:
        return market_card(incident, names or {}, _change_line(incident, reason, card))
    if incident.rule == Rule.DATA:
        return notice_card(incident, name, card)
    signal = incident.announced
    resolved = incident.state is IncidentState.RESOLVED
    return Message(
        title=f"{incident.label} · {name} · {_title_state(incident, card)}",
        tone=Tone.GOOD if resolved else TONES[incident.severity],
        lines=lines(
            _change_line(incident, reason, card),
            _frozen_line(incident, card) if incident.is_frozen else None,
            *card.evidence(signal),
            _easing_line(incident),
            _unconfirmed_line(incident),
            _cover_line(incident),
            # A frozen message has said it already.
            None if incident.is_frozen else comparability(signal, card),
            *map(note_sentence, signal.notes),
            None if resolved else drills,
            card.footnote,
        ),
        footer=provenance(signal.source, signal.as_of),
        actions=(Action("Why", f"why {incident.label}"), *card.actions(incident)),
        silent=incident.severity is Severity.WATCH or resolved,  # neither is worth a sound
    )


def resolved_card(incident: Incident, name: str, kinds: SignalKinds = SIGNAL_KINDS) -> Message:
    """Return the short reply that closes an incident."""
    card, worst = card_of(incident.rule, kinds), incident.worst_moment
    return Message(
        title=f"{incident.label} · {name} · resolved",
        tone=Tone.GOOD,
        lines=lines(
            f"Resolved: {card.ending(incident)} It was {incident.peak} at worst"
            f"{'' if worst else card.worst(incident)}.",
            line("Worst: ", bold(card.worst_moment(worst)), ", ", moment(worst.as_of), ".") if worst else None,
            line("Opened ", moment(incident.opened_at), "."),
        ),
        footer=provenance(incident.signal.source, incident.signal.as_of),
        silent=True,
    )


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
            *[_member_line(member, names) for member in signal.members],
            None if resolved else "Alerts of single exchanges go to places that follow them by name.",
            "Outflows at many exchanges at once may be a flight from all of them, or one move of the market.",
            LIABILITIES,
        ),
        footer=provenance(signal.source, signal.as_of),
        actions=(Action("Incidents", "incidents"),),
        silent=resolved,
    )


def _member_line(member: MarketMember, names: Mapping[str, str]) -> Line:
    label = f" ({member.label})" if member.label else ""
    moved = f"{usd(member.usd, signed=True)} · {percent(member.share, signed=True)}"
    figures = f"{member.severity} · {moved} in {WINDOW_NAMES[member.window]}"
    return line(bold(names.get(member.exchange, member.exchange)), f"{label} · {figures}")


def _cover_line(incident: Incident) -> str | None:
    return f"Part of INC-{incident.covered_by}, which is market-wide." if incident.covered_by else None


def _title_state(incident: Incident, card: SignalCard) -> str:
    if incident.state is IncidentState.RESOLVED:
        return "resolved"
    # So that a title never contradicts the figure below it: an elevated outflow of which nothing is left by now.
    headline = f"{card.headline(incident)}, easing" if _is_easing(incident) else card.headline(incident)
    return f"{headline} · held" if incident.is_frozen else headline


def _is_easing(incident: Incident) -> bool:
    return incident.easing_since is not None and incident.state is IncidentState.OPEN


def _easing_line(incident: Incident) -> Line | None:
    """Return since when the figures are below what the incident is called by, and what that leads to."""
    if not _is_easing(incident) or incident.easing_since is None:
        return None
    return line(
        f"Below the limits of {incident.severity} since ", moment(incident.easing_since), "; it eases if that lasts."
    )


def _change_line(incident: Incident, reason: StepReason, card: SignalCard) -> Line | None:
    match reason:
        case StepReason.ESCALATED:
            return line(f"Worse than before: now {incident.severity}.")
        case StepReason.DEESCALATED:
            return line(f"Easing: now {incident.severity}, {incident.peak} at worst.")
        case StepReason.RESOLVED:
            return line(f"Resolved: {card.ending(incident)} It was {incident.peak} at worst.")
        case StepReason.RELEASED:
            return line("The hold is over: the newest figures can be compared again.")
        case _:
            return None


def _unconfirmed_line(incident: Incident) -> str | None:
    if incident.confirmed or incident.state is IncidentState.RESOLVED:
        return None
    return "Not confirmed yet: seen in one reading only; the next one that shows it confirms it."


def _frozen_line(incident: Incident, card: SignalCard) -> Line:
    """Return which figures are shown, and why there are no newer ones."""
    signal = incident.signal
    figures = ("Figures of ", moment(incident.announced.as_of))
    if names := _missing_names(signal):
        return line(*figures, "; ", bold(names), f" {'have' if ' and ' in names else 'has'} been missing since.")
    causes = " and ".join(why for _, why in card.holds(signal)) or card.nothing_measured
    return line(*figures, "; frozen since: ", bold(causes), ".")


def _missing_names(signal: Signal) -> str:
    """Return the chains that the newest reading lacks, "Solana and Tron"; "" where something else is the matter."""
    chains = sorted(
        {
            chain
            for flow in signal.flows
            if flow.window in signal.incomplete | signal.uncertain
            for chain in flow.missing_chains
        }
    )
    return " and ".join(filter(None, (", ".join(chains[:-1]), *chains[-1:])))


def comparability(signal: Signal, card: SignalCard) -> str | None:
    """Return what was left out, measurement by measurement, else what the source says of figures that are all whole."""
    if holds := card.holds(signal):
        return " ".join(f"Held over {', '.join(names)}: {why}." for names, why in holds)
    return card.caution(signal)
