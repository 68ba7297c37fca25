"""The connection to Discord's gateway as a client that acts on events: commands, and channels that come and go.

A deleted channel is disabled, a channel whose permissions come back is enabled, a new server is greeted once.
Events: https://docs.discord.com/developers/events/gateway-events
"""

import asyncio
import sys
from collections.abc import Iterable
from typing import Any

import discord
import structlog
from typing_extensions import override

from bot.chat.discord.channels import Channel, message_channels, takes_messages
from bot.chat.discord.errors import LIBRARY_ERRORS
from bot.chat.discord.greeted_servers import GreetedServers
from bot.chat.discord.identify_limit import IdentifyLimit
from bot.chat.discord.interaction_handler import InteractionHandler
from bot.chat.discord.permissions import REQUIRED_PERMISSIONS, may_moderate, missing_in_channel, missing_permissions
from bot.chat.discord.place_reachability import PlaceReachability
from bot.chat.discord.render import payload
from bot.chat.discord.rest import RestClient, post_message
from bot.chat.discord.shards import ShardedClient
from bot.chat.discord.slash_commands import SlashCommandTree, build_slash_commands
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.errors import DeliveryError
from bot.domain.place import Obstacle, Platform
from bot.language.languages import supported_language
from bot.language.translation import written_in
from bot.messages.cards.welcome import welcome_card
from bot.network.proxy_rules import NO_PROXIES, ProxyRules
from bot.ports.meter import Meter

log = structlog.get_logger()

# The library's own waiting inside a call ends here; a longer pause is for the send queue to wait out.
_MAX_RATE_LIMIT_WAIT_S = 30.0


