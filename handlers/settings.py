"""/settings — what a place has switched on and off beside its subscriptions."""

from enum import StrEnum
from typing import Annotated

from bot.commands.arguments import Arg
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import AskerError
from bot.domain.place_settings import PlaceSetting
from bot.messages.cards.settings import settings_card
from bot.messages.model import Message
from bot.ports.place_settings import SettingEditor


class SwitchedSetting(StrEnum):
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
    name: Annotated[SwitchedSetting | None, Arg("notices: steps that are no flow; drills: withdrawal tests")] = None,
    value: Annotated[Switch | None, Arg("on or off")] = None,
) -> Message:
    """Show or change what this place gets beside its alerts"""
    if (name is None) is not (value is None):
        raise AskerError("Say which setting and what it shall be, for example /settings notices off.")
    if name is not None and value is not None:
        setting, text = PlaceSetting(name), value.value
        await request.place_settings.change(
            request.place,
            lambda settings: settings.with_value(setting, text),
            editor=SettingEditor(request.caller.id),
            now=request.now,
        )
    settings = await request.place_settings.of_place(request.place)
    return settings_card(notices=settings.notices, drills=settings.drills, changed=value is not None)
