"""Two commands about files, for the tests of the platforms: one sends a file, the other says what it was given."""

from bot.commands.declaration import CommandSet, Request, command
from bot.messages.documents import Document
from bot.messages.model import Action, Message, lines

FILE = Document("runwatch.json", '{"format": "ünïcode"}\n')


@command
async def give(request: Request) -> Message:
    """Send a file"""
    return Message("Here it is", lines=lines("One file."), actions=(Action("Again", "give"),), document=FILE)


@command(takes_document=True)
async def take(request: Request) -> Message:
    """Say what was sent"""
    document = await request.document() if request.document else None
    said = f"{document.name}: {document.text[:40]} ({len(document.text)})" if document else "no file"
    return Message("Got it", lines=lines(said))


DOCUMENT_COMMANDS = CommandSet((give, take))
