"""Answers updates: commands, deep links, plain names typed in private, and pressed buttons.

`/reserves okx` in a group, `okx` in a private chat and a button with the callback data `reserves okx` all become the
same question to the command dispatcher. What happened to the chats themselves goes to `membership_handler.py`.
"""

import asyncio
import shlex
from difflib import get_close_matches
from functools import partial

import structlog
from telegram.error import TelegramError

from bot.chat.telegram.answer_sender import AnswerSender
from bot.chat.telegram.buttons import alert_text, command_line_of
from bot.chat.telegram.membership_handler import MembershipHandler
from bot.chat.telegram.own_identity import OwnIdentity
from bot.chat.telegram.permissions import ChatRights
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import (
    Author,
    Json,
    TypedCommand,
    author_of,
    chat_place,
    is_private,
    linked_command,
    place_of,
    typed_command,
)
from bot.commands.declaration import Caller, Command, PlaceAccess
from bot.commands.dispatcher import NO_ANSWER, CommandContext, CommandDispatcher
from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.messages.cards.welcome import BUTTON_TOO_OLD, unknown_command_card, welcome_card, what_to_type_card
from bot.messages.model import Message, takes_place
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_EXCHANGE_NAME_CHARACTERS = 40  # longer than any exchange's name: what is longer is no question
# How like a known name a mistyped one must be (0 to 1, difflib's ratio): "reserve" is offered "reserves".
_SIMILARITY_CUTOFF = 0.5
_MAX_SUGGESTIONS = 2


