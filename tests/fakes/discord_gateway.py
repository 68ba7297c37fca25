"""The gateway of the fake Discord: HELLO, IDENTIFY, READY, heartbeats, RESUME, and events with a sequence.

Opcodes and close codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
"""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_world import Guild, Json, World, snowflake
from tests.waiting import in_time

# Members, presences and message content: https://docs.discord.com/developers/events/gateway#privileged-intents
_PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15)


class Session:
    """One identified session: what was sent in it, so that it can be resumed. `socket` is None while nobody is.

    It gets the events of the servers and private chats of its shard, `number` of `count`.
    """

    def __init__(self, number: int = 0, count: int = 1) -> None:
        self.id = snowflake()
        self.number, self.count = number, count
        self.sent: list[Json] = []
        self.socket: Connection | None = None
        self.valid = True

    def gets_events_of(self, guild_id: str) -> bool:
        # https://docs.discord.com/developers/events/gateway#sharding: (guild_id >> 22) % shards
        return (int(guild_id) >> 22) % self.count == self.number


class Connection:
    """One open websocket, with the compression its client asked for."""

    def __init__(self, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.socket = socket
        self._deflate = zlib.compressobj() if compressed else None

    async def send(self, payload: Json) -> None:
        text = json.dumps(payload)
        if self._deflate is None:
            await self.socket.send_str(text)
            return
        await self.socket.send_bytes(self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH))


