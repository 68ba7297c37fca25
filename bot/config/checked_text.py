"""What the types of settings have in common: checks of the text that was written."""

from collections.abc import Callable

from pydantic import BeforeValidator


def checked_text(check: Callable[[str], object]) -> BeforeValidator:
    """Return a validator that runs `check` on texts, and lets every other value pass."""

    def validate(value: object) -> object:
        if isinstance(value, str):
            check(value)
        return value

    return BeforeValidator(validate)


def check_no_spaces(text: str) -> None:
    """Raise ValueError for a text that is blank, or holds what cannot be seen."""
    if not text.strip():
        raise ValueError("is blank; write a value, or leave the setting out")
    if " " in text or not text.isprintable():
        raise ValueError("holds a space, a line break or an invisible character; write it without")
