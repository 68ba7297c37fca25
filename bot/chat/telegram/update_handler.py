"""Answers updates: commands, deep links, and plain names typed in private.

`/reserves okx` in a group, `okx` in a private chat and a link with the payload `reserves_okx` all become the same
question to the command dispatcher. Pressed buttons go to `button_handler.py`, what is typed in other chats after the
bot's name to `inline_queries.py`, what happened to the chats themselves to `membership_handler.py`.
"""

import shlex
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from functools import partial

import structlog

from bot.chat.telegram.answer_sender import AnswerSender
from bot.chat.telegram.asker_context import AskerContexts
from bot.chat.telegram.button_handler import ButtonHandler
from bot.chat.telegram.deep_links import linked_command
from bot.chat.telegram.documents import TelegramDocuments
from bot.chat.telegram.inline_queries import InlineQueryHandler
from bot.chat.telegram.membership_handler import MembershipHandler
from bot.chat.telegram.own_identity import OwnIdentity
from bot.chat.telegram.private_answers import PrivateAnswers
from bot.chat.telegram.update_parser import (
    Author,
    Json,
    author_of,
    chat_place,
    is_private,
    person,
    place_of,
    typed_command,
)
from bot.commands.declaration import Command
from bot.commands.dispatcher import NO_ANSWER, CommandContext, CommandDispatcher, is_public
from bot.commands.repeated_questions import RepeatedQuestions
from bot.domain.errors import StorageError
from bot.language.translation import written_in
from bot.messages.cards.start import start_card
from bot.messages.cards.welcome import unknown_command_card, welcome_card, what_to_type_card
from bot.messages.model import Message
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_EXCHANGE_NAME_CHARACTERS = 40  # longer than any exchange's name: what is longer is no question
# How like a known name a mistyped one must be (0 to 1, difflib's ratio): "reserve" is offered "reserves".
_SIMILARITY_CUTOFF = 0.5
_MAX_SUGGESTIONS = 2


