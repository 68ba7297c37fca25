"""The words of a data notice: a step of reserves that is held or not counted, or a part that is not reported any more.

Example: "INC-7 · Binance · BTC moved in one step", "BTC −$1.24 B · −12.0 % of reserves at 2026-03-01 12:00 UTC",
"Could be a changed wallet list or one large transfer.", "Not counted as an outflow yet: waiting for the next reading."
"""

from collections.abc import Iterator

from typing_extensions import override

from bot.alerting.data_notice import ELEVATED_NOTICE_SHARE, NOTICE_SHARE, STEPS_LATELY, verdict_of
from bot.alerting.unreported_notice import is_of_parts
from bot.domain.incident import Ending, Incident, IncidentState, WorstMoment
from bot.domain.jump import Verdict
from bot.domain.severity import Sensitivity
from bot.domain.signal import UNREPORTED, Reason, Signal
from bot.language.name_lists import enumerated
from bot.language.translation import marked, tr
from bot.messages.cards.common import TONES, lasting_provenance, liabilities
from bot.messages.cards.part_names import part_name
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.unreported_notice import (
    STILL_AWAY,
    UNKNOWN_CAUSE,
    is_whole,
    parts_brief,
    parts_ending,
    parts_evidence,
    parts_headline,
)
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines, moment
from bot.messages.number_format import percent, usd
from bot.messages.translated_lines import tr_line

_OUTCOMES = {
    Verdict.WAITING: marked("Not counted as an outflow yet: waiting for the next reading."),
    Verdict.NOT_COUNTED: marked(
        "It stayed: not counted as an outflow. If more leaves within three days, it counts after all."
    ),
    Verdict.COUNTED: marked("It counts now, as part of the outflow."),
    Verdict.RETURNED: marked("It came back, so it was no outflow."),
}
_ENDINGS = {
    Ending.RETURNED: marked("It came back, so it was no outflow."),
    Ending.COUNTED: marked("It counts now, as part of the outflow."),
    Ending.NOT_COUNTED: marked("It stayed for three days and is not counted as an outflow."),
}
_STEPS = {
    Verdict.WAITING: marked("{share} in one step, waiting"),
    Verdict.NOT_COUNTED: marked("{share} in one step, not counted"),
    Verdict.COUNTED: marked("{share} in one step, counted"),
    Verdict.DOUBTED: marked("{share} in one step, doubted"),
    Verdict.RETURNED: marked("{share} in one step, returned"),
}


