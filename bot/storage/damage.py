"""Reads stored values one by one, so that one that cannot be read is left out and does not take the others with it.

Example: of 40 open incidents the one of Binance was cut off by a power failure. 39 are judged and listed as before;
Binance's counts as none, so that an outflow there opens a new one. The log names the key and the field, once.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec
import structlog

log = structlog.get_logger(__name__)

_Value = TypeVar("_Value")
_Stored = TypeVar("_Stored")
# What decoding raises for text that is cut off, has another shape, or is no text.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, ValueError, KeyError, TypeError)
_LOGGED_MAX = 1000  # that the process remembers; of more than these each reading is a line


class DamagedValues:
    """Which stored values could not be read, by `key field`: what an operator has to look at."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def read(self, decode: Callable[[_Stored], _Value], stored: _Stored, *, key: str, field: str = "") -> _Value | None:
        """Return a value decoded; None, and a line in the log when it is met for the first time, for a damaged one."""
        name = f"{key} {field}".strip()
        try:
            value = decode(stored)
        except _UNREADABLE as error:
            if name not in self.names:
                log.warning("stored value cannot be read and is left out", key=key, field=field, error=repr(error))
            if len(self.names) < _LOGGED_MAX:
                self.names.add(name)
            return None
        self.names.discard(name)
        return value
