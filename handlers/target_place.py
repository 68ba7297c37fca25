"""Which place a command is about: the one where it is used, or another that the caller moderates."""

from typing import Annotated

from bot.commands.arguments import Arg, PlaceName
from bot.commands.declaration import Request
from bot.domain.errors import NotPermitted
from bot.domain.place import Place
from bot.language.translation import tr

OtherPlace = Annotated[
    PlaceName | None, Arg("Another channel that you and the bot administer, e.g. @mychannel; on Discord #mychannel")
]
"""The argument by which a command names another place than the one where it is used."""


async def target_place(request: Request, elsewhere: PlaceName | None) -> Place:
    """Return the place; raise NotPermitted for another one that the caller does not moderate."""
    if elsewhere is None:
        return request.place
    target = await request.place_access.find(elsewhere)
    if not request.caller.is_owner and not await request.caller.may_moderate(target):
        raise NotPermitted(tr("Only the people who moderate {place} may do that.", place=elsewhere))
    return target
