"""The card of `/why`: the figure, the limits that it exceeded, what is normal; and as details all that lies behind it.

It explains the figures on which the incident was opened or last got worse. An incident that opened at −4 % and is at
−0.2 % now leads with the −4 %, and has one line "Newest reading: …" for the −0.2 %. Seven lines are shown at most; the
readings compared, every limit, the source's own figures, data gaps and history are details (`Fold`).
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from bot.domain.incident import Event, Incident, IncidentState, StepReason
from bot.domain.signal import Note, Rule, Signal
from bot.messages.cards.alert import comparability, market_card, peak_words
from bot.messages.cards.common import TONES, hold_sentence, note_sentence, provenance
from bot.messages.cards.incident_list import severity_words
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Field, Fold, Line, Message, Tone, bold, line, lines, moment

_MARKET_RULE = (
    "Opened because three or more exchanges with reserves of $1 B or more became elevated or worse within 72 hours. "
    "It is as severe as the third worst of them."
)
_SHOWN_EVENTS = 8  # the newest: an embed of Discord has 25 fields at most, and nobody reads so many
_SHOWN_HOLDS = 3
# Holds have lines of their own, with their causes and ends, and are left out of the list of events.
_HOLD_REASONS = frozenset({StepReason.HELD, StepReason.RELEASED})


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
        return market_card(incident, names or {}, line(_MARKET_RULE), unfolded=unfolded)
    raised_by, card = incident.raised_by or incident.signal, card_of(incident.rule, kinds)
    shown = lines(
        card.figure(raised_by),
        _status_line(incident),
        _peak_line(incident, card),
        _exceeded_line(raised_by, card),
        card.normal(raised_by),
        _newest_line(incident, card) if incident.raised_by and raised_by.as_of != incident.signal.as_of else None,
        comparability(raised_by, card),
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
        title=f"{incident.label} · {name} · why",
        tone=Tone.GOOD if incident.state is IncidentState.RESOLVED else TONES[incident.severity],
        lines=(*shown, *(detail for detail in details if detail not in shown)),
        fields=tuple(
            Field(event.reason, line(moment(event.at), _event_size(event, card)), inline=False)
            for event in [event for event in incident.events if event.reason not in _HOLD_REASONS][-_SHOWN_EVENTS:]
        ),
        table=card.table(raised_by),
        footer=provenance(incident.signal.source, incident.signal.as_of),
        actions=card.actions(incident)[-1:],
        private=unfolded,
        fold=None if unfolded else Fold(len(shown), f"why {incident.label} details"),
    )


def _status_line(incident: Incident) -> str:
    """Return its state, severity, rule and preset: `Open · severe (its peak) · outflow rule, normal sensitivity`."""
    state = "" if incident.state is IncidentState.RESOLVED else f"{incident.state} · "
    words = f"{state}{severity_words(incident)} · {incident.rule} rule, {incident.sensitivity} sensitivity"
    return f"{words[:1].upper()}{words[1:]}"


def _peak_line(incident: Incident, card: SignalCard) -> Line | None:
    """Return the figures and the time of the worst reading: the last step need not have been the worst one."""
    return line("Peak: ", *peak_words(incident, card)) if incident.worst_moment else None


def _exceeded_line(raised_by: Signal, card: SignalCard) -> Line:
    if not raised_by.reasons:
        return line("These figures exceed no limit.")
    return line(bold("Over the limit: "), card.exceeded_limits(raised_by))


def _hold_lines(incident: Incident, card: SignalCard) -> Iterator[Line]:
    """Yield the newest spans in which nothing was concluded, and why; or that there was none."""
    # A hold ends with the event after it, whatever that is; the last one may last until now.
    successive = pairwise((*incident.events, None))
    held_spans = [(held, after) for held, after in successive if held and held.reason is StepReason.HELD]
    if len(held_spans) > _SHOWN_HOLDS:
        yield line(f"Data gaps during this incident: {len(held_spans)}. The last {_SHOWN_HOLDS}:")
    for held, after in held_spans[-_SHOWN_HOLDS:]:
        end = moment(after.at) if after else "now"
        yield line(bold("Data gap: "), moment(held.at), " to ", end, f", {_hold_causes(held, card)}")
    if not held_spans:
        yield line("Data gaps during this incident: none.")


def _hold_causes(held: Event, card: SignalCard) -> str:
    first_of_each = {hold.reason: hold for hold in reversed(held.holds)}
    return " and ".join(hold_sentence(hold) for hold in first_of_each.values()) or card.nothing_measured()


def _newest_line(incident: Incident, card: SignalCard) -> Line:
    """Return what the newest reading says, beside what once raised the incident."""
    signal = incident.figures
    label = "Newest reading: " if signal is incident.signal else "Last complete reading: "
    if incident.state is IncidentState.RESOLVED:
        label = "At its end: "
        if incident.rule == Rule.DATA:  # what is back, or counted elsewhere, exceeds no limit of a notice
            return line(bold(label), *card.figure(signal))
    exceeded = card.exceeded_limits(signal)
    return line(
        bold(label), *card.figure(signal), f" · over the limit: {exceeded}" if exceeded else " · no limit is exceeded"
    )


def _event_size(event: Event, card: SignalCard) -> str:
    return f" · {card.size(event.size)}" if event.size else ""
