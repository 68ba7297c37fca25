"""Where the settings of places are kept, and who changed what in them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.place import Place
from bot.domain.place_settings import PlaceSettings
from bot.domain.setting_change import SettingChange, SettingEditor


class PlaceSettingsStore(Protocol):
    """The settings of all places. Every method may raise StorageError."""

    async def of_place(self, place: Place) -> PlaceSettings:
        """Return the settings of a place; those that it has at first where it changed none."""
        ...

    async def of_places(self, places: Sequence[Place]) -> Sequence[PlaceSettings]:
        """Return the settings of places, in their order, in one request."""
        ...

    async def change(
        self, place: Place, edit: Callable[[PlaceSettings], PlaceSettings], *, editor: SettingEditor, now: datetime
    ) -> PlaceSettings:
        """Store what `edit` makes of the settings and return that; two changes at once are both kept.

        `edit` may be called several times. What it changes is recorded with the editor's name.
        """
        ...

    async def languages(self) -> Mapping[Place, str]:
        """Return the code of the language of every place that has set another one than English."""
        ...

    async def changes(self, place: Place) -> Sequence[SettingChange]:
        """Return the last changes, at most 20, the newest first."""
        ...

    async def forget(self, place: Place) -> None:
        """Forget the settings of a place and who changed them."""
        ...
