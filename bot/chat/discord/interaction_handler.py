"""Answers slash commands and pressed buttons within the three seconds that Discord gives an interaction.

A command that takes longer than 1.5 s is announced ("thinking…"); the answer then has 15 minutes.
https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot.chat.discord.buttons import command_line_of
from bot.chat.discord.documents import attached
from bot.chat.discord.errors import INTERACTION_OVER, LIBRARY_ERRORS
from bot.chat.discord.images import THEME
from bot.chat.discord.interaction_context import Interaction, bot_can_post, command_context
from bot.chat.discord.interaction_reply import announce_reply, replace_pressed, send_reply
from bot.chat.discord.place_reachability import PlaceReachability
from bot.chat.discord.server_suggestions import SERVER_SUGGESTIONS
from bot.commands.declaration import Access, Command, Parameter
from bot.commands.dispatcher import NO_ANSWER, CommandDispatcher
from bot.commands.repeated_questions import RepeatedQuestions
from bot.language.translation import marked, tr, written_in
from bot.messages.cards.errors import refusal
from bot.messages.cards.welcome import BUTTON_OUTDATED
from bot.messages.model import Message
from bot.ports.pictures import IllustratedMessage, PictureDrawer, illustrate

log = structlog.get_logger()

# The first reply is due within 3 s: a call that hangs for 30 s comes too late in any case.
_REPLY_TIMEOUT_S = 30.0
_COMMAND_CHANGED = marked("This command has changed. Reload Discord, or try again in a minute.")


class InteractionHandler:
    """Answers slash commands and buttons. Never raises: an answer that Discord does not take is logged.

    Buttons are answered so that only who pressed them sees it: an alert in a busy channel stays one message.
    """

    def __init__(  # noqa: PLR0913 — what an answer is made of, and two clocks that tests move
        self,
        dispatcher: CommandDispatcher,
        reachability: PlaceReachability,
        *,
        owner_ids: frozenset[str],
        announce_after_s: float = 1.5,
        clock: Callable[[], float] = time.monotonic,
        pictures: PictureDrawer | None = None,
    ) -> None:
        self._pictures = pictures
        self._dispatcher = dispatcher
        self._reachability = reachability
        self._owner_ids = owner_ids
        self._repeated = RepeatedQuestions(clock)
        self._announce_after_s = announce_after_s

    async def answer_command(
        self,
        interaction: Interaction,
        command: Command,
        options: dict[str, str],
        attachment: discord.Attachment | None = None,
    ) -> None:
        """Answer a slash command; `attachment` is the file that came with it."""
        context = replace(command_context(interaction, self._owner_ids), document=attached(attachment))
        # What moderators and the owner set is nobody else's business in a busy channel, nor is what everybody reads
        # there already: a question that repeats within seconds is answered to its asker alone.
        is_own = command.private_only or command.access is not Access.MEMBER
        hidden = self._repeated.is_repeated(context, command, options) or is_own
        answer = self._dispatcher.answer_options(replace(context, shown_to_asker_alone=hidden), command, options)
        is_for_all = await self._answer(interaction, answer, hidden=hidden)
        if not hidden and not is_for_all:
            self._repeated.forget(context, command, options)

    async def answer_button(self, interaction: Interaction, custom_id: str) -> None:
        """Answer a pressed button by the command line in its custom_id."""
        line, in_place = command_line_of(custom_id) or ("", False)
        name, _, words = line.partition(" ")
        command = self._dispatcher.commands.get(name) if name else None
        if command is None:
            await self._refuse(interaction, BUTTON_OUTDATED)
            return
        context = replace(command_context(interaction, self._owner_ids), pressed=True)
        answer = self._dispatcher.answer_words(context, command, words)
        await self._answer(interaction, answer, hidden=True, in_place=in_place)

    async def suggest(self, interaction: Interaction, parameter: Parameter, typed: str) -> list[tuple[str, str]]:
        """Return (label, value) pairs that complete what was typed so far, from memory."""
        with written_in(await self._language_of(interaction)):
            if suggest_of_server := SERVER_SUGGESTIONS.get(parameter.kind.name):
                return suggest_of_server(interaction, typed)
            given = {name: str(value) for name, value in interaction.namespace if name != parameter.name and value}
            return self._dispatcher.suggest(parameter, typed, given=given)

    async def answer_stale_command(self, interaction: Interaction) -> None:
        """Answer a command that has changed since Discord's client last fetched its definition."""
        await self._refuse(interaction, _COMMAND_CHANGED)

    async def _language_of(self, interaction: Interaction) -> str:
        return await self._dispatcher.language_of(command_context(interaction, self._owner_ids))

    async def _refuse(self, interaction: Interaction, sentence: str) -> None:
        """Show the asker a sentence that is marked to be translated."""
        with written_in(await self._language_of(interaction)):
            message = refusal(tr(sentence))
        await self._send(interaction, message, hidden=True)

    async def _answer(
        self,
        interaction: Interaction,
        answer: Coroutine[Any, Any, Message],
        *,
        hidden: bool,
        in_place: bool = False,
    ) -> bool:
        """Send an answer, and return whether everybody in the channel can read it."""
        async with self._announced_when_slow(interaction, hidden=hidden, in_place=in_place):
            message = await answer
            # Drawing may take seconds, so it is announced like any slow answer.
            image = await illustrate(message, self._pictures, THEME) if message.picture else None
        if message is NO_ANSWER:  # one of a flood; Discord shows whoever sent it that there was no response
            return False
        is_sent = await self._send(interaction, message, hidden=hidden, in_place=in_place, image=image)
        # Whoever uses a command where the bot can post brings back a place that was switched off.
        if bot_can_post(interaction):
            await self._reachability.mark_reachable([interaction.channel_id or 0])
        return is_sent and not hidden and not message.private

    @asynccontextmanager
    async def _announced_when_slow(
        self, interaction: Interaction, *, hidden: bool, in_place: bool
    ) -> AsyncIterator[None]:
        """Announce the answer should the block take long.

        A timer instead of a task: a quick answer, the usual case, then costs no task at all.
        """
        announcements: list[asyncio.Task[None]] = []

        def announce() -> None:
            announcements.append(asyncio.create_task(self._announce(interaction, hidden=hidden, in_place=in_place)))

        timer = asyncio.get_running_loop().call_later(self._announce_after_s, announce)
        try:
            yield
            # The answer takes the announcement's place, so it must not overtake one that is under way.
            for task in announcements:
                await task
        finally:
            timer.cancel()
            for task in announcements:
                task.cancel()

    async def _announce(self, interaction: Interaction, *, hidden: bool, in_place: bool) -> None:
        async with _failure_logged(interaction):
            await announce_reply(interaction, hidden=hidden, in_place=in_place)

    async def _send(
        self,
        interaction: Interaction,
        message: Message,
        *,
        hidden: bool,
        in_place: bool = False,
        image: IllustratedMessage | None = None,
    ) -> bool:
        """Send an answer, and return whether Discord took it."""
        async with _failure_logged(interaction):
            if in_place:
                await replace_pressed(interaction, message, image=image)
            else:
                await send_reply(interaction, message, hidden=hidden, image=image)
            return True
        return False


@asynccontextmanager
async def _failure_logged(interaction: Interaction) -> AsyncIterator[None]:
    """Give a reply 30 s, and log why Discord did not take it instead of raising."""
    try:
        async with asyncio.timeout(_REPLY_TIMEOUT_S):
            yield
    except LIBRARY_ERRORS as error:
        code = error.code if isinstance(error, discord.HTTPException) else 0
        event = "discord answer came too late" if code in INTERACTION_OVER else "discord answer not delivered"
        log.warning(event, interaction=interaction.id, code=code, error=type(error).__name__)
