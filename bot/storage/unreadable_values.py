"""Stored values that cannot be read: each is left out, copied aside, and named; the bot goes on without it.

A value is damaged by a disk, by hand, or by a program that wrote something else. One of 2,000 incidents that begins
with `{"number":` and ends there must not keep the other 1,999 from being read, let alone the bot from starting. It is
logged once, copied to the key UNREADABLE before anything can replace it, and said with its key and field:
“… binance/outflow/normal cannot be read and is left out”.
"""

import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
import structlog

from bot.domain.errors import StorageError

log = structlog.get_logger(__name__)

UNREADABLE_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, LookupError, struct.error, zlib.error, OverflowError)
"""What decoding raises for a value that is damaged; UnicodeDecodeError is a ValueError."""
_KEPT_MAX = 1000  # copies, and names in memory: a store that is damaged everywhere must not be doubled

Value = TypeVar("Value")
Body = TypeVar("Body")
KeepCopy = Callable[[str, bytes], Awaitable[None]]


class UnreadableValues:
    """The values of one store that this process could not read; `keep_copy` stores one aside, by its name."""

    def __init__(self, keep_copy: KeepCopy) -> None:
        self._keep_copy = keep_copy
        self._names: dict[str, None] = {}  # in order, and each once

    @property
    def sentences(self) -> Sequence[str]:
        """Return what cannot be read, a sentence each."""
        return [f"{name} cannot be read and is left out; a copy is kept." for name in self._names]

    async def decoded(self, decode: Callable[[Body], Value], body: Body, key: str, field: str | bytes) -> Value | None:
        """Return what a value says, None when it cannot be read; `field` is its place in the key: a field, a time."""
        try:
            return decode(body)
        except UNREADABLE_ERRORS as error:
            raw = body if isinstance(body, bytes) else str(body).encode(errors="backslashreplace")
            await self.set_aside(raw, key, field, error)
            return None

    async def set_aside(self, body: bytes, key: str, field: str | bytes, error: Exception) -> None:
        """Copy a value aside and name it, the first time that it is met."""
        name = f"{key} {field.decode(errors='replace') if isinstance(field, bytes) else field}".strip()
        if name in self._names or len(self._names) >= _KEPT_MAX:
            return
        self._names[name] = None
        log.error("stored value cannot be read", key=key, field=name.removeprefix(f"{key} "), error=repr(error))
        try:
            await self._keep_copy(name, body)
        except StorageError as away:  # it stays where it is, so that a later start copies it
            log.warning("unreadable value not copied", name=name, error=str(away))
