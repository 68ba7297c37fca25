"""Sends messages to Telegram chats and topics, and changes them; refusals become DeliveryErrors.

A message that Telegram cannot parse (400 "can't parse entities") is our own fault: it goes out once more as plain text.
One with a picture is a photo, its text the caption; a text that is longer than a caption goes first, and the photo
answers it. Where a picture cannot be drawn, or photos are refused, the text goes out alone and says so.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog

from bot.chat.telegram.buttons import inline_keyboard_json
from bot.chat.telegram.delivery_calls import DeliveryCalls
from bot.chat.telegram.errors import has_no_text, is_markup_error, is_unchanged
from bot.chat.telegram.photos import MAX_CAPTION_UTF16_UNITS, Photo, Photos
from bot.chat.telegram.render import RenderedMessage, render
from bot.chat.telegram.transport import BotApi
from bot.domain.errors import BadMessage, DeliveryError, NotAllowed
from bot.domain.place import Place, Platform
from bot.language.translation import marked, tr, written_in
from bot.messages.model import Message, without_picture
from bot.messages.plain_text import utf16_length
from bot.ports.meter import Meter
from bot.ports.pictures import DrawnPicture, PictureDrawer
from bot.ports.sources import Clock

log = structlog.get_logger()

_NO_LINK_PREVIEW = json.dumps({"is_disabled": True})
_HTML = "HTML"
# A fan-out sends one message thousands of times. Within ten seconds its "12 min ago" stays the same, so the rendered
# message is used again.
_RENDER_INTERVAL_S = 10
_NO_PHOTOS = marked("The chart is left out: the bot may not send photos here.")
_PHOTO_REFUSED = marked("The chart is left out: Telegram did not take the picture.")


class TelegramSender:
    """Sends and edits messages. `paid`: alerts are sent as paid broadcasts, up to 1,000 a second.

    `pictures` draws; without it a message's text stands for its picture.
    https://core.telegram.org/bots/api#sendmessage
    """

    def __init__(
        self, api: BotApi, *, clock: Clock, meter: Meter, paid: bool = False, pictures: PictureDrawer | None = None
    ) -> None:
        self._calls = DeliveryCalls(api)
        self._photos = Photos(self._calls, pictures)
        self._paid = paid or None
        self._clock = clock
        self._meter = meter
        self._render = lru_cache(maxsize=64)(render)

    async def send(self, place: Place, message: Message, *, reply_to: str | None = None) -> str:
        """Send a message and return its id; raise DeliveryError."""
        said, photo = await self._photos.photo_of(message)
        if photo is None:
            return await self._send_text(place, said, reply_to)
        caption = self._rendered(said)
        if utf16_length(caption.text) <= MAX_CAPTION_UTF16_UNITS:
            return await self._send_photo(place, message, photo, caption, reply_to)
        # The text first: it must neither wait for an upload nor be lost with one.
        message_id = await self._send_text(place, said, reply_to)
        try:
            await self._photos.post(place, photo, **self._post_parameters(place, message_id, silent=True))
        except DeliveryError as refusal:
            log.info("telegram photo not delivered", place=str(place), error=str(refusal))
        return message_id

    async def send_picture(self, place: Place, picture: DrawnPicture, *, reply_to: str) -> None:
        """Post a picture without a sound, as an answer; raise DeliveryError, also where the message it answers is gone.

        A picture without its text has no words. It is never paid for: each worker posts twenty a second, and with the
        texts of others that may be more than Telegram sends for nothing.
        """
        photo = Photo(picture.digest, picture.png)
        parameters = self._post_parameters(place, reply_to, silent=True, must_exist=True)
        await self._photos.post(place, photo, **{**parameters, "allow_paid_broadcast": None})

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message; one that is the same already is no error. Raise DeliveryError."""
        rendered = self._rendered(message)
        try:
            await self._edit_text(place, message_id, rendered, _HTML)
        except BadMessage as error:
            if has_no_text(error):
                return await self._edit_photo(place, message_id, message)
            self._count_plain_retry(place, error)
            await self._edit_text(place, message_id, rendered, None)

    def _count_plain_retry(self, place: Place, error: BadMessage) -> None:
        """Count a message that goes out as plain text; raise the error again when its markup was not the matter."""
        if not is_markup_error(error):
            raise error
        log.error("telegram refused the markup of a message, sent as plain text", place=str(place), error=str(error))
        self._meter.count_delivery(Platform.TELEGRAM, "retried", "plain text")

    def _rendered(self, message: Message) -> RenderedMessage:
        return self._render(message, _start_of_interval(self._clock.now()))

    async def _send_text(self, place: Place, message: Message, reply_to: str | None) -> str:
        rendered = self._rendered(message)
        try:
            return await self._post_text(place, rendered, _HTML, message, reply_to)
        except BadMessage as error:
            self._count_plain_retry(place, error)
        return await self._post_text(place, rendered, None, message, reply_to)

    async def _post_text(
        self, place: Place, rendered: RenderedMessage, parse_mode: str | None, message: Message, reply_to: str | None
    ) -> str:
        sent = await self._calls.call(
            place,
            "sendMessage",
            text=rendered.html if parse_mode else rendered.text,
            parse_mode=parse_mode,
            link_preview_options=_NO_LINK_PREVIEW,
            reply_markup=inline_keyboard_json(rendered.buttons),
            **self._post_parameters(place, reply_to, silent=message.silent),
        )
        return str(sent["message_id"])

    async def _send_photo(
        self, place: Place, message: Message, photo: Photo, caption: RenderedMessage, reply_to: str | None
    ) -> str:
        """Send a photo with its caption and return its id; where that is refused, the text without it."""
        try:
            sent = await self._photos.post(
                place,
                photo,
                caption=caption.html,
                parse_mode=_HTML,
                reply_markup=inline_keyboard_json(caption.buttons),
                **self._post_parameters(place, reply_to, silent=message.silent),
            )
        except NotAllowed:  # of photos alone, or of any message: the text tells
            return await self._send_text(place, _without_photo(message, _NO_PHOTOS), reply_to)
        except BadMessage as refusal:
            log.warning("telegram refused a photo", place=str(place), error=str(refusal))
            return await self._send_text(place, _without_photo(message, _PHOTO_REFUSED), reply_to)
        return str(sent["message_id"])

    def _post_parameters(
        self, place: Place, reply_to: str | None, *, silent: bool, must_exist: bool = False
    ) -> dict[str, Any]:
        """Return what a text and a photo are both sent with; `must_exist` is as in `reply_parameters`."""
        return {
            "message_thread_id": int(place.thread) if place.thread else None,
            "disable_notification": silent or None,
            "allow_paid_broadcast": self._paid,
            "reply_parameters": reply_parameters(reply_to, must_exist=must_exist) if reply_to else None,
        }

    async def _edit_text(
        self, place: Place, message_id: str, rendered: RenderedMessage, parse_mode: str | None
    ) -> None:
        with _unchanged_is_no_error():
            await self._calls.call(
                place,
                "editMessageText",
                message_id=int(message_id),
                text=rendered.html if parse_mode else rendered.text,
                parse_mode=parse_mode,
                link_preview_options=_NO_LINK_PREVIEW,
                reply_markup=inline_keyboard_json(rendered.buttons),
            )

    async def _edit_photo(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message that is a photo: the photo too where there is a new one, else its caption alone.

        It stays a photo: Telegram makes no text of one. So a text that is too long for a caption is cut.
        """
        said, photo = await self._photos.photo_of(message)
        caption = render(said, self._clock.now(), most_utf16_units=MAX_CAPTION_UTF16_UNITS)
        where: dict[str, Any] = {"message_id": int(message_id), "reply_markup": inline_keyboard_json(caption.buttons)}
        with _unchanged_is_no_error():
            if photo is None:
                await self._calls.call(place, "editMessageCaption", caption=caption.html, parse_mode=_HTML, **where)
            else:
                await self._photos.replace(place, photo, caption=caption.html, parse_mode=_HTML, **where)


def _without_photo(message: Message, why: str) -> Message:
    with written_in(message.language):
        return without_picture(message, tr(why))


@contextmanager
def _unchanged_is_no_error() -> Iterator[None]:
    try:
        yield
    except BadMessage as refusal:
        if not is_unchanged(refusal):
            raise


def reply_parameters(message_id: str, *, must_exist: bool = False) -> str:
    """Return the message that a new one answers, as the API takes it.

    An escalation must arrive even where somebody has deleted the alert it answers; with `must_exist` it is refused.
    """
    return json.dumps({"message_id": int(message_id), "allow_sending_without_reply": not must_exist})


def _start_of_interval(moment: datetime) -> datetime:
    """Return the moment rounded down to ten seconds: 14:05:37 → 14:05:30."""
    return moment.replace(second=moment.second // _RENDER_INTERVAL_S * _RENDER_INTERVAL_S, microsecond=0)
