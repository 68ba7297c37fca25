"""The terminal as a chat platform: what is posted becomes a panel, what is edited one line unless its title changed."""

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
from bot.messages.model import Message
from bot.messages.textual import shorten
from bot.ports.chat import ChatPlatform
from bot.ports.sources import Clock

_LINE = 118


class TerminalChat(ChatPlatform):
    """Writes messages to `out`, with the clock's time: panels where it is a terminal, plain text where it is not.

    Each is drawn and written in a thread, one at a time: neither the drawing nor a pipe that nobody empties may stop
    the service. Whatever is written raises ChatGone when nobody can read it any more.
    """

    platform = Platform.TERMINAL

    def __init__(self, clock: Clock, *, out: TextIO | None = None) -> None:
        self._clock = clock
        self._paper = TerminalOutput(out or sys.stdout)
        self._numbers = count(1)
        self._said: dict[str, str] = {}
        self._headings: dict[str, str] = {}
        self._turn = asyncio.Lock()

    @override
    async def run(self) -> None:
        """Wait until cancelled: a terminal needs no serving."""
        await asyncio.Event().wait()

    @override
    def trouble(self) -> str | None:
        return None

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        """Write an answer to an earlier message in short; the id is a running number."""
        await self.show(_short(message) if reply_to else message)
        number = str(next(self._numbers))
        self._headings.pop(reply_to or "", None)  # the story goes on in the answer
        self._headings[number] = heading(message)
        return number

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Write one line with what the message says now, unless that was the last thing written of it.

        Under a new title it is written in full, for a terminal cannot change what stands further up; but not a silent
        one, nor one that was answered since.
        """
        now, before = self._clock.now(), self._headings.get(message_id)
        if before not in {None, heading(message)} and not message.silent:
            self._headings[message_id] = heading(message)
            await self.show(message)
            return
        firsts = [text for line in message.lines if (text := line_text(line, now))][:1]
        said = " · ".join((heading(message), *firsts))
        if self._said.get(message_id) == said:
            return
        await self._write(lambda: self._paper.line(shorten(f"✎ {now:%m-%d %H:%M} {said}", _LINE)))
        self._said[message_id] = said

    async def show(self, message: Message) -> None:
        """Write a message in full."""
        now = self._clock.now()
        await self._write(lambda: self._paper.message(message, now))

    async def note(self, text: str) -> None:
        """Write one line."""
        await self._write(lambda: self._paper.line(shorten(text, _LINE)))

    async def ask(self, prompt: str) -> None:
        """Write a prompt, where a person sits in front of it."""
        await self._write(lambda: self._paper.prompt(prompt))

    async def _write(self, draw: Callable[[], None]) -> None:
        try:
            async with self._turn:
                await asyncio.to_thread(draw)
        except (OSError, ValueError) as error:  # a broken pipe, a closed file
            raise ChatGone(f"the terminal cannot be written to: {error}") from error


def _short(message: Message) -> Message:
    return replace(message, fields=(), chart=None, table=None, actions=())
