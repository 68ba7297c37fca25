"""/settings — what a place has set beside its subscriptions: time zone, language, quiet hours, digest and switches.

A channel of Telegram takes no commands, so its moderators name it in their chat with the bot, before or behind the
rest: `/settings @mychannel quiet 22:00-07:00`.
"""

from dataclasses import dataclass
from typing import Annotated

from bot.commands.arguments import KINDS, Arg, PlaceName, SettingValue
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import BadArgument, echo
from bot.domain.place import Place, Platform
from bot.domain.place_settings import AUTOMATIC, PlaceSetting, PlaceSettings, unknown_setting
from bot.domain.setting_change import SettingEditor
from bot.domain.time_zones import UnknownZone
from bot.language.translation import language_code, tr, written_in
from bot.messages.cards.settings import setting_card, settings_card, zone_unknown_card
from bot.messages.model import Message
from bot.messages.plain_text import clean
from handlers.target_place import OtherPlace, target_place


@command(access=Access.MODERATOR)
async def settings(
    request: Request,
    name: Annotated[PlaceSetting | None, Arg("Which setting; empty: all of them, with buttons")] = None,
    value: Annotated[SettingValue | None, Arg("What it shall be, e.g. Europe/Paris, 22:00-07:00 or off")] = None,
    place: OtherPlace = None,
) -> Message:
    """Show or change time zone, language, quiet hours and more"""
    asked = _Asked(name, value or "", place) if name or not value else _read_line(value)
    target = await target_place(request, asked.place)
    if asked.setting is None:
        return await _shown(request, target)
    if not asked.value:
        present = await request.place_settings.of_place(target)
        return setting_card(asked.setting, present, request.now, where=_word_for(request, target))
    try:
        return await _changed(request, target, asked.setting, asked.value)
    except UnknownZone as unknown:
        return zone_unknown_card(str(unknown), unknown.nearest, where=_word_for(request, target))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for: all settings or one, as it is or to be changed, here or elsewhere."""

    setting: PlaceSetting | None
    value: str
    place: PlaceName | None


def _read_line(line: str) -> _Asked:
    """Return what a typed line asks for; raise BadArgument for a setting that does not exist."""
    words = line.split()
    at = next((index for index in (0, len(words) - 1) if KINDS[PlaceName].matches(words[index])), None)
    place = PlaceName(words.pop(at)) if at is not None else None
    if not words:
        return _Asked(None, "", place)
    name, *value = words
    if name.lower() not in tuple(PlaceSetting):
        raise BadArgument(unknown_setting(name))
    return _Asked(PlaceSetting(name.lower()), " ".join(value), place)


async def _shown(request: Request, target: Place) -> Message:
    settings = await request.place_settings.of_place(target)
    changes = await request.place_settings.changes(target)
    where, may_publish = _word_for(request, target), target.platform is Platform.DISCORD
    return settings_card(settings, changes, request.now, where=where, may_publish=may_publish)


async def _changed(request: Request, target: Place, setting: PlaceSetting, value: str) -> Message:
    if setting is PlaceSetting.PUBLISH and PlaceSettings().with_value(setting, value).publish:
        await _check_can_publish(request, target)
    settings = await request.place_settings.change(
        target,
        lambda before: before.with_value(setting, value),
        # A name is kept beside the id, for moderators know each other by it; 40 letters tell people apart.
        editor=SettingEditor(request.caller.id, echo(clean(request.caller.name))),
        now=request.now,
    )
    changes = await request.place_settings.changes(target)
    latest = next((change for change in changes if change.setting == setting and change.at == request.now), None)
    with written_in(_language_after(request, target, setting, settings)):
        return settings_card(
            settings,
            changes,
            request.now,
            changed=latest,
            where=_word_for(request, target),
            may_publish=target.platform is Platform.DISCORD,
        )


async def _check_can_publish(request: Request, target: Place) -> None:
    """Raise BadArgument where no message can be published."""
    if not await request.place_access.can_publish(target):
        raise BadArgument(tr("Only an announcement channel of Discord can publish its messages, and this is none."))


def _language_after(request: Request, target: Place, setting: PlaceSetting, settings: PlaceSettings) -> str:
    """Return the language of the answer to a change: the one that was chosen just now, where it holds for that."""
    is_chosen = setting is PlaceSetting.LANGUAGE and settings.language != AUTOMATIC and target == request.place
    return settings.language if is_chosen and target.platform is not Platform.DISCORD else language_code()


def _word_for(request: Request, target: Place) -> str:
    """Return the word that names a place elsewhere in a command; its id, for a name may be too long for a button."""
    if target == request.place:
        return ""
    return f"<#{target.chat}>" if target.platform is Platform.DISCORD else target.chat
