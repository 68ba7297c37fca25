"""The question whether an alert is to be posted, what became of it, and what a place reads when nobody decided."""

from dataclasses import replace

from bot.domain.approval import APPROVAL_LASTS, Approval, ApprovalDecision
from bot.language.translation import tr
from bot.messages.choice_labels import choice_label
from bot.messages.model import Action, Message, Tone, lines
from bot.messages.number_format import span
from bot.messages.translated_lines import tr_line


def asked_privately_card(alert: Message, incident: str, where: str) -> Message:
    """Return the question to the moderator who switched approval on: the alert as it would be posted, with buttons.

    `where` is the word that names the place in a command.
    """
    return replace(
        alert,
        title=tr("To be posted? {title}", title=alert.title),
        lines=(
            tr_line(
                "In **{place}** this waits for you or another moderator, {time} at most. Critical does not.",
                place=where,
                time=span(APPROVAL_LASTS),
            ),
            *alert.lines,
        ),
        # The question is one line more in front of what is shown.
        fold=alert.fold and replace(alert.fold, after=alert.fold.after + 1),
        actions=_buttons(incident, where),
        mention=None,
        silent=False,
    )


def asked_here_card(incident: str) -> Message:
    """Return the question in the place itself, which does not say what the alert says: everybody reads it."""
    return Message(
        title=tr("{incident} waits for a moderator", incident=incident),
        lines=lines(
            tr(
                "It is posted here once a moderator releases it, within {time}. {command} shows it.",
                time=span(APPROVAL_LASTS),
                command=f"/why {incident}",
            )
        ),
        actions=_buttons(incident, ""),
    )


def not_released_card(incident: str) -> Message:
    """Return what a place reads in place of an alert that nobody has released in time."""
    return Message(
        title=tr("{incident} was not posted here", incident=incident),
        tone=Tone.TROUBLE,
        lines=lines(
            tr(
                "No moderator released it within {time}. {command} says what is known.",
                time=span(APPROVAL_LASTS),
                command=f"/why {incident}",
            )
        ),
        silent=True,
    )


def nothing_waits_card(incident: str) -> Message:
    """Return the answer to a decision that nobody has asked for."""
    return Message(
        title=tr("{incident} · nothing waits", incident=incident),
        lines=lines(tr("No alert about it waits for a moderator there. /incidents lists what there is.")),
        private=True,
    )


def decided_card(incident: str, approval: Approval, *, is_late: bool = False) -> Message:
    """Return what was decided about an incident, now or before; `is_late`: when nobody waited for it any more."""
    is_posted = approval.decision is ApprovalDecision.POST
    title = (
        tr("{incident} · posted", incident=incident) if is_posted else tr("{incident} · discarded", incident=incident)
    )
    return Message(
        title=title,
        tone=Tone.GOOD if is_posted else Tone.INFO,
        lines=lines(
            tr("Decided by {name}.", name=approval.by) if approval.by else tr("Decided by a moderator."),
            _what_follows(is_posted=is_posted, is_late=is_late),
        ),
    )


def _what_follows(*, is_posted: bool, is_late: bool) -> str:
    if not is_posted:
        return tr("Nothing is posted unless it gets worse: then you are asked again. Critical is always posted.")
    if is_late:
        return tr(
            "More than {time} had passed, so the place was told that it was not posted. That message becomes the alert "
            "with the next change of its figures; /incidents shows it now.",
            time=span(APPROVAL_LASTS),
        )
    return tr(
        "It appears within half a minute, unless it is over or the place is muted by now, and is edited as figures "
        "move."
    )


def _buttons(incident: str, where: str) -> tuple[Action, ...]:
    suffix = f" {where}" if where else ""
    return tuple(
        Action(choice_label(decision), f"approve {incident} {decision}{suffix}", in_place=True)
        for decision in ApprovalDecision
    )