class UpdateHandler:
    """Answers updates; `identity` is who the bot itself is, `acknowledge_s` is explained at PollingTimeouts."""

    def __init__(  # noqa: PLR0913 — everything an update may need, named where it is put together
        self,
        dispatcher: CommandDispatcher,
        *,
        api: BotApi,
        answers: AnswerSender,
        membership: MembershipHandler,
        rights: ChatRights,
        subscriptions: Subscriptions,
        owner_ids: frozenset[str],
        identity: OwnIdentity,
        acknowledge_s: float,
    ) -> None:
        self._acknowledge_s = acknowledge_s
        self._identity = identity
        self._dispatcher = dispatcher
        self._api = api
        self._answers = answers
        self._membership = membership
        self._rights = rights
        self._subscriptions = subscriptions
        self._owner_ids = frozenset(owner_id.removeprefix("telegram:") for owner_id in owner_ids)

    async def handle(self, update: Json) -> None:
        """Do what an update asks for; while the store is away, what happened to a chat is lost and logged."""
        try:
            if "message" in update:
                await self._on_message(update["message"])
            elif "callback_query" in update:
                await self._on_button(update["callback_query"])
            elif "my_chat_member" in update:
                await self._on_own_membership(update["my_chat_member"])
        except StorageError as error:  # the next refused message, or the daily probe, tells the same
            log.warning("store away while handling a telegram update", error=str(error))

    async def _on_message(self, message: Json) -> None:
        author = author_of(message)
        text = message.get("text", "")
        if not text:
            await self._membership.on_service_message(message)
        elif author and text.startswith("/"):
            await self._on_command(message, author, text)
        elif author and is_private(message["chat"]):
            await self._on_private_text(message, author, text)

    async def _on_command(self, message: Json, author: Author, text: str) -> None:
        typed = typed_command(text)
        if typed is None or (typed.addressee and not await self._identity.has_name(typed.addressee)):
            return
        typed = self._start_command(typed) if typed.name == "start" else typed
        place = place_of(message)
        command = self._dispatcher.commands.get(typed.name)
        private = is_private(message["chat"])
        if command:
            # In a group the answer is a reply, so that everybody sees what was asked.
            reply_to = None if private else str(message["message_id"])
            await self._answer(self._context(place, author, private=private), command, typed.words, reply_to)
        elif private:
            # Only in private: in a group the command may be meant for another bot.
            await self._answer_text(
                message, author, unknown_command_card(typed.name, self._similar_commands(typed.name))
            )

    def _similar_commands(self, name: str) -> list[str]:
        names = [command.name for command in self._dispatcher.commands]
        return get_close_matches(name, names, n=_MAX_SUGGESTIONS, cutoff=_SIMILARITY_CUTOFF)

    def _start_command(self, typed: TypedCommand) -> TypedCommand:
        """Return what /start stands for: the question of a deep link, or help."""
        linked = linked_command(typed.words)
        command = self._dispatcher.commands.get(linked.name)
        # Anybody can make a link: one must not subscribe, begin or delete anything for whoever follows it.
        return linked if command and command.linkable else TypedCommand("help", "")

    async def _on_private_text(self, message: Json, author: Author, text: str) -> None:
        """Take a short text in a private chat for the name of an exchange."""
        place = place_of(message)
        command = self._dispatcher.commands.get("reserves")
        if command is None or len(text) > _EXCHANGE_NAME_CHARACTERS or "\n" in text:
            await self._answer_text(message, author, what_to_type_card())
            return
        # Quoted: "crypto com" is one name, not two words.
        await self._answer(self._context(place, author, private=True), command, shlex.quote(text), None)

    async def _on_button(self, query: Json) -> None:
        """Answer a pressed button by the command line in its callback data.

        What only whoever pressed is to read is shown to them alone, everything else is a message in the chat.
        """
        message = query.get("message")
        # Of a message that is too old Telegram tells the chat only (date 0). In a forum the answer could land in any
        # topic, so there is none.
        has_lost_topic = bool(message and not message["date"] and message["chat"].get("is_forum"))
        line, in_place = command_line_of(query.get("data", ""))
        name, _, words = line.partition(" ")
        command = self._dispatcher.commands.get(name)
        if not message or not command or has_lost_topic:
            await self._acknowledge(query, BUTTON_TOO_OLD if has_lost_topic else None)
            return
        private = is_private(message["chat"])
        context = self._context(place_of(message), Author(query["from"]["id"]), private=private)
        answering = asyncio.ensure_future(self._dispatcher.answer_words(context, command, words))
        try:
            done, _ = await asyncio.wait([answering], timeout=self._acknowledge_s)
            alert = alert_text(answering.result()) if done else None
            is_shown = await self._acknowledge(query, alert)
            # A press that is too old shows no window any more. In a group its time is over.
            if alert is None or (private and not is_shown):
                replaced = str(message["message_id"]) if in_place and takes_place(await answering) else None
                await self._send_answer(context, await answering, None, replaced=replaced)
        finally:
            answering.cancel()

    async def _acknowledge(self, query: Json, alert: str | None) -> bool:
        """End the progress bar on a pressed button, with a window over the chat where there is something to show.

        Return whether Telegram took it: it gives up on a press within seconds.

        https://core.telegram.org/bots/api#answercallbackquery
        """
        try:
            await self._api.answer_callback_query(query["id"], alert, show_alert=alert is not None)
        except TelegramError as error:
            log.debug("button press not acknowledged", error=str(error))
            return False
        return True

    async def _answer(self, context: CommandContext, command: Command, words: str, reply_to: str | None) -> None:
        await self._send_answer(context, await self._dispatcher.answer_words(context, command, words), reply_to)

    async def _send_answer(
        self, context: CommandContext, message: Message, reply_to: str | None, *, replaced: str | None = None
    ) -> None:
        if message is NO_ANSWER:
            return
        # Where an answer arrives, alerts do too.
        if await self._answers.send(context.place, message, reply_to, replaced=replaced):
            await self._subscriptions.clear_trouble(context.place)

    async def _answer_text(self, message: Json, author: Author, answer: Message) -> None:
        """Answer what was no command, in private; a flood of it gets no more than one of commands."""
        context = self._context(place_of(message), author, private=True)
        admitted = self._dispatcher.answer_text(context, answer)
        if admitted is not NO_ANSWER:
            await self._answers.send(context.place, admitted)

    async def _on_own_membership(self, change: Json) -> None:
        if await self._membership.on_own_membership(change):
            await self._answers.send(chat_place(change["chat"]), welcome_card())

    def _context(self, place: Place, author: Author, *, private: bool) -> CommandContext:
        is_owner = author.user is not None and str(author.user) in self._owner_ids
        may_moderate = partial(self._rights.may_moderate, author)
        caller = Caller(author.id, is_owner, may_moderate, is_person=author.user is not None)
        place_access = PlaceAccess(
            find=partial(self._rights.find_chat, self._identity.present, author),
            missing=partial(self._rights.missing_for_bot, self._identity.present),
        )
        return CommandContext(place, caller, place_access, private)
