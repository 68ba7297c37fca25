"""Asks for `runwatch check`, and remembers what the answers say beside their contents: the time, and of the proxies."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from statistics import median

import aiohttp
from yarl import URL

from bot.network.connector import connector_for
from bot.network.proxy_rules import ProxyRules, without_login
from bot.sources.http import USER_AGENT

_CONNECTIONS_MAX = 20
_BODY_BYTES_MAX = 8 << 20  # of the list of exchanges, the largest of these answers


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """Status and body of an answer."""

    status: int
    body: bytes


class CheckClient:
    """A client of HTTP and of websockets; use it inside `opened`."""

    def __init__(self, rules: ProxyRules) -> None:
        self._rules = rules
        self._clock_leads_s: list[float] = []
        self._answers_by_proxy: dict[str, int] = {}

    @property
    def clock_lead(self) -> timedelta | None:
        """Return by how much this machine's clock is ahead of everybody else's; None when nobody answered."""
        # The median: one server's own clock may be wrong.
        return timedelta(seconds=median(self._clock_leads_s)) if self._clock_leads_s else None

    @property
    def answers_by_proxy(self) -> Mapping[str, int]:
        """Return how many answers came through each proxy that something was asked through."""
        return self._answers_by_proxy

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open connections inside the block, and close them after it."""
        async with aiohttp.ClientSession(
            connector=connector_for(self._rules, limit=_CONNECTIONS_MAX),
            headers={"User-Agent": USER_AGENT},
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as self._session:
            yield

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> CheckAnswer:
        """Return the answer, of its body at most 8 MB; raise what aiohttp raises."""
        self._record_answer(url, is_there=False)
        async with self._session.get(url, headers=headers, allow_redirects=False) as response:
            self._record_answer(url, is_there=response.status != HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
            self._record_date(response.headers.get("Date", ""))
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > _BODY_BYTES_MAX:
                    break
            return CheckAnswer(response.status, bytes(body))

    @asynccontextmanager
    async def websocket(self, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Give an open websocket; raise what aiohttp raises."""
        self._record_answer(url, is_there=False)
        async with self._session.ws_connect(url) as socket:
            self._record_answer(url, is_there=True)
            yield socket

    def _record_answer(self, url: str, *, is_there: bool) -> None:
        if proxy := self._rules.proxy_for(URL(url)):
            shown = without_login(proxy)
            self._answers_by_proxy[shown] = self._answers_by_proxy.get(shown, 0) + is_there

    def _record_date(self, written: str) -> None:
        try:
            at = parsedate_to_datetime(written)
        except ValueError:
            return
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        self._clock_leads_s.append((datetime.now(UTC) - at).total_seconds())
