"""A small real proxy on a loopback port, of HTTP and of SOCKS 5 at once, that says what went through it.

    async with FakeProxy(login="ann:secret") as proxy, tls_front(telegram.port) as port:
        proxy.hosts["api.telegram.org:443"] = port    # where that name leads to; other names lead where they say
        ...  # a client connects to https://api.telegram.org through proxy.http_url or proxy.socks_url
        assert proxy.passed == [("CONNECT", "api.telegram.org:443")]

A TLS front lets a stand-in, which speaks plainly, be asked by its real name. Whoever is to believe its certificate is
started with SSL_CERT_FILE=CERTIFICATE; the key beside it in that file guards nothing.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

CERTIFICATE = Path(__file__).with_name("stand_ins.pem")
_SOCKS, _NO_LOGIN, _PASSWORD, _NOT_OFFERED = 5, 0, 2, 0xFF  # https://www.rfc-editor.org/rfc/rfc1928
_IPV4, _NAME = 1, 3
_REFUSED_BY_RULES, _HOST_UNREACHABLE = 2, 4


class FakeProxy:
    """Listens for both kinds of clients; with `login` ("user:password") it serves nobody without it.

    `passed` has (how, where to) for each connection; `refuses` are hosts that it does not connect to.
    """

    def __init__(self, *, login: str = "") -> None:
        self.login = login
        self.hosts: dict[str, int] = {}
        self.refuses: set[str] = set()
        self.passed: list[tuple[str, str]] = []
        self.port = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.port = await self._stack.enter_async_context(listening(self._serve))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def http_url(self) -> str:
        return f"http://{self._written_login}127.0.0.1:{self.port}"

    @property
    def socks_url(self) -> str:
        return f"socks5://{self._written_login}127.0.0.1:{self.port}"

    @property
    def destinations(self) -> set[str]:
        """Return where it was asked to connect to."""
        return {destination for _, destination in self.passed}

    @property
    def _written_login(self) -> str:
        user, colon, password = self.login.partition(":")
        return f"{quote(user, safe='')}{colon}{quote(password, safe='')}@" if self.login else ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        await (self._serve_socks if first[0] == _SOCKS else self._serve_http)(first, reader, writer)

    async def _serve_http(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        request, *headers = head.decode().split("\r\n")[:-2]
        method, target, version = request.split()
        expected = f"basic {base64.b64encode(self.login.encode()).decode()}".lower()
        logins = [header.partition(":")[2].strip().lower() for header in headers if _is(header, "proxy-authorization")]
        if self.login and logins != [expected]:
            writer.write(
                b'HTTP/1.1 407 Who Are You\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
            )
            await writer.drain()
            return
        is_tunnel = method == "CONNECT"
        where = target if is_tunnel else urlsplit(target).netloc
        self.passed.append(("CONNECT" if is_tunnel else "FORWARD", where))
        if where in self.refuses:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        upstream = await self._dial(where)
        if is_tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            # The next request is for another connection, so that each is seen; but an upgrade keeps its own.
            parts = urlsplit(target)
            path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            kept = [header for header in headers if not header.lower().startswith("proxy-")]
            kept += [] if any(_is(header, "upgrade") for header in kept) else ["Connection: close"]
            upstream[1].write("\r\n".join((f"{method} {path} {version}", *kept, "", "")).encode())
        await _pipe_both((reader, writer), upstream)

    async def _serve_socks(self, _: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        method = _PASSWORD if self.login else _NO_LOGIN
        writer.write(bytes([_SOCKS, method if method in methods else _NOT_OFFERED]))
        if method not in methods:
            await writer.drain()
            return
        if self.login:
            await reader.readexactly(1)
            user, password = [await reader.readexactly((await reader.readexactly(1))[0]) for _ in range(2)]
            is_known = b":".join((user, password)).decode() == self.login
            writer.write(bytes([1, 0 if is_known else 1]))
            if not is_known:
                await writer.drain()
                return
        kind = (await reader.readexactly(4))[3]
        if kind == _NAME:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            assert kind == _IPV4
            host = ".".join(map(str, await reader.readexactly(4)))
        where = f"{host}:{int.from_bytes(await reader.readexactly(2), 'big')}"
        self.passed.append(("SOCKS5", where))
        if where in self.refuses:
            writer.write(bytes([_SOCKS, _REFUSED_BY_RULES, 0, _IPV4, 0, 0, 0, 0, 0, 0]))
            await writer.drain()
            return
        try:
            upstream = await self._dial(where)
        except OSError:
            writer.write(bytes([_SOCKS, _HOST_UNREACHABLE, 0, _IPV4, 0, 0, 0, 0, 0, 0]))
            await writer.drain()
            return
        writer.write(bytes([_SOCKS, 0, 0, _IPV4, 0, 0, 0, 0, 0, 0]))
        await _pipe_both((reader, writer), upstream)

    async def _dial(self, where: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if where in self.hosts:
            return await asyncio.open_connection("127.0.0.1", self.hosts[where])
        host, _, port = where.rpartition(":")
        return await asyncio.open_connection(host, int(port))


@asynccontextmanager
async def tls_front(port: int) -> AsyncIterator[int]:
    """Give a port that speaks TLS, with a certificate for the names of everybody who is stood in for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _pipe_both((reader, writer), await asyncio.open_connection("127.0.0.1", port))

    async with listening(serve, tls=context) as tls_port:
        yield tls_port


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    *,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Give a port whose every connection is served by a function, until the end of the block."""
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            connections.add(task)
            task.add_done_callback(connections.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.sleep(0)  # what was closed in the last moment is forgotten by the loop


def _is(header: str, name: str) -> bool:
    return header.partition(":")[0].strip().lower() == name


async def _pipe_both(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Pass on bytes both ways until either side ends."""
    pipes = {asyncio.create_task(_pipe(client[0], server[1])), asyncio.create_task(_pipe(server[0], client[1]))}
    try:
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server[1].close()
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
