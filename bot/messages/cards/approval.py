"""The question whether an alert is to be posted, what became of it, and what a place reads when nobody decided."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.approval import APPROVAL_LASTS, Approval, ApprovalDecision
from bot.messages.model import Action, Message, Tone, bold, line, lines

_HOURS = APPROVAL_LASTS // timedelta(hours=1)


def asked_privately_card(alert: Message, incident: str, where: str) -> Message:
    """Return the question to the moderator who switched approval on: the alert as it would be posted, with buttons.

    `where` is the word that names the place in a command.
    """
    return replace(
        alert,
        title=f"To be posted? {alert.title}",
        lines=(
            line(
                "In ", bold(where), f" this waits for you or another moderator, {_HOURS} h at most. Critical does not."
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
        title=f"{incident} waits for a moderator",
        lines=lines(f"It is posted here once a moderator releases it, within {_HOURS} h. /why {incident} shows it."),
        actions=_buttons(incident, ""),
    )


def not_released_card(incident: str) -> Message:
    """Return what a place reads in place of an alert that nobody has released in time."""
    return Message(
        title=f"{incident} was not posted here",
        tone=Tone.TROUBLE,
        lines=lines(f"No moderator released it within {_HOURS} h. /why {incident} says what is known."),
        silent=True,
    )


def nothing_waits_card(incident: str) -> Message:
    """Return the answer to a decision that nobody has asked for."""
    return Message(
        title=f"{incident} · nothing waits",
        lines=lines("No alert about it waits for a moderator there. /incidents lists what there is."),
        private=True,
    )


def decided_card(incident: str, approval: Approval, *, is_late: bool = False) -> Message:
    """Return what was decided about an incident, now or before; `is_late`: when nobody waited for it any more."""
    is_posted = approval.decision is ApprovalDecision.POST
    return Message(
        title=f"{incident} · {'posted' if is_posted else 'discarded'}",
        tone=Tone.GOOD if is_posted else Tone.INFO,
        lines=lines(
            f"Decided by {approval.by or 'a moderator'}.",
            _what_follows(is_posted=is_posted, is_late=is_late),
        ),
    )


def _what_follows(*, is_posted: bool, is_late: bool) -> str:
    if not is_posted:
        return "Nothing is posted unless it gets worse: then you are asked again. Critical is always posted."
    if is_late:
        return (
            f"More than {_HOURS} h had passed, so the place was told that it was not posted. That message becomes the "
            "alert with the next change of its figures; /incidents shows it now."
        )
    return (
        "It appears within half a minute, unless it is over or the place is muted by now, and is edited as figures "
        "move."
    )


def _buttons(incident: str, where: str) -> tuple[Action, ...]:
    suffix = f" {where}" if where else ""
    return tuple(
        Action(label, f"approve {incident} {decision}{suffix}", in_place=True)
        for label, decision in (("Post", ApprovalDecision.POST), ("Discard", ApprovalDecision.DISCARD))
    )
