"""Inline mode: who types `@RunwatchBot binance` in any chat is offered answers, and posts one with a tap.

The bot need not be in that chat, and learns nothing of it. Answers come from memory, in the language of whoever types,
and Telegram may show them to the same person once more for half a minute. The owner of the bot switches inline mode on
with @BotFather (/setinline). https://core.telegram.org/bots/api#inline-mode
"""

from collections.abc import Sequence
from typing import Any

import structlog
from telegram.error import TelegramError

from bot.chat.telegram.asker_context import AskerContexts
from bot.chat.telegram.deep_links import start_payload
from bot.chat.telegram.own_identity import OwnIdentity
from bot.chat.telegram.render import render
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import Json, person
from bot.commands.dispatcher import CommandDispatcher
from bot.commands.inline_answers import InlineAnswer, inline_answers
from bot.domain.place import Place, Platform
from bot.language.translation import marked, tr, written_in
from bot.messages.plain_text import shorten
from bot.ports.sources import Clock

log = structlog.get_logger()

_CACHE_S = 30  # figures change every ten minutes; the text that is posted says as of when they are
_FLOOD_CACHE_S = 5  # how long whoever types too fast gets nothing new
_DESCRIPTION_CHARACTERS = 120  # two lines on a phone
_OPEN_BOT = marked("Ask the bot yourself")
# Translators: the label of a wide button.
_NOTHING_FOUND = marked("No exchange is called that. See them all")
# Translators: the label of a wide button.
_TOO_FAST = marked("Too many questions at once. Wait a moment")


class InlineQueryHandler:
    """Answers inline queries: each person as often as commands, one query counting as one."""

    def __init__(
        self,
        dispatcher: CommandDispatcher,
        *,
        api: BotApi,
        contexts: AskerContexts,
        identity: OwnIdentity,
        clock: Clock,
    ) -> None:
        self._dispatcher = dispatcher
        self._api = api
        self._contexts = contexts
        self._identity = identity
        self._clock = clock

    async def answer(self, query: Json) -> None:
        """Offer answers to what was typed so far."""
        asker = person(query["from"])
        # Where it is typed is not told, so the person's own chat stands for it.
        context = self._contexts.context(Place(Platform.TELEGRAM, asker.id), asker, private=True)
        with written_in(await self._dispatcher.language_of(context)):
            if not self._dispatcher.admits(context):
                await self._offer(query, [], button=(_TOO_FAST, "help"), cache_s=_FLOOD_CACHE_S)
                return
            answers = await inline_answers(self._dispatcher, context, query.get("query", ""))
            results = [self._article(number, answer) for number, answer in enumerate(answers)]
            await self._offer(query, results, button=None if results else (_NOTHING_FOUND, "exchanges"))

    async def _offer(
        self,
        query: Json,
        results: Sequence[Json],
        *,
        button: tuple[str, str] | None = None,
        cache_s: int = _CACHE_S,
    ) -> None:
        """Hand the answers to Telegram; `button` leads to the bot itself, with a label and a link's payload."""
        shown = {"text": tr(button[0]), "start_parameter": button[1]} if button else None
        try:
            await self._api.call(
                "answerInlineQuery",
                inline_query_id=query["id"],
                results=list(results),
                cache_time=cache_s,
                is_personal=True,  # whoever types the same may read another language
                button=shown,
            )
        except TelegramError as error:  # whoever typed has typed on, or closed the chat
            log.debug("inline query not answered", error=str(error))

    def _article(self, number: int, answer: InlineAnswer) -> dict[str, Any]:
        """Return an answer as Telegram shows it before it is posted: its title, its first line, and its whole text."""
        rendered = render(answer.message, self._clock.now())
        title, _, rest = rendered.text.partition("\n")
        article: dict[str, Any] = {
            "type": "article",
            "id": str(number),
            "title": title,
            "description": shorten(rest.strip().partition("\n")[0], _DESCRIPTION_CHARACTERS),
            "input_message_content": {
                "message_text": rendered.html,
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            },
        }
        # The buttons of the answer would reach the bot without the chat they were pressed in; a link does not need it.
        payload, username = start_payload(answer.line), self._identity.present.username
        if payload and username:
            url = f"https://t.me/{username}?start={payload}"
            article["reply_markup"] = {"inline_keyboard": [[{"text": tr(_OPEN_BOT), "url": url}]]}
        return article