class UpdateHandler:
    """Answers updates; `identity` is who the bot itself is."""

    def __init__(  # noqa: PLR0913 — everything an update may need, named where it is put together
        self,
        dispatcher: CommandDispatcher,
        *,
        answers: AnswerSender,
        buttons: ButtonHandler,
        inline_queries: InlineQueryHandler,
        membership: MembershipHandler,
        documents: TelegramDocuments,
        contexts: AskerContexts,
        repeated: RepeatedQuestions,
        subscriptions: Subscriptions,
        identity: OwnIdentity,
    ) -> None:
        self._buttons = buttons
        self._inline_queries = inline_queries
        self._contexts = contexts
        self._repeated = repeated
        self._identity = identity
        self._dispatcher = dispatcher
        self._answers = answers
        self._private_answers = PrivateAnswers(answers, identity)
        self._membership = membership
        self._documents = documents
        self._subscriptions = subscriptions

    async def handle(self, update: Json) -> None:
        """Do what an update asks for; while the store is away, what happened to a chat is lost and logged."""
        try:
            if "message" in update:
                await self._on_message(update["message"])
            elif "callback_query" in update:
                await self._buttons.answer(update["callback_query"])
            elif "inline_query" in update:
                await self._inline_queries.answer(update["inline_query"])
            elif "my_chat_member" in update:
                await self._on_own_membership(update["my_chat_member"])
        except StorageError as error:  # the next refused message, or the daily probe, tells the same
            log.warning("store away while handling a telegram update", error=str(error))

    async def _on_message(self, message: Json) -> None:
        author = author_of(message)
        # The text beside a file is its caption: “/import” with the file that /export made.
        text = message.get("text") or (message.get("caption", "") if "document" in message else "")
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
        private = is_private(message["chat"])
        context = self._contexts.context(place_of(message), author, private=private)
        command = self._dispatcher.commands.get(typed.name)
        # In a group the answer is a reply, so that everybody sees what was asked.
        reply_to = None if private else str(message["message_id"])
        if typed.name == "start":
            await self._on_start(context, typed.words, reply_to)
        elif command:
            document = self._documents.attached(message) if command.takes_document else None
            await self._answer(replace(context, document=document), command, typed.words, reply_to)
        elif private:
            # Only in private: in a group the command may be meant for another bot.
            similar = self._similar_commands(typed.name)
            await self._answer_text(context, partial(unknown_command_card, typed.name, similar))

    def _similar_commands(self, name: str) -> list[str]:
        names = [command.name for command in self._dispatcher.commands]
        return get_close_matches(name, names, n=_MAX_SUGGESTIONS, cutoff=_SIMILARITY_CUTOFF)

    async def _on_start(self, context: CommandContext, payload: str, reply_to: str | None) -> None:
        """Answer /start: the question of a deep link, what one proposes, or what the bot is.

        Anybody can make a link: one must not subscribe, begin or delete anything for whoever follows it.
        """
        linked = linked_command(payload)
        command = self._dispatcher.commands.get(linked.name) if linked else None
        if linked and command and command.linkable:
            await self._answer(context, command, linked.words, reply_to)
        elif linked and command and command.is_guided:
            await self._send_answer(context, await self._dispatcher.propose(context, command, linked.words), reply_to)
        elif context.private or not payload:  # a group is greeted when the bot is added
            largest = next(iter(self._dispatcher.queries.exchanges()), None)
            answer = await self._dispatcher.answer_text(context, partial(start_card, largest))
            await self._send_answer(context, answer, reply_to)

    async def _on_private_text(self, message: Json, author: Author, text: str) -> None:
        """Take a short text in a private chat for the name of an exchange."""
        context = self._contexts.context(place_of(message), author, private=True)
        command = self._dispatcher.commands.get("reserves")
        if command is None or len(text) > _EXCHANGE_NAME_CHARACTERS or "\n" in text:
            await self._answer_text(context, what_to_type_card)
            return
        # Quoted: "crypto com" is one name, not two words.
        await self._answer(context, command, shlex.quote(text), None)

    async def _answer(self, context: CommandContext, command: Command, words: str, reply_to: str | None) -> None:
        """Answer a command, unless the same was answered in this group a moment ago."""
        if command.private_only and is_public(context):
            refused = await self._dispatcher.answer_text(context, partial(self._private_answers.refusal, command))
            await self._send_answer(context, refused, reply_to)
            return
        if await self._dispatcher.answers_asker_alone(context, command):
            message = await self._dispatcher.answer_words(context, command, words)
            if message is not NO_ANSWER:
                await self._private_answers.send(context, f"{command.name} {words}".strip(), message, reply_to)
            return
        if self._repeated.is_repeated(context, command, words):
            log.debug("question repeated", place=str(context.place), command=command.name)
            return
        message = await self._dispatcher.answer_words(context, command, words)
        is_sent = await self._send_answer(context, message, reply_to)
        # A refusal to one is no answer to the next.
        if not is_sent or message.private:
            self._repeated.forget(context, command, words)

    async def _send_answer(self, context: CommandContext, message: Message, reply_to: str | None) -> bool:
        """Send an answer and return whether it arrived."""
        if message is NO_ANSWER:
            return False
        is_sent = await self._answers.send(context.place, message, reply_to)
        if is_sent:  # where an answer arrives, alerts do too
            await self._subscriptions.clear_trouble(context.place)
        return is_sent

    async def _answer_text(self, context: CommandContext, answer: Callable[[], Message]) -> None:
        """Answer what was no command, in private; a flood of it gets no more than one of commands."""
        admitted = await self._dispatcher.answer_text(context, answer)
        if admitted is not NO_ANSWER:
            await self._answers.send(context.place, admitted)

    async def _on_own_membership(self, change: Json) -> None:
        if not await self._membership.on_own_membership(change):
            return
        place = chat_place(change["chat"])
        # A group that has chosen no language yet is greeted in that of who adds the bot, as in a private chat.
        context = self._contexts.context(place, person(change["from"]), private=True)
        with written_in(await self._dispatcher.language_of(context)):
            welcome = welcome_card()
        await self._answers.send(place, welcome)
