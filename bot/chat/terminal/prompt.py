"""The prompt: a typed line is a command, answered as on any other platform."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from difflib import get_close_matches
from typing import TextIO

from bot.chat.terminal.client import TerminalChat
from bot.commands.declaration import CommandSet
from bot.commands.dispatcher import CommandContext, CommandDispatcher
from bot.messages.cards.errors import refusal
from bot.messages.model import Message

_PROMPT = "runwatch> "
_FAREWELLS = frozenset(("quit", "exit"))
_CHUNK = 65536


async def converse(
    desk: CommandDispatcher, asked: CommandContext, chat: TerminalChat, *, typed: TextIO | None = None
) -> None:
    """Answer typed lines until `quit` or the end of the input; a slash in front of a command is optional.

    `typed` is standard input unless given; it is read without blocking the loop and never closed.
    """
    async with aclosing(_lines(typed or sys.stdin)) as lines:
        await chat.ask(_PROMPT)
        async for line in lines:
            name, _, words = line.strip().removeprefix("/").partition(" ")
            if name.lower() in _FAREWELLS:
                return
            if name:
                await chat.show(await answer(desk, asked, name, words))
            await chat.ask(_PROMPT)


async def answer(desk: CommandDispatcher, asked: CommandContext, name: str, words: str) -> Message:
    """Return what the command of this name answers, or the names nearest to it."""
    command = desk.commands.get(name)
    if command is None:
        return refusal(_unknown(name, desk.commands))
    return await desk.answer_words(asked, command, words)


def _unknown(name: str, commands: CommandSet) -> str:
    nearest = get_close_matches(name.lower(), [command.name for command in commands], n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(f'/{one}' for one in nearest)}?" if nearest else "/help lists the commands."
    return f"There is no command “{name}”. {hint}"


async def _lines(stream: TextIO) -> AsyncGenerator[str, None]:
    """Yield typed lines as they come, the last one even without a line break."""
    pending = b""
    try:
        while chunk := await _next_chunk(stream.fileno()):
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
    except (PermissionError, NotImplementedError):  # a plain file, which never blocks; or no readers on this platform
        while line_of_file := await asyncio.to_thread(stream.readline):
            yield line_of_file
    if pending:
        yield pending.decode(errors="replace")


async def _next_chunk(descriptor: int) -> bytes:
    """Return what is there to read once something is, nothing at the end."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)  # only while waiting: a loop is called again and again for what is unread
    return os.read(descriptor, _CHUNK)
