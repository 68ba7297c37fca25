"""The text of an alert: the message that is posted and edited, and the reply that closes it.

Example: the title "INC-42 · OKX · elevated outflow", then the figure "Net outflow −$1.14 B in 24 h · 4.0 % of reserves
($28.4 B)", then what has changed: "Escalated from watch to elevated." What a signal source says in its own words comes
from its `SignalCard`.

A message keeps its figures: while the newest reading lacks a part, it shows the last complete ones and says so, "Data
incomplete: Tron is missing at the source."

An incident has one severity everywhere, that of the preset `normal`. Where a place has another preset, the title is the
same and a line adds: "This place uses early sensitivity, at which it is severe already."
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.exchange import MARKET
from bot.domain.flow import HoldReason
from bot.domain.incident import Ending, Incident, IncidentState, StepReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import MarketMember, Rule, Signal
from bot.language.name_lists import clauses, enumerated, joined, sentences, with_note
from bot.language.translation import language, marked, tr, tr_as, tr_count
from bot.messages.cards.common import (
    TONES,
    lasting_provenance,
    liabilities,
    note_sentence,
    sensitivity_word,
    window_name,
)
from bot.messages.cards.data_notice import notice_card
from bot.messages.cards.flow_bounds import flow_sentence
from bot.messages.cards.hold_details import missing_share
from bot.messages.cards.mutes import mute_actions
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Action, Fold, Line, Message, Tone, bold, line, lines, moment
from bot.messages.number_format import percent, span, usd
from bot.messages.phone_screen import SCREEN_LINES, screen_lines
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_count_line, tr_line

_MARKET_HEADLINES = {
    Severity.WATCH: marked("watch outflow"),
    Severity.ELEVATED: marked("elevated outflow"),
    Severity.SEVERE: marked("severe outflow"),
    Severity.CRITICAL: marked("critical outflow"),
}
_SHOWN_MEMBERS = 5  # exchanges of a market-wide incident, the worst first
_SHOWN_LINES = 12
"""With its title and its source an alert has 14 lines; what comes after them is of interest to few, and is folded."""
_QUOTE_LINES = 4  # on a phone, of what is folded: three lines to begin with, and an empty one


def incident_card(  # noqa: PLR0913 — what its text is made of
    incident: Incident,
    name: str,
    reason: StepReason,
    names: Mapping[str, str] | None = None,
    kinds: SignalKinds = SIGNAL_KINDS,
    *,
    drills: Line | None = None,
    normal: Severity | None = None,
) -> Message:
    """Return the alert that is posted, edited and finally closed.

    `name` is that of the incident's subject, `names` those of all exchanges; `kinds` are the signal sources. `drills`
    is what members' drills found, shown while the incident is open. `normal` is the severity that the preset `normal`
    gives an incident of another preset, None where it has none open.
    """
    card = card_of(incident.rule, kinds)
    if incident.rule == Rule.MARKET_WIDE:
        return market_card(incident, names or {}, _change_line(incident, reason, card))
    if incident.rule == Rule.DATA:
        return notice_card(incident, name, card)
    signal = incident.announced
    resolved = incident.state is IncidentState.RESOLVED
    shown = replace(incident, severity=normal) if normal else incident
    evidence, change = [*card.evidence(signal)], _change_line(incident, reason, card)
    told = lines(
        change if resolved else None,
        *evidence[:1],
        _frozen_line(incident, card) if incident.is_frozen else None,
        None if resolved else change,
        *evidence[1:],
        _easing_line(incident, card),
        None if resolved else _preset_line(incident, normal),
        _unconfirmed_line(incident),
        _cover_line(incident),
        # A frozen message has said it already.
        None if incident.is_frozen else comparability(incident, signal, card),
        *map(note_sentence, signal.notes),
        None if resolved else drills,
        card.footnote(),
    )
    message = Message(
        title=f"{incident.label} · {name} · {_title_state(shown, card)}",
        tone=Tone.GOOD if resolved else TONES[shown.severity],
        lines=told,
        footer=lasting_provenance(signal.source, signal.as_of),
        actions=(
            Action(tr("Why"), f"why {incident.label}"),
            *card.actions(incident),
            *(() if resolved else mute_actions(incident.subject)),
        ),
        silent=incident.severity is Severity.WATCH or resolved,  # neither is worth a sound
    )
    return replace(message, fold=_fold(message, f"why {incident.label} details"))


def _fold(message: Message, details: str) -> Fold | None:
    """Return from which line on an alert is folded so that it is read on one screen, None where all of it is."""
    if len(message.lines) <= _SHOWN_LINES and screen_lines(message) <= SCREEN_LINES:
        return None
    fitting = (
        count
        for count in range(min(_SHOWN_LINES, len(message.lines)), 1, -1)
        if screen_lines(replace(message, lines=message.lines[:count])) <= SCREEN_LINES - _QUOTE_LINES
    )
    return Fold(next(fitting, 1), details)


def resolved_card(incident: Incident, name: str, kinds: SignalKinds = SIGNAL_KINDS) -> Message:
    """Return the short reply that closes an incident."""
    card = card_of(incident.rule, kinds)
    return Message(
        title=f"{incident.label} · {name} · {_resolved()}",
        tone=Tone.GOOD,
        lines=lines(card.ending(incident), _peak_line(incident, card)),
        footer=lasting_provenance(incident.signal.source, incident.signal.as_of),
        silent=True,
    )


def market_card(incident: Incident, names: Mapping[str, str], first: Line | None, *, unfolded: bool = False) -> Message:
    """Return an incident of many exchanges with each one's part in it, under a first line.

    Where there are so many that they fill a screen, those from the sixth on are details; `unfolded` shows all.
    """
    signal, flow = incident.signal, incident.signal.leading_flow
    resolved = incident.state is IncidentState.RESOLVED
    members = [_member_line(member, names) for member in signal.members]
    message = Message(
        title=" · ".join((incident.label, tr("Market-wide"), _market_state(incident))),
        tone=Tone.GOOD if resolved else TONES[incident.severity],
        lines=lines(
            first,
            flow_sentence(flow) if flow and not resolved else None,
            *(() if resolved else map(note_sentence, signal.notes)),
            *members[:_SHOWN_MEMBERS],
            tr("Could be users leaving several exchanges at once, or one move of the whole market."),
            liabilities(),
            *members[_SHOWN_MEMBERS:],
            None
            if resolved
            else tr("Alerts about single exchanges go only to places that subscribed to them by name."),
        ),
        footer=lasting_provenance(signal.source, signal.as_of),
        actions=(Action(tr("Incidents"), "incidents"), *(() if resolved else mute_actions(MARKET.id))),
        private=unfolded,
        silent=resolved,
    )
    return message if unfolded else replace(message, fold=_fold(message, f"why {incident.label} details"))


def _market_state(incident: Incident) -> str:
    """Return what a market-wide incident is: `elevated outflow at 3 exchanges`."""
    if incident.state is IncidentState.RESOLVED:
        return _resolved()
    flow = incident.signal.leading_flow
    # Of members that are judged by a week or more the day may be an inflow: then the title names no outflow above it.
    is_inflow = flow is not None and flow.share >= 0
    # Translators: {headline} is "elevated outflow" or, where nothing flows out today, "elevated" alone.
    return tr_count(
        "{headline} at {count} exchange",
        "{headline} at {count} exchanges",
        len(incident.signal.members),
        headline=severity_word(incident.severity) if is_inflow else tr(_MARKET_HEADLINES[incident.severity]),
    )


def _resolved() -> str:
    return tr_as("an incident", "resolved")


def peak_words(incident: Incident, card: SignalCard) -> Line:
    """Return the worst there was and when: `severe, −8.1 % (−$640 M) in 24 h, 2022-12-13 11:00 UTC`."""
    worst = incident.worst_moment
    if worst is None:  # an incident that an older version has stored
        figure = card.worst_figure(incident) if incident.worst else ""
        return line(bold(clauses((severity_word(incident.peak), figure))))
    return line(
        bold(clauses((severity_word(incident.peak), card.worst_moment(worst)))), language().comma, moment(worst.as_of)
    )


def _peak_line(incident: Incident, card: SignalCard) -> Line:
    # Translators: {peak} is "severe, −8.1 % (−$640 M) in 24 h, 2022-12-13 11:00 UTC", {length} "4 h 25 min".
    return tr_line(
        "Peak: {peak}. Lasted {length}, from {start} on.",
        peak=peak_words(incident, card),
        length=span(incident.changed_at - incident.opened_at),
        start=moment(incident.opened_at),
    )


def _member_line(member: MarketMember, names: Mapping[str, str]) -> Line:
    label = with_note("", member.label or "")
    moved = tr(
        "{usd} · {share} in {window}",
        usd=usd(member.usd, signed=True),
        share=percent(member.share, signed=True),
        window=window_name(member.window),
    )
    name = bold(names.get(member.exchange, member.exchange))
    return line(name, f"{label} · {severity_word(member.severity)} · {moved}")


def _cover_line(incident: Incident) -> str | None:
    if not incident.covered_by:
        return None
    label = f"INC-{incident.covered_by}"
    return tr("Part of the market-wide incident {incident}.", incident=label)


def _title_state(incident: Incident, card: SignalCard) -> str:
    if incident.state is IncidentState.RESOLVED:
        return _resolved()
    headline = card.easing_headline(incident) if _is_easing(incident) else card.headline(incident)
    if not incident.is_frozen:
        return headline
    is_incomplete = bool(_missing_chains(incident.signal))
    return " · ".join((headline, tr("data incomplete") if is_incomplete else tr_as("an alert", "frozen")))


def _is_easing(incident: Incident) -> bool:
    return incident.easing_since is not None and incident.state is IncidentState.OPEN


def _easing_line(incident: Incident, card: SignalCard) -> Line | None:
    """Return since when the figures are below what the incident is called by, and what is still over a limit."""
    if not _is_easing(incident) or incident.easing_since is None:
        return None
    severity, since = severity_word(incident.severity), moment(incident.easing_since)
    if over := card.exceeded_limits(incident.announced):
        return tr_line(
            "Below the limits of {severity} since {time}; it is downgraded if that lasts. "
            "Still over a lower limit: {limits}.",
            severity=severity,
            time=since,
            limits=over,
        )
    return tr_line(
        "Below the limits of {severity} since {time}; it is downgraded if that lasts. No limit is exceeded now.",
        severity=severity,
        time=since,
    )


def _change_line(incident: Incident, reason: StepReason, card: SignalCard) -> Line | None:
    match reason:
        case StepReason.ESCALATED:
            return _escalation_line(incident)
        case StepReason.DEESCALATED:
            return _deescalation_line(incident)
        case StepReason.RESOLVED:
            return line(card.ending(incident), language().sentence_gap, *_peak_line(incident, card))
        case StepReason.RELEASED:
            # Some windows may still not be judged; a line below says which.
            if card.holds(incident.signal):
                return line(tr("No longer frozen: this alert follows the newest figures."))
            return line(tr("Data complete again: this alert follows the newest figures."))
        case _:
            return None


def _escalation_line(incident: Incident) -> Line:
    now = severity_word(incident.severity)
    if before := _severity_before(incident):
        return tr_line("**Escalated from {before} to {now}.**", before=severity_word(before), now=now)
    return tr_line("**Escalated to {now}.**", now=now)


def _deescalation_line(incident: Incident) -> Line:
    now = severity_word(incident.severity)
    if before := _severity_before(incident):
        return tr_line("Easing: down from {before} to {now}.", before=severity_word(before), now=now)
    return tr_line("Easing: down to {now}.", now=now)


def _severity_before(incident: Incident) -> Severity | None:
    """Return what it was before its last step; None where it was the same or is not known any more."""
    before = incident.events[-2].severity if len(incident.events) > 1 else incident.severity
    return before if before is not incident.severity else None


def _preset_line(incident: Incident, normal: Severity | None) -> str | None:
    """Return why a place with another preset was told earlier or later than others, or calls it otherwise."""
    if incident.sensitivity is Sensitivity.NORMAL or normal is incident.severity:
        return None
    sensitivity, severity = sensitivity_word(incident.sensitivity), severity_word(incident.severity)
    if normal is None:
        return tr(
            "Posted early: this place uses {sensitivity} sensitivity. At normal it is no incident yet.",
            sensitivity=sensitivity,
        )
    if incident.severity.rank > normal.rank:
        return tr(
            "This place uses {sensitivity} sensitivity, at which it is {severity} already.",
            sensitivity=sensitivity,
            severity=severity,
        )
    return tr(
        "This place uses {sensitivity} sensitivity, at which it is {severity} only.",
        sensitivity=sensitivity,
        severity=severity,
    )


def _unconfirmed_line(incident: Incident) -> str | None:
    if incident.confirmed or incident.state is IncidentState.RESOLVED:
        return None
    return tr("Not confirmed yet: only one reading shows it so far.")


def _frozen_line(incident: Incident, card: SignalCard) -> Line:
    """Return why there are no newer figures than those shown, and until when the alert stays as it is."""
    shown_at = moment(incident.announced.as_of)
    chains = _missing_chains(incident.signal)
    if not chains:
        causes = joined([why for _, why in card.holds(incident.signal)]) or card.nothing_measured()
        # Translators: {time} is when the figures were true that are shown.
        return tr_line(
            "**Figures frozen: {causes}**. They are those of {time}, until newer ones can be compared.",
            causes=causes,
            time=shown_at,
        )
    if share := _missing_share(incident.signal):
        return tr_count_line(
            "**Data incomplete: {chains}** ({share} of reserves) is missing at the source. The figures are the last "
            "complete ones, of {time}; this alert is frozen until it is back.",
            "**Data incomplete: {chains}** ({share} of reserves) are missing at the source. The figures are the last "
            "complete ones, of {time}; this alert is frozen until they are back.",
            len(chains),
            chains=joined(chains),
            share=share,
            time=shown_at,
        )
    return tr_count_line(
        "**Data incomplete: {chains}** is missing at the source. The figures are the last complete ones, of {time}; "
        "this alert is frozen until it is back.",
        "**Data incomplete: {chains}** are missing at the source. The figures are the last complete ones, of {time}; "
        "this alert is frozen until they are back.",
        len(chains),
        chains=joined(chains),
        time=shown_at,
    )


def _missing_chains(signal: Signal) -> list[str]:
    """Return the chains that the newest reading lacks; none where something else is the matter."""
    return sorted(
        {
            chain
            for flow in signal.flows
            if flow.window in signal.incomplete | signal.uncertain
            for chain in flow.missing_chains
        }
    )


def _missing_share(signal: Signal) -> str:
    """Return how large the missing chains are, `14.0 %`; "" where no hold says so."""
    details = (hold.detail for hold in signal.holds if hold.reason is HoldReason.CHAIN_MISSING)
    share = missing_share(next(details, ""))
    return percent(share, digits=1) if share is not None else ""


def comparability(incident: Incident, signal: Signal, card: SignalCard) -> str | None:
    """Return what is not judged, measurement by measurement, else what the source says of figures that are complete.

    What turned out to be an internal move could no more be a theft.
    """
    if holds := card.holds(signal):
        return sentences(
            # Translators: {measurements} are windows, "7 d, 30 d", or assets.
            *[
                tr("{measurements} can't be judged for now: {reason}.", measurements=enumerated(names), reason=why)
                for names, why in holds
            ]
        )
    return card.caution(signal, is_explained=incident.ending is Ending.INTERNAL_MOVE)
