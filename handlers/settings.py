"""/settings — what a place has switched on and off beside its subscriptions."""

from enum import StrEnum
from typing import Annotated

from bot.commands.arguments import Arg
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import AskerError
from bot.messages.cards.settings import settings_card
from bot.messages.model import Message


class PlaceSetting(StrEnum):
    """What a place may set."""

    NOTICES = "notices"
    DRILLS = "drills"


class Switch(StrEnum):
    """A setting that is on or off."""

    ON = "on"
    OFF = "off"


@command(access=Access.MODERATOR)
async def settings(
    request: Request,
    name: Annotated[PlaceSetting | None, Arg("notices: steps that are no flow; drills: withdrawal tests")] = None,
    value: Annotated[Switch | None, Arg("on or off")] = None,
) -> Message:
    """Show or change what this place gets beside its alerts"""
    if (name is None) is not (value is None):
        raise AskerError("Say which setting and what it shall be, for example /settings notices off.")
    if value is not None:
        switch = request.drills.switch if name is PlaceSetting.DRILLS else request.subscriptions.switch_notices
        await switch(request.place, on=value is Switch.ON)
    without_notices = await request.subscriptions.places_without_notices()
    return settings_card(
        notices=request.place not in without_notices,
        drills=not await request.drills.is_off(request.place),
        changed=value is not None,
    )
