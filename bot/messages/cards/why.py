"""The card of `/why`: the figure, the limits that it exceeded, what is normal; and as details all that lies behind it.

It explains the figures on which the incident was opened or last got worse. An incident that opened at −4 % and is at
−0.2 % now leads with the −4 %, and has one line "Newest reading: …" for the −0.2 %. Seven lines are shown at most; the
readings compared, every limit, the source's own figures, data gaps and history are details (`Fold`).
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from bot.detection.pegs import PEG_RULE
from bot.detection.price_gaps import PRICE_GAP_RULE
from bot.detection.proofs import PROOF_RULE
from bot.detection.withdrawals.closed_networks import NETWORK_RULE
from bot.detection.withdrawals.closed_withdrawals import WITHDRAWALS_RULE
from bot.domain.incident import Ending, Event, Incident, IncidentState, StepReason
from bot.domain.signal import Note, Rule, Signal
from bot.language.name_lists import joined, sentences
from bot.language.translation import marked, tr
from bot.messages.cards.alert import comparability, market_card, peak_words
from bot.messages.cards.common import TONES, hold_sentence, note_sentence, provenance, sensitivity_word
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Field, Fold, Line, Message, Tone, line, lines, moment
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_line

_SHOWN_EVENTS = 8  # the newest: an embed of Discord has 25 fields at most, and nobody reads so many
_SHOWN_HOLDS = 3
# Holds have lines of their own, with their causes and ends, and are left out of the list of events.
_EVENT_WORDS = {
    # Translators: what happened to an incident, with the time behind it.
    StepReason.OPENED: marked("opened"),
    StepReason.ESCALATED: marked("escalated"),
    StepReason.DEESCALATED: marked("deescalated"),
    StepReason.RESOLVED: marked("resolved"),
}
_RULE_WORDS: Mapping[str, str] = {
    # Translators: the name of a rule: "outflow rule, normal sensitivity".
    Rule.OUTFLOW: marked("outflow"),
    # Translators: a slow outflow over weeks.
    Rule.BLEED: marked("bleed"),
    # Translators: the name of the rule about moves in the source's data that may be no flow.
    Rule.DATA: marked("data"),
    WITHDRAWALS_RULE: marked("withdrawals"),
    # Translators: the name of the rule about a network that several exchanges close at once.
    NETWORK_RULE: marked("network event"),
    # Translators: the name of the rule about proofs of reserves: "proof of reserves rule, normal sensitivity".
    PROOF_RULE: marked("proof of reserves"),
    # Translators: the name of the rule about stablecoins that are worth less than their dollar.
    PEG_RULE: marked("peg"),
    # Translators: the name of the rule about an exchange whose prices are far from those at others.
    PRICE_GAP_RULE: marked("price gap"),
}


def why_card(  # noqa: PLR0913 — what its text is made of
    incident: Incident,
    name: str,
    names: Mapping[str, str] | None = None,
    kinds: SignalKinds = SIGNAL_KINDS,
    *,
    revised: Note | None = None,
    unfolded: bool = False,
) -> Message:
    """Return the figure, the limits, what is normal and the state of an incident, and the rest as details.

    The figures are those on which it was opened or last got worse; what the newest reading says stands apart. `revised`
    says that the source has revised its history since, of which an incident that is over knows nothing itself.
    `unfolded` is for whoever asked for the details: one message with everything, for nobody else.
    """
    if incident.rule == Rule.MARKET_WIDE:
        return market_card(incident, names or {}, line(_market_rule()), unfolded=unfolded)
    raised_by, card = incident.raised_by or incident.signal, card_of(incident.rule, kinds)
    shown = lines(
        card.figure(raised_by),
        _status_line(incident),
        _peak_line(incident, card),
        _exceeded_line(raised_by, card),
        card.normal(raised_by),
        _newest_line(incident, card) if incident.raised_by and raised_by.as_of != incident.signal.as_of else None,
        sentences(
            card.ending(incident) if incident.ending is Ending.INTERNAL_MOVE else "",
            comparability(incident, raised_by, card),
        ),
    )
    details = lines(
        *card.inputs(raised_by),
        card.thresholds(incident.sensitivity),
        *card.background(raised_by),
        *_hold_lines(incident, card),
        *map(note_sentence, incident.signal.notes),
        note_sentence(revised) if revised and revised not in incident.signal.notes else None,
        card.method(),
        card.footnote(),
    )
    return Message(
        title=tr("{incident} · {exchange} · why", incident=incident.label, exchange=name),
        tone=Tone.GOOD if incident.state is IncidentState.RESOLVED else TONES[incident.severity],
        lines=(*shown, *(detail for detail in details if detail not in shown)),
        fields=tuple(
            Field(tr(_EVENT_WORDS[event.reason]), line(moment(event.at), _event_size(event, card)), inline=False)
            for event in [event for event in incident.events if event.reason in _EVENT_WORDS][-_SHOWN_EVENTS:]
        ),
        table=card.table(raised_by),
        footer=provenance(incident.signal.source, incident.signal.as_of),
        actions=card.actions(incident)[-1:],
        private=unfolded,
        fold=None if unfolded else Fold(len(shown), f"why {incident.label} details"),
    )


def _market_rule() -> str:
    return tr(
        "Opened because three or more exchanges with reserves of $1 B or more became elevated or worse within 72 "
        "hours. It is as severe as the third worst of them."
    )


def _status_line(incident: Incident) -> str:
    """Return its state, severity, rule and preset: `Open · severe (its peak) · outflow rule, normal sensitivity`."""
    rule_word = _RULE_WORDS.get(incident.rule, incident.rule)
    # A source that is in no table has a rule without a translation.
    rule, sensitivity = tr(rule_word), sensitivity_word(incident.sensitivity)
    severity, peak = severity_word(incident.severity), severity_word(incident.peak)
    if incident.state is IncidentState.RESOLVED:
        return tr(
            "Resolved (peak: {peak}) · {rule} rule, {sensitivity} sensitivity",
            peak=peak,
            rule=rule,
            sensitivity=sensitivity,
        )
    if incident.severity is incident.peak:
        return tr(
            "Open · {severity} (its peak) · {rule} rule, {sensitivity} sensitivity",
            severity=severity,
            rule=rule,
            sensitivity=sensitivity,
        )
    return tr(
        "Open · {severity} (peak: {peak}) · {rule} rule, {sensitivity} sensitivity",
        severity=severity,
        peak=peak,
        rule=rule,
        sensitivity=sensitivity,
    )


def _peak_line(incident: Incident, card: SignalCard) -> Line | None:
    """Return the figures and the time of the worst reading: the last step need not have been the worst one."""
    # Translators: {worst} is such as "severe, −8.1 % (−$640 M) in 24 h, 11:00 UTC".
    return tr_line("Peak: {worst}", worst=peak_words(incident, card)) if incident.worst_moment else None


def _exceeded_line(raised_by: Signal, card: SignalCard) -> Line:
    if not raised_by.reasons:
        return line(tr("These figures exceed no limit."))
    # Translators: {limits} is such as "24 h −4.2 % (limit −3.0 %)".
    return tr_line("**Over the limit:** {limits}", limits=card.exceeded_limits(raised_by))


def _hold_lines(incident: Incident, card: SignalCard) -> Iterator[Line]:
    """Yield the newest spans in which nothing was concluded, and why; or that there was none."""
    # A hold ends with the event after it, whatever that is; the last one may last until now.
    successive = pairwise((*incident.events, None))
    held_spans = [(held, after) for held, after in successive if held and held.reason is StepReason.HELD]
    if len(held_spans) > _SHOWN_HOLDS:
        yield line(
            tr("Data gaps during this incident: {count}. The last {shown}:", count=len(held_spans), shown=_SHOWN_HOLDS)
        )
    for held, after in held_spans[-_SHOWN_HOLDS:]:
        yield _hold_line(held, after, _hold_causes(held, card))
    if not held_spans:
        yield line(tr("Data gaps during this incident: none."))


def _hold_line(held: Event, after: Event | None, causes: str) -> Line:
    if after is None:
        return tr_line("**Data gap:** {start} to now, {causes}", start=moment(held.at), causes=causes)
    return tr_line(
        "**Data gap:** {start} to {end}, {causes}", start=moment(held.at), end=moment(after.at), causes=causes
    )


def _hold_causes(held: Event, card: SignalCard) -> str:
    first_of_each = {hold.reason: hold for hold in reversed(held.holds)}
    return joined([hold_sentence(hold) for hold in first_of_each.values()]) or card.nothing_measured()


def _newest_line(incident: Incident, card: SignalCard) -> Line:
    """Return what the newest reading says, beside what once raised the incident."""
    signal, is_over = incident.figures, incident.state is IncidentState.RESOLVED
    figure = _newest_figure(card.figure(signal), is_over=is_over, is_newest=signal is incident.signal)
    if is_over and incident.rule == Rule.DATA:  # what is back, or counted elsewhere, exceeds no limit of a notice
        return figure
    exceeded = card.exceeded_limits(signal)
    # Translators: {limits} is such as "24 h −4.2 % (limit −3.0 %)"; a figure stands in front of it.
    limits = tr("over the limit: {limits}", limits=exceeded) if exceeded else tr("no limit is exceeded")
    return line(*figure, " · ", limits)


def _newest_figure(figure: Line, *, is_over: bool, is_newest: bool) -> Line:
    if is_over:
        return tr_line("**At its end:** {figure}", figure=figure)
    if is_newest:
        return tr_line("**Newest reading:** {figure}", figure=figure)
    return tr_line("**Last complete reading:** {figure}", figure=figure)


def _event_size(event: Event, card: SignalCard) -> str:
    return f" · {card.size(event.size)}" if event.size else ""
