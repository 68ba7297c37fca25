"""Who asked, and what the bot and the asker may do in which channel, as Discord says right now."""

import re
from typing import Any

import discord

from bot.chat.discord.permissions import Channel, granted_to_bot, may_moderate, missing, takes_messages
from bot.chat.discord.places import place_of
from bot.commands.declaration import Caller, PlaceAccess
from bot.commands.dispatcher import CommandContext
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.place import Place

Interaction = discord.Interaction[Any]

_MENTION = re.compile(r"<#(\d{1,20})>")
_NOT_THERE = "The bot is no member of this server yet. Invite it with “Add App” on its profile, then try again."


def command_context(interaction: Interaction, owner_ids: frozenset[str]) -> CommandContext:
    """Return who asked where. Rights are those Discord sent along with the interaction, so they are never old."""
    asker = _InteractionRights(interaction)
    person = str(interaction.user.id)
    return CommandContext(
        place=place_of(interaction.channel_id or interaction.user.id),
        caller=Caller(person, is_owner=person in owner_ids, may_moderate=asker.may_moderate),
        place_access=PlaceAccess(find=asker.find, missing=asker.missing),
        private=interaction.guild_id is None and interaction.context.dm_channel is True,
    )


def bot_can_post(interaction: Interaction) -> bool:
    """Return whether the bot is a member here and has every right it needs for posting."""
    thread = isinstance(interaction.channel, discord.Thread)
    return _server(interaction) is not None and not missing(interaction.app_permissions, thread=thread)


def _server(interaction: Interaction) -> discord.Guild | None:
    """Return the server of an interaction if the bot is in it; a user's own app may be used where it is not."""
    return interaction.client.get_guild(interaction.guild_id) if interaction.guild_id else None


class _InteractionRights:
    """One interaction's view of rights. Whatever it cannot be sure of is a no."""

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction

    async def may_moderate(self, place: Place) -> bool:
        """Return whether the asker moderates the server of a place; raise NotPermitted where nobody can."""
        if self._interaction.guild_id is None:
            raise NotPermitted("On Discord alerts go to the channels of a server. Use this command in one of them.")
        if _server(self._interaction) is None:
            raise NotPermitted(_NOT_THERE)
        known_here = place == self._here or self._channel(place) is not None
        return known_here and may_moderate(self._interaction.permissions)

    async def find(self, text: str) -> Place:
        """Return the channel of this server behind `<#id>`, one the asker sees and moderates; raise AskerError."""
        mention = _MENTION.fullmatch(text.strip())
        if not mention:
            raise AskerError("Name the channel by its mention, such as #alerts, in the same server.")
        place = place_of(int(mention[1]))
        channel = self._channel(place)
        if channel is None or not self._sees(channel):
            raise AskerError("That channel is not one of this server that the bot and you both see.")
        if not takes_messages(channel):
            raise AskerError("Messages cannot be posted there. Use a text channel, or the command inside a thread.")
        if not may_moderate(self._interaction.permissions):
            raise NotPermitted("Only people who may manage this server choose another of its channels.")
        return place

    async def missing(self, place: Place) -> tuple[str, ...]:
        """Return the names of the rights the bot lacks for posting in a place of this server."""
        if place == self._here:
            thread = isinstance(self._interaction.channel, discord.Thread)
            return missing(self._interaction.app_permissions, thread=thread)
        channel = self._channel(place)
        granted = granted_to_bot(channel) if channel else None
        return missing(granted or discord.Permissions.none(), thread=isinstance(channel, discord.Thread))

    @property
    def _here(self) -> Place:
        return place_of(self._interaction.channel_id or 0)

    def _channel(self, place: Place) -> Channel | None:
        server = _server(self._interaction)
        return server.get_channel_or_thread(int(place.chat)) if server and place.chat.isdecimal() else None

    def _sees(self, channel: Channel) -> bool:
        person = self._interaction.user
        if not isinstance(person, discord.Member):
            return False
        try:
            return channel.permissions_for(person).view_channel
        except discord.ClientException:  # a thread whose channel is hidden from the bot
            return False
