"""One connection to Discord's gateway: what it is told becomes answers, places lost and places regained."""

import asyncio
import sys
import threading
from collections.abc import Iterable
from time import perf_counter
from typing import Any

import discord
import structlog
from discord.gateway import KeepAliveHandler

from bot.chat.discord.answers import Answers
from bot.chat.discord.errors import FAILURES
from bot.chat.discord.identifies import Identifies
from bot.chat.discord.permissions import NEEDED, Channel, may_moderate, missing, takes_messages
from bot.chat.discord.places import Places, channels_of, lacking
from bot.chat.discord.render import payload
from bot.chat.discord.rest import Rest, post
from bot.chat.discord.slash import Tree, slash_commands
from bot.desk import Desk
from bot.domain.errors import DeliveryError
from bot.domain.place import Obstacle, Platform
from bot.messages.cards.greetings import welcome_card
from bot.ports import Meter

log = structlog.get_logger()

_LONGEST_WAIT_INSIDE = 30.0  # the library gives a connection 60 s to be signed in


class TooManyIdentifies(Exception):
    """Signing in again has to wait longer than a connection may stay unidentified."""


class Gateway(discord.Client):
    """The library's client without its caches: of members only the bot itself, of messages none.

    It keeps servers, channels, roles and threads, which is what permissions are computed from.
    """

    def __init__(  # noqa: PLR0913 — the parts a connection needs
        self,
        desk: Desk,
        answers: Answers,
        places: Places,
        *,
        identifies: Identifies,
        meter: Meter,
        settle: float = 2.0,
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=settle,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.http = Rest(self.loop, max_ratelimit_timeout=30.0)
        self.http.on_rate_limit = lambda: meter.rate_limited(Platform.DISCORD)
        self._connection.http = self.http
        self.tree = Tree(self, answers.stale)
        for command in slash_commands(desk.commands, answers.command, desk.suggest):
            self.tree.add_command(command)
        self._answers = answers
        self._places = places
        self._identifies = identifies
        self._server_of: dict[int, int] = {}
        self.connected = False
        self.was_connected = False

    def heartbeat_age(self) -> tuple[float, float]:
        """Return the seconds since Discord last answered a heartbeat, and how many lie between two heartbeats."""
        keep_alive: Any = getattr(self.ws, "_keep_alive", None)
        if keep_alive is None:
            return (0.0, 0.0)
        return (perf_counter() - keep_alive._last_ack, keep_alive.interval)  # noqa: SLF001 — told nowhere else

    def find_channel(self, channel_id: int) -> Channel | None:
        """Return a channel or thread without looking through every server, as the library's own search does."""
        server = self.get_guild(self._server_of.get(channel_id, 0))
        return server.get_channel_or_thread(channel_id) if server else None

    async def close(self) -> None:
        """Close the connection, and end the wait for its servers: the library would let that fail afterwards."""
        waiting = self._connection._ready_task  # noqa: SLF001 — ended nowhere else
        if waiting:
            waiting.cancel()
        await super().close()

    def abandon(self) -> None:
        """Drop every connection the library opened: those that never came to be used, and one that says no goodbye."""
        for thread in threading.enumerate():
            if isinstance(thread, KeepAliveHandler) and thread.ws._connection is self._connection:  # noqa: SLF001 — as above
                thread.stop()
                thread.ws.socket._response.close()  # noqa: SLF001 — a goodbye would be waited for

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until signing in is allowed; raise TooManyIdentifies where that is too long for this connection."""
        pause = self._identifies.pause(self.loop.time())
        if pause > _LONGEST_WAIT_INSIDE:
            raise TooManyIdentifies
        await asyncio.sleep(pause)
        self._identifies.note(self.loop.time())

    async def on_connect(self) -> None:
        """Take note of a new session."""
        self.connected = self.was_connected = True
        log.info("discord connected", servers=len(self.guilds))

    async def on_ready(self) -> None:
        """Learn the channels of the servers that were there from the start, a server at a time."""
        for guild in list(self.guilds):
            self._learn(guild)
            await asyncio.sleep(0)

    async def on_resumed(self) -> None:
        """Take note of a session that goes on."""
        self.connected = True
        log.info("discord session resumed")

    async def on_disconnect(self) -> None:
        """Take note of a connection lost; the library tries to resume the session and says so every time it fails."""
        if self.connected:
            log.warning("discord disconnected")
        self.connected = False

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a pressed button; slash commands come through the tree."""
        if interaction.type is discord.InteractionType.component:
            await self._answers.press(interaction, interaction.custom_id or "")

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Learn the channels of a server that came back, or came late."""
        self._learn(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Bring back what an earlier stay left behind, and say hello once."""
        self._learn(guild)
        await self._regain(channels_of(guild))
        await self._greet(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Disable every place of a server the bot was removed from."""
        ids = [channel.id for channel in channels_of(guild)]
        for channel_id in ids:
            self._server_of.pop(channel_id, None)
        await self._places.lost(ids, "the bot was removed from the server", Obstacle.REMOVED)

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """Learn a new channel."""
        self._server_of[channel.id] = channel.guild.id

    async def on_thread_create(self, thread: discord.Thread) -> None:
        """Learn a new thread."""
        self._server_of[thread.id] = thread.guild.id

    async def on_thread_join(self, thread: discord.Thread) -> None:
        """Learn a thread the bot was added to, or one that was opened again: the library forgets archived ones."""
        self._server_of[thread.id] = thread.guild.id
        await self._regain([thread])

    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        """Bring back a thread that everybody may open again."""
        if before.locked and not after.locked:
            await self._regain([after])

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Disable a deleted channel; the threads in it are told of one by one."""
        await self._lose(channel.id, "the channel was deleted")

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Disable a deleted thread, known or not."""
        await self._lose(event.thread_id, "the thread was deleted")

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Bring a channel back when its rights came back."""
        if lacking(before) and not lacking(after):
            threads = after.threads if isinstance(after, discord.TextChannel | discord.ForumChannel) else []
            await self._regain([after, *threads])

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """Bring back the channels that a role of the bot's opens."""
        gained = discord.Permissions(after.permissions.value & ~before.permissions.value)
        matters = bool(gained.value & NEEDED.value) or may_moderate(gained)
        if matters and after in (after.guild.default_role, *after.guild.me.roles):
            await self._regain(channels_of(after.guild))

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Bring back the channels that the bot's new roles open; Discord tells of no other member."""
        if after == after.guild.me and before.roles != after.roles:
            await self._regain(channels_of(after.guild))

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a fault of ours in handling an event, and go on."""
        log.error("discord event failed", event_name=event_method, exc_info=sys.exc_info())

    def _learn(self, guild: discord.Guild) -> None:
        self._server_of.update({channel.id: guild.id for channel in channels_of(guild)})

    async def _lose(self, channel_id: int, reason: str) -> None:
        self._server_of.pop(channel_id, None)
        await self._places.lost([channel_id], reason, Obstacle.DELETED)

    async def _regain(self, channels: Iterable[Channel]) -> None:
        await self._places.regained(one.id for one in channels if takes_messages(one) and not lacking(one))

    async def _greet(self, guild: discord.Guild) -> None:
        """Say hello in the system channel if that can be written to; no other channel is anybody's guess."""
        channel = guild.system_channel
        if channel is None or missing(channel.permissions_for(guild.me), thread=False):
            return
        try:
            await post(self.http, channel.id, payload(welcome_card()))
        except (*FAILURES, DeliveryError) as error:
            log.warning("greeting not delivered", server=guild.id, error=type(error).__name__)
