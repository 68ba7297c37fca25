"""Which places the bot lost or regained, told to the subscriptions as Discord tells it."""

from collections.abc import Iterable

import discord
import structlog

from bot.chat.discord.permissions import Channel, granted_to_bot, missing, takes_messages
from bot.domain.errors import StorageError
from bot.domain.place import Obstacle, Place, Platform
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()


def place_of(channel_id: int) -> Place:
    """Return the place that is a channel or a thread."""
    return Place(Platform.DISCORD, str(channel_id))


def channels_of(guild: discord.Guild) -> list[Channel]:
    """Return the channels and threads of a server that can be written to at all."""
    return [channel for channel in (*guild.channels, *guild.threads) if takes_messages(channel)]


def lacking(channel: Channel) -> tuple[str, ...]:
    """Return the rights the bot lacks in a channel as far as the gateway told; none while it told nothing."""
    granted = granted_to_bot(channel)
    return () if granted is None else missing(granted, thread=isinstance(channel, discord.Thread))


class LostPlaces:
    """Disables places with a reason when they go and brings them back when they do."""

    def __init__(self, subscriptions: Subscriptions, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._clock = clock

    async def lost(self, channel_ids: Iterable[int], reason: str, obstacle: Obstacle) -> None:
        """Disable those of the places that have a subscription."""
        for channel_id in channel_ids:
            place = place_of(channel_id)
            try:
                if await self._subscriptions.of_place(place):
                    await self._subscriptions.record_trouble(self._trouble(place, reason, obstacle))
                    log.info("place lost", place=str(place), reason=reason)
            except StorageError as error:  # the next message to it is refused, and that is noted then
                log.warning("place lost while the store is away", place=str(place), error=str(error))

    async def regained(self, channel_ids: Iterable[int]) -> None:
        """Forget what was wrong with places that can be written to again."""
        for channel_id in channel_ids:
            place = place_of(channel_id)
            try:
                if await self._subscriptions.clear_trouble(place):
                    log.info("place regained", place=str(place))
            except StorageError as error:  # the daily probe or the next command brings it back
                log.warning("place regained while the store is away", place=str(place), error=str(error))

    def _trouble(self, place: Place, reason: str, obstacle: Obstacle) -> PlaceTrouble:
        return PlaceTrouble(place, reason, since=self._clock.now(), disabled=True, obstacle=obstacle)
