"""Changes settings of a place in a store, as a moderator does."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.domain.place import Place
from bot.domain.place_settings import PlaceSettings
from bot.domain.setting_change import SettingEditor
from bot.storage.store import Store

ANN, BOB = SettingEditor("telegram:7", "Ann"), SettingEditor("telegram:8")
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


async def set_place(
    store: Store, place: Place, *, by: SettingEditor = ANN, at: datetime = NOON, **values: Any
) -> PlaceSettings:
    """Change settings, given by the names that they have in `PlaceSettings`."""
    return await store.place_settings.change(place, lambda settings: replace(settings, **values), editor=by, now=at)
