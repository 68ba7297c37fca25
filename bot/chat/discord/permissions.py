"""What the bot must be allowed to do in a channel, and what people must be allowed to do to moderate it."""

import discord
from discord.abc import GuildChannel

Channel = GuildChannel | discord.Thread

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
)
"""Without these an alert does not arrive.

The link in the README asks for two more: Read Message History, without which an escalation is a message of its own
instead of an answer to the alert it continues, and Mention Everyone, to ping @here, @everyone or a role that not
everybody may mention where a moderator set that with `/subscribe`; left out, those mentions stay silent.
"""

_NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
}
_TAKES_MESSAGES = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.Thread)


def takes_messages(channel: object) -> bool:
    """Return whether messages can be posted there at all; a category or a forum takes none itself."""
    return isinstance(channel, _TAKES_MESSAGES)


def missing(granted: discord.Permissions, *, thread: bool) -> tuple[str, ...]:
    """Return the names of the rights that are lacking for posting in a channel, or in a thread."""
    if granted.administrator:
        return ()
    unneeded = "send_messages" if thread else "send_messages_in_threads"
    return tuple(name for right, name in _NAMES.items() if right != unneeded and not getattr(granted, right))


def granted_to_bot(channel: Channel) -> discord.Permissions | None:
    """Return what the bot may do in a channel as far as the gateway told; None while it told nothing."""
    guild = channel.guild
    if guild.unavailable or guild.me not in guild.members:
        return None
    try:
        return channel.permissions_for(guild.me)
    except discord.ClientException:  # a thread whose channel is hidden from the bot
        return discord.Permissions.none()


def may_moderate(granted: discord.Permissions) -> bool:
    """Return whether somebody with these permissions moderates the server."""
    return granted.manage_guild or granted.administrator
