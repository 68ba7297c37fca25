"""Discord as a chat platform: a connection that heals by itself, and messages sent and changed over it."""

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import discord
import structlog
from typing_extensions import override

from bot.chat.discord.errors import FAILURES
from bot.chat.discord.gateway import Gateway
from bot.chat.discord.identify_limit import IdentifyLimit
from bot.chat.discord.interaction_handler import InteractionHandler
from bot.chat.discord.place_probe import DiscordPlaceProbe
from bot.chat.discord.places import LostPlaces
from bot.chat.discord.rest import point_library_at
from bot.chat.discord.sender import DiscordSender
from bot.chat.discord.shards import TooManyIdentifies
from bot.chat.discord.slash import publish
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.errors import RetryLater
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.chat import ProbingPlatform
from bot.ports.meter import Meter
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_TOKEN_REFUSED = 4004  # https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway


@dataclass(frozen=True, slots=True)
class ReconnectTimeouts:
    """How long to wait for what, in seconds. `settle` is how long a start may go without news of one more server."""

    identify_gap: float = 5.0
    first_pause: float = 2.0
    longest_pause: float = 120.0
    refused_pause: float = 300.0
    login: float = 90.0
    send: float = 60.0
    close: float = 5.0
    settle: float = 2.0
    announce_after: float = 1.5


