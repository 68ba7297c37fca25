"""Pictures on Discord: a file that is sent with a message, and that its embed shows.

Where Discord refuses the file, the message goes out without it and says so.
https://docs.discord.com/developers/reference#uploading-files
"""

from io import BytesIO

import discord

from bot.chat.discord.documents import is_file_refused
from bot.chat.discord.errors import INVALID_FORM
from bot.chat.discord.render import IMAGE_NAME
from bot.language.translation import marked, tr, written_in
from bot.messages.model import Message, without_picture
from bot.messages.pictures import Theme
from bot.ports.pictures import IllustratedMessage

THEME = Theme.DARK  # what most of Discord is read in; a bot is not told what somebody has chosen
_REFUSED = marked(
    "The chart is left out: Discord did not take the picture. The bot may lack the permission “Attach Files”."
)


def image_file(illustrated: IllustratedMessage) -> discord.File | None:
    """Return the picture of a message as a file, once for each request: sending reads it."""
    if illustrated.png is None:
        return None
    return discord.File(BytesIO(illustrated.png), IMAGE_NAME, description=illustrated.described)


def is_image_refused(error: discord.HTTPException) -> bool:
    """Return whether it may be the file that Discord did not take: then the message is worth sending without it."""
    return error.code == INVALID_FORM or is_file_refused(error)


def without_image(message: Message) -> IllustratedMessage:
    """Return a message as it is sent once its picture was refused."""
    with written_in(message.language):
        return IllustratedMessage(without_picture(message, tr(_REFUSED)))
