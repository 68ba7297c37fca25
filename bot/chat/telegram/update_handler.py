"""Updates in: commands and buttons go to the desk, news about the chats themselves to the subscriptions."""

import asyncio
import shlex
from collections import Counter
from difflib import get_close_matches
from functools import partial

import structlog
from telegram.error import TelegramError

from bot.chat.telegram.polling import PollingTimeouts
from bot.chat.telegram.rights import ChatRights
from bot.chat.telegram.sender import TelegramSender
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import (
    Author,
    BotIdentity,
    Json,
    TypedCommand,
    author_of,
    chat_place,
    is_present,
    is_private,
    lacking,
    linked_command,
    place_of,
    typed_command,
)
from bot.commands.declaration import Access, Caller, Command, PlaceAccess
from bot.commands.dispatcher import CommandContext, CommandDispatcher
from bot.domain.errors import ChatMoved, DeliveryError, RetryLater, StorageError
from bot.domain.place import Obstacle, Place
from bot.messages.cards.welcome import BUTTON_TOO_OLD, unknown_command_card, welcome_card, what_to_type_card
from bot.messages.model import Message
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

_LONGEST_NAME = 40
_LONGEST_PAUSE = 30.0
_MOST_WAITING = 3
"""Answers that may wait for one chat at a time; a flood of questions there must not keep everybody else waiting."""


