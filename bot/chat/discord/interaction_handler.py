"""Interactions → the desk → answers, inside Discord's three seconds."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import discord
import structlog
from typing_extensions import override

from bot.chat.discord.errors import BAD_FORM, FAILURES, TOO_LATE
from bot.chat.discord.interaction_context import Interaction, bot_can_post, command_context
from bot.chat.discord.places import LostPlaces
from bot.chat.discord.render import PRESS, Payload, payload, plain_payload
from bot.commands.declaration import Access, Command
from bot.commands.dispatcher import CommandDispatcher
from bot.messages.cards.errors import refusal
from bot.messages.model import Message

log = structlog.get_logger()

Arguments = dict[str, Any]

_REPLY_TIMEOUT = 30.0
_OLD_COMMAND = "This command has changed. Reload Discord, or try again in a minute."
_OLD_BUTTON = "This button belongs to a command that no longer exists. /help lists those there are."


class InteractionHandler:
    """Answers slash commands and buttons. Never raises: an answer that is not taken is logged.

    A slow answer is announced first ("thinking…") and follows. Buttons are answered to the one who pressed them only,
    so that an alert in a busy channel stays one message.
    """

    def __init__(
        self, desk: CommandDispatcher, places: LostPlaces, *, owner_ids: frozenset[str], announce_after: float = 1.5
    ) -> None:
        self._desk = desk
        self._places = places
        self._owner_ids = owner_ids
        self._announce_after = announce_after

    async def command(self, interaction: Interaction, command: Command, options: dict[str, str]) -> None:
        """Answer a slash command."""
        question = self._desk.answer_options(command_context(interaction, self._owner_ids), command, options)
        await self._answer(interaction, question, hidden=command.access is not Access.MEMBER)

    async def press(self, interaction: Interaction, custom_id: str) -> None:
        """Answer a button; its custom_id holds the whole command line, so one from before a restart works too."""
        name, _, words = custom_id.removeprefix(PRESS).partition(" ")
        command = self._desk.commands.get(name) if custom_id.startswith(PRESS) else None
        if command is None:
            await self._tell(interaction, refusal(_OLD_BUTTON), hidden=True)
            return
        question = self._desk.answer_words(command_context(interaction, self._owner_ids), command, words)
        await self._answer(interaction, question, hidden=True)

    async def stale(self, interaction: Interaction) -> None:
        """Answer a command that has changed since Discord last fetched its definition."""
        await self._tell(interaction, refusal(_OLD_COMMAND), hidden=True)

    async def _answer(self, interaction: Interaction, question: Coroutine[Any, Any, Message], *, hidden: bool) -> None:
        async with self._announced_when_slow(interaction, hidden=hidden):
            message = await question
        await self._tell(interaction, message, hidden=hidden)
        if bot_can_post(interaction):
            await self._places.regained([interaction.channel_id or 0])

    @asynccontextmanager
    async def _announced_when_slow(self, interaction: Interaction, *, hidden: bool) -> AsyncIterator[None]:
        """Send word that the answer will follow, should the block take long. A quick one pays for a timer only."""
        announcing: list[asyncio.Task[None]] = []

        def announce() -> None:
            announcing.append(asyncio.create_task(self._tell(interaction, None, hidden=hidden)))

        timer = asyncio.get_running_loop().call_later(self._announce_after, announce)
        try:
            yield
            for task in announcing:
                await task
        finally:
            timer.cancel()
            for task in announcing:
                task.cancel()

    async def _tell(self, interaction: Interaction, message: Message | None, *, hidden: bool) -> None:
        """Send the answer, or with None the word that it will follow."""
        try:
            async with asyncio.timeout(_REPLY_TIMEOUT):
                await _say(interaction, message, hidden=hidden)
        except FAILURES as error:
            code = error.code if isinstance(error, discord.HTTPException) else 0
            event = "answer came too late" if code in TOO_LATE else "answer not delivered"
            log.warning(event, interaction=interaction.id, code=code, error=type(error).__name__)


async def _say(interaction: Interaction, message: Message | None, *, hidden: bool) -> None:
    if message is None:
        await interaction.response.defer(ephemeral=hidden, thinking=True)
        return
    private = hidden or message.private
    try:
        await _reply(interaction, _shown(message), hidden=private, announced_hidden=hidden)
    except discord.HTTPException as error:
        if error.code != BAD_FORM:
            raise
        log.exception("form of an answer refused", title=message.title)
        await _reply(interaction, _arguments(plain_payload(message)), hidden=private, announced_hidden=hidden)


async def _reply(interaction: Interaction, content: Arguments, *, hidden: bool, announced_hidden: bool) -> None:
    """Answer at once, or in place of the announcement; one that all could see gives way to a hidden answer."""
    if not interaction.response.is_done():
        await interaction.response.send_message(**content, ephemeral=hidden)
    elif hidden and not announced_hidden:
        await interaction.delete_original_response()
        await interaction.followup.send(**content, ephemeral=True)
    else:
        await interaction.edit_original_response(**content)


@lru_cache(maxsize=64)
def _shown(message: Message) -> Arguments:
    """Return a message as the arguments the library takes; in a run on an exchange many ask the same."""
    return _arguments(payload(message))


def _arguments(body: Payload) -> Arguments:
    """Return a body as the arguments the library takes."""
    arguments: Arguments = {
        "content": body.get("content"),
        "embeds": [discord.Embed.from_dict(one) for one in body.get("embeds", ())],
        "allowed_mentions": _allowed(body["allowed_mentions"]),
    }
    if body.get("components"):
        arguments["view"] = _Buttons(body["components"])
    return arguments


def _allowed(mentions: Payload) -> discord.AllowedMentions:
    roles = [discord.Object(int(one)) for one in mentions.get("roles", ())]
    return discord.AllowedMentions(
        everyone="everyone" in mentions["parse"], users=False, roles=roles, replied_user=False
    )


class _Buttons(discord.ui.View):
    """Buttons as they are sent. A stopped view is one the library does not keep: presses come to `Answers.press`."""

    def __init__(self, rows: list[Payload]) -> None:
        super().__init__(timeout=None)
        self._rows = rows
        self.stop()

    @override
    def to_components(self) -> list[Payload]:
        """Return the rows, which the library would otherwise put together anew for every answer."""
        return self._rows
