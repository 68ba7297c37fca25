"""Answers to `/hold` and `/release`: the owner pauses an exchange's figures, or lets them raise alerts again."""

from bot.domain.suppression import Suppression
from bot.messages.model import Message, Tone, lines


def suppressed_card(suppression: Suppression, name: str) -> Message:
    """Return the confirmation that the figures of the exchange called `name` raise no alert any more, and why."""
    return Message(
        title=f"{name} · figures paused",
        lines=lines(
            f"Paused {str(suppression).removesuffix('.')}.",
            "Its figures open and close no alert until /release. Answers still show them, with this reason.",
        ),
        private=True,
    )


def released_card(name: str, *, was_suppressed: bool) -> Message:
    """Return the answer to `/release`: alerts are possible again, or there was no suppression to end."""
    outcome = (
        "Its figures raise alerts again." if was_suppressed else "Its figures were not paused; nothing has changed."
    )
    return Message(title=f"{name} · released", tone=Tone.GOOD, lines=lines(outcome), private=True)
