"""Answers pressed buttons: callback data such as `flows okx` becomes the question /flows okx of whoever pressed.

Every press is acknowledged, else its button would show a progress bar for a minute. What only whoever pressed is to
read, such as a refusal, is a window over the chat; everything else is a message, or takes the place of the one pressed.
https://core.telegram.org/bots/api#answercallbackquery
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog
from telegram.error import TelegramError

from bot.chat.telegram.answer_sender import AnswerSender
from bot.chat.telegram.asker_context import AskerContexts
from bot.chat.telegram.buttons import alert_text, command_line_of
from bot.chat.telegram.deep_links import start_payload
from bot.chat.telegram.own_identity import OwnIdentity
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import Json, is_private, person, place_of
from bot.commands.declaration import Command
from bot.commands.dispatcher import NO_ANSWER, CommandContext, CommandDispatcher
from bot.commands.repeated_questions import RecentKeys, RepeatedQuestions
from bot.domain.place import Place, Platform
from bot.language.translation import tr, written_in
from bot.messages.cards.welcome import ANSWERED_ABOVE, ASK_IN_PRIVATE, BUTTON_OUTDATED, BUTTON_TOO_OLD
from bot.messages.model import Message, takes_place
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_DOUBLE_TAP_S = 2.0  # a button that was pressed twice within these seconds was meant once


class ButtonHandler:
    """Answers presses; `acknowledge_s` is explained at PollingTimeouts."""

    def __init__(  # noqa: PLR0913 — everything a press may need, named where it is put together
        self,
        dispatcher: CommandDispatcher,
        *,
        api: BotApi,
        answers: AnswerSender,
        contexts: AskerContexts,
        identity: OwnIdentity,
        repeated: RepeatedQuestions,
        subscriptions: Subscriptions,
        acknowledge_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._dispatcher = dispatcher
        self._api = api
        self._answers = answers
        self._contexts = contexts
        self._identity = identity
        self._repeated = repeated
        self._subscriptions = subscriptions
        self._acknowledge_s = acknowledge_s
        self._pressed: RecentKeys[tuple[int, int, int, str]] = RecentKeys(_DOUBLE_TAP_S, clock)

    async def answer(self, query: Json) -> None:
        """Answer a press by the command line in its callback data."""
        message, data, context = query.get("message"), query.get("data", ""), self._context_of(query)
        # Of a message that is too old Telegram tells the chat only (date 0). In a forum the answer could land in any
        # topic, so there is none. Of one that was posted in inline mode it tells not even the chat.
        if not message or (not message["date"] and message["chat"].get("is_forum")):
            await self._tell(query, context, BUTTON_TOO_OLD)
            return
        line, in_place = command_line_of(data)
        name, _, words = line.partition(" ")
        command = self._dispatcher.commands.get(name)
        if not command:
            await self._tell(query, context, BUTTON_OUTDATED)
            return
        if message["chat"].get("type") == "channel" and command.linkable:
            await self._answer_in_private(query, context, line)
            return
        press = (query["from"]["id"], message["chat"]["id"], message["message_id"], data)
        if self._pressed.was_seen(press):
            await self._acknowledge(query)
            return
        # What a link may not do, such as to begin a drill, is answered here: mostly in a window.
        is_linkable = not in_place and command.linkable and start_payload(line) is not None
        if is_linkable and await self._dispatcher.answers_asker_alone(context, command):
            self._pressed.forget(press)
            await self._answer_in_private(query, context, line)
            return
        if self._repeated.is_repeated(context, command, words) and not in_place:
            await self._tell(query, context, ANSWERED_ABOVE, is_window=False)
            return
        replaced = str(message["message_id"]) if in_place else None
        if not await self._answer(query, context, command, words, replaced=replaced):
            # Nothing was posted: a second press shows the window once more, and harms nobody.
            self._pressed.forget(press)
            self._repeated.forget(context, command, words)

    def _context_of(self, query: Json) -> CommandContext:
        """Return who pressed where; the person's own chat stands for one that is not told."""
        message, presser = query.get("message"), person(query["from"])
        if not message:
            return self._contexts.context(Place(Platform.TELEGRAM, presser.id), presser, private=True)
        private = is_private(message["chat"])
        return replace(self._contexts.context(place_of(message), presser, private=private), pressed=True)

    async def _answer_in_private(self, query: Json, context: CommandContext, line: str) -> None:
        """Lead whoever pressed to the answer in their chat with the bot: in a channel, or where answers are private.

        Subscribers of a channel may not post there, and a button must not do it for them: a thousand would be told for
        one.
        """
        payload, username = start_payload(line), self._identity.present.username
        url = f"https://t.me/{username}?start={payload}" if payload and username else None
        if url is None:
            await self._tell(query, context, ASK_IN_PRIVATE)
            return
        try:
            await self._api.answer_callback_query(query["id"], url=url)
        except TelegramError as error:
            log.debug("button press not acknowledged", error=str(error))

    async def _tell(self, query: Json, context: CommandContext, sentence: str, *, is_window: bool = True) -> None:
        """Acknowledge a press with a sentence that is marked to be translated."""
        with written_in(await self._dispatcher.language_of(context)):
            text = tr(sentence)
        await self._acknowledge(query, text, is_window=is_window)

    async def _answer(
        self, query: Json, context: CommandContext, command: Command, words: str, *, replaced: str | None = None
    ) -> bool:
        """Answer a press and return whether everybody in the chat can read the answer.

        `replaced` is the message whose place the answer takes, unless it is a refusal.
        """
        answering = asyncio.ensure_future(self._dispatcher.answer_words(context, command, words))
        try:
            done, _ = await asyncio.wait([answering], timeout=self._acknowledge_s)
            alert = alert_text(answering.result()) if done else None
            is_shown = await self._acknowledge(query, alert)
            # A press that is too old shows no window any more. In a group its time is over.
            if alert is not None and (is_shown or not context.private):
                return False
            return await self._send(context, await answering, replaced)
        finally:
            answering.cancel()

    async def _send(self, context: CommandContext, message: Message, replaced: str | None) -> bool:
        if message is NO_ANSWER:
            return False
        # A text cannot become a photo by an edit that every client shows, so a picture is a message of its own.
        replaced = replaced if takes_place(message) and message.picture is None else None
        is_sent = await self._answers.send(context.place, message, replaced=replaced)
        if is_sent:  # where an answer arrives, alerts do too
            await self._subscriptions.clear_trouble(context.place)
        return is_sent and not message.private

    async def _acknowledge(self, query: Json, text: str | None = None, *, is_window: bool = True) -> bool:
        """End the progress bar on a pressed button, with a text in a window, or else in passing at the top of the chat.

        Return whether Telegram took it: it gives up on a press within seconds.
        """
        try:
            await self._api.answer_callback_query(query["id"], text, show_alert=text is not None and is_window)
        except TelegramError as error:
            log.debug("button press not acknowledged", error=str(error))
            return False
        return True
