"""The gateway of the Discord stand-in: HELLO, IDENTIFY, READY, heartbeats, RESUME, and events with a sequence."""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_world import Guild, Json, World, snowflake

_PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)


class Session:
    """One identified session: what was sent in it, so that it can be resumed. `socket` is None while nobody is."""

    def __init__(self) -> None:
        self.id = snowflake()
        self.sent: list[Json] = []
        self.socket: Connection | None = None
        self.valid = True


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
        self.heartbeats = 0
        self.answers_heartbeats = True
        self.refusals = 0
        self.invalid_sessions = 0
        self.deafness: asyncio.Event | None = None
        self.sessions: dict[str, Session] = {}
        self.compressions: list[str] = []
        self._open: set[Connection] = set()
        self._changed = changed

    @property
    def session(self) -> Session | None:
        """The newest session somebody is connected to."""
        return next((one for one in reversed(self.sessions.values()) if one.socket and one.valid), None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one websocket from HELLO to its end."""
        if self.refusals > 0:
            self.refusals -= 1
            return web.Response(status=503, text="gateway away")
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            return web.Response(status=400)
        asked = request.query.get("compress", "")
        self.compressions.append(asked)
        socket = web.WebSocketResponse(autoping=True, compress=False)
        await socket.prepare(request)
        connection = Connection(socket, compressed=asked == "zlib-stream")
        self._open.add(connection)
        try:
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
        """Send an event to the session; nobody there to hear it is no error, a resuming client gets it later."""
        session = self.session or next(reversed(self.sessions.values()), None)
        if session is None or not session.valid:
            return
        payload = {"op": 0, "t": event, "s": len(session.sent) + 1, "d": data}
        session.sent.append(payload)
        if session.socket:
            await session.socket.send(payload)

    async def drop(self, code: int | None = None) -> None:
        """Close every connection with a code, or without one cut the line."""
        for connection in list(self._open):
            if code is None:
                transport = connection.socket._req.transport if connection.socket._req else None  # noqa: SLF001 — no word for "cut the line"
                if transport:
                    transport.abort()
            else:
                await connection.socket.close(code=code)

    async def tell(self, opcode: int, data: Any = None) -> None:
        """Send a bare opcode: 7 reconnect, 9 invalid session, 1 heartbeat."""
        for connection in list(self._open):
            await connection.send({"op": opcode, "d": data})

    async def _receive(self, connection: Connection, payload: Json) -> None:
        opcode = payload["op"]
        data: Json = payload.get("d") or {}
        if opcode == 1:
            self.heartbeats += 1
            if self.answers_heartbeats:
                await connection.send({"op": 11})
        elif opcode == 2:
            await self._identify(connection, data)
            if self.deafness:  # from now on nothing is read, not even a goodbye
                await self.deafness.wait()
        elif opcode == 6:
            await self._resume(connection, data)
        elif opcode != 3:
            await connection.socket.close(code=4001)
        self._changed()

    async def _identify(self, connection: Connection, data: Json) -> None:
        self.identifies.append(data)
        if data.get("token") != self.token:
            await connection.socket.close(code=4004)
            return
        if data.get("intents", 0) & _PRIVILEGED:
            await connection.socket.close(code=4014)
            return
        if self.invalid_sessions > 0:
            self.invalid_sessions -= 1
            await connection.send({"op": 9, "d": False})
            return
        session = Session()
        session.socket = connection
        self.sessions[session.id] = session
        guilds = [one for one in self.world.guilds.values() if one.has_bot]
        await self.dispatch("READY", self._ready(session, guilds))
        for guild in guilds:
            if not guild.unavailable:
                await self.dispatch("GUILD_CREATE", guild.json() | {"unavailable": False})

    def _ready(self, session: Session, guilds: list[Guild]) -> Json:
        return {
            "v": 10, "user": self.world.bot.json(), "session_id": session.id, "resume_gateway_url": self.url,
            "guilds": [{"id": one.id, "unavailable": True} for one in guilds], "session_type": "normal",
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
        for payload in session.sent[data["seq"] or 0 :]:
            await connection.send(payload)
        await self.dispatch("RESUMED", {})

    async def close(self) -> None:
        """End every connection."""
        async with asyncio.timeout(15):
            await self.drop(1001)
