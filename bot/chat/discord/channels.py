"""Discord's channels and threads as places: which of them take messages, and how an id becomes a Place and back.

The channel or thread with the id 108 is `Place(DISCORD, "108")`; Discord numbers both from the same range.
"""

import discord
from discord.abc import GuildChannel

from bot.domain.errors import ChatGone, DeliveryError
from bot.domain.place import Obstacle, Place, Platform

Channel = GuildChannel | discord.Thread

_MESSAGE_CHANNEL_TYPES = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.Thread)


def place_of(channel_id: int) -> Place:
    """Return the place that is a channel or a thread."""
    return Place(Platform.DISCORD, str(channel_id))


def channel_id_of(place: Place) -> int:
    """Return the id of a place's channel or thread; raise ChatGone for text that is no id."""
    return parse_id(place.chat, ChatGone("the channel has no valid id", Obstacle.DELETED))


def parse_id(text: str, otherwise: DeliveryError) -> int:
    """Return a Discord id as the number it is; raise `otherwise` for anything but digits."""
    # Ids go into request paths: "../users" must never get that far.
    if not text.isdecimal():
        raise otherwise
    return int(text)


def takes_messages(channel: object) -> bool:
    """Return whether messages can be posted there at all; a category or a forum takes none itself."""
    return isinstance(channel, _MESSAGE_CHANNEL_TYPES)


def message_channels(guild: discord.Guild) -> list[Channel]:
    """Return the channels and threads of a server that take messages."""
    return [channel for channel in (*guild.channels, *guild.threads) if takes_messages(channel)]
