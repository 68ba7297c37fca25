"""What Discord's gateway tells becomes answers, places lost and places regained."""

import asyncio
import sys
from collections.abc import Iterable
from typing import Any

import discord
import structlog
from typing_extensions import override

from bot.chat.discord.errors import FAILURES
from bot.chat.discord.identify_limit import IdentifyLimit
from bot.chat.discord.interaction_handler import InteractionHandler
from bot.chat.discord.permissions import NEEDED, Channel, may_moderate, missing, takes_messages
from bot.chat.discord.places import LostPlaces, channels_of, lacking
from bot.chat.discord.render import payload
from bot.chat.discord.rest import Rest, post
from bot.chat.discord.shards import ShardedClient
from bot.chat.discord.slash import SlashCommandTree, slash_commands
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.errors import DeliveryError
from bot.domain.place import Obstacle, Platform
from bot.messages.cards.welcome import welcome_card
from bot.ports.meter import Meter

log = structlog.get_logger()


class Gateway(ShardedClient):
    """The library's client without its caches: of members only the bot itself, of messages none.

    It keeps servers, channels, roles and threads, which is what permissions are computed from.
    """

    def __init__(  # noqa: PLR0913 — the parts a connection needs
        self,
        desk: CommandDispatcher,
        answers: InteractionHandler,
        places: LostPlaces,
        *,
        identifies: IdentifyLimit,
        meter: Meter,
        settle: float = 2.0,
    ) -> None:
        super().__init__(
            identifies,
            intents=discord.Intents(guilds=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=settle,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.http = Rest(self.loop, max_ratelimit_timeout=30.0)
        self.http.on_rate_limit = lambda: meter.count_rate_limited(Platform.DISCORD)
        self._connection.http = self.http
        self.tree = SlashCommandTree(self, answers.stale)
        for command in slash_commands(desk.commands, answers.command, desk.suggest):
            self.tree.add_command(command)
        self._answers = answers
        self._places = places
        self._server_of: dict[int, int] = {}

    def find_channel(self, channel_id: int) -> Channel | None:
        """Return a channel or thread without looking through every server, as the library's own search does."""
        server = self.get_guild(self._server_of.get(channel_id, 0))
        return server.get_channel_or_thread(channel_id) if server else None

    async def on_shard_ready(self, shard_id: int) -> None:
        """Learn the channels of the servers that were there from the start, a server at a time."""
        for guild in [guild for guild in self.guilds if guild.shard_id == shard_id]:
            self._learn(guild)
            await asyncio.sleep(0)

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

    @override
    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a fault of ours in handling an event, and go on."""
        log.error("discord event failed", event_name=event_method, exc_info=sys.exc_info())

    def _learn(self, guild: discord.Guild) -> None:
        self._server_of.update({channel.id: guild.id for channel in channels_of(guild)})

    async def _lose(self, channel_id: int, reason: str) -> None:
        self._server_of.pop(channel_id, None)
        await self._places.lost([channel_id], reason, Obstacle.DELETED)

    async def _regain(self, channels: Iterable[Channel]) -> None:
        await self._places.regained(
            channel.id for channel in channels if takes_messages(channel) and not lacking(channel)
        )

    async def _greet(self, guild: discord.Guild) -> None:
        """Say hello in the system channel if that can be written to; no other channel is anybody's guess."""
        channel = guild.system_channel
        if channel is None or missing(channel.permissions_for(guild.me), thread=False):
            return
        try:
            await post(self.http, channel.id, payload(welcome_card()))
        except (*FAILURES, DeliveryError) as error:
            log.warning("greeting not delivered", server=guild.id, error=type(error).__name__)