class FakeGateway:
    """Speaks to clients as Discord's gateway v10 does."""

    def __init__(self, world: World, token: str, heartbeat_interval: float, changed: Callable[[], None]) -> None:
        self.world = world
        self.token = token
        self.url = ""
        self.heartbeat_interval = heartbeat_interval
        self.identifies: list[Json] = []
        self.resumes = 0
        self.answers_heartbeats = True
        self.silent_shard: int | None = None
        self.refusals = 0
        self.invalid_sessions = 0
        self.shards = 1
        self.sessions_left = 1000
        self.identified_at: list[float] = []
        self.hellos_allowed = asyncio.Event()
        self.hellos_allowed.set()
        self.reading_allowed: asyncio.Event | None = None
        self.sessions: dict[str, Session] = {}
        self._open: set[Connection] = set()
        self._changed = changed

    @property
    def session(self) -> Session | None:
        """The newest session somebody is connected to."""
        return next(iter(self.connected), None)

    @property
    def connected(self) -> list[Session]:
        """The sessions somebody is connected to, the newest first."""
        return [session for session in reversed(self.sessions.values()) if session.socket and session.valid]

    @property
    def is_full(self) -> bool:
        """Whether there is a session for every shard."""
        return {session.number for session in self.connected if session.count >= self.shards} >= {*range(self.shards)}

    def is_listened_to(self, guild_id: str) -> bool:
        """Whether somebody is connected to the session that gets the events of a server."""
        return any(session.gets_events_of(guild_id) for session in self.connected)

    def gateway_bot_json(self) -> Json:
        """Return what GET /gateway/bot answers."""
        limits = {"total": 1000, "remaining": self.sessions_left, "reset_after": 14_400_000, "max_concurrency": 1}
        return {"url": self.url, "shards": self.shards, "session_start_limit": limits}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one websocket from HELLO to its end."""
        if self.refusals > 0:
            self.refusals -= 1
            return web.Response(status=503, text="gateway away")
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            return web.Response(status=400)
        compression = request.query.get("compress", "")
        socket = web.WebSocketResponse(autoping=True, compress=False)
        await socket.prepare(request)
        connection = Connection(socket, compressed=compression == "zlib-stream")
        self._open.add(connection)
        try:
            await self.hellos_allowed.wait()
            await connection.send({"op": 10, "d": {"heartbeat_interval": self.heartbeat_interval * 1000}})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(connection, json.loads(message.data))
        except ConnectionError:
            pass
        finally:
            self._open.discard(connection)
            for session in self.sessions.values():
                if session.socket is connection:
                    session.socket = None
            self._changed()
        return socket

    async def dispatch(self, event: str, data: Any) -> None:
        """Send an event to the session of its shard; nobody there to hear it is no error, who resumes gets it later."""
        # A private chat has no server; shard 0 gets its events.
        guild_id = data["id"] if event in {"GUILD_CREATE", "GUILD_DELETE"} else data.get("guild_id") or "0"
        sessions = [*self.connected, *reversed(self.sessions.values())]
        session = next((session for session in sessions if session.gets_events_of(guild_id)), None)
        if session and session.valid:
            await self._send_event(session, event, data)

    async def _send_event(self, session: Session, event: str, data: Any) -> None:
        payload = {"op": 0, "t": event, "s": len(session.sent) + 1, "d": data}
        session.sent.append(payload)
        if session.socket:
            await session.socket.send(payload)

    async def drop(self, code: int | None = None, *, shard: int | None = None) -> None:
        """Close every connection, or those of one shard, with a code, or without one cut the line."""
        of_shard = {session.socket for session in self.connected if session.number == shard}
        for connection in list(self._open if shard is None else self._open & of_shard):
            if code is None:
                transport = connection.socket._req.transport if connection.socket._req else None  # noqa: SLF001 — no word for "cut the line"
                if transport:
                    transport.abort()
            else:
                await connection.socket.close(code=code)

    async def send_opcode(self, opcode: int, data: Any = None) -> None:
        """Send a bare opcode: 7 reconnect, 9 invalid session, 1 heartbeat."""
        for connection in list(self._open):
            await connection.send({"op": opcode, "d": data})

    async def _receive(self, connection: Connection, payload: Json) -> None:
        opcode = payload["op"]
        data: Json = payload.get("d") or {}
        if opcode == 1:
            is_silent = any(
                session.socket is connection and session.number == self.silent_shard for session in self.connected
            )
            if self.answers_heartbeats and not is_silent:
                await connection.send({"op": 11})
        elif opcode == 2:
            await self._identify(connection, data)
            if self.reading_allowed:  # from now on nothing is read, not even a goodbye
                await self.reading_allowed.wait()
        elif opcode == 6:
            await self._resume(connection, data)
        elif opcode != 3:
            await connection.socket.close(code=4001)
        self._changed()

    async def _identify(self, connection: Connection, data: Json) -> None:
        self.identifies.append(data)
        self.identified_at.append(asyncio.get_running_loop().time())
        if data.get("token") != self.token:
            await connection.socket.close(code=4004)
            return
        if data.get("intents", 0) & _PRIVILEGED_INTENTS:
            await connection.socket.close(code=4014)
            return
        if self.invalid_sessions > 0:
            self.invalid_sessions -= 1
            await connection.send({"op": 9, "d": False})
            return
        number, count = data.get("shard", (0, 1))
        # 4010: a number that does not exist; 4011: too few shards for so many servers.
        if not 0 <= number < count or count < self.shards:
            await connection.socket.close(code=4010 if number >= count else 4011)
            return
        session = Session(number, count)
        session.socket = connection
        self.sessions[session.id] = session
        guilds = [guild for guild in self.world.guilds.values() if guild.has_bot and session.gets_events_of(guild.id)]
        # READY names the servers as unavailable; each one follows as an event of its own.
        await self._send_event(session, "READY", self._ready(session, guilds))
        for guild in guilds:
            if not guild.unavailable:
                await self._send_event(session, "GUILD_CREATE", guild.json() | {"unavailable": False})

    def _ready(self, session: Session, guilds: list[Guild]) -> Json:
        return {
            "v": 10, "user": self.world.bot.json(), "session_id": session.id, "resume_gateway_url": self.url,
            "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds], "session_type": "normal",
            "shard": [session.number, session.count],
            "application": {"id": self.world.bot.id, "flags": 0},
        }  # fmt: skip

    async def _resume(self, connection: Connection, data: Json) -> None:
        self.resumes += 1
        session = self.sessions.get(data.get("session_id") or "")
        if data.get("token") != self.token:
            await connection.socket.close(code=4004)
            return
        if session is None or not session.valid:
            await connection.send({"op": 9, "d": False})
            return
        session.socket = connection
        # Everything after the last event the client has seen is sent again.
        for payload in session.sent[data["seq"] or 0 :]:
            await connection.send(payload)
        await self._send_event(session, "RESUMED", {})

    async def close(self) -> None:
        """End every connection."""
        async with in_time("the end of every connection to the gateway"):
            await self.drop(1001)
