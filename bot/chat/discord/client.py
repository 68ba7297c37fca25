"""Discord as a chat platform: keeps a connection alive for ever, and sends and changes messages over it.

After a connection ended, whatever the reason, a new client is made; `reconnect_backoff.py` says how long after.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import aiohttp
import discord
import structlog
from typing_extensions import override

from bot.chat.discord.errors import LIBRARY_ERRORS
from bot.chat.discord.gateway_client import GatewayClient
from bot.chat.discord.greeted_servers import GreetedServers
from bot.chat.discord.identify_limit import IdentifyLimit
from bot.chat.discord.interaction_handler import InteractionHandler
from bot.chat.discord.place_probe import DiscordPlaceProbe
from bot.chat.discord.place_reachability import PlaceReachability
from bot.chat.discord.reconnect_backoff import ReconnectBackoff, ReconnectTimeouts
from bot.chat.discord.rest import set_library_urls
from bot.chat.discord.sender import DiscordSender
from bot.chat.discord.shards import TooManyIdentifies
from bot.chat.discord.slash_commands import publish_commands
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.bot_account import BotAccount
from bot.domain.errors import RetryLater
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.messages.number_format import span
from bot.network.errors import why_unconnected
from bot.network.proxy_rules import NO_PROXIES, ProxyRules
from bot.ports.chat import AuthenticatedPlatform, CommandPublisher, PicturePlatform, ProbingPlatform, PublishingPlatform
from bot.ports.meter import Meter
from bot.ports.pictures import DrawnPicture, PictureDrawer
from bot.ports.sources import BeginRequest, Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_TOKEN_REFUSED = 4004  # https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
_UNKNOWN_TOKEN = "Discord refuses the token. Put a valid one into DISCORD_TOKEN and start the bot again."  # noqa: S105 — a sentence
_NOT_CONNECTED_PAUSE = timedelta(seconds=5)  # about as long as a new client needs to sign in
_REASON_CHARACTERS = 200  # of a foreign error's text, in `/status`
_LOGGED_CHARACTERS = 500


class DiscordPlatform(ProbingPlatform, AuthenticatedPlatform, CommandPublisher, PicturePlatform, PublishingPlatform):
    """Discord as the core sees it.

    The library keeps Discord's addresses for the whole process, so there is one DiscordPlatform in it. With `listens`
    False it only sends: for a process that delivers while another one holds the gateway. `pictures` draws; without it a
    message's text stands for its picture. `on_request` is called with every request after the login, and what it
    returns with the headers of the answer.
    """

    platform = Platform.DISCORD

    def __init__(  # noqa: PLR0913 — everything the platform needs, named at the one place that builds it
        self,
        dispatcher: CommandDispatcher,
        *,
        token: str,
        api_url: str,
        gateway_url: str,
        subscriptions: Subscriptions,
        clock: Clock,
        owner_ids: frozenset[str],
        meter: Meter,
        timeouts: ReconnectTimeouts | None = None,
        listens: bool = True,
        proxies: ProxyRules = NO_PROXIES,
        on_request: BeginRequest | None = None,
        pictures: PictureDrawer | None = None,
    ) -> None:
        set_library_urls(api_url, gateway_url)
        silence_library_logs()
        self._dispatcher = dispatcher
        self._token = token
        self._meter = meter
        self._on_request = on_request
        self._timeouts = timeouts or ReconnectTimeouts()
        self._listens = listens
        self._proxies = proxies
        self._pictures = pictures
        self._reachability = PlaceReachability(subscriptions, clock)
        self._interactions = InteractionHandler(
            dispatcher,
            self._reachability,
            owner_ids=owner_ids,
            announce_after_s=self._timeouts.announce_after_s,
            pictures=pictures,
        )
        self._identify_limit = IdentifyLimit(self._timeouts.identify_gap_s)
        self._client: GatewayClient | None = None
        self._commands_published = False
        self._greeted = GreetedServers(discord.utils.utcnow())
        self._publish_at = 0.0  # on the loop's clock
        self._command_problems: Sequence[str] = ()
        self._backoff = ReconnectBackoff(self._timeouts)
        self._token_refusals = 0
        self._first_login_ended = asyncio.Event()
        self._first_login_ended.set()
        self._disconnect_reason = self._logged_reason = "Not connected to Discord yet."

    @override
    async def run(self) -> None:
        self._first_login_ended.clear()
        while True:
            client = self._new_client()
            try:
                await self._serve(client)
                # Until the next client is there, messages still go out over the old one's HTTP session.
                await asyncio.sleep(self._reconnect_pause_s(client))
            finally:
                self._client = None
                await self._close(client)

    @override
    def trouble(self) -> str | None:
        client = self._client
        if self._token_refusals > 1 and not (client and client.connected):
            return _UNKNOWN_TOKEN
        if client is None or (self._listens and client.is_cut_off):
            return self._disconnect_reason
        return client.trouble() if self._listens else None

    @override
    def command_problems(self) -> Sequence[str]:
        return self._command_problems

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        return await (await self._sender()).send(place, message, key=key, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await (await self._sender()).edit(place, message_id, message)

    @override
    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        await (await self._sender()).send_picture(place, picture, key=key, reply_to=reply_to)

    @override
    async def publish(self, place: Place, message_id: str) -> None:
        await (await self._sender()).publish(place, message_id)

    @override
    async def probe(self, place: Place) -> None:
        await self._place_probe().check(place)

    @override
    async def account(self) -> BotAccount:
        client = self._new_client()
        try:
            async with asyncio.timeout(self._timeouts.login_s):
                await client.login(self._token)
            user = client.user
        except discord.LoginFailure:
            raise RetryLater(_UNKNOWN_TOKEN, after=_NOT_CONNECTED_PAUSE, whole_bot=True) from None
        except Exception as error:
            reason = _why_ended(error)[:_REASON_CHARACTERS]
            raise RetryLater(f"Not connected to Discord: {reason}.", after=_NOT_CONNECTED_PAUSE) from error
        finally:
            await self._close(client)
        if user is None:
            raise RetryLater("Discord did not say whose token this is", after=_NOT_CONNECTED_PAUSE, whole_bot=True)
        return BotAccount(Platform.DISCORD, str(user.id), user.name)

    @override
    async def private_place(self, person: str) -> Place:
        return await self._place_probe().private_place(person)

    def _place_probe(self) -> DiscordPlaceProbe:
        """Return what checks places; raise RetryLater while the gateway has not told which there are."""
        if self._client is None or not self._client.connected:
            raise RetryLater(self._disconnect_reason, after=_NOT_CONNECTED_PAUSE, whole_bot=True)
        return DiscordPlaceProbe(self._client, timeout_s=self._timeouts.send_s)

    async def _sender(self) -> DiscordSender:
        """Return what sends messages, which needs a login but no gateway; raise RetryLater without one.

        What waited for the start waits for the first login, too: a delivery that is put off comes back 5 s later.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_NOT_CONNECTED_PAUSE.total_seconds()):
                await self._first_login_ended.wait()
        if self._client is None:
            raise RetryLater(self._disconnect_reason, after=_NOT_CONNECTED_PAUSE, whole_bot=True)
        return DiscordSender(self._client, timeout_s=self._timeouts.send_s, meter=self._meter, pictures=self._pictures)

    def _new_client(self) -> GatewayClient:
        client = GatewayClient(
            self._dispatcher,
            self._interactions,
            self._reachability,
            greeted=self._greeted,
            identify_limit=self._identify_limit,
            meter=self._meter,
            proxies=self._proxies,
            servers_timeout_s=self._timeouts.servers_s,
        )
        client.http.on_request = self._on_request
        return client

    async def _serve(self, client: GatewayClient) -> None:
        """Log in, connect and stay connected; return when that ended, with the reason recorded."""
        try:
            async with asyncio.timeout(self._timeouts.login_s):
                await client.login(self._token)
            self._client = client
            self._first_login_ended.set()
            self._disconnect_reason = "Waiting for Discord's gateway to accept the connection."
            await (self._connect(client) if self._listens else self._only_send())
            self._record_disconnect(client, "the connection ended")
        except Exception as error:  # noqa: BLE001 — whatever ends a connection, the next one is made
            self._record_failure(client, error)
            self._first_login_ended.set()

    async def _only_send(self) -> None:
        self._token_refusals = 0
        await asyncio.Event().wait()

    async def _connect(self, client: GatewayClient) -> None:
        publishing = asyncio.create_task(self._publish_commands(client))
        try:
            await client.connect(reconnect=True)
        finally:
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing

    async def _publish_commands(self, client: GatewayClient) -> None:
        """Publish the commands once in the life of this process, however long that takes."""
        loop = asyncio.get_running_loop()
        while not self._commands_published:
            # The pause outlives the connection: a new one must not ask sooner than Discord said.
            await asyncio.sleep(max(0.0, self._publish_at - loop.time()))
            try:
                async with asyncio.timeout(self._timeouts.login_s):
                    changed = await publish_commands(client.tree)
            except Exception as error:  # noqa: BLE001 — the bot answers and delivers without, so it goes on
                self._publish_at = loop.time() + self._record_unpublished(error)
            else:
                self._commands_published = True
                self._command_problems = ()
                log.info("discord commands published" if changed else "discord commands unchanged")

    def _record_unpublished(self, error: Exception) -> float:
        """Record why Discord did not take the commands, and return the seconds until they are sent again."""
        log.warning("discord commands not published", error=str(error)[:_LOGGED_CHARACTERS])
        # Discord takes 200 new commands a day; whoever has used them up is told how long to wait, up to hours.
        pause_s = error.retry_after if isinstance(error, discord.RateLimited) else self._timeouts.longest_pause_s
        reason = f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS]
        again = f"It is sent again in {span(timedelta(seconds=pause_s))}."
        self._command_problems = (
            f"Discord has not taken the list of commands ({reason}): people see an older one or none. {again}",
        )
        return pause_s

    def _record_failure(self, client: GatewayClient, error: Exception) -> None:
        """Record what ended a connection, and count how often in a row the token was refused."""
        self._token_refusals = 0 if client.was_connected else self._token_refusals
        if isinstance(error, TooManyIdentifies):
            self._record_disconnect(client, "the bot had to sign in too often today")
        elif isinstance(error, discord.LoginFailure) or _is_token_refusal(error):
            self._token_refusals += 1
            # The first time a token is refused may be Discord's mistake, so it is tried once more soon.
            is_first = self._token_refusals == 1
            reason = "Discord refused the token; it is tried once more" if is_first else "token refused"
            self._record_disconnect(client, reason)
        else:
            self._record_disconnect(client, _why_ended(error))

    def _record_disconnect(self, client: GatewayClient, reason: str) -> None:
        """Record why there is no connection; the same reason is logged once, until there was a connection again."""
        self._disconnect_reason = f"Not connected to Discord: {reason[:_REASON_CHARACTERS]}."
        is_news = client.was_connected or self._disconnect_reason != self._logged_reason
        (log.warning if is_news else log.debug)("discord connection ended", why=reason)
        self._logged_reason = self._disconnect_reason

    def _reconnect_pause_s(self, client: GatewayClient) -> float:
        return self._backoff.pause_s(
            was_connected=client.was_connected,
            token_is_refused=self._token_refusals > 1,
            identify_pause_s=self._identify_limit.pause(asyncio.get_running_loop().time()),
        )

    async def _close(self, client: GatewayClient) -> None:
        """Close the connection in an orderly way, for a few seconds; then drop what is left of it."""
        try:
            async with asyncio.timeout(self._timeouts.close_s):
                await client.close()
        except (TimeoutError, *LIBRARY_ERRORS) as error:
            log.info("discord connection closed without handshake", error=type(error).__name__)
        finally:
            client.abandon()
            await client.http.close()


def _why_ended(error: Exception) -> str:
    """Return what ended a connection, or kept it from being made."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return why_unconnected(error, error.host)
    return f"{type(error).__name__}: {error}"


def _is_token_refusal(error: Exception) -> bool:
    return isinstance(error, discord.ConnectionClosed) and error.code == _TOKEN_REFUSED


def silence_library_logs() -> None:
    """Keep the library's DEBUG and INFO lines out of every log: they hold interaction tokens and users' texts.

    `discord.client` and `discord.shard` are silenced up to ERROR: they tell of every failed try to reconnect, which is
    logged once here.
    """
    logging.getLogger("discord").setLevel(logging.WARNING)
    for logger_name in ("discord.client", "discord.shard"):
        logging.getLogger(logger_name).setLevel(logging.CRITICAL)