class DiscordChat(ProbingPlatform):
    """Discord as the core sees it.

    The library keeps Discord's addresses for the whole process, so there is one DiscordChat in it. With `listens`
    False it only sends: for a process that delivers while another one holds the gateway.
    """

    platform = Platform.DISCORD

    def __init__(  # noqa: PLR0913 — everything the platform needs, named at the one place that builds it
        self,
        desk: CommandDispatcher,
        *,
        token: str,
        api_url: str,
        gateway_url: str,
        subscriptions: Subscriptions,
        clock: Clock,
        owner_ids: frozenset[str],
        meter: Meter,
        patience: ReconnectTimeouts | None = None,
        listens: bool = True,
    ) -> None:
        point_library_at(api_url, gateway_url)
        quieten_library()
        self._desk = desk
        self._token = token
        self._meter = meter
        self._patience = patience or ReconnectTimeouts()
        self._listens = listens
        self._places = LostPlaces(subscriptions, clock)
        self._answers = InteractionHandler(
            desk, self._places, owner_ids=owner_ids, announce_after=self._patience.announce_after
        )
        self._identifies = IdentifyLimit(self._patience.identify_gap)
        self._client: Gateway | None = None
        self._published = False
        self._failures = 0
        self._refusals = 0
        self._why = "Not connected to Discord yet."

    @override
    async def run(self) -> None:
        """Make a new client after every end of the last one.

        The old client stays open for sending until the pause before the next is over.
        """
        while True:
            client = self._new_client()
            try:
                await self._serve(client)
                await asyncio.sleep(self._pause(client))
            finally:
                self._client = None
                await self._close(client)

    @override
    def trouble(self) -> str | None:
        """Return None only while every shard gets its heartbeats answered."""
        client = self._client
        if self._refusals > 1 and not (client and client.connected):
            return "Discord refuses the token. Put a valid one into DISCORD_TOKEN and start the bot again."
        if client is None or (self._listens and client.is_cut_off):
            return self._why
        return client.trouble() if self._listens else None

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        return await self._mail().send(place, message, key=key, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._mail().edit(place, message_id, message)

    @override
    async def probe(self, place: Place) -> None:
        await self._probe().ask(place)

    @override
    async def private_place(self, person: str) -> Place:
        return await self._probe().private_place(person)

    def _probe(self) -> DiscordPlaceProbe:
        """Return what asks about places; raise RetryLater while the gateway has not told which there are."""
        if self._client is None or not self._client.connected:
            raise RetryLater(self._why, after=timedelta(seconds=5), whole_bot=True)
        return DiscordPlaceProbe(self._client, timeout_seconds=self._patience.send)

    def _new_client(self) -> Gateway:
        return Gateway(
            self._desk,
            self._answers,
            self._places,
            identifies=self._identifies,
            meter=self._meter,
            settle=self._patience.settle,
        )

    def _mail(self) -> DiscordSender:
        if self._client is None:
            raise RetryLater(self._why, after=timedelta(seconds=5), whole_bot=True)
        return DiscordSender(self._client, timeout_seconds=self._patience.send, meter=self._meter)

    async def _serve(self, client: Gateway) -> None:
        """Log in, connect and stay connected; return when that ended, with the reason noted."""
        try:
            async with asyncio.timeout(self._patience.login):
                await client.login(self._token)
            self._client = client
            self._why = "Waiting for Discord's gateway to accept the connection."
            await (self._connect(client) if self._listens else self._only_send())
            self._note("the connection ended")
        except Exception as error:  # noqa: BLE001 — whatever ends a connection, the next one is made
            self._ended(client, error)

    async def _only_send(self) -> None:
        self._refusals = 0
        await asyncio.Event().wait()

    async def _connect(self, client: Gateway) -> None:
        publishing = asyncio.create_task(self._publish(client))
        try:
            await client.connect(reconnect=True)
        finally:
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing

    async def _publish(self, client: Gateway) -> None:
        """Publish the commands once in the life of this process, however long that takes."""
        while not self._published:
            try:
                async with asyncio.timeout(self._patience.login):
                    changed = await publish(client.tree)
            except Exception as error:  # noqa: BLE001 — the bot answers and delivers without, so it goes on
                log.warning("discord commands not published", error=str(error)[:500])
                await asyncio.sleep(self._patience.longest_pause)
            else:
                self._published = True
                log.info("discord commands published" if changed else "discord commands unchanged")

    def _ended(self, client: Gateway, error: Exception) -> None:
        """Take note of what ended a connection.

        The first time a token is refused may be Discord's mistake, so it is tried once more soon.
        """
        self._refusals = 0 if client.was_connected else self._refusals
        if isinstance(error, TooManyIdentifies):
            self._note("the bot had to sign in too often today")
        elif isinstance(error, discord.LoginFailure) or _refuses_token(error):
            self._refusals += 1
            self._note("Discord refused the token; it is tried once more" if self._refusals == 1 else "token refused")
        else:
            self._note(f"{type(error).__name__}: {error}")

    def _note(self, why: str) -> None:
        self._why = f"Not connected to Discord: {why[:200]}."
        log.warning("discord connection ended", why=why)

    def _pause(self, client: Gateway) -> float:
        """Return the seconds before the next client; doubled with every one that never got connected."""
        earliest = self._identifies.pause(asyncio.get_running_loop().time())
        if self._refusals > 1:
            return max(earliest, self._patience.refused_pause)
        self._failures = 0 if client.was_connected else self._failures + 1
        pause = min(self._patience.longest_pause, self._patience.first_pause * 2.0 ** min(self._failures, 16))
        return max(earliest, pause * random.uniform(0.5, 1.0))  # noqa: S311 — keeps many bots from returning at once

    async def _close(self, client: Gateway) -> None:
        try:
            async with asyncio.timeout(self._patience.close):
                await client.close()
        except (TimeoutError, *FAILURES) as error:
            log.info("discord did not say goodbye", error=type(error).__name__)
        finally:
            client.abandon()
            await client.http.close()


def _refuses_token(error: Exception) -> bool:
    return isinstance(error, discord.ConnectionClosed) and error.code == _TOKEN_REFUSED


def quieten_library() -> None:
    """Keep the library's DEBUG and INFO lines out of every log: they hold interaction tokens and users' texts.

    Of `discord.client` and `discord.shard` nothing is wanted: they tell of every failed attempt to reconnect, which is
    told once here.
    """
    logging.getLogger("discord").setLevel(logging.WARNING)
    for talkative in ("discord.client", "discord.shard"):
        logging.getLogger(talkative).setLevel(logging.CRITICAL)
