"""What places have set as a whole, on the other fakes, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from bot.domain.errors import AskerError
from bot.domain.place import Place
from bot.domain.place_export import SUBSCRIPTIONS_PER_PLACE_MAX, PlaceChanges, PlaceExport
from bot.domain.place_settings import PlaceSetting
from bot.ports.place_exports import PlaceExports
from bot.ports.subscriptions import Subscriptions
from tests.fakes.memory_mutes import MemoryMutes
from tests.fakes.memory_pending_changes import MemoryPendingChanges
from tests.fakes.memory_place_settings import MemoryPlaceSettings


@dataclass
class MemoryPlaceExports(PlaceExports):
    """Reads and writes the fakes of the parts."""

    subscriptions: Subscriptions
    place_settings: MemoryPlaceSettings
    mutes: MemoryMutes
    pending_changes: MemoryPendingChanges
    applied: int = 0

    @override
    async def places(self) -> Sequence[Place]:
        return sorted({*self.place_settings.kept, *(place for place, _ in self.mutes.kept)}, key=str)

    @override
    async def of_place(self, place: Place) -> PlaceExport:
        settings = await self.place_settings.of_place(place)
        fields = tuple(sorted(settings.as_fields().items()))
        subscriptions = tuple(await self.subscriptions.of_place(place))
        return PlaceExport(place, subscriptions, fields, tuple(await self.mutes.of_place(place)))

    @override
    async def apply(self, changes: PlaceChanges, *, now: datetime) -> None:
        held = {kept.exchange for kept in await self.subscriptions.of_place(changes.place)}
        if len(held | {kept.exchange for kept in changes.subscriptions}) > SUBSCRIPTIONS_PER_PLACE_MAX:
            raise AskerError("With the file this place would have more than 100 subscriptions.")
        self.applied += 1
        await self.subscriptions.add_all(changes.subscriptions)
        for name, text in changes.settings:
            setting = PlaceSetting(name)
            await self.place_settings.change(
                changes.place,
                lambda before, setting=setting, text=text: before.with_value(setting, text),  # type: ignore[misc]
                editor=changes.editor,
                now=now,
            )
        for mute in changes.mutes:
            await self.mutes.mute(changes.place, mute.exchange, length=mute.until - now, by=mute.by)

    @override
    async def forget(self, place: Place) -> None:
        await self.subscriptions.remove(place, None, everything=True)
        await self.place_settings.forget(place)
        await self.pending_changes.forget(place)
        for known in [key for key in self.mutes.kept if key[0] == place]:
            del self.mutes.kept[known]
