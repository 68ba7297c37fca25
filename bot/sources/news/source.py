"""A news feed: fetched where it has changed, parsed elsewhere, and cleaned.

Example: https://www.coindesk.com/arc/outboundfeeds/rss/ is "coindesk.com". It answers 304 as long as nothing is new.
A title that is escaped twice, "Binance &amp;amp; Bybit: <b>reserves</b>", becomes "Binance & Bybit: reserves".
"""

import html
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from typing_extensions import override

from bot.domain.headline import TITLE_MAX, FeedEntry
from bot.messages.plain_text import clean, shorten
from bot.ports.news import Feed
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits, Validators
from bot.sources.news.feed_process import ParsedEntry, parse_feed

LIMITS = FetchLimits(timedelta(seconds=25), wire_bytes=2 << 20, plain_bytes=2 << 20, in_all=timedelta(seconds=60))
"""A feed has some 100 KB."""

_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_TAG = re.compile(r"</?[A-Za-z][^>]*>")
_SUMMARY_MAX = 500


class NewsFeed(Feed):
    """One feed at an address."""

    def __init__(self, http: Http, url: str, name: str) -> None:
        self.name = name
        self._http = http
        self._url = url
        self._validators: Validators | None = None

    @override
    async def entries(self) -> Sequence[FeedEntry]:
        body = await self._http.fetch(self._url, limits=LIMITS, validators=self._validators, accept=_ACCEPT)
        if body is None:
            return ()
        parsed = await parse_feed(body.content)
        self._validators = body.validators
        return list(readable_entries(parsed))

    @override
    def forget_version(self) -> None:
        self._validators = None


def news_feeds(http: Http, addresses: Sequence[str]) -> Sequence[NewsFeed]:
    """Return a feed for each address; where several have one host, they are told apart by a number."""
    hosts: list[str] = []
    feeds = []
    for address in dict.fromkeys(addresses):
        hosts.append(host_of(address))
        number = hosts.count(hosts[-1])
        feeds.append(NewsFeed(http, address, hosts[-1] if number == 1 else f"{hosts[-1]} {number}"))
    return feeds


def host_of(address: str) -> str:
    """Return the host of an address without `www.`, "" where there is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def readable_entries(parsed: Sequence[ParsedEntry]) -> Iterator[FeedEntry]:
    """Yield the entries that have a title and a link, as plain text."""
    for entry in parsed:
        title, link = _plain(entry.title), entry.link.strip()
        # Google News ends a title with who wrote it: “Kraken pauses one network - Sample Daily”.
        title = title.removesuffix(f" - {_plain(entry.publisher)}") if entry.publisher else title
        if title and link.startswith(("https://", "http://")) and host_of(link):
            yield FeedEntry(
                shorten(title, TITLE_MAX), link, _moment(entry.at), shorten(_plain(entry.summary), _SUMMARY_MAX)
            )


def _plain(text: str) -> str:
    """Return text without markup, also where that was escaped twice."""
    for _ in range(2):
        text = html.unescape(_TAG.sub(" ", text))
    return " ".join(clean(_TAG.sub(" ", text)).split())


def _moment(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