class GatewayClient(ShardedClient):
    """The library's client without its caches: of members only the bot itself, of messages none.

    It keeps servers, channels, roles and threads, which is what permissions are computed from.
    """

    def __init__(  # noqa: PLR0913 — the parts a connection needs
        self,
        dispatcher: CommandDispatcher,
        interactions: InteractionHandler,
        reachability: PlaceReachability,
        *,
        greeted: GreetedServers,
        identify_limit: IdentifyLimit,
        meter: Meter,
        proxies: ProxyRules = NO_PROXIES,
        servers_timeout_s: float = 2.0,
    ) -> None:
        # The intent "guilds" is the only one: it needs no approval by Discord, and no user's text ever arrives here.
        super().__init__(
            identify_limit,
            intents=discord.Intents(guilds=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=servers_timeout_s,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.http: RestClient = RestClient(self.loop, max_ratelimit_timeout=_MAX_RATE_LIMIT_WAIT_S)
        self.http.proxies = proxies
        self.http.on_rate_limit = lambda: meter.count_rate_limited(Platform.DISCORD)
        self._connection.http = self.http
        self.tree = SlashCommandTree(self, interactions.answer_stale_command)
        for command in build_slash_commands(dispatcher.commands, interactions.answer_command, interactions.suggest):
            self.tree.add_command(command)
        self._interactions = interactions
        self._reachability = reachability
        self._greeted = greeted
        self._server_id_by_channel: dict[int, int] = {}

    def find_channel(self, channel_id: int) -> Channel | None:
        """Return a channel or thread the gateway told of.

        Every message asks for its channel, and the library's own search would look through all servers.
        """
        server = self.get_guild(self._server_id_by_channel.get(channel_id, 0))
        return server.get_channel_or_thread(channel_id) if server else None

    async def on_shard_ready(self, shard_id: int) -> None:
        """Index the channels of the servers that were there from the start."""
        for guild in [guild for guild in self.guilds if guild.shard_id == shard_id]:
            self._index_channels(guild)
            await asyncio.sleep(0)  # a shard has up to 2,500 servers: others get their turn between two of them

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a pressed button; slash commands come through the tree."""
        if interaction.type is discord.InteractionType.component:
            await self._interactions.answer_button(interaction, interaction.custom_id or "")

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Index the channels of a server that came back from an outage, or was told of late; greet it if it is new."""
        if self._greeted.is_to_be_greeted(guild.id, guild.me.joined_at):
            await self.on_guild_join(guild)
        else:
            self._index_channels(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Enable what an earlier stay left behind, and say hello once."""
        self._greeted.add(guild.id)
        self._index_channels(guild)
        await self._mark_reachable(message_channels(guild))
        await self._greet(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Disable every place of a server the bot was removed from."""
        self._greeted.forget(guild.id)
        channel_ids = [channel.id for channel in message_channels(guild)]
        for channel_id in channel_ids:
            self._server_id_by_channel.pop(channel_id, None)
        reason = "the bot was removed from the server"
        await self._reachability.mark_unreachable(channel_ids, reason, Obstacle.REMOVED)

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """Index a new channel."""
        self._server_id_by_channel[channel.id] = channel.guild.id

    async def on_thread_create(self, thread: discord.Thread) -> None:
        """Index a new thread."""
        self._server_id_by_channel[thread.id] = thread.guild.id

    async def on_thread_join(self, thread: discord.Thread) -> None:
        """Index and enable a thread the bot was added to, or one that was opened again.

        The library forgets a thread when it is archived, so one that is opened again looks like a new one.
        """
        self._server_id_by_channel[thread.id] = thread.guild.id
        await self._mark_reachable([thread])

    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        """Enable a thread that everybody may open again."""
        if before.locked and not after.locked:
            await self._mark_reachable([after])

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Disable a deleted channel; Discord tells of the threads in it one by one."""
        await self._mark_deleted(channel.id, "the channel was deleted")

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Disable a deleted thread; the raw event comes for those the library has forgotten too."""
        await self._mark_deleted(event.thread_id, "the thread was deleted")

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Enable a channel, with its threads, when its permissions came back."""
        if missing_in_channel(before) and not missing_in_channel(after):
            threads = after.threads if isinstance(after, discord.TextChannel | discord.ForumChannel) else []
            await self._mark_reachable([after, *threads])

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """Enable the channels that a role of the bot's opens."""
        gained = discord.Permissions(after.permissions.value & ~before.permissions.value)
        # Checking every channel of a large server costs, so only for permissions that can make a difference.
        matters = bool(gained.value & REQUIRED_PERMISSIONS.value) or may_moderate(gained)
        if matters and after in (after.guild.default_role, *after.guild.me.roles):
            await self._mark_reachable(message_channels(after.guild))

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Enable the channels that the bot's new roles open; without its intent Discord tells of no other member."""
        if after == after.guild.me and before.roles != after.roles:
            await self._mark_reachable(message_channels(after.guild))

    @override
    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a fault of ours in handling an event, and go on."""
        log.error("discord event failed", event_name=event_method, exc_info=sys.exc_info())

    def _index_channels(self, guild: discord.Guild) -> None:
        self._server_id_by_channel.update({channel.id: guild.id for channel in message_channels(guild)})

    async def _mark_deleted(self, channel_id: int, reason: str) -> None:
        self._server_id_by_channel.pop(channel_id, None)
        await self._reachability.mark_unreachable([channel_id], reason, Obstacle.DELETED)

    async def _mark_reachable(self, channels: Iterable[Channel]) -> None:
        """Enable those of the channels in which the bot lacks nothing."""
        await self._reachability.mark_reachable(
            channel.id for channel in channels if takes_messages(channel) and not missing_in_channel(channel)
        )

    async def _greet(self, guild: discord.Guild) -> None:
        """Say hello in the system channel if that can be written to.

        Discord's own welcome messages go there; any other channel would be a guess. The language is the server's own.
        """
        channel = guild.system_channel
        if channel is None or missing_permissions(channel.permissions_for(guild.me), thread=False):
            return
        with written_in(supported_language(guild.preferred_locale.value)):
            card = welcome_card()
        try:
            await post_message(self.http, channel.id, payload(card))
        except (*LIBRARY_ERRORS, DeliveryError) as error:
            log.warning("discord greeting not delivered", server=guild.id, error=type(error).__name__)
