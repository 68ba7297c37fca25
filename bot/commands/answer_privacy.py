"""Whether members' questions are answered to them alone in a place, remembered for some seconds.

A question is answered from memory, so the store is asked at most once in 15 s about a place, and for at most 0.3 s:
while it is away, the place is as it was last known, and public before anything is known.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.domain.place_settings import AnswerAudience
from bot.ports.place_settings import PlaceSettingsStore

_MAX_PLACES = 10_000  # bounds the memory; whoever is forgotten is asked about again
_KNOWN_FOR_S = 15.0
_LONGEST_WAIT_S = 0.3  # Discord wants an answer within 3 s, and its cards are quicker than that


class AnswerPrivacy:
    """The places whose answers are private; `clock` is the monotonic time in seconds."""

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
        self._known: OrderedDict[Place, tuple[float, bool]] = OrderedDict()

    async def is_private(self, place: Place) -> bool:
        """Return whether a place wants the answers to members' questions to be read by whoever asked alone."""
        asked_at, is_private = self._known.get(place, (float("-inf"), False))
        if self._clock() - asked_at < _KNOWN_FOR_S:
            return is_private
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                settings = await self._place_settings.of_place(place)
        except (StorageError, TimeoutError):
            pass
        else:
            is_private = settings.answers is AnswerAudience.PRIVATE
        self._known[place] = self._clock(), is_private
        self._known.move_to_end(place)
        if len(self._known) > self._max_places:
            self._known.popitem(last=False)
        return is_private

    def forget(self, place: Place) -> None:
        """Ask about a place anew: somebody may have changed its settings."""
        self._known.pop(place, None)
