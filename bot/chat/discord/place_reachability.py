"""Tells the subscriptions which Discord channels became unreachable, and which can be written to again.

A channel that was deleted is disabled with the reason "the channel was deleted" the moment the gateway tells so, not
only when the next alert to it is refused. A channel whose permissions come back is enabled again at once.
"""

from collections.abc import Iterable

import structlog

from bot.chat.discord.channels import place_of
from bot.domain.errors import StorageError
from bot.domain.place import Obstacle, Place
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()


class PlaceReachability:
    """Records which places cannot be written to, and why, and which can again."""

    def __init__(self, subscriptions: Subscriptions, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._clock = clock

    async def mark_unreachable(self, channel_ids: Iterable[int], reason: str, obstacle: Obstacle) -> None:
        """Disable those of the places that have a subscription."""
        for channel_id in channel_ids:
            place = place_of(channel_id)
            try:
                # Channels that nobody subscribed stay out of the store: a large server may lose hundreds at once.
                if await self._subscriptions.of_place(place):
                    await self._subscriptions.record_trouble(self._trouble(place, reason, obstacle))
                    log.info("place disabled", place=str(place), reason=reason)
            except StorageError as error:  # the next message to it is refused, and that is recorded then
                log.warning("place not disabled: store is away", place=str(place), error=str(error))

    async def mark_reachable(self, channel_ids: Iterable[int]) -> None:
        """Forget what was wrong with places that can be written to again."""
        for channel_id in channel_ids:
            place = place_of(channel_id)
            try:
                if await self._subscriptions.clear_trouble(place):
                    log.info("place enabled again", place=str(place))
            except StorageError as error:  # the daily probe or the next command brings it back
                log.warning("place not enabled: store is away", place=str(place), error=str(error))

    def _trouble(self, place: Place, reason: str, obstacle: Obstacle) -> PlaceTrouble:
        return PlaceTrouble(place, reason, since=self._clock.now(), disabled=True, obstacle=obstacle)
