"""Files on Telegram: one that an answer brings along, and one that somebody sends with a command.

An answer with a file is one message, its text the caption: at most 1,024 characters. A file that is read has at most
256 KB, is asked for by its id and fetched within 15 s. https://core.telegram.org/bots/api#senddocument, #getfile
"""

import re
from functools import partial
from typing import Any

import structlog
from telegram import InputFile
from telegram.error import TelegramError

from bot.chat.telegram.buttons import inline_keyboard_json
from bot.chat.telegram.delivery_calls import DeliveryCalls
from bot.chat.telegram.photos import MAX_CAPTION_UTF16_UNITS
from bot.chat.telegram.render import render
from bot.chat.telegram.sender import reply_parameters
from bot.chat.telegram.transport import BotApi, FileTooLarge
from bot.chat.telegram.update_parser import Json
from bot.commands.declaration import ReadDocument
from bot.domain.place import Place
from bot.messages.documents import MAX_DOCUMENT_BYTES, Document, document_of, not_fetched, too_large
from bot.messages.model import Message
from bot.ports.sources import Clock

log = structlog.get_logger()

# What getFile names: `documents/file_7.json`. A local Bot API server names a path on its own disk, which is no address.
_FILE_PATH = re.compile(r"[A-Za-z0-9_-]+(?:[/.][A-Za-z0-9_-]+)*")


class TelegramDocuments:
    """Sends and reads files."""

    def __init__(self, api: BotApi, clock: Clock) -> None:
        self._api = api
        self._calls = DeliveryCalls(api)
        self._clock = clock

    async def send(self, place: Place, message: Message, document: Document, *, reply_to: str | None) -> None:
        """Send a message as the caption of its file; raise DeliveryError."""
        caption = render(message, self._clock.now(), most_utf16_units=MAX_CAPTION_UTF16_UNITS)
        await self._calls.call(
            place,
            "sendDocument",
            document=InputFile(document.content, filename=document.name),
            caption=caption.html,
            parse_mode="HTML",
            message_thread_id=int(place.thread) if place.thread else None,
            disable_notification=message.silent or None,
            reply_parameters=reply_parameters(reply_to) if reply_to else None,
            reply_markup=inline_keyboard_json(caption.buttons),
        )

    def attached(self, message: Json) -> ReadDocument | None:
        """Return what reads the file of a message, or of the one that it answers; None where there is none."""
        described = message.get("document") or message.get("reply_to_message", {}).get("document")
        return partial(self._read, described) if described else None

    async def _read(self, described: Json) -> Document:
        """Return the file that Telegram describes; raise AskerError."""
        if described.get("file_size", 0) > MAX_DOCUMENT_BYTES:
            raise too_large()
        try:
            file: Any = await self._api.call("getFile", file_id=described["file_id"])
            if not _FILE_PATH.fullmatch(file["file_path"]):
                raise not_fetched("Telegram")
            content = await self._api.download(file["file_path"], most_bytes=MAX_DOCUMENT_BYTES)
        except FileTooLarge:
            raise too_large() from None
        except (TelegramError, LookupError, TypeError) as error:
            log.info("telegram file not fetched", error=type(error).__name__)
            raise not_fetched("Telegram") from error
        return document_of(str(described.get("file_name", "")), content)
