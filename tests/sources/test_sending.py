"""Requests that are more than an address: with a content, with headers of their own, with a signature."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest
from aiohttp import web

from bot.domain.errors import SourceError, SourceFault
from bot.http_server import WebServer
from bot.sources.http import Http
from bot.sources.http_types import OutgoingRequest

HELLO = b'{"hello":1}'


class EchoServer(WebServer):
    """Remembers what it is asked; answers `/busy` with 503 twice before it answers, and `/moved` with a redirect."""

    def __init__(self) -> None:
        super().__init__([web.route("*", "/{path}", self._answer)], "127.0.0.1", 0, explain=lambda address, _: address)
        self.requests: list[web.Request] = []
        self.contents: list[bytes] = []

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.contents.append(await request.read())
        if request.path == "/busy" and len(self.requests) <= 2:
            return web.Response(status=503)
        if request.path == "/moved":
            return web.Response(status=307, headers={"Location": "/there"})
        return web.Response(text="answer")


@pytest.fixture
async def server() -> AsyncIterator[EchoServer]:
    async with EchoServer() as echo:
        yield echo


async def test_a_content_is_sent_with_the_headers_of_the_request(http: Http, server: EchoServer) -> None:
    headers = {"Content-Type": "application/json", "X-Key": "k"}
    request = OutgoingRequest(f"{server.url}/a?b=c", method="POST", headers=headers, content=HELLO)
    assert (await http.send(request)).text == "answer"
    (asked,) = server.requests
    assert (asked.method, asked.path_qs, server.contents) == ("POST", "/a?b=c", [HELLO])
    assert (asked.headers["Accept"], asked.headers["X-Key"]) == ("application/json", "k")


async def test_every_attempt_is_signed_anew(http: Http, server: EchoServer) -> None:
    numbers = count(1)

    def sign(request: OutgoingRequest) -> OutgoingRequest:
        number = next(numbers)
        return replace(request, url=f"{request.url}?signature={number}", headers={"X-Sign": str(number)})

    await http.send(OutgoingRequest(f"{server.url}/busy"), sign=sign)
    assert [(asked.query["signature"], asked.headers["X-Sign"]) for asked in server.requests] == [
        ("1", "1"),
        ("2", "2"),
        ("3", "3"),
    ]


async def test_a_content_is_not_sent_to_where_a_redirect_leads(http: Http, server: EchoServer) -> None:
    with pytest.raises(SourceError) as refused:
        await http.send(OutgoingRequest(f"{server.url}/moved", method="POST", content=HELLO))
    assert refused.value.fault is SourceFault.BLOCKED
    assert [asked.path for asked in server.requests] == ["/moved"]


async def test_without_a_content_a_redirect_is_followed(http: Http, server: EchoServer) -> None:
    assert (await http.send(OutgoingRequest(f"{server.url}/moved"))).text == "answer"
    assert [asked.path for asked in server.requests] == ["/moved", "/there"]


async def test_what_is_signed_has_to_have_an_address(http: Http) -> None:
    with pytest.raises(SourceError) as refused:
        await http.send(OutgoingRequest("http://[nowhere"))
    assert refused.value.fault is SourceFault.UNREACHABLE
