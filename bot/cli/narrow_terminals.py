"""Lets every command print on a terminal that knows fewer signs than Unicode has, such as one of Latin-1.

What it does not know is written with what it does: "−$1.14 B → 3 %" as "-$1.14 B -> 3 %", an emoji as "?". Without this
the first minus sign would end the command with a UnicodeEncodeError, and as a "?" it would hide that money left.
"""

import codecs
import sys
from io import TextIOWrapper
from typing import TextIO

_HANDLER = "runwatch.nearest"
_NEAREST = {
    **dict.fromkeys("−–—‑─", "-"),
    **dict.fromkeys("\u2007\u2009\u202f", " "),  # of several widths, in and between numbers
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("•▪", "*"),
    **dict(zip("▁▂▃▄▅▆▇█", "_.-=+*##", strict=True)),
    "…": "...",
    "→": "->",
    "⇐": "<=",
    "≤": "<=",
    "≥": ">=",
    "│": "|",
    "Σ": "sum",
    "€": "EUR",
    "\ufe0f": "",  # only asks for the sign before it in colour
}


def write_what_the_terminal_knows() -> None:
    """Let standard output and standard error replace what their encoding does not know."""
    codecs.register_error(_HANDLER, _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not is_wide(stream):
            stream.reconfigure(errors=_HANDLER)


def is_wide(stream: TextIO | None) -> bool:
    """Return whether a stream takes every sign: its encoding is one of Unicode, or it is closed and takes none."""
    return stream is None or stream.encoding.lower().startswith("utf")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_NEAREST.get(sign, "?") for sign in unknown), error.end
