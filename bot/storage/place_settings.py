"""The settings of places in Redis: one value per place, three of them in keys of their own, and the last changes.

Which places switched notices or drills off, and which language each has set, is asked of all places at once whenever
something is told, so these three are in keys.NOTICES_OFF, keys.DRILLS_OFF and keys.LANGUAGES_SET and nowhere else. All
others are decided for one place at a time, and are JSON: `{"quiet":"22:00-07:00","timezone":"Europe/Paris"}`; what is
as it is at first is left out.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec
from typing_extensions import override

from bot.domain.errors import BadArgument, StorageError
from bot.domain.place import Place
from bot.domain.place_settings import AUTOMATIC, PlaceSetting, PlaceSettings
from bot.domain.setting_change import SettingChange, SettingEditor
from bot.domain.time_zones import UTC_NAME
from bot.language.languages import ENGLISH, LANGUAGES
from bot.ports.place_settings import PlaceSettingsStore
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds

CHANGES_MAX = 20  # of one place: who changed what lately, not a history
_ATTEMPTS = 10  # two moderators who press at once need two; more is a store that is damaged
_READ_AT_A_TIME = 500  # 1 ms: other tasks get their turn in between
_SETTINGS = keys.PLACE_SETTINGS.key()
_LANGUAGES = keys.LANGUAGES_SET.key()
_APPROVER = "approver"  # beside the settings in the JSON
_IN_OTHER_KEYS = frozenset({PlaceSetting.NOTICES, PlaceSetting.DRILLS, PlaceSetting.LANGUAGE})

_encoder = msgspec.json.Encoder()
_fields_decoder = msgspec.json.Decoder(dict[str, str])
_change_decoder = msgspec.json.Decoder(SettingChange)


class _Stored(NamedTuple):
    """The settings of a place as read_settings.lua returns them."""

    body: bytes
    notices_off: int
    drills_off: int
    language: bytes

    @property
    def words(self) -> tuple[str | bytes, ...]:
        """Return what change_settings.lua is given to compare with."""
        return self.body, _state(is_off=self.notices_off), _state(is_off=self.drills_off), self.language


@dataclass(frozen=True, slots=True)
class RedisPlaceSettings(PlaceSettingsStore):
    """The settings of all places."""

    database: Database

    @override
    async def of_place(self, place: Place) -> PlaceSettings:
        return (await self.of_places([place]))[0]

    @override
    async def of_places(self, places: Sequence[Place]) -> Sequence[PlaceSettings]:
        all_stored = await self._stored(places)
        return [await self._settings(place, stored) for place, stored in zip(places, all_stored, strict=True)]

    @override
    async def change(
        self, place: Place, edit: Callable[[PlaceSettings], PlaceSettings], *, editor: SettingEditor, now: datetime
    ) -> PlaceSettings:
        for _ in range(_ATTEMPTS):
            [stored] = await self._stored([place])
            before = await self._settings(place, stored)
            after = edit(before).approved_by(editor.id, before)
            changes = setting_changes(before, after, editor, now)
            if not changes:
                return after
            is_stored = await self.database.script(
                script("settings_indexes", "change_settings"),
                _SETTINGS,
                *(str(place), *stored.words),
                *settings_arguments(before, after, changes, now),
            )
            if is_stored:
                return after
        raise StorageError("the settings of a place are changed again and again")

    @override
    async def languages(self) -> Mapping[Place, str]:
        stored = await self.database.command("HGETALL", _LANGUAGES)
        languages: dict[Place, str] = {}
        for number, (name, code) in enumerate(stored.items()):
            if number % _READ_AT_A_TIME == 0:
                await asyncio.sleep(0)
            place = await self.database.decoded(_decode_place, name, _LANGUAGES, name)
            language = code.decode(errors="replace")
            # A newer program may have stored a language that this one does not have.
            if place and language in LANGUAGES and language != ENGLISH:
                languages[place] = language
        return languages

    @override
    async def changes(self, place: Place) -> Sequence[SettingChange]:
        key = keys.SETTING_CHANGES.key(str(place))
        bodies = await self.database.command("LRANGE", key, 0, CHANGES_MAX - 1)
        read = [
            await self.database.decoded(_change_decoder.decode, body, key, str(index))
            for index, body in enumerate(bodies)
        ]
        return [change for change in read if change]

    @override
    async def forget(self, place: Place) -> None:
        await self.database.script(script("settings_indexes", "forget_settings"), _SETTINGS, str(place))

    async def _stored(self, places: Sequence[Place]) -> Sequence[_Stored]:
        replies = await self.database.script(script("read_settings"), _SETTINGS, *map(str, places))
        return [_Stored(*reply) for reply in replies]

    async def _settings(self, place: Place, stored: _Stored) -> PlaceSettings:
        settings = await read_settings(self.database, place, stored.body)
        language = stored.language.decode(errors="replace") or AUTOMATIC
        return replace(settings, notices=not stored.notices_off, drills=not stored.drills_off, language=language)


async def read_settings(database: Database, place: Place, body: str | bytes) -> PlaceSettings:
    """Return what a stored value says; what places have at first for "", and where it cannot be read (then it is said).

    `notices`, `drills` and `language` are not in it, and are as at first.
    """
    if not body:
        return PlaceSettings()
    return await database.decoded(_decode_settings, body, _SETTINGS, str(place)) or PlaceSettings()


def encode_settings(settings: PlaceSettings) -> bytes:
    """Return the JSON of what differs from what places have at first; "" for nothing."""
    fields = {name: value for name, value in settings.changed_fields().items() if name not in _IN_OTHER_KEYS}
    if settings.approver:
        fields[_APPROVER] = settings.approver
    return _encoder.encode(fields) if fields else b""


@lru_cache(maxsize=4096)  # it is read at every delivery, and most places have the settings of many others
def _decode_settings(body: str | bytes) -> PlaceSettings:
    fields = _fields_decoder.decode(body)
    try:
        # A newer program may have stored what this one does not know.
        known = {str(name): fields[name] for name in PlaceSetting if name in fields and name != PlaceSetting.TIMEZONE}
        # The name of a zone that this system's tables lack is kept: for it no digest and no approval must be lost.
        timezone = fields.get(PlaceSetting.TIMEZONE, UTC_NAME)
        return replace(PlaceSettings.from_fields(known), timezone=timezone, approver=fields.get(_APPROVER, ""))
    except BadArgument as error:
        raise ValueError(str(error)) from error


def _decode_place(name: bytes) -> Place:
    return Place.parse(name.decode())


def settings_arguments(
    before: PlaceSettings, after: PlaceSettings, changes: Sequence[SettingChange], now: datetime
) -> list[str]:
    """Return what store_settings of settings_indexes.lua is given to store."""
    return [
        encode_settings(after).decode(),
        _state(is_off=not after.notices),
        _state(is_off=not after.drills),
        "" if after.language == AUTOMATIC else after.language,
        str(_next_digest(before, after, now)),
        str(CHANGES_MAX),
        *(_encoder.encode(change).decode() for change in changes),
    ]


def setting_changes(
    before: PlaceSettings, after: PlaceSettings, editor: SettingEditor, now: datetime
) -> list[SettingChange]:
    """Return which settings differ, with who changed them and when."""
    return [
        SettingChange(now, editor, setting, before.value_of(setting), after.value_of(setting))
        for setting in PlaceSetting
        if before.value_of(setting) != after.value_of(setting)
    ]


def _next_digest(before: PlaceSettings, after: PlaceSettings, now: datetime) -> str | int:
    """Return when the next digest is due for store_settings; "=" leaves one that is due, or late, as it is."""
    if (before.digest, before.timezone) == (after.digest, after.timezone):
        return "="
    due = after.next_digest_after(now)
    return microseconds(due) if due else ""


def _state(*, is_off: bool | int) -> str:
    return "off" if is_off else "on"