class DataNoticeCard(SignalCard):
    """The words of data notices."""

    @override
    def footnote(self) -> str:
        return liabilities()

    @override
    def method(self) -> str:
        return tr(
            "A step is what moves from one reading to the next in a chain or an asset while the rest stands still. "
            "A part is missing when two readings or more lack it, for six hours or more."
        )

    @override
    def headline(self, incident: Incident) -> str:
        return parts_headline(incident.announced) if is_of_parts(incident.announced) else _subject(incident.announced)

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield from parts_evidence(signal) if is_of_parts(signal) else _steps(signal)
        # The first time says it; the second time the source has changed its mind.
        if (count := _steps_lately(signal)) > 1:
            yield line(_unsteady(signal, count))

    @override
    def caution(self, signal: Signal, *, is_explained: bool = False) -> str:
        del is_explained  # the notice's own lines say what became of a step
        if is_of_parts(signal):
            return tr(UNKNOWN_CAUSE)
        return tr("Could be a changed wallet list or one large transfer.")

    @override
    def figure(self, signal: Signal) -> Line:
        return line(bold(self.brief(signal)))

    @override
    def brief(self, signal: Signal) -> str:
        if is_of_parts(signal):
            return parts_brief(signal)
        share = signal.reasons[0].value if signal.reasons else 0.0
        return tr(_STEPS[verdict_of(signal)], share=percent(share, signed=True))

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        # A step is as large in either direction, so that its size has no sign of its own.
        share, worth = percent(abs(moment.size.value)), usd(abs(moment.size.usd or 0.0))
        if moment.measurement == UNREPORTED:
            return tr("{share} ({usd}) missing", share=share, usd=worth)
        return tr("{share} ({usd}) in one step", share=share, usd=worth)

    @override
    def ending(self, incident: Incident) -> str:
        if is_of_parts(incident.announced):
            return parts_ending(incident)
        return tr(_ENDINGS[incident.ending]) if incident.ending in _ENDINGS else super().ending(incident)

    @override
    def reason(self, reason: Reason) -> str:
        limit = percent(reason.threshold)
        if reason.measure == UNREPORTED:
            return f"{percent(-reason.value)} of clean reserves not reported any more, told from {limit} on"
        size = percent(reason.value, signed=True)
        return f"{size} of clean reserves in one step, told from {limit} on"

    @override
    def exceeded_limit(self, reason: Reason) -> str:
        share, limit = percent(abs(reason.value)), percent(reason.threshold)
        if reason.measure == UNREPORTED:
            return tr("{share} of reserves missing (limit {limit})", share=share, limit=limit)
        return tr("{share} of reserves in one step (limit {limit})", share=share, limit=limit)

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        return tr_line(
            "**Posted:** from {watch} of reserves on where elevated alerts are posted, from {elevated} on also where "
            "only severe ones are. /settings notices off ends it here.",
            watch=percent(NOTICE_SHARE),
            elevated=percent(ELEVATED_NOTICE_SHARE),
        )

    @override
    def actions(self, incident: Incident) -> tuple[Action, ...]:
        return (Action(tr("Flows"), f"flows {incident.subject}"),)


def notice_card(incident: Incident, name: str, card: SignalCard) -> Message:
    """Return the one message of a notice, which is edited with its outcome; it pings nobody and makes no sound."""
    signal = incident.announced
    return Message(
        title=f"{incident.label} · {name} · {card.headline(incident)}",
        tone=Tone.GOOD if _is_harmless(incident) else TONES[incident.severity],
        lines=lines(
            *card.evidence(signal),
            card.caution(signal),
            line(bold(_outcome(incident, card))),
            card.footnote(),
        ),
        footer=lasting_provenance(signal.source, signal.as_of),
        actions=(Action(tr("Why"), f"why {incident.label}"), *card.actions(incident)),
        silent=True,
    )


def _outcome(incident: Incident, card: SignalCard) -> str:
    if incident.state is IncidentState.RESOLVED:
        return card.ending(incident)
    return tr(STILL_AWAY if is_of_parts(incident.announced) else _OUTCOMES[verdict_of(incident.announced)])


def _is_harmless(incident: Incident) -> bool:
    """Return whether it is over and nothing is missing: a part that is still away is no good news."""
    if incident.state is not IncidentState.RESOLVED:
        return False
    return is_whole(incident) if is_of_parts(incident.announced) else incident.ending is not Ending.COUNTED


def _steps(signal: Signal) -> Iterator[Line]:
    for jump in signal.jumps:
        yield tr_line(
            "**{part}** {usd} · {share} of reserves at {time}",
            part=part_name(jump.group),
            usd=usd(jump.usd, signed=True),
            share=percent(jump.share, signed=True),
            time=moment(jump.at),
        )


def _unsteady(signal: Signal, count: int) -> str:
    if is_of_parts(signal):
        return tr("This is gap number {number} within 72 h: the source's figures are unsteady here.", number=count)
    return tr("This is step number {number} within 72 h: the source's figures are unsteady here.", number=count)


def _steps_lately(signal: Signal) -> int:
    sizes = [measured.size for measured in signal.measurements if measured.name == STEPS_LATELY and measured.size]
    return round(abs(sizes[0].value)) if sizes else 0


def _subject(signal: Signal) -> str:
    """Return what moved: `BTC moved in one step`."""
    return tr(
        "{parts} moved in one step", parts=enumerated(dict.fromkeys(part_name(jump.group) for jump in signal.jumps))
    )
