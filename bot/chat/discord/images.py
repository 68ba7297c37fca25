"""Pictures on Discord: a file that is sent with a message, and that its embed shows.

Where Discord refuses the file, the message goes out without it and says so.
https://docs.discord.com/developers/reference#uploading-files
"""

from io import BytesIO

import discord

from bot.chat.discord.documents import is_file_refused
from bot.chat.discord.errors import INVALID_FORM
from bot.chat.discord.render import IMAGE_NAME
from bot.domain.place import Platform
from bot.language.translation import marked, tr, written_in
from bot.messages.model import Message, without_picture
from bot.ports.pictures import THEMES, DrawnPicture, IllustratedMessage

THEME = THEMES[Platform.DISCORD]
_REFUSED = marked(
    "The chart is left out: Discord did not take the picture. The bot may lack the permission “Attach Files”."
)


def image_file(illustrated: IllustratedMessage) -> discord.File | None:
    """Return the picture of a message as a file, once for each request: sending reads it."""
    return _file(illustrated.png, illustrated.described) if illustrated.png is not None else None


def picture_file(drawn: DrawnPicture) -> discord.File:
    """Return a picture that is posted by itself as a file."""
    return _file(drawn.png, drawn.described)


def _file(png: bytes, described: str) -> discord.File:
    return discord.File(BytesIO(png), IMAGE_NAME, description=described)


def is_image_refused(error: discord.HTTPException) -> bool:
    """Return whether it may be the file that Discord did not take: then the message is worth sending without it."""
    return error.code == INVALID_FORM or is_file_refused(error)


def without_image(message: Message) -> IllustratedMessage:
    """Return a message as it is sent once its picture was refused."""
    with written_in(message.language):
        return IllustratedMessage(without_picture(message, tr(_REFUSED)))
