"""What the types of settings have in common: checks of the text that was written."""

import ipaddress
import re
from collections.abc import Callable

from pydantic import BeforeValidator

_LONGEST_NAME = 253  # https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
_LABEL = re.compile(r"\w(?:[\w-]{0,61}\w)?")  # letters of all scripts, and _, which containers have in their names


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
        raise ValueError(
            "holds a space, a line break or an invisible character; write it without, and a comment on its own line"
        )


def is_host(name: str) -> bool:
    """Return whether a text can be the name of a host, or an address of IPv4 or IPv6 without brackets."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        labels = name.removesuffix(".").split(".")
        return len(name) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels)
    return True
