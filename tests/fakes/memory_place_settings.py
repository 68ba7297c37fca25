"""The settings of places on plain dictionaries, for tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.domain.place_settings import AUTOMATIC, PlaceSetting, PlaceSettings
from bot.domain.setting_change import SettingChange, SettingEditor
from bot.language.languages import ENGLISH
from bot.ports.place_settings import PlaceSettingsStore


@dataclass
class MemoryPlaceSettings(PlaceSettingsStore):
    """What each place has set, who changed it, and when the next digests are due."""

    away: bool = False
    kept: dict[Place, PlaceSettings] = field(default_factory=dict)
    changed: dict[Place, list[SettingChange]] = field(default_factory=dict)

    @override
    async def of_place(self, place: Place) -> PlaceSettings:
        return (await self.of_places([place]))[0]

    @override
    async def of_places(self, places: Sequence[Place]) -> Sequence[PlaceSettings]:
        if self.away:
            raise StorageError("the store is away")
        return [self.kept.get(place, PlaceSettings()) for place in places]

    @override
    async def change(
        self, place: Place, edit: Callable[[PlaceSettings], PlaceSettings], *, editor: SettingEditor, now: datetime
    ) -> PlaceSettings:
        before = await self.of_place(place)
        self.kept[place] = after = edit(before).approved_by(editor.id, before)
        for setting in PlaceSetting:
            was, is_now = before.value_of(setting), after.value_of(setting)
            if was != is_now:
                self.changed.setdefault(place, []).insert(0, SettingChange(now, editor, setting, was, is_now))
        return after

    @override
    async def languages(self) -> Mapping[Place, str]:
        if self.away:
            raise StorageError("the store is away")
        languages = {place: settings.language for place, settings in self.kept.items()}
        return {place: language for place, language in languages.items() if language not in {AUTOMATIC, ENGLISH}}

    @override
    async def changes(self, place: Place) -> Sequence[SettingChange]:
        return self.changed.get(place, [])

    @override
    async def forget(self, place: Place) -> None:
        self.kept.pop(place, None)
        self.changed.pop(place, None)

    def move(self, old: Place, new: Place) -> None:
        if old in self.kept:
            self.kept.setdefault(new, self.kept.pop(old))
            self.changed.setdefault(new, self.changed.pop(old, []))
