"""Everything that places have set, read and written as a whole: for exports, imports and `/privacy`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.place import Place
from bot.domain.place_export import PlaceChanges, PlaceExport


class PlaceExports(Protocol):
    """What all places have set. Every method may raise StorageError."""

    async def places(self) -> Sequence[Place]:
        """Return every place that has set anything, sorted."""
        ...

    async def of_place(self, place: Place) -> PlaceExport:
        """Return everything that a place has set, every setting among it."""
        ...

    async def apply(self, changes: PlaceChanges, *, now: datetime) -> None:
        """Write all changes in one step; raise AskerError, and write nothing, where a place may have no more.

        A mute keeps its end; one that is over by the store's clock is left out.
        """
        ...

    async def forget(self, place: Place) -> None:
        """Delete everything that a place has set, and what is known of it, in one step."""
        ...
