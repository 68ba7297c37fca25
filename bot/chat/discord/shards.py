"""The connections ("shards") to Discord's gateway, as many as Discord asks for: one for a small bot.

A shard has 2,500 servers at most. Of three shards, counted from 0, each gets the events of a third of the servers, and
all three must be connected before the bot counts as connected. https://docs.discord.com/developers/events/gateway#sharding
"""

import asyncio
import threading
from time import perf_counter
from typing import Any

import discord
import structlog
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.shard import Shard
from typing_extensions import override
from yarl import URL

from bot.chat.discord.identify_limit import IdentifyLimit

log = structlog.get_logger()

_OPEN_TIMEOUT_S = 60.0  # the library's own timeout for opening a connection, signing in included
_MAX_IDENTIFY_WAIT_S = 30.0  # half of that, so that the other half is left for signing in
_MAX_NAMED_SHARDS = 10  # in a sentence of `/status`
# The library doubles its pauses between tries to reconnect up to 17 minutes. Four doublings end at 16 s, for the other
# shards wait for them too.
_MAX_BACKOFF_DOUBLINGS = 4
# One answer that is lost is not yet a dead connection.
_MISSED_HEARTBEATS = 2
_CANCEL_INTERVAL_S = 0.1


class TooManyIdentifies(Exception):
    """Signing in again has to wait longer than a connection may stay unidentified."""


class ShardedClient(discord.AutoShardedClient):
    """The library's client of several connections, which says what is wrong with any of them.

    It asks for the number of shards whenever it connects, so a bot that outgrew its shards (close code 4011) gets more.
    """

    def __init__(self, identify_limit: IdentifyLimit, **options: Any) -> None:
        super().__init__(**options)
        self._identify_limit = identify_limit
        self._shards_in_session: set[int] = set()
        self.was_connected = False

    @property
    def connected(self) -> bool:
        """Whether every shard is in a session."""
        return not self._shards_down()

    @property
    def is_cut_off(self) -> bool:
        """Whether no shard is in a session."""
        return len(self._shards_down()) >= (self.shard_count or 1)

    def trouble(self) -> str | None:
        """Return which shards are in no session, or get no answer to their heartbeats; None when all is well."""
        if down := self._shards_down():
            named = ", ".join(map(str, down[:_MAX_NAMED_SHARDS])) + (", …" if len(down) > _MAX_NAMED_SHARDS else "")
            return f"Not connected to Discord with {len(down)} of {self.shard_count} shards (counted from 0): {named}."
        overdue_s, age_s, shard_id = max((*_heartbeat_age(shard), id_) for id_, shard in self._opened_shards.items())
        which = f" of shard {shard_id}" if len(self._opened_shards) > 1 else ""
        return f"Discord has not answered a heartbeat{which} for {age_s:.0f} s." if overdue_s > 0 else None

    @override
    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect and stay connected; raise what ended that.

        The library runs in a task of its own, since it swallows a cancellation while it takes up a session again.
        """
        connection = asyncio.create_task(super().connect(reconnect=reconnect))
        try:
            await asyncio.wait({connection})
            await connection
        finally:
            while not connection.done():  # until it is not swallowed
                connection.cancel()
                await asyncio.wait({connection}, timeout=_CANCEL_INTERVAL_S)
            connection.cancelled() or connection.exception()  # read, so that asyncio does not warn that nobody did

    @override
    async def launch_shards(self) -> None:
        """Open as many connections as Discord asks for now, at the address this client was told to connect to."""
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            self.shard_count, _, session_starts = await self.http.get_bot_gateway()
        # https://docs.discord.com/developers/events/gateway#session-start-limit-object: using up the day's last ones
        # for some of the shards would leave the others out until tomorrow, and end in a reset of the token.
        if session_starts["remaining"] < self.shard_count:
            raise TooManyIdentifies
        await super().launch_shards()

    @override
    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Open one connection; raise what hinders it, where the library would try in silence for ever."""
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            socket = await DiscordWebSocket.from_client(self, initial=initial, gateway=gateway, shard_id=shard_id)
        shard = Shard(socket, self, self.__dict__["_AutoShardedClient__queue"].put_nowait)
        shard._backoff._max = _MAX_BACKOFF_DOUBLINGS  # noqa: SLF001 — the library has no setting for it
        self._opened_shards[shard_id] = shard
        shard.launch()

    @override
    async def close(self) -> None:
        """Close every connection, and end the waits for servers: the library would let those fail afterwards."""
        state = self._connection
        for waiting in (state._ready_task, *state._ready_tasks.values()):  # noqa: SLF001 — ended nowhere else
            if waiting:
                waiting.cancel()
        await super().close()

    def abandon(self) -> None:
        """Drop every connection the library opened: those that never came to be used, and one that says no goodbye."""
        # The library's heartbeat threads are the only ones that know of a connection which never became a shard.
        for thread in threading.enumerate():
            if isinstance(thread, KeepAliveHandler) and thread.ws._connection is self._connection:  # noqa: SLF001 — as above
                thread.stop()
                thread.ws.socket._response.close()  # noqa: SLF001 — a goodbye would be waited for

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until signing in is allowed; raise TooManyIdentifies where that is too long for this connection.

        Shards sign in one after the other, also where Discord's `max_concurrency` would allow several at once.
        """
        pause_s = self._identify_limit.pause(self.loop.time())
        if pause_s > _MAX_IDENTIFY_WAIT_S:
            raise TooManyIdentifies
        await asyncio.sleep(pause_s)
        self._identify_limit.record(self.loop.time())

    async def on_shard_connect(self, shard_id: int) -> None:
        """Record a new session."""
        self._shards_in_session.add(shard_id)
        self.was_connected = True
        log.info("discord connected", shard=shard_id, shards=self.shard_count, servers=len(self.guilds))

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Record a session that goes on."""
        self._shards_in_session.add(shard_id)
        log.info("discord session resumed", shard=shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Record a lost connection; logged once, though the library tells of every try to resume that fails."""
        if shard_id in self._shards_in_session:
            log.warning("discord disconnected", shard=shard_id)
        self._shards_in_session.discard(shard_id)

    @property
    def _opened_shards(self) -> dict[int, Shard]:
        shards: dict[int, Shard] = self.__dict__["_AutoShardedClient__shards"]
        return shards

    def _shards_down(self) -> list[int]:
        """Return the ids of the shards without a session.

        The socket is asked as well: the library tells of a lost connection only when it is its turn to be reopened.
        """
        shard_ids = range(self.shard_count or 1)
        return [id_ for id_ in shard_ids if id_ not in self._shards_in_session or not self._opened_shards[id_].ws.open]


def _heartbeat_age(shard: Shard) -> tuple[float, float]:
    """Return the seconds by which an answer is overdue (negative: it is not), and the seconds since the last answer."""
    keep_alive: Any = shard.ws._keep_alive  # noqa: SLF001 — told nowhere else
    if keep_alive is None:
        return (-1.0, 0.0)
    age_s = perf_counter() - keep_alive._last_ack  # noqa: SLF001 — as above
    return (age_s - _MISSED_HEARTBEATS * keep_alive.interval, age_s)
