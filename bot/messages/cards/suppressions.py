"""What an owner is told of an exchange that is withheld or speaks again."""

from bot.domain.suppression import Suppression
from bot.messages.model import Message, Tone, lines


def suppressed_card(withheld: Suppression, name: str) -> Message:
    """Return the confirmation of a hold."""
    return Message(
        title=f"{name} · withheld",
        tone=Tone.WATCH,
        lines=lines(
            "Its figures raise no alert and resolve none until /release. Answers show them with this reason:",
            f"Withheld {withheld}",
        ),
        private=True,
    )


def released_card(name: str, *, was_held: bool) -> Message:
    """Return what a release has changed."""
    said = "Its figures raise alerts again." if was_held else "It was not withheld; nothing has changed."
    return Message(title=f"{name} · released", tone=Tone.GOOD, lines=lines(said), private=True)
