"""Pictures on Telegram: photos that are uploaded once and then named by their file id.

What Telegram makes of an upload can be sent again anywhere, for as long as the bot exists: 120 people who ask for one
picture cost one drawing and one upload. A photo has at most 10 MB, and sides of 10,000 pixels together; ours have
0.1 MB and less than 2,000. https://core.telegram.org/bots/api#sendphoto
"""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import structlog
from telegram import InputFile, InputMediaPhoto

from bot.chat.telegram.delivery_calls import DeliveryCalls
from bot.domain.errors import BadMessage
from bot.domain.place import Place
from bot.messages.model import Message, beside_picture
from bot.messages.pictures import Picture, Theme
from bot.ports.pictures import PictureDrawer, illustrate

log = structlog.get_logger()

MAX_CAPTION_UTF16_UNITS = 1024  # after the markup was read, as in a text: https://core.telegram.org/bots/api#sendphoto
_THEME = Theme.LIGHT  # what Telegram's clients begin with; a bot is not told what somebody has chosen
_MAX_FILE_IDS = 500  # some 100 bytes each
_FILE_NAME = "chart.png"


@dataclass(frozen=True, slots=True)
class Photo:
    """What is sent of a picture: the PNG, or the file id of an earlier upload of it."""

    picture: Picture
    content: bytes | str


class Photos:
    """Draws, uploads and changes photos; every failure is a DeliveryError."""

    def __init__(self, calls: DeliveryCalls, drawer: PictureDrawer | None) -> None:
        self._calls = calls
        self._drawer = drawer
        self._file_ids: OrderedDict[bytes, str] = OrderedDict()

    async def photo_of(self, message: Message) -> tuple[Message, Photo | None]:
        """Return what is said beside the photo of a message, and the photo; everything, where it has none."""
        if message.picture is None:
            return message, None
        if file_id := self._file_ids.get(_digest(message.picture)):
            return beside_picture(message), Photo(message.picture, file_id)
        illustrated = await illustrate(message, self._drawer, _THEME)
        photo = Photo(message.picture, illustrated.png) if illustrated.png else None
        return illustrated.message, photo

    async def post(self, place: Place, photo: Photo, **parameters: Any) -> Any:
        """Send a photo with these parameters of sendPhoto, and return the message; raise DeliveryError."""
        given = InputFile(photo.content, filename=_FILE_NAME) if isinstance(photo.content, bytes) else photo.content
        return await self._call(photo, place, "sendPhoto", photo=given, **parameters)

    async def replace(
        self, place: Place, photo: Photo, *, caption: str, parse_mode: str | None, **parameters: Any
    ) -> None:
        """Change the photo of a message and its caption; raise DeliveryError."""
        media = InputMediaPhoto(photo.content, caption=caption, parse_mode=parse_mode, filename=_FILE_NAME)
        await self._call(photo, place, "editMessageMedia", media=media, **parameters)

    async def _call(self, sent: Photo, place: Place, method: str, **parameters: Any) -> Any:
        try:
            return self._kept(sent, await self._calls.call(place, method, **parameters))
        except BadMessage:
            # It may be the file id that Telegram does not know any more: the next time it is uploaded again.
            self._file_ids.pop(_digest(sent.picture), None)
            raise

    def _kept(self, photo: Photo, message: Any) -> Any:
        """Keep the file id in the message that an upload was answered with, and return the message."""
        # The sizes of a photo, smallest first: https://core.telegram.org/bots/api#message
        sizes = message.get("photo") if isinstance(message, dict) else None
        if sizes and isinstance(photo.content, bytes):
            self._file_ids[_digest(photo.picture)] = sizes[-1]["file_id"]
            if len(self._file_ids) > _MAX_FILE_IDS:
                self._file_ids.popitem(last=False)
        return message


def _digest(picture: Picture) -> bytes:
    return blake2b(repr(picture).encode(), digest_size=16).digest()
