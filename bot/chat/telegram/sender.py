"""Sends messages to Telegram chats and topics, and changes them; refusals become DeliveryErrors.

A message that Telegram cannot parse (400 "can't parse entities") is our own fault: it goes out once more as plain text.
"""

import json
from datetime import datetime
from functools import lru_cache

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.chat.telegram.buttons import inline_keyboard_json
from bot.chat.telegram.errors import OUTAGE_PAUSE, is_markup_error, is_unchanged, translate
from bot.chat.telegram.render import RenderedMessage, render
from bot.chat.telegram.transport import BotApi
from bot.domain.errors import BadMessage, DeliveryError, RetryLater
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.meter import Meter
from bot.ports.sources import Clock

log = structlog.get_logger()

_NO_LINK_PREVIEW = json.dumps({"is_disabled": True})
_HTML = "HTML"
# A fan-out sends one message thousands of times. Within ten seconds its "12 min ago" stays the same, so the rendered
# message is used again.
_RENDER_INTERVAL_S = 10


class TelegramSender:
    """Sends and edits messages. `paid`: alerts are sent as paid broadcasts, up to 1,000 a second.

    https://core.telegram.org/bots/api#sendmessage
    """

    def __init__(self, api: BotApi, *, clock: Clock, meter: Meter, paid: bool = False) -> None:
        self._api = api
        self._paid = paid or None
        self._clock = clock
        self._meter = meter
        self._render = lru_cache(maxsize=64)(render)

    async def send(self, place: Place, message: Message, *, reply_to: str | None = None) -> str:
        """Send a message and return its id; raise DeliveryError."""
        rendered = self._rendered(message)
        try:
            return await self._send(place, rendered, _HTML, message, reply_to)
        except BadMessage as error:
            self._count_plain_retry(place, error)
        return await self._send(place, rendered, None, message, reply_to)

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message; one that is the same already is no error. Raise DeliveryError."""
        rendered = self._rendered(message)
        try:
            return await self._edit(place, message_id, rendered, _HTML)
        except BadMessage as error:
            self._count_plain_retry(place, error)
        return await self._edit(place, message_id, rendered, None)

    def _count_plain_retry(self, place: Place, error: BadMessage) -> None:
        """Count a message that goes out as plain text; raise the error again when its markup was not the matter."""
        if not is_markup_error(error):
            raise error
        log.error("telegram refused the markup of a message, sent as plain text", place=str(place), error=str(error))
        self._meter.count_delivery(Platform.TELEGRAM, "retried", "plain text")

    def _rendered(self, message: Message) -> RenderedMessage:
        return self._render(message, _start_of_interval(self._clock.now()))

    async def _send(
        self, place: Place, rendered: RenderedMessage, parse_mode: str | None, message: Message, reply_to: str | None
    ) -> str:
        try:
            # Not the library's own `send_message`: it makes an object of every reply, a third of a message's CPU.
            sent = await self._api.call(
                "sendMessage",
                chat_id=place.chat,
                text=rendered.html if parse_mode else rendered.text,
                parse_mode=parse_mode,
                message_thread_id=int(place.thread) if place.thread else None,
                disable_notification=message.silent or None,
                allow_paid_broadcast=self._paid,
                link_preview_options=_NO_LINK_PREVIEW,
                reply_parameters=_reply_parameters(reply_to) if reply_to else None,
                reply_markup=inline_keyboard_json(rendered.buttons),
            )
        except TelegramError as error:
            raise await self._delivery_error(error, place) from error
        return str(sent["message_id"])

    async def _edit(self, place: Place, message_id: str, rendered: RenderedMessage, parse_mode: str | None) -> None:
        try:
            await self._api.call(
                "editMessageText",
                chat_id=place.chat,
                message_id=int(message_id),
                text=rendered.html if parse_mode else rendered.text,
                parse_mode=parse_mode,
                link_preview_options=_NO_LINK_PREVIEW,
                reply_markup=inline_keyboard_json(rendered.buttons),
            )
        except TelegramError as error:
            if not is_unchanged(error):
                raise await self._delivery_error(error, place) from error

    async def _delivery_error(self, error: TelegramError, place: Place) -> DeliveryError:
        """Return our error for the library's."""
        translated = translate(error, place)
        if not isinstance(error, InvalidToken):
            return translated
        # Telegram now and then answers 401 or 404 to a token that is fine. getMe tells, before the whole bot pauses.
        try:
            await self._api.call("getMe")
        except TelegramError:
            return translated
        return RetryLater(f"Telegram refused in passing: {error.message}", after=OUTAGE_PAUSE)


def _reply_parameters(message_id: str) -> str:
    # An escalation must arrive even where somebody has deleted the alert it answers.
    return json.dumps({"message_id": int(message_id), "allow_sending_without_reply": True})


def _start_of_interval(moment: datetime) -> datetime:
    """Return the moment rounded down to ten seconds: 14:05:37 → 14:05:30."""
    return moment.replace(second=moment.second // _RENDER_INTERVAL_S * _RENDER_INTERVAL_S, microsecond=0)
