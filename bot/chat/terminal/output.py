"""Where a terminal's output goes: panels drawn by rich where a person looks at it, plain text in a pipe or a file.

The same message is a coloured panel in a terminal and, with `| cat`, lines of plain text with the time in front.
"""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from bot.chat.terminal.plain import document_text, plain_text
from bot.messages.model import Message
from bot.messages.number_format import clock

if TYPE_CHECKING:
    from rich.console import Console


class TerminalOutput:
    """Writes to a stream, and blocks while the stream is full. rich is imported when the first panel is drawn."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()

    def message(self, message: Message, now: datetime) -> None:
        """Write a message in full, with the time."""
        if not self._is_terminal:
            self._write(f"{clock(now)} · {plain_text(message, now)}\n")
            self._write_document(message)
            return
        # Here, not above: rich takes memory that only a person's terminal is worth, not the service's.
        from bot.chat.terminal.panel import render  # noqa: PLC0415 — see above

        self._console.print(render(message, now))
        self._write_document(message)

    def line(self, text: str) -> None:
        """Write one quiet line."""
        if self._is_terminal:
            # No markup: "[red]" in a text from outside is three letters and two brackets.
            self._console.print(text, style="dim", markup=False, highlight=False, overflow="ellipsis", no_wrap=True)
        else:
            self._write(f"{text}\n")

    def prompt(self, text: str) -> None:
        """Write a prompt where somebody can see it."""
        if self._is_terminal:
            self._write(text)

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console  # noqa: PLC0415 — see above

        return Console(file=self._stream, highlight=False, emoji=False)

    def _write_document(self, message: Message) -> None:
        """Write the file of a message below it, to be copied or piped on."""
        if message.document:
            self._write(document_text(message.document))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        # Python buffers what goes into a pipe; whoever follows it wants every message at once.
        self._stream.flush()
