"""Completes the names of a server's channels and roles while they are typed: what only Discord knows.

Everything else that can be completed is suggested by its kind of argument (`bot/commands/suggestions.py`). Example:
`ale` may become #alerts, which the command then gets as `<#108>`, and `mod` the role @Moderators, as `<@&77>`.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

import discord

from bot.chat.discord.channels import message_channels
from bot.chat.discord.interaction_context import Interaction
from bot.language.translation import marked, tr
from bot.messages.plain_text import clean

_MAX_SUGGESTIONS = 25  # https://docs.discord.com/developers/interactions/application-commands#autocomplete
_WHOLE_CHANNEL = ((marked("@here · who is online"), "@here"), ("@everyone", "@everyone"))


def _channels(interaction: Interaction, typed: str) -> list[tuple[str, str]]:
    """Return the channels and threads of this server that the asker sees and that take messages."""
    server, user = interaction.guild, interaction.user
    if server is None or not isinstance(user, discord.Member):
        return []
    wanted = typed.strip().removeprefix("#").lower()

    def seen() -> Iterator[tuple[str, str]]:
        # The names first: to compute the permissions in each of 500 channels would take too long.
        for channel in message_channels(server):
            if wanted in channel.name.lower() and _is_visible(channel, user):
                yield f"#{clean(channel.name)}", f"<#{channel.id}>"

    return list(islice(seen(), _MAX_SUGGESTIONS))


def _roles(interaction: Interaction, typed: str) -> list[tuple[str, str]]:
    """Return @here, @everyone and the roles of this server; who may mention them is checked when they are set."""
    wanted = typed.strip().removeprefix("@").lower()
    roles = interaction.guild.roles if interaction.guild else ()
    named = [(f"@{clean(role.name)}", f"<@&{role.id}>") for role in reversed(roles) if not role.is_default()]
    whole_channel = [(tr(label), value) for label, value in _WHOLE_CHANNEL]
    return [pair for pair in (*whole_channel, *named) if wanted in pair[0].lower()][:_MAX_SUGGESTIONS]


def _is_visible(channel: discord.abc.GuildChannel | discord.Thread, user: discord.Member) -> bool:
    try:
        return channel.permissions_for(user).view_channel
    except discord.ClientException:  # a thread whose channel is hidden from the bot
        return False


SERVER_SUGGESTIONS: Mapping[str, Callable[[Interaction, str], list[tuple[str, str]]]] = {
    "place": _channels,
    "mention": _roles,
}
"""By the name of the kind of argument: what returns (label, value) pairs for what was typed."""
