"""The terminal as a chat platform: a message that is sent becomes a panel, an edit one line unless its title changed.

╭─ 🟠 INC-1 · Binance · elevated outflow ─╮     sent
✎ 12-13 15:17 🟠 INC-1 · Binance · elevated outflow · Net outflow −$2.3 B in 24 h     edited an hour later
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TextIO

from typing_extensions import override

from bot.chat.terminal.output import TerminalOutput
from bot.chat.terminal.plain import heading, line_text
from bot.domain.errors import ChatGone
from bot.domain.place import Place, Platform
from bot.language.translation import written_in
from bot.messages.model import Message
from bot.messages.plain_text import shorten
from bot.ports.chat import ChatPlatform
from bot.ports.sources import Clock

_LINE_CHARACTERS = 118  # a line of its own is cut where a terminal of 120 columns would wrap it


class TerminalPlatform(ChatPlatform):
    """Writes messages to `out`, with the clock's time: panels where it is a terminal, plain text where it is not.

    Whatever is written raises ChatGone when nobody can read it any more.
    """

    platform = Platform.TERMINAL

    def __init__(self, clock: Clock, *, out: TextIO | None = None) -> None:
        self._clock = clock
        self._output = TerminalOutput(out or sys.stdout)
        self._message_ids = count(1)
        self._last_edit_lines: dict[str, str] = {}
        self._headings: dict[str, str] = {}
        self._write_lock = asyncio.Lock()

    @override
    async def run(self) -> None:
        await asyncio.Event().wait()

    @override
    def trouble(self) -> str | None:
        return None

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        """Write a message, an answer to an earlier one without its tables and charts; the id is a running number."""
        await self.show(_abridged(message) if reply_to else message)
        message_id = str(next(self._message_ids))
        # The story goes on in the answer: later edits of the earlier message are one line under any title.
        self._headings.pop(reply_to or "", None)
        self._headings[message_id] = heading(message)
        return message_id

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Write one line with what the message says now, unless that was the last thing written of it.

        Under a new title it is written in full, for a terminal cannot change what stands further up; but not a silent
        message, nor one that was answered since.
        """
        now, old_heading = self._clock.now(), self._headings.get(message_id)
        if old_heading not in {None, heading(message)} and not message.silent:
            self._headings[message_id] = heading(message)
            await self.show(message)
            return
        with written_in(message.language):
            first_lines = [text for line in message.lines if (text := line_text(line, now))][:1]
        edit_line = " · ".join((heading(message), *first_lines))
        # Compared without the time, so that an edit which changes nothing a reader sees is not written.
        if self._last_edit_lines.get(message_id) == edit_line:
            return
        await self.show_line(f"✎ {now:%m-%d %H:%M} {edit_line}")
        self._last_edit_lines[message_id] = edit_line

    async def show(self, message: Message) -> None:
        """Write a message in full."""
        now = self._clock.now()
        await self._write(lambda: self._output.message(message, now))

    async def show_line(self, text: str) -> None:
        """Write one line, cut to 118 characters."""
        await self._write(lambda: self._output.line(shorten(text, _LINE_CHARACTERS)))

    async def show_prompt(self, prompt: str) -> None:
        """Write a prompt, where a person sits in front of it."""
        await self._write(lambda: self._output.prompt(prompt))

    async def _write(self, draw: Callable[[], None]) -> None:
        try:
            # In a thread: neither drawing nor a pipe that nobody empties may stop the service. One at a time, so that
            # no two messages are mixed.
            async with self._write_lock:
                await asyncio.to_thread(draw)
        except (OSError, ValueError) as error:  # a broken pipe, a closed file
            raise ChatGone(f"the terminal cannot be written to: {error}") from error


def _abridged(message: Message) -> Message:
    """Return a message without what its reader has just seen in the message it answers."""
    return replace(message, fields=(), chart=None, table=None, actions=())
