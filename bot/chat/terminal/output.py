"""What a terminal's output is written on: rich where a person looks at it, plain text where it is a pipe or a file."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from bot.chat.terminal.plain import plain_text
from bot.messages.model import Message
from bot.messages.numbers import clock

if TYPE_CHECKING:
    from rich.console import Console


class TerminalOutput:
    """Writes to a stream, blocking while it is full. rich is imported when the first panel is drawn."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_watched = stream.isatty()

    def message(self, message: Message, now: datetime) -> None:
        """Write a message in full, with the time."""
        if not self._is_watched:
            self._write(f"{clock(now)} · {plain_text(message, now)}\n")
            return
        from bot.chat.terminal.panel import render  # noqa: PLC0415 — memory that only a person's terminal is worth

        self._console.print(render(message, now))

    def line(self, text: str) -> None:
        """Write one quiet line."""
        if self._is_watched:
            self._console.print(text, style="dim", markup=False, highlight=False, overflow="ellipsis", no_wrap=True)
        else:
            self._write(f"{text}\n")

    def prompt(self, text: str) -> None:
        """Write a prompt where somebody can see it."""
        if self._is_watched:
            self._write(text)

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console  # noqa: PLC0415 — as above

        return Console(file=self._stream, highlight=False, emoji=False)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
