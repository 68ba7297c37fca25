"""Connections through a real small proxy: of HTTP and of SOCKS, encrypted and plain, and what goes wrong on the way."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from aiohttp import web

from bot.network.connector import connector_for
from bot.network.errors import ProxyFailed
from bot.network.proxy_rules import ProxyRules
from tests.fakes.proxy import CERTIFICATE, FakeProxy, listening, tls_front

KINDS = ("http", "socks5")
TRUSTING = ssl.create_default_context(cafile=CERTIFICATE)
LOGIN = "ann:p@ss/w:rd#"
NAME = "api.telegram.org:443"


async def _echo(request: web.Request) -> web.StreamResponse:
    if request.headers.get("Upgrade") != "websocket":
        return web.Response(text=f"{request.method} {request.path_qs} {await request.text()}")
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(f"heard {message.data}")
    return socket


@pytest.fixture
async def server() -> AsyncIterator[int]:
    """Give the port of a server that repeats what it was asked."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", _echo)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture
async def proxy(server: int) -> AsyncIterator[FakeProxy]:
    """Give a proxy with a login, at which api.telegram.org is the server, encrypted."""
    async with FakeProxy(login=LOGIN) as proxy, tls_front(server) as port:
        proxy.hosts[NAME] = port
        yield proxy


def url_of(proxy: FakeProxy, kind: str) -> str:
    return proxy.http_url if kind == "http" else proxy.socks_url


def client(rules: ProxyRules, *, connect_s: float | None = None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector_for(rules, limit=10), timeout=aiohttp.ClientTimeout(connect=connect_s)
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_encrypted_goes_through_a_tunnel_and_the_proxy_looks_the_name_up(
    proxy: FakeProxy, kind: str
) -> None:
    async with client(ProxyRules(preferred=url_of(proxy, kind))) as session:
        for text in ("once", "twice"):
            async with session.post("https://api.telegram.org/getMe?a=b", data=text, ssl=TRUSTING) as answer:
                assert await answer.text() == f"POST /getMe?a=b {text}"
    assert proxy.passed == [("CONNECT" if kind == "http" else "SOCKS5", NAME)]  # one connection, used twice


async def test_a_proxy_may_itself_be_reached_encrypted(proxy: FakeProxy) -> None:
    async with tls_front(proxy.port) as port:
        rules = ProxyRules(preferred=proxy.http_url.replace("http", "https").replace(str(proxy.port), str(port)))
        async with client(rules) as session, session.get("https://api.telegram.org/getMe", ssl=TRUSTING) as answer:
            assert await answer.text() == "GET /getMe "
    assert proxy.passed == [("CONNECT", NAME)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_websocket_goes_through_the_proxy_of_https(proxy: FakeProxy, kind: str) -> None:
    async with (
        client(ProxyRules(https=url_of(proxy, kind))) as session,
        session.ws_connect("wss://api.telegram.org/gateway", ssl=TRUSTING) as socket,
    ):
        await socket.send_str("hello")
        assert (await socket.receive()).data == "heard hello"
    assert proxy.destinations == {NAME}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_plain_is_forwarded(proxy: FakeProxy, server: int, kind: str) -> None:
    rules = ProxyRules(every=url_of(proxy, kind))
    async with client(rules) as session, session.get(f"http://127.0.0.1:{server}/cexs?a=b") as answer:
        assert await answer.text() == "GET /cexs?a=b "
    assert proxy.passed == [("FORWARD" if kind == "http" else "SOCKS5", f"127.0.0.1:{server}")]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_no_proxy_names_is_reached_directly(proxy: FakeProxy, server: int, kind: str) -> None:
    rules = ProxyRules(preferred=url_of(proxy, kind), exempt=("127.0.0.0/8",))
    async with client(rules) as session, session.get(f"http://127.0.0.1:{server}/cexs") as answer:
        assert answer.status == 200
    assert proxy.passed == []


async def failure_of(rules: ProxyRules, url: str, *, trusting: bool = True) -> Exception:
    async with client(rules) as session:
        try:
            async with session.get(url, ssl=TRUSTING if trusting else True):
                raise AssertionError("it was answered")
        except aiohttp.ClientError as error:
            return error


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_is_not_there_is_named_as_the_cause(kind: str) -> None:
    rules = ProxyRules(preferred=f"{kind}://ann:secret@127.0.0.1:9")
    failure = await failure_of(rules, "https://api.telegram.org/")
    assert isinstance(failure, ProxyFailed)
    assert str(failure).startswith(f"the proxy {kind}://127.0.0.1:9 does not answer: ")
    assert "secret" not in repr(failure)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_login_that_is_refused_is_said(proxy: FakeProxy, kind: str) -> None:
    rules = ProxyRules(preferred=f"{kind}://ann:secret@127.0.0.1:{proxy.port}")
    failure = await failure_of(rules, "https://api.telegram.org/")
    assert isinstance(failure, ProxyFailed)
    assert f"the proxy {kind}://127.0.0.1:{proxy.port} refuses the login" in str(failure)
    assert "secret" not in str(failure)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_wants_a_login_and_is_given_none_says_so(proxy: FakeProxy, kind: str) -> None:
    failure = await failure_of(ProxyRules(preferred=f"{kind}://127.0.0.1:{proxy.port}"), "https://api.telegram.org/")
    assert "refuses the login" in str(failure)
    # An example with user:password@host would be masked as if it were a real login.
    assert str(failure).endswith("PROXY_URL needs user, colon, password and @ before the host")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_host_that_the_proxy_refuses_is_named(proxy: FakeProxy, kind: str) -> None:
    proxy.refuses.add(NAME)
    failure = await failure_of(ProxyRules(preferred=url_of(proxy, kind)), "https://api.telegram.org/")
    assert isinstance(failure, ProxyFailed)
    assert "does not connect to api.telegram.org: " in str(failure)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_certificate_that_is_refused_is_no_fault_of_the_proxy(proxy: FakeProxy, kind: str) -> None:
    rules = ProxyRules(preferred=url_of(proxy, kind))
    failure = await failure_of(rules, "https://api.telegram.org/", trusting=False)
    assert isinstance(failure, aiohttp.ClientConnectorCertificateError)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_hangs_up_is_no_proxy(kind: str) -> None:
    async with _answering(b"") as port:
        failure = await failure_of(ProxyRules(preferred=f"{kind}://127.0.0.1:{port}"), "https://api.telegram.org/")
    assert isinstance(failure, ProxyFailed)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_answers_something_else_is_no_proxy(kind: str) -> None:
    async with _answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n") as port:
        failure = await failure_of(ProxyRules(preferred=f"{kind}://127.0.0.1:{port}"), "https://api.telegram.org/")
    assert isinstance(failure, ProxyFailed)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_says_nothing_is_a_timeout_before_anything_was_sent(kind: str) -> None:
    async with (
        _answering(None) as port,
        client(ProxyRules(preferred=f"{kind}://127.0.0.1:{port}"), connect_s=0.05) as session,
    ):
        with pytest.raises(aiohttp.ConnectionTimeoutError):
            await session.get("https://api.telegram.org/", ssl=TRUSTING)


def _answering(answer: bytes | None) -> AbstractAsyncContextManager[int]:
    """Give a port where whoever connects gets these bytes and is hung up on; None: where nothing is ever said."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is None:
            await asyncio.Event().wait()
        writer.write(answer or b"")

    return listening(serve)
