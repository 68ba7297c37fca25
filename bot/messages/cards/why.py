"""The card of `/why`: what was compared, what is usual, which limits were crossed, and what was held when.

It explains the figures on which the incident was opened or last got worse. An incident that opened at −4 % and is at
−0.2 % now shows the two readings of the −4 %, and one line "Newest reading: …" for the −0.2 %.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from bot.domain.incident import Event, Incident, IncidentState, StepReason
from bot.domain.signal import Note, Rule, Signal
from bot.messages.cards.alert import comparability, market_card
from bot.messages.cards.common import TONES, hold_sentence, note_sentence, provenance
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, card_of
from bot.messages.model import Field, Line, Message, Tone, bold, line, lines, moment

_MARKET_RULE = (
    "Rule “market-wide”: three or more exchanges with clean reserves of $1 B or more are elevated or worse, "
    "and got there within 72 hours; as severe as the third worst of them."
)
_SHOWN_EVENTS = 8  # the newest: an embed of Discord has 25 fields at most, and nobody reads so many
_SHOWN_HOLDS = 3
# Holds have lines of their own, with their causes and ends, and are left out of the list of events.
_HOLD_REASONS = frozenset({StepReason.HELD, StepReason.RELEASED})


def why_card(
    incident: Incident,
    name: str,
    names: Mapping[str, str] | None = None,
    kinds: SignalKinds = SIGNAL_KINDS,
    *,
    revised: Note | None = None,
) -> Message:
    """Return the inputs, the baseline, the thresholds and the source behind an incident.

    The figures are those on which it was opened or last got worse; what the newest reading says stands apart. `revised`
    says that the source has revised its history since, of which an incident that is over knows nothing itself.
    """
    if incident.rule == Rule.MARKET_WIDE:
        return market_card(incident, names or {}, line(_MARKET_RULE))
    raised_by, card = incident.raised_by or incident.signal, card_of(incident.rule, kinds)
    return Message(
        title=f"{incident.label} · {name} · why",
        tone=Tone.GOOD if incident.state is IncidentState.RESOLVED else TONES[incident.severity],
        lines=lines(
            _status_line(incident),
            _worst_line(incident, card),
            *card.inputs(raised_by),
            *_crossed_lines(raised_by, card),
            card.thresholds(incident.sensitivity),
            *card.background(raised_by),
            comparability(raised_by, card),
            *_hold_lines(incident, card),
            _newest_line(incident, card) if incident.raised_by and raised_by.as_of != incident.signal.as_of else None,
            *map(note_sentence, incident.signal.notes),
            note_sentence(revised) if revised and revised not in incident.signal.notes else None,
            card.method,
            card.footnote,
        ),
        fields=tuple(
            Field(event.reason, line(moment(event.at), _event_size(event, card)), inline=False)
            for event in [event for event in incident.events if event.reason not in _HOLD_REASONS][-_SHOWN_EVENTS:]
        ),
        table=card.table(raised_by),
        footer=provenance(incident.signal.source, incident.signal.as_of),
        actions=card.actions(incident)[-1:],
    )


def _status_line(incident: Incident) -> str:
    now = "" if incident.state is IncidentState.RESOLVED else f" {incident.severity} now,"
    return f"Rule “{incident.rule}”, preset {incident.sensitivity}: {incident.state},{now} {incident.peak} at worst."


def _worst_line(incident: Incident, card: SignalCard) -> Line | None:
    """Return the figures and the time of the worst reading: the last step need not have been the worst one."""
    worst = incident.worst_moment
    if worst is None:
        return None
    return line(bold("Worst: "), f"{card.worst_moment(worst)}, {worst.severity}, ", moment(worst.as_of), ".")


def _crossed_lines(raised_by: Signal, card: SignalCard) -> Iterator[Line]:
    for reason in raised_by.reasons:
        yield line(bold("Crossed: "), card.reason(reason))
    if not raised_by.reasons:
        yield line("No threshold is crossed by these figures.")


def _hold_lines(incident: Incident, card: SignalCard) -> Iterator[Line]:
    """Yield the newest spans in which nothing was concluded, and why; or that there was none."""
    # A hold ends with the event after it, whatever that is; the last one may last until now.
    successive = pairwise((*incident.events, None))
    held_spans = [(held, after) for held, after in successive if held and held.reason is StepReason.HELD]
    if len(held_spans) > _SHOWN_HOLDS:
        yield line(bold("Held: "), f"{len(held_spans)} times in its life; the last {_SHOWN_HOLDS} of them:")
    for held, after in held_spans[-_SHOWN_HOLDS:]:
        end = moment(after.at) if after else "now"
        yield line(bold("Held: "), moment(held.at), " to ", end, f", {_hold_causes(held, card)}")
    if not held_spans:
        yield line(bold("Held: "), "never in its life.")


def _hold_causes(held: Event, card: SignalCard) -> str:
    first_of_each = {hold.reason: hold for hold in reversed(held.holds)}
    return " and ".join(hold_sentence(hold) for hold in first_of_each.values()) or card.nothing_measured


def _newest_line(incident: Incident, card: SignalCard) -> Line:
    """Return what the newest reading says, beside what once raised the incident."""
    signal = incident.figures
    label = "Newest reading: " if signal is incident.signal else "Last complete reading: "
    if incident.state is IncidentState.RESOLVED:
        label = "At its end: "
    crossed = "; ".join(map(card.reason, signal.reasons)) or "no threshold is crossed"
    return (
        *line(bold(label)),
        *card.figure(signal),
        *line(f". Crossed: {crossed}" if signal.reasons else f"; {crossed}."),
    )


def _event_size(event: Event, card: SignalCard) -> str:
    return f" · {card.size(event.size)}" if event.size else ""
