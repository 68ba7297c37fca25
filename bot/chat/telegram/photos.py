"""Pictures on Telegram: photos that are uploaded once and then named by their file id.

What Telegram makes of an upload can be sent again anywhere, for as long as the bot exists: 120 people who ask for one
picture cost one drawing and one upload. A photo has at most 10 MB, and sides of 10,000 pixels together; ours have
0.1 MB and less than 2,000. https://core.telegram.org/bots/api#sendphoto
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from weakref import WeakValueDictionary

from telegram import InputFile, InputMediaPhoto

from bot.chat.telegram.delivery_calls import DeliveryCalls
from bot.domain.errors import BadMessage
from bot.domain.place import Place, Platform
from bot.messages.model import Message, beside_picture
from bot.ports.pictures import THEMES, PictureDrawer, illustrate

MAX_CAPTION_UTF16_UNITS = 1024  # after the markup was read, as in a text: https://core.telegram.org/bots/api#sendphoto
_THEME = THEMES[Platform.TELEGRAM]
_MAX_FILE_IDS = 500  # some 100 bytes each
_FILE_NAME = "chart.png"
_LONGEST_TURN_S = 2.0  # several times what an upload of 0.1 MB takes


@dataclass(frozen=True, slots=True)
class Photo:
    """What is sent of a picture: the PNG, or the file id of an earlier upload of it; `digest` says which picture."""

    digest: bytes
    content: bytes | str


class Photos:
    """Draws, uploads and changes photos; every failure is a DeliveryError."""

    def __init__(self, calls: DeliveryCalls, drawer: PictureDrawer | None) -> None:
        self._calls = calls
        self._drawer = drawer
        self._file_ids: OrderedDict[bytes, str] = OrderedDict()
        self._upload_turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def photo_of(self, message: Message) -> tuple[Message, Photo | None]:
        """Return what is said beside the photo of a message, and the photo; everything, where it has none."""
        if message.picture is None:
            return message, None
        digest = blake2b(repr(message.picture).encode(), digest_size=16).digest()
        if file_id := self._file_ids.get(digest):
            return beside_picture(message), Photo(digest, file_id)
        illustrated = await illustrate(message, self._drawer, _THEME)
        return illustrated.message, Photo(digest, illustrated.png) if illustrated.png else None

    async def post(self, place: Place, photo: Photo, **parameters: Any) -> Any:
        """Send a photo with these parameters of sendPhoto, and return the message; raise DeliveryError."""
        async with self._upload_turn(photo):
            # Whoever had the turn before has uploaded it.
            content = self._file_ids.get(photo.digest, photo.content)
            given = InputFile(content, filename=_FILE_NAME) if isinstance(content, bytes) else content
            return await self._call(photo, place, "sendPhoto", photo=given, **parameters)

    async def replace(
        self, place: Place, photo: Photo, *, caption: str, parse_mode: str | None, **parameters: Any
    ) -> None:
        """Change the photo of a message and its caption; raise DeliveryError."""
        media = InputMediaPhoto(photo.content, caption=caption, parse_mode=parse_mode, filename=_FILE_NAME)
        await self._call(photo, place, "editMessageMedia", media=media, **parameters)

    async def _call(self, sent: Photo, place: Place, method: str, **parameters: Any) -> Any:
        try:
            message = await self._calls.call(place, method, **parameters)
        except BadMessage:
            # It may be the file id that Telegram does not know any more: the next time it is uploaded again.
            self._file_ids.pop(sent.digest, None)
            raise
        self._keep(sent, message)
        return message

    @asynccontextmanager
    async def _upload_turn(self, photo: Photo) -> AsyncIterator[None]:
        """Let others wait while a picture is being uploaded, two seconds at most; one with a file id has no turn."""
        if isinstance(photo.content, str):
            yield
            return
        turn = self._upload_turns.setdefault(photo.digest, asyncio.Lock())
        try:
            async with asyncio.timeout(_LONGEST_TURN_S):
                await turn.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            turn.release()

    def _keep(self, photo: Photo, message: Any) -> None:
        """Keep the file id in the message that an upload was answered with."""
        # The sizes of a photo, smallest first: https://core.telegram.org/bots/api#message
        sizes = message.get("photo") if isinstance(message, dict) else None
        if sizes and isinstance(photo.content, bytes):
            self._file_ids[photo.digest] = sizes[-1]["file_id"]
            if len(self._file_ids) > _MAX_FILE_IDS:
                self._file_ids.popitem(last=False)
