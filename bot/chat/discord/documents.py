"""Files on Discord: one that an answer brings along, and one that somebody attaches to a command.

https://docs.discord.com/developers/reference#uploading-files
"""

import asyncio
from functools import partial
from http import HTTPStatus
from io import BytesIO

import discord
import structlog

from bot.chat.discord.errors import LIBRARY_ERRORS
from bot.commands.declaration import ReadDocument
from bot.language.translation import marked, tr, written_in
from bot.messages.documents import MAX_DOCUMENT_BYTES, Document, document_of, not_fetched, too_large
from bot.messages.model import Message, without_document

log = structlog.get_logger()

_READ_TIMEOUT_S = 15.0
_REFUSED = marked("The file is left out: Discord did not take it. The bot may lack the permission “Attach Files”.")
_MISSING_PERMISSIONS, _TOO_LARGE = 50013, 40005
_REFUSALS = frozenset((_MISSING_PERMISSIONS, _TOO_LARGE))


def file_of(message: Message) -> discord.File | None:
    """Return the file of a message, a new one for each request: sending reads it."""
    document = message.document
    return discord.File(BytesIO(document.content), document.name) if document else None


def is_file_refused(error: discord.HTTPException) -> bool:
    """Return whether it was the file that Discord did not take: the bot may not attach one, or it is too large."""
    return error.code in _REFUSALS or error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def without_file(message: Message) -> Message:
    """Return a message whose file was refused, with a sentence that says so."""
    with written_in(message.language):
        return without_document(message, tr(_REFUSED))


def attached(attachment: discord.Attachment | None) -> ReadDocument | None:
    """Return what reads the file in the option of a command; None where there is none."""
    return partial(_read, attachment) if attachment else None


async def _read(attachment: discord.Attachment) -> Document:
    """Return an attached file; raise AskerError. Its size is what Discord says, which serves the file itself."""
    if attachment.size > MAX_DOCUMENT_BYTES:
        raise too_large()
    try:
        async with asyncio.timeout(_READ_TIMEOUT_S):
            content = await attachment.read()
    except LIBRARY_ERRORS as error:
        log.info("discord file not fetched", error=type(error).__name__)
        raise not_fetched("Discord") from error
    return document_of(attachment.filename, content)
