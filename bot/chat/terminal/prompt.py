"""The prompt of `runwatch demo`: a typed line is a command, answered as on any other platform.

`/reserves binance` and `reserves binance` are the same; `quit`, `exit` or the end of the input end it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from difflib import get_close_matches
from typing import TextIO

from bot.chat.terminal.client import TerminalPlatform
from bot.commands.declaration import CommandSet
from bot.commands.dispatcher import CommandContext, CommandDispatcher
from bot.language.name_lists import alternatives
from bot.language.translation import tr
from bot.messages.cards.errors import refusal
from bot.messages.model import Message

_PROMPT = "runwatch> "
_QUIT_WORDS = frozenset(("quit", "exit"))
_READ_BYTES = 65_536  # what a pipe of Linux holds
# How like a known name a mistyped one must be (0 to 1, difflib's ratio): "reserve" is offered "reserves".
_SIMILARITY_CUTOFF = 0.5
_MAX_SUGGESTIONS = 3


async def converse(
    dispatcher: CommandDispatcher, context: CommandContext, chat: TerminalPlatform, *, typed: TextIO | None = None
) -> None:
    """Answer typed lines until `quit` or the end of the input; a slash in front of a command is optional.

    `typed` is standard input unless given; it is read without blocking the loop and never closed.
    """
    async with aclosing(_lines(typed or sys.stdin)) as lines:
        await chat.show_prompt(_PROMPT)
        async for line in lines:
            name, _, words = line.strip().removeprefix("/").partition(" ")
            if name.lower() in _QUIT_WORDS:
                return
            if name:
                await chat.show(await answer(dispatcher, context, name, words))
            await chat.show_prompt(_PROMPT)


async def answer(dispatcher: CommandDispatcher, context: CommandContext, name: str, words: str) -> Message:
    """Return what the command of this name answers, or the names nearest to it."""
    command = dispatcher.commands.get(name)
    if command is None:
        return await dispatcher.answer_text(context, lambda: refusal(_unknown_command(name, dispatcher.commands)))
    return await dispatcher.answer_words(context, command, words)


def _unknown_command(name: str, commands: CommandSet) -> str:
    names = [command.name for command in commands]
    nearest = get_close_matches(name.lower(), names, n=_MAX_SUGGESTIONS, cutoff=_SIMILARITY_CUTOFF)
    if not nearest:
        return tr("There is no command “{name}”. /help lists the commands.", name=name)
    suggestions = alternatives([f"/{similar}" for similar in nearest])
    return tr("There is no command “{name}”. Did you mean {commands}?", name=name, commands=suggestions)


async def _lines(stream: TextIO) -> AsyncGenerator[str, None]:
    """Yield typed lines as they come, the last one even without a line break."""
    pending = b""
    try:
        while chunk := await _next_chunk(stream.fileno()):
            # What follows the last line break waits for the rest of its line; decoded only when that is whole, for a
            # chunk may end inside a character.
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
    except (PermissionError, NotImplementedError):  # a plain file, which never blocks; or no readers on this platform
        while text := await asyncio.to_thread(stream.readline):
            yield text
    if pending:
        yield pending.decode(errors="replace")


async def _next_chunk(descriptor: int) -> bytes:
    """Return the bytes that can be read as soon as there are some; none at the end of the input."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        # A reader that stayed would be called in every turn of the loop for as long as bytes are unread.
        loop.remove_reader(descriptor)
    return os.read(descriptor, _READ_BYTES)
