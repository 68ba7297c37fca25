"""What the bot must be allowed to do in a channel, and what people must be allowed to do to moderate a server.

The names that users read ("Embed Links") are those of Discord's own settings.
https://docs.discord.com/developers/topics/permissions
"""

import discord

from bot.chat.discord.channels import Channel
from bot.domain.errors import ChatGone, NotAllowed
from bot.domain.place import Obstacle

REQUIRED_PERMISSIONS = discord.Permissions(
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

ATTACH_FILES = "Attach Files"
MENTION_EVERYONE = "Mention Everyone"

_DISPLAY_NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "attach_files": ATTACH_FILES,
}


def missing_permissions(granted: discord.Permissions, *, thread: bool) -> tuple[str, ...]:
    """Return the names of the permissions that are missing for posting in a channel, or in a thread."""
    if granted.administrator:
        return ()
    # A thread asks for Send Messages in Threads instead of Send Messages, never for both.
    unneeded = "send_messages" if thread else "send_messages_in_threads"
    needed = {permission: name for permission, name in _DISPLAY_NAMES.items() if permission != unneeded}
    return tuple(name for permission, name in needed.items() if not getattr(granted, permission))


def bot_permissions_in(channel: Channel) -> discord.Permissions | None:
    """Return what the bot may do in a channel as far as the gateway told; None while it told nothing."""
    guild = channel.guild
    # In an outage a server's roles are unknown: computing from nothing would look like "no permission at all".
    if guild.unavailable or guild.me not in guild.members:
        return None
    try:
        return channel.permissions_for(guild.me)
    except discord.ClientException:  # a thread whose channel is hidden from the bot
        return discord.Permissions.none()


def missing_in_channel(channel: Channel) -> tuple[str, ...]:
    """Return the permissions the bot lacks in a channel as far as the gateway told; none while it told nothing."""
    granted = bot_permissions_in(channel)
    return () if granted is None else missing_permissions(granted, thread=isinstance(channel, discord.Thread))


def missing_for_text(granted: discord.Permissions, *, thread: bool) -> list[str]:
    """Return the names of the permissions that are missing for a message without a file."""
    return [name for name in missing_permissions(granted, thread=thread) if name != ATTACH_FILES]


def check_can_post_text(channel: Channel) -> None:
    """Raise what Discord would answer to a text in this channel: ChatGone or NotAllowed; return when unsure."""
    # Not asking matters: 10,000 answers of 401, 403 or 429 within 10 minutes shut the whole address out.
    # https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
    granted = bot_permissions_in(channel)
    if granted is None:
        return
    names = missing_for_text(granted, thread=isinstance(channel, discord.Thread))
    if _DISPLAY_NAMES["view_channel"] in names:
        raise ChatGone("the bot has no access to the channel", Obstacle.UNSEEN, foreseen=True)
    if names:
        raise lacks_permissions(names, foreseen=True)


def check_can_post_files(channel: Channel) -> None:
    """Raise what Discord would answer to a file in this channel; return when unsure."""
    check_can_post_text(channel)
    if ATTACH_FILES in missing_in_channel(channel):
        raise lacks_permissions([ATTACH_FILES], foreseen=True)


def lacks_permissions(names: list[str], *, foreseen: bool = False) -> NotAllowed:
    """Return the error that names the permissions the bot lacks in a channel."""
    reason = f"the bot lacks permissions in the channel: {', '.join(names)}"
    return NotAllowed(reason, Obstacle.NO_RIGHTS, foreseen=foreseen)


def may_mention(granted: discord.Permissions, role: discord.Role | None) -> bool:
    """Return whether somebody with these permissions may mention a role, or @here and @everyone (None)."""
    # https://support.discord.com/hc/en-us/articles/214632237: a role that is mentionable may be mentioned by everybody.
    return (role is not None and role.mentionable) or granted.mention_everyone or granted.administrator


def may_moderate(granted: discord.Permissions) -> bool:
    """Return whether somebody with these permissions moderates the server."""
    return granted.manage_guild or granted.administrator
