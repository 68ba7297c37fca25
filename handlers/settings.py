"""/settings — what a place has set beside its subscriptions: time zone, quiet hours, digest, answers and switches."""

from typing import Annotated

from bot.commands.arguments import Arg, SettingValue
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import BadArgument, echo
from bot.domain.place_settings import PlaceSetting
from bot.domain.setting_change import SettingEditor
from bot.messages.cards.settings import setting_card, settings_card
from bot.messages.model import Message
from bot.messages.plain_text import clean


@command(access=Access.MODERATOR)
async def settings(
    request: Request,
    name: Annotated[PlaceSetting | None, Arg("Which setting; empty: all of them, with buttons")] = None,
    value: Annotated[SettingValue | None, Arg("What it shall be, e.g. Europe/Paris, 22:00-07:00 or off")] = None,
) -> Message:
    """Show or change time zone, quiet hours, digest and more"""
    if name is None and value:
        name, value = _split(value)
    if name is None:
        return await _shown(request)
    if not value:
        return setting_card(name, await request.place_settings.of_place(request.place), request.now)
    return await _changed(request, name, value)


async def _shown(request: Request) -> Message:
    settings = await request.place_settings.of_place(request.place)
    return settings_card(settings, await request.place_settings.changes(request.place), request.now)


async def _changed(request: Request, setting: PlaceSetting, value: str) -> Message:
    settings = await request.place_settings.change(
        request.place,
        lambda before: before.with_value(setting, value),
        # A name is kept beside the id, for moderators know each other by it; 40 letters tell people apart.
        editor=SettingEditor(request.caller.id, echo(clean(request.caller.name))),
        now=request.now,
    )
    changes = await request.place_settings.changes(request.place)
    latest = next((change for change in changes if change.setting == setting and change.at == request.now), None)
    return settings_card(settings, changes, request.now, changed=latest)


def _split(words: str) -> tuple[PlaceSetting, SettingValue | None]:
    """Return the setting and the value in a typed line, `quiet 22:00-07:00`; None for a setting alone."""
    first, _, rest = words.partition(" ")
    if first.lower() not in tuple(PlaceSetting):
        raise BadArgument(f"There is no setting “{echo(first)}”. The settings are {', '.join(PlaceSetting)}.")
    return PlaceSetting(first.lower()), SettingValue(rest.strip()) or None
