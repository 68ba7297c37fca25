"""A feed over the real client: asked again only for what has changed, and its faults are faults."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.domain.errors import SourceError, SourceFault
from bot.http_server import WebServer
from bot.sources.http import Http
from bot.sources.news.source import NewsFeed, news_feeds
from tests.sources.conftest import NOW

_XML = b"""<rss version="2.0"><channel><item><title>Binance</title><link>https://a.org/1</link>
<pubDate>Mon, 05 Oct 2026 14:20:00 GMT</pubDate></item></channel></rss>"""


class FeedHost:
    """Serves one body with an ETag, and counts how it was answered."""

    def __init__(self) -> None:
        self.body = _XML
        self.status = 200
        self.etag = '"1"'
        self.answered: list[int] = []
        self.address = ""

    async def answer(self, request: web.Request) -> web.Response:
        is_known = self.status == 200 and request.headers.get("If-None-Match") == self.etag
        status = 304 if is_known else self.status
        self.answered.append(status)
        return web.Response(status=status, body=b"" if is_known else self.body, headers={"ETag": self.etag})


@pytest.fixture
async def host() -> AsyncIterator[FeedHost]:
    served = FeedHost()
    async with WebServer([web.get("/rss", served.answer)], "127.0.0.1", 0, explain=lambda *_: "") as server:
        served.address = "http://{}:{}/rss".format(*server.address)
        yield served


async def test_a_feed_that_has_not_changed_tells_nothing(http: Http, host: FeedHost) -> None:
    (feed,) = news_feeds(http, [host.address])
    assert feed.name == "127.0.0.1"
    assert [(entry.title, entry.published_at) for entry in await feed.entries()] == [("Binance", NOW)]
    assert await feed.entries() == ()
    host.etag = '"2"'
    assert len(await feed.entries()) == 1
    feed.forget_version()
    assert len(await feed.entries()) == 1
    assert host.answered == [200, 304, 200, 200]


async def test_a_body_that_could_not_be_read_is_asked_for_again(http: Http, host: FeedHost) -> None:
    feed = NewsFeed(http, host.address, "a.org")
    host.body = b"<html>Just a moment...</html>"
    for _ in range(2):
        with pytest.raises(SourceError, match="it is no feed"):
            await feed.entries()
    assert host.answered == [200, 200]


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [(403, b"", SourceFault.BLOCKED), (200, b"x" * (2 << 20) + b"x", SourceFault.TOO_LARGE)],
)
async def test_a_feed_that_does_not_come_is_a_fault(
    http: Http, host: FeedHost, status: int, body: bytes, fault: SourceFault
) -> None:
    host.status, host.body = status, body
    with pytest.raises(SourceError) as caught:
        await NewsFeed(http, host.address, "a.org").entries()
    assert caught.value.fault is fault


def test_feeds_are_named_by_their_hosts() -> None:
    addresses = ["https://www.a.org/rss", "https://b.org/rss", "https://a.org/other", "https://b.org/rss"]
    assert [feed.name for feed in news_feeds(Http(), addresses)] == ["a.org", "b.org", "a.org 2"]
