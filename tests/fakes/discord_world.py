"""Servers, channels, threads and people of the fake Discord, and who may do what in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

Json = dict[str, Any]

# https://docs.discord.com/developers/topics/permissions
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
MANAGE_THREADS = 1 << 34
SEND_MESSAGES_IN_THREADS = 1 << 38

# What a new server gives everybody, and what the bot asks for on top.
MEMBER_RIGHTS = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | READ_MESSAGE_HISTORY
BOT_RIGHTS = MEMBER_RIGHTS | EMBED_LINKS | ATTACH_FILES
EVERYTHING = (1 << 50) - 1

# https://docs.discord.com/developers/resources/channel
TEXT, DIRECT, VOICE, CATEGORY, ANNOUNCEMENTS, THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 4, 5, 11, 12, 15
THREADS = frozenset((THREAD, PRIVATE_THREAD))

_JOINED = datetime(2022, 1, 1, tzinfo=UTC).isoformat()
_numbers = count(1)


def snowflake() -> str:
    """Return an id that nothing has yet; like Discord's, it says when it was made."""
    # Milliseconds since 2015 and a number: https://docs.discord.com/developers/reference#snowflakes
    milliseconds = int(datetime.now(UTC).timestamp() * 1000) - 1_420_070_400_000
    return str((milliseconds << 22) + next(_numbers) % (1 << 22))


@dataclass(eq=False)
class User:
    """A person, or the bot."""

    name: str
    id: str = field(default_factory=snowflake)
    bot: bool = False
    locale: str = "en-US"

    def json(self) -> Json:
        return {
            "id": self.id, "username": self.name, "global_name": self.name, "discriminator": "0", "avatar": None,
            "bot": self.bot, "public_flags": 0, "flags": 0, "mfa_enabled": False, "verified": True,
            "locale": self.locale,
        }  # fmt: skip


@dataclass(eq=False)
class Role:
    """A role of a server; the one with the server's own id is everybody's."""

    name: str
    permissions: int
    id: str = field(default_factory=snowflake)
    mentionable: bool = False

    def json(self) -> Json:
        colours = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        return {
            "id": self.id, "name": self.name, "permissions": str(self.permissions), "position": 0, "color": 0,
            "colors": colours, "hoist": False, "managed": False, "mentionable": self.mentionable, "flags": 0,
        }  # fmt: skip


@dataclass(eq=False)
class Channel:
    """A channel or a thread. `allow` and `deny` are the bot's own overwrites in it; a thread has its parent's."""

    name: str
    guild: "Guild | None" = None
    type: int = TEXT
    parent: "Channel | None" = None
    recipient: User | None = None
    id: str = field(default_factory=snowflake)
    allow: int = 0
    deny: int = 0
    archived: bool = False
    locked: bool = False

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    def json(self, bot: User) -> Json:
        base: Json = {"id": self.id, "type": self.type, "last_message_id": None, "flags": 0}
        if self.guild is None:
            return base | {"recipients": [self.recipient.json()] if self.recipient else []}
        base |= {"guild_id": self.guild.id, "name": self.name, "parent_id": self.parent.id if self.parent else None}
        if self.is_thread:
            return base | self._thread_json(bot)
        overwrites = [{"id": bot.id, "type": 1, "allow": str(self.allow), "deny": str(self.deny)}]
        return base | {
            "position": 0, "nsfw": False, "topic": None, "rate_limit_per_user": 0, "bitrate": 64000, "user_limit": 0,
            "permission_overwrites": overwrites if self.allow or self.deny else [], "available_tags": [],
        }  # fmt: skip

    def _thread_json(self, bot: User) -> Json:
        metadata = {
            "archived": self.archived, "locked": self.locked, "auto_archive_duration": 1440,
            "archive_timestamp": _JOINED, "create_timestamp": _JOINED, "invitable": True,
        }  # fmt: skip
        return {
            "owner_id": bot.id, "message_count": 0, "member_count": 1, "rate_limit_per_user": 0,
            "thread_metadata": metadata,
        }  # fmt: skip


@dataclass(eq=False)
class Guild:
    """A server with the bot in it, or not any more."""

    name: str
    bot: User
    rights: int = MEMBER_RIGHTS
    bot_rights: int = BOT_RIGHTS
    id: str = field(default_factory=snowflake)
    channels: list[Channel] = field(default_factory=list)
    system_channel: Channel | None = None
    has_bot: bool = True
    unavailable: bool = False
    roles: list[Role] = field(default_factory=list)
    locale: str = "en-US"
    bot_joined_at: str = _JOINED

    def __post_init__(self) -> None:
        self.everyone = Role("@everyone", self.rights, self.id)
        self.bot_role = Role("Runwatch", self.bot_rights)

    @property
    def threads(self) -> list[Channel]:
        return [channel for channel in self.channels if channel.is_thread]

    def bot_permissions(self, channel: Channel) -> int:
        """Return what the bot may do in a channel, as Discord computes it."""
        # Roles add up; an administrator is above every overwrite; a channel's own "allow" outdoes its "deny".
        granted = self.everyone.permissions | self.bot_role.permissions
        if granted & ADMINISTRATOR:
            return EVERYTHING
        overwritten = channel.parent if channel.is_thread and channel.parent else channel
        return granted & ~overwritten.deny | overwritten.allow

    def member(self, user: User) -> Json:
        is_bot = user is self.bot
        roles, joined_at = ([self.bot_role.id], self.bot_joined_at) if is_bot else ([], _JOINED)
        return {
            "user": user.json(), "roles": roles, "joined_at": joined_at, "deaf": False, "mute": False, "flags": 0,
            "nick": None, "avatar": None, "pending": False, "premium_since": None, "communication_disabled_until": None,
        }  # fmt: skip

    def json(self) -> Json:
        return {
            "id": self.id, "name": self.name, "owner_id": "1", "icon": None, "features": [], "member_count": 2,
            "system_channel_id": self.system_channel.id if self.system_channel else None, "emojis": [], "stickers": [],
            "roles": [role.json() for role in (self.everyone, self.bot_role, *self.roles)],
            "members": [self.member(self.bot)], "presences": [],
            "channels": [channel.json(self.bot) for channel in self.channels if not channel.is_thread],
            "voice_states": [],
            # Of archived threads the gateway does not tell: clients know only those that are open.
            "threads": [thread.json(self.bot) for thread in self.threads if not thread.archived],
            "preferred_locale": self.locale,
            "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
            "premium_tier": 0, "nsfw_level": 0, "stage_instances": [], "guild_scheduled_events": [], "large": False,
            "afk_timeout": 300, "system_channel_flags": 0, "soundboard_sounds": [],
        }  # fmt: skip


class World:
    """Every server and private channel that exists, and the bot."""

    def __init__(self) -> None:
        self.bot = User("Runwatch", bot=True)
        self.guilds: dict[str, Guild] = {}
        self.direct: dict[str, Channel] = {}

    def channels(self) -> Iterator[Channel]:
        yield from self.direct.values()
        for guild in self.guilds.values():
            yield from guild.channels

    def find(self, channel_id: str) -> Channel | None:
        return self.direct.get(channel_id) or next(
            (channel for channel in self.channels() if channel.id == channel_id), None
        )
