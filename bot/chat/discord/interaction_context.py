"""Who used a command in which channel, and what they and the bot may do there, as the interaction itself says.

Discord sends the permissions of the asker and of the bot with every interaction, so they are never outdated, and no
call is needed.
"""

import re
from typing import Any

import discord

from bot.chat.discord.channels import Channel, place_of, takes_messages
from bot.chat.discord.permissions import (
    MENTION_EVERYONE,
    bot_permissions_in,
    may_mention,
    may_moderate,
    missing_permissions,
)
from bot.commands.declaration import Caller, PlaceAccess
from bot.commands.dispatcher import CommandContext
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.place import Place
from bot.language.translation import marked, tr

Interaction = discord.Interaction[Any]

_CHANNEL_MENTION = re.compile(r"<#(\d{1,20})>")  # an id is a number of 64 bits: 20 digits at most
_BOT_NOT_IN_SERVER = marked(
    "The bot is no member of this server yet. Invite it with “Add App” on its profile, then try again."
)


def command_context(interaction: Interaction, owner_ids: frozenset[str]) -> CommandContext:
    """Return who asked where, with what they may do there."""
    permissions = _InteractionPermissions(interaction)
    user_id = str(interaction.user.id)
    return CommandContext(
        place=place_of(interaction.channel_id or interaction.user.id),
        caller=Caller(
            user_id,
            is_owner=user_id in owner_ids,
            may_moderate=permissions.may_moderate,
            name=interaction.user.display_name,
        ),
        place_access=PlaceAccess(
            find=permissions.find_channel,
            missing=permissions.missing_for_bot,
            check_mention=permissions.check_mention,
            can_publish=permissions.can_publish,
        ),
        private=interaction.guild_id is None and interaction.context.dm_channel is True,
        refused_in_private=True,
        # Anybody may open threads, and channels cost nothing: the server is what people are members of. A group chat of
        # friends counts as private.
        community=str(interaction.guild_id) if interaction.guild_id else "private",
        asker_language=interaction.locale.value,
    )


def bot_can_post(interaction: Interaction) -> bool:
    """Return whether the bot is a member here and has every permission it needs for posting."""
    thread = isinstance(interaction.channel, discord.Thread)
    return _server(interaction) is not None and not missing_permissions(interaction.app_permissions, thread=thread)


def _server(interaction: Interaction) -> discord.Guild | None:
    """Return the server of an interaction if the bot is in it; a user's own app may be used where it is not."""
    return interaction.client.get_guild(interaction.guild_id) if interaction.guild_id else None


class _InteractionPermissions:
    """What the asker and the bot may do, as one interaction says. Whatever is not certain is a no."""

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction

    async def may_moderate(self, place: Place) -> bool:
        """Return whether the asker moderates the server of a place; raise NotPermitted where nobody can."""
        if self._interaction.guild_id is None:
            raise NotPermitted(tr("On Discord alerts go to the channels of a server. Use this command in one of them."))
        if _server(self._interaction) is None:
            raise NotPermitted(tr(_BOT_NOT_IN_SERVER))
        # The asker's permissions are those of this server, and say nothing of a channel of another one.
        is_in_this_server = place == self._here or self._channel(place) is not None
        return is_in_this_server and may_moderate(self._interaction.permissions)

    async def find_channel(self, text: str) -> Place:
        """Return the channel of this server behind `<#id>`, one the asker sees and moderates; raise AskerError."""
        mention = _CHANNEL_MENTION.fullmatch(text.strip())
        if not mention:
            raise AskerError(tr("Name the channel by its mention, such as #alerts, in the same server."))
        place = place_of(int(mention[1]))
        channel = self._channel(place)
        # A channel the asker does not see is treated like one that does not exist, so that nobody learns of it.
        if channel is None or not self._asker_sees(channel):
            raise AskerError(tr("That channel is not one of this server that the bot and you both see."))
        if not takes_messages(channel):
            raise AskerError(tr("Messages cannot be posted there. Use a text channel, or the command inside a thread."))
        if not may_moderate(self._interaction.permissions):
            raise NotPermitted(tr("Only people who may manage this server choose another of its channels."))
        return place

    async def missing_for_bot(self, place: Place) -> tuple[str, ...]:
        """Return the names of the permissions the bot lacks for posting in a place of this server."""
        thread = isinstance(self._interaction.channel if place == self._here else self._channel(place), discord.Thread)
        return missing_permissions(self._granted_to_bot(place), thread=thread)

    async def check_mention(self, place: Place, mention: str) -> tuple[str, ...]:
        """Return the names of the permissions the bot lacks for a mention in a place of this server.

        `mention` is the id of a role, "here" or "everyone". Raise AskerError for a role that this server has not, and
        NotPermitted where the asker may not mention it: the bot must not do for them what Discord forbids them.
        """
        role = self._role(int(mention)) if mention.isdecimal() else None
        if not may_mention(self._granted_to_asker(place), role):
            name = f"@{role.name if role else mention}"
            raise NotPermitted(
                # Translators: the permission has its English name.
                tr(
                    "You may not mention {name} there yourself: that takes the permission “{permission}”. Leave the "
                    "mention out, or ask somebody who has it.",
                    name=name,
                    permission=MENTION_EVERYONE,
                )
            )
        return () if may_mention(self._granted_to_bot(place), role) else (MENTION_EVERYONE,)

    async def can_publish(self, place: Place) -> bool:
        """Return whether a place of this server is an announcement channel."""
        channel = self._channel(place)
        return isinstance(channel, discord.TextChannel) and channel.is_news()

    @property
    def _here(self) -> Place:
        return place_of(self._interaction.channel_id or 0)

    def _channel(self, place: Place) -> Channel | None:
        server = _server(self._interaction)
        return server.get_channel_or_thread(int(place.chat)) if server and place.chat.isdecimal() else None

    def _role(self, role_id: int) -> discord.Role:
        """Return a role of this server; raise AskerError when there is none, @everyone's own not counted."""
        server = _server(self._interaction)
        role = server.get_role(role_id) if server else None
        if role is None or role.is_default():
            raise AskerError(
                tr("That role is none of this server. Choose one from the list that Discord shows after @.")
            )
        return role

    def _asker_sees(self, channel: Channel) -> bool:
        return self._permissions_in(channel).view_channel

    def _granted_to_asker(self, place: Place) -> discord.Permissions:
        """Return what the asker may do in a place of this server; nothing where that is not known."""
        if place == self._here:
            return self._interaction.permissions
        channel = self._channel(place)
        return self._permissions_in(channel) if channel else discord.Permissions.none()

    def _permissions_in(self, channel: Channel) -> discord.Permissions:
        """Return what the asker may do in a channel of this server, by the roles that this interaction told of."""
        user = self._interaction.user
        if not isinstance(user, discord.Member):
            return discord.Permissions.none()
        try:
            return channel.permissions_for(user)
        except discord.ClientException:  # a thread whose channel is hidden from the bot
            return discord.Permissions.none()

    def _granted_to_bot(self, place: Place) -> discord.Permissions:
        """Return what the bot may do in a place of this server; nothing where that is not known."""
        if place == self._here:
            return self._interaction.app_permissions
        channel = self._channel(place)
        granted = bot_permissions_in(channel) if channel else None
        return granted or discord.Permissions.none()