class UpdateHandler:
    """Understands updates and has them answered. `me` is set as soon as Telegram has said who the bot is."""

    def __init__(  # noqa: PLR0913 — everything an update may need, named where it is put together
        self,
        desk: CommandDispatcher,
        *,
        api: BotApi,
        writer: TelegramSender,
        subscriptions: Subscriptions,
        clock: Clock,
        owner_ids: frozenset[str],
        patience: PollingTimeouts,
    ) -> None:
        self.me = BotIdentity(0, "")
        self._desk = desk
        self._api = api
        self._writer = writer
        self._subscriptions = subscriptions
        self._clock = clock
        self._owner_ids = frozenset(one.removeprefix("telegram:") for one in owner_ids)
        self._patience = patience
        self._rights = ChatRights(api, clock)
        self._one_by_one = asyncio.Lock()
        self._waiting = Counter[str]()

    async def handle(self, update: Json) -> None:
        """Do what an update asks for. While the store is away, news about chats are learnt from the next refusal."""
        try:
            if "message" in update:
                await self._on_message(update["message"])
            elif "callback_query" in update:
                await self._on_button(update["callback_query"])
            elif "my_chat_member" in update:
                await self._on_own_membership(update["my_chat_member"])
        except StorageError as error:
            log.warning("store away while hearing from a chat", error=str(error))

    async def _on_message(self, message: Json) -> None:
        speaker = author_of(message)
        text = message.get("text", "")
        if not text:
            await self._on_membership(message)
        elif speaker and text.startswith("/"):
            await self._command(message, speaker, text)
        elif speaker and is_private(message["chat"]):
            await self._on_private_text(message, speaker, text)

    async def _on_membership(self, message: Json) -> None:
        """Take note of what happened to the chat itself."""
        if "migrate_to_chat_id" in message:
            await self._move(chat_place(message["chat"]), str(message["migrate_to_chat_id"]))
        elif "migrate_from_chat_id" in message:
            await self._move(chat_place({"id": message["migrate_from_chat_id"]}), str(message["chat"]["id"]))
        elif "forum_topic_reopened" in message:
            await self._on_reopened(place_of(message))

    async def _command(self, message: Json, speaker: Author, text: str) -> None:
        typed = typed_command(text, self.me.username)
        if typed is None:
            return
        typed = self._started(typed) if typed.name == "start" else typed
        place = place_of(message)
        command = self._desk.commands.get(typed.name)
        private = is_private(message["chat"])
        if command:
            reply_to = None if private else str(message["message_id"])
            await self._answer(self._context(place, speaker, private=private), command, typed.words, reply_to)
        elif private:
            names = [command.name for command in self._desk.commands]
            nearest = get_close_matches(typed.name, names, n=2, cutoff=0.5)
            await self._write(place, unknown_command_card(typed.name, nearest))

    def _started(self, typed: TypedCommand) -> TypedCommand:
        """Return what /start stands for: a question from a deep link, or help."""
        linked = linked_command(typed.words)
        command = self._desk.commands.get(linked.name)
        return linked if command and command.access is Access.MEMBER else TypedCommand("help", "")

    async def _on_private_text(self, message: Json, speaker: Author, text: str) -> None:
        """Take a short text in a private chat for the name of an exchange."""
        place = place_of(message)
        command = self._desk.commands.get("reserves")
        if command is None or len(text) > _LONGEST_NAME or "\n" in text:
            await self._write(place, what_to_type_card())
            return
        await self._answer(self._context(place, speaker, private=True), command, shlex.quote(text), None)

    async def _on_button(self, query: Json) -> None:
        """Answer a button: end its little clock first, for Telegram's patience is short."""
        message = query.get("message")
        lost = bool(message and not message["date"] and message["chat"].get("is_forum"))  # nor is its topic told then
        try:
            await self._api.answer_callback_query(query["id"], BUTTON_TOO_OLD if lost else None, show_alert=lost)
        except TelegramError as error:
            log.debug("callback not answered", error=str(error))
        name, _, words = query.get("data", "").partition(" ")
        command = self._desk.commands.get(name)
        if not message or not command or lost:
            return
        asked = self._context(place_of(message), Author(query["from"]["id"]), private=is_private(message["chat"]))
        await self._answer(asked, command, words, None)

    async def _answer(self, asked: CommandContext, command: Command, words: str, reply_to: str | None) -> None:
        message = await self._desk.answer_words(asked, command, words)
        # Where an answer arrives alerts do too.
        if await self._write(asked.place, message, reply_to):
            await self._subscriptions.clear_trouble(asked.place)

    async def _write(self, place: Place, message: Message, reply_to: str | None = None) -> bool:
        """Send an answer past the queue of alerts and return whether it arrived; one obstacle may be got round."""
        try:
            try:
                await self._writer.send(place, message, reply_to=reply_to)
            except (RetryLater, ChatMoved) as obstacle:
                await self._writer.send(await self._answer_elsewhere(obstacle, place), message, reply_to=reply_to)
        except DeliveryError as error:
            log.info("answer not delivered", place=str(place), error=str(error))
            return False
        return True

    async def _answer_elsewhere(self, obstacle: RetryLater | ChatMoved, place: Place) -> Place:
        """Return where to send again, after the pause asked for; raise the obstacle when that is no use."""
        if isinstance(obstacle, ChatMoved):
            await self._move(place, obstacle.moved_to.chat)
            return obstacle.moved_to
        pause = obstacle.after.total_seconds()
        if obstacle.ambiguous or pause > _LONGEST_PAUSE or self._waiting[place.chat] >= _MOST_WAITING:
            raise obstacle
        self._waiting[place.chat] += 1
        try:
            await self._patience.sleep(pause)
        finally:
            self._waiting.subtract((place.chat,))
            self._waiting += Counter()  # forgets the chats where nothing waits any more
        return place

    async def _on_own_membership(self, change: Json) -> None:
        place, member = chat_place(change["chat"]), change["new_chat_member"]
        was, is_now = is_present(change["old_chat_member"]), is_present(member)
        async with self._one_by_one:
            if not is_now:
                await self._subscriptions.record_trouble(self._on_removed(place, change["chat"]))
            elif not lacking(member):
                await self._subscriptions.clear_trouble(place.whole_chat)
        log.info("let in" if is_now else "shut out", place=str(place), lacking=lacking(member))
        if is_now and not was and change["chat"].get("type") in ("group", "supergroup"):
            await self._write(place, welcome_card())

    async def _on_reopened(self, topic: Place) -> None:
        if await self._subscriptions.clear_trouble(topic):
            log.info("topic reopened", place=str(topic))

    def _on_removed(self, place: Place, chat: Json) -> PlaceTrouble:
        blocked = is_private(chat)
        return PlaceTrouble(
            place.whole_chat,
            "the bot was blocked" if blocked else "the bot was removed",
            since=self._clock.now(),
            disabled=True,
            obstacle=Obstacle.BLOCKED if blocked else Obstacle.REMOVED,
        )

    async def _move(self, old: Place, new_chat: str) -> None:
        async with self._one_by_one:
            await self._subscriptions.move(Place(old.platform, old.chat), Place(old.platform, new_chat))
        log.info("chat moved", place=str(old), to=new_chat)

    def _context(self, place: Place, speaker: Author, *, private: bool) -> CommandContext:
        is_owner = speaker.user is not None and str(speaker.user) in self._owner_ids
        caller = Caller(speaker.id, is_owner, partial(self._rights.may_moderate, speaker))
        reach = PlaceAccess(partial(self._rights.find, self.me, speaker), partial(self._rights.missing, self.me))
        return CommandContext(place, caller, reach, private)
