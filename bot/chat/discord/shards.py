"""The connections to Discord's gateway, as many as Discord asks for; a bot of up to 2,500 servers has one."""

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

_LONGEST_WAIT_INSIDE = 30.0  # a connection has 60 s to be signed in
_OPENING = 60.0
_MOST_NAMED = 10
_DOUBLINGS = 4  # pauses between tries to reconnect are of at most 16 s: the other shards wait for them too


class TooManyIdentifies(Exception):
    """Signing in again has to wait longer than a connection may stay unidentified."""


class ShardedClient(discord.AutoShardedClient):
    """The library's client of several connections ("shards", counted from 0), told of what hinders any of them.

    It asks for their number whenever it connects, so a bot that outgrew its shards (close code 4011) gets more.
    """

    def __init__(self, identifies: IdentifyLimit, **options: Any) -> None:
        super().__init__(**options)
        self._identifies = identifies
        self._up: set[int] = set()
        self.was_connected = False

    @property
    def connected(self) -> bool:
        """Whether every shard is in a session."""
        return not self._down()

    @property
    def is_cut_off(self) -> bool:
        """Whether no shard is in a session."""
        return len(self._down()) >= (self.shard_count or 1)

    def trouble(self) -> str | None:
        """Return which shards are in no session, or get no answer to their heartbeats; None when all is well."""
        if down := self._down():
            named = ", ".join(map(str, down[:_MOST_NAMED])) + (", …" if len(down) > _MOST_NAMED else "")
            return f"Not connected to Discord with {len(down)} of {self.shard_count} shards (counted from 0): {named}."
        late, age, number = max((*_heartbeat(shard), number) for number, shard in self._opened.items())
        which = f" of shard {number}" if len(self._opened) > 1 else ""
        return f"Discord has not answered a heartbeat{which} for {age:.0f} s." if late > 0 else None

    @override
    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect and stay connected; raise what ended that.

        The library runs in a task of its own, since it swallows a cancellation while it takes up a session again.
        """
        staying = asyncio.create_task(super().connect(reconnect=reconnect))
        try:
            await asyncio.wait({staying})
            await staying
        finally:
            while not staying.done():
                staying.cancel()
                await asyncio.wait({staying}, timeout=0.1)
            staying.cancelled() or staying.exception()  # looked at, so that nobody warns of it

    @override
    async def launch_shards(self) -> None:
        """Open as many connections as Discord asks for now, where this client was told to connect to."""
        async with asyncio.timeout(_OPENING):
            self.shard_count, _, start = await self.http.get_bot_gateway()
        if start["remaining"] < self.shard_count:
            raise TooManyIdentifies
        await super().launch_shards()

    @override
    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Open one connection; raise what hinders it, where the library would try in silence for ever."""
        async with asyncio.timeout(_OPENING):
            socket = await DiscordWebSocket.from_client(self, initial=initial, gateway=gateway, shard_id=shard_id)
        shard = Shard(socket, self, self.__dict__["_AutoShardedClient__queue"].put_nowait)
        shard._backoff._max = _DOUBLINGS  # noqa: SLF001 — the library's pauses grow up to 17 minutes
        self._opened[shard_id] = shard
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
        for thread in threading.enumerate():
            if isinstance(thread, KeepAliveHandler) and thread.ws._connection is self._connection:  # noqa: SLF001 — as above
                thread.stop()
                thread.ws.socket._response.close()  # noqa: SLF001 — a goodbye would be waited for

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until signing in is allowed; raise TooManyIdentifies where that is too long for this connection.

        Shards sign in one after the other, also where Discord's `max_concurrency` would allow several at once.
        """
        pause = self._identifies.pause(self.loop.time())
        if pause > _LONGEST_WAIT_INSIDE:
            raise TooManyIdentifies
        await asyncio.sleep(pause)
        self._identifies.record(self.loop.time())

    async def on_shard_connect(self, shard_id: int) -> None:
        """Take note of a new session."""
        self._up.add(shard_id)
        self.was_connected = True
        log.info("discord connected", shard=shard_id, shards=self.shard_count, servers=len(self.guilds))

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Take note of a session that goes on."""
        self._up.add(shard_id)
        log.info("discord session resumed", shard=shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Take note of a connection lost; the library tries to resume the session and says so every time it fails."""
        if shard_id in self._up:
            log.warning("discord disconnected", shard=shard_id)
        self._up.discard(shard_id)

    @property
    def _opened(self) -> dict[int, Shard]:
        shards: dict[int, Shard] = self.__dict__["_AutoShardedClient__shards"]
        return shards

    def _down(self) -> list[int]:
        """Return the shards without a session; the library tells of a lost one only when its turn to heal has come."""
        shards = range(self.shard_count or 1)
        return [shard for shard in shards if shard not in self._up or not self._opened[shard].ws.open]


def _heartbeat(shard: Shard) -> tuple[float, float]:
    """Return how many seconds an answer is overdue (two beats are given; negative: it is not), and since the last."""
    keep_alive: Any = shard.ws._keep_alive  # noqa: SLF001 — told nowhere else
    if keep_alive is None:
        return (-1.0, 0.0)
    age = perf_counter() - keep_alive._last_ack  # noqa: SLF001 — as above
    return (age - 2 * keep_alive.interval, age)
