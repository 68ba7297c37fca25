"""Messages out: rendered, sent or edited, and refusals turned into our errors."""

import json
from datetime import datetime
from functools import lru_cache

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.chat.telegram.errors import AWAY_PAUSE, is_unchanged, is_unparsable, translated
from bot.chat.telegram.render import Buttons, RenderedMessage, render
from bot.chat.telegram.transport import BotApi
from bot.domain.errors import BadMessage, DeliveryError, RetryLater
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.meter import Meter
from bot.ports.sources import Clock

log = structlog.get_logger()

_NO_PREVIEW = json.dumps({"is_disabled": True})
_HTML = "HTML"
_GRAIN_SECONDS = 10


class TelegramSender:
    """Writes messages. What Telegram cannot parse is our own fault: it goes out once more as plain text.

    The library's own `send_message` makes an object of every reply, which costs a third of a message's CPU.
    """

    def __init__(self, api: BotApi, *, clock: Clock, meter: Meter, paid: bool = False) -> None:
        self._api = api
        self._paid = paid or None
        self._clock = clock
        self._meter = meter
        # A fan-out sends one message thousands of times; it is rendered anew every ten seconds, for its "… ago".
        self._render = lru_cache(maxsize=64)(render)

    async def send(self, place: Place, message: Message, *, reply_to: str | None = None) -> str:
        """Send a message and return its id; raise DeliveryError."""
        rendered = self._rendered(message)
        try:
            return await self._send(place, rendered, _HTML, message, reply_to)
        except BadMessage as error:
            self._count_as_plain(place, error)
        return await self._send(place, rendered, None, message, reply_to)

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message; one that is the same already is no error. Raise DeliveryError."""
        rendered = self._rendered(message)
        try:
            return await self._edit(place, message_id, rendered, _HTML)
        except BadMessage as error:
            self._count_as_plain(place, error)
        return await self._edit(place, message_id, rendered, None)

    def _count_as_plain(self, place: Place, error: BadMessage) -> None:
        """Count a message that goes out as plain text; raise the error again when its markup was not the matter."""
        if not is_unparsable(error):
            raise error
        log.error("markup refused, sent as plain text", place=str(place), error=str(error))
        self._meter.count_delivery(Platform.TELEGRAM, "retried", "plain text")

    def _rendered(self, message: Message) -> RenderedMessage:
        return self._render(message, _grained(self._clock.now()))

    async def _send(
        self, place: Place, rendered: RenderedMessage, parse_mode: str | None, message: Message, reply_to: str | None
    ) -> str:
        try:
            sent = await self._api.call(
                "sendMessage",
                chat_id=place.chat,
                text=rendered.html if parse_mode else rendered.text,
                parse_mode=parse_mode,
                message_thread_id=int(place.thread) if place.thread else None,
                disable_notification=message.silent or None,
                allow_paid_broadcast=self._paid,
                link_preview_options=_NO_PREVIEW,
                reply_parameters=_reply_to(reply_to) if reply_to else None,
                reply_markup=_markup(rendered.buttons),
            )
        except TelegramError as error:
            raise await self._ours(error, place) from error
        return str(sent["message_id"])

    async def _edit(self, place: Place, message_id: str, rendered: RenderedMessage, parse_mode: str | None) -> None:
        try:
            await self._api.call(
                "editMessageText",
                chat_id=place.chat,
                message_id=int(message_id),
                text=rendered.html if parse_mode else rendered.text,
                parse_mode=parse_mode,
                link_preview_options=_NO_PREVIEW,
                reply_markup=_markup(rendered.buttons),
            )
        except TelegramError as error:
            if not is_unchanged(error):
                raise await self._ours(error, place) from error

    async def _ours(self, error: TelegramError, place: Place) -> DeliveryError:
        """Return our error; a refused token is checked with getMe, for Telegram says 401 and 404 in passing too."""
        ours = translated(error, place)
        if not isinstance(error, InvalidToken):
            return ours
        try:
            await self._api.call("getMe")
        except TelegramError:
            return ours
        return RetryLater(f"Telegram refused in passing: {error.message}", after=AWAY_PAUSE)


def _reply_to(message_id: str) -> str:
    return json.dumps({"message_id": int(message_id), "allow_sending_without_reply": True})


@lru_cache(maxsize=64)
def _markup(buttons: Buttons) -> str | None:
    rows = [[{"text": label, "callback_data": data} for label, data in row] for row in buttons]
    return json.dumps({"inline_keyboard": rows}) if rows else None


def _grained(moment: datetime) -> datetime:
    return moment.replace(second=moment.second // _GRAIN_SECONDS * _GRAIN_SECONDS, microsecond=0)
