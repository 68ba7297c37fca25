"""What places have set, remembered for some seconds, for answers to commands: who reads them, and in which language.

A question is answered from memory, so the store is asked at most once in 15 s about a place, and for at most 0.3 s:
while it is away, the place is as it was last known, and as every place is at first before anything is known.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.domain.place_settings import PlaceSettings
from bot.ports.place_settings import PlaceSettingsStore

_MAX_PLACES = 10_000  # bounds the memory; whoever is forgotten is asked about again
_KNOWN_FOR_S = 15.0
_LONGEST_WAIT_S = 0.3  # Discord wants an answer within 3 s, and its cards are quicker than that


class RecentPlaceSettings:
    """The settings of the places in which something was asked; `clock` is the monotonic time in seconds."""

    def __init__(
        self,
        place_settings: PlaceSettingsStore,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_places: int = _MAX_PLACES,
    ) -> None:
        self._place_settings = place_settings
        self._max_places = max_places
        self._clock = clock
        self._known: OrderedDict[Place, tuple[float, PlaceSettings]] = OrderedDict()

    async def of_place(self, place: Place) -> PlaceSettings:
        """Return what a place has set."""
        asked_at, settings = self._known.get(place, (float("-inf"), PlaceSettings()))
        if self._clock() - asked_at < _KNOWN_FOR_S:
            return settings
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                settings = await self._place_settings.of_place(place)
        except (StorageError, TimeoutError):
            pass  # as it was last known
        self._known[place] = self._clock(), settings
        self._known.move_to_end(place)
        if len(self._known) > self._max_places:
            self._known.popitem(last=False)
        return settings

    def forget(self, place: Place) -> None:
        """Ask about a place anew: somebody may have changed its settings."""
        self._known.pop(place, None)
