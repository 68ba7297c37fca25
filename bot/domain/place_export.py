"""Everything that a place has set, as one value: what `/export` writes, and what an import changes."""

from dataclasses import dataclass

from bot.domain.mute import Mute
from bot.domain.place import Place, Subscription
from bot.domain.setting_change import SettingEditor

SUBSCRIPTIONS_PER_PLACE_MAX = 100
"""More than there are exchanges; bounds what one chat can store."""

SettingFields = tuple[tuple[str, str], ...]
"""Settings by their names, in their text forms, sorted: `(("quiet", "22:00-07:00"), ("timezone", "Europe/Paris"))`."""


@dataclass(frozen=True, slots=True)
class PlaceExport:
    """What one place has set. Of `settings` all are there, or those that a file names."""

    place: Place
    subscriptions: tuple[Subscription, ...] = ()
    settings: SettingFields = ()
    mutes: tuple[Mute, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is set that differs from what a place has at first."""
        return not (self.subscriptions or self.settings or self.mutes)


@dataclass(frozen=True, slots=True)
class PlaceChanges:
    """What an import writes: new and changed subscriptions and mutes, and settings that get another value.

    `editor` is who imports, for the record of who changed which setting.
    """

    place: Place
    editor: SettingEditor
    subscriptions: tuple[Subscription, ...] = ()
    settings: SettingFields = ()
    mutes: tuple[Mute, ...] = ()

    @property
    def are_none(self) -> bool:
        """Return whether nothing would be written."""
        return not (self.subscriptions or self.settings or self.mutes)
