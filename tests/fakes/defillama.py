"""A stand-in for api.llama.fi on the loopback interface, with the upstream's formats, manners and oddities.

    async with FakeDefiLlama(now=clock.now()) as llama:
        ...  # the bot asks llama.url
        llama.step("binance", share=-0.05)                      # an hour later 5 % of the clean reserves are gone
        llama.step("okx", holdings={"Tron": {"USDT": 4.1e9}})   # an hour later, with chosen amounts
        llama.step("bybit", without_chains=["Tron"])            # an hour later one chain is not reported
        llama.tick()                                            # an hour later for everybody, nothing moves
        llama.fail("/cexs", status=429, headers={"Retry-After": "0"}, times=2)

`exchanges` holds them by our ids; `add` brings more; `rename` gives one a new slug (the old one is then unknown);
`empty_list` and `rows` change the list. Faults (`fail`) are used up before real answers are given. `requests` says what
was asked. `clock` says what time its answers name, else that of this machine. Bodies are made from a seed. The history
of each exchange is `days` quiet days up to `now`.
"""

import asyncio
import gzip
import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict

from bot.ports.sources import Clock
from tests.clocks import http_date
from tests.fakes.defillama_world import FakeExchange, Holdings, big_protocol_body, known_exchanges
from tests.waiting import in_time

__all__ = ["CLOUDFLARE", "FakeDefiLlama", "FakeExchange", "Fault", "big_protocol_body"]

CLOUDFLARE = (
    b"<!DOCTYPE html>\n<html><head><title>Attention Required! | Cloudflare</title></head><body>Ray ID</body></html>"
)
_DRIP_S = 0.01
_NOW = datetime(2026, 10, 5, 14, 3, 31, tzinfo=UTC)


@dataclass(slots=True)
class Fault:
    """One way of going wrong, `times` times.

    What is not given is as in the real answer. `cut` sends half: of the JSON, of the gzip stream, or of what was
    announced ("wire"). `reset` closes the connection instead of an answer. `until` holds the answer back until set.
    `drips` sends a byte at a time, until nobody reads any more.
    """

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    cut: Literal["json", "gzip", "wire"] | None = None
    reset: bool = False
    until: asyncio.Event | None = None
    drips: bool = False
    times: int = 1


class FakeDefiLlama:
    """The server and what it tells."""

    def __init__(self, *, now: datetime = _NOW, days: int = 60, seed: int = 1) -> None:
        self.url = ""
        self.clock: Clock | None = None
        self.exchanges: dict[str, FakeExchange] = {
            exchange.id: exchange for exchange in known_exchanges(now, days=days, seed=seed)
        }
        self.rows: list[dict[str, Any]] | None = None
        self.requests: list[tuple[str, CIMultiDict[str]]] = []
        self._asked: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for faults in self._faults.values():
            for fault in faults:
                if fault.until:
                    fault.until.set()
        if self._runner:
            await self._runner.cleanup()

    def add(self, exchange: FakeExchange) -> FakeExchange:
        """Track one more exchange, or replace one."""
        self.exchanges[exchange.id] = exchange
        return exchange

    def step(  # noqa: PLR0913 -- all by name, each one a way a run can differ
        self,
        exchange: str,
        *,
        share: float = 0.0,
        holdings: Holdings | None = None,
        prices: Mapping[str, float] | None = None,
        without_chains: Iterable[str] = (),
        after: timedelta = timedelta(hours=1),
    ) -> datetime:
        """Publish one more run of an exchange and return its time.

        `share` moves that part of every holding but the own tokens, `holdings` sets amounts by chain and asset,
        `prices` sets prices in USD, and `without_chains` are not reported in this run.
        """
        return self.exchanges[exchange].step(
            share=share, holdings=holdings, prices=prices, without_chains=without_chains, after=after
        )

    def tick(self, *, after: timedelta = timedelta(hours=1)) -> None:
        """Publish one more run of every exchange, in which nothing moves."""
        for exchange in self.exchanges.values():
            exchange.step(after=after)

    def empty_list(self) -> None:
        """Answer `{"cexs": []}` from now on; `rows = None` ends it."""
        self.rows = []

    def rename(self, exchange: str, slug: str) -> None:
        """Give an exchange a new slug, as upstream does without a word: the old one is no longer found."""
        self.exchanges[exchange].slug = slug

    def fail(self, path: str, **fault: Any) -> Fault:
        """Go wrong at a path (`/cexs`, `/protocol/binance-cex`) the next times; the fields of `Fault` say how."""
        made = Fault(**fault)
        self._faults[path].append(made)
        return made

    def asked(self, path: str) -> list[CIMultiDict[str]]:
        """Return the headers of the requests for a path, in order."""
        return [headers for asked, headers in self.requests if asked == path]

    async def wait_for_request(self, path: str) -> None:
        """Return as soon as a path has been asked for."""
        async with in_time(f"a request for {path}"):
            await self._asked[path].wait()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = unquote(request.rel_url.raw_path).lower()
        self.requests.append((path, CIMultiDict(request.headers)))
        self._asked[path].set()
        fault = self._next_fault(path)
        if fault.until:
            await fault.until.wait()
        if fault.reset and request.transport:
            request.transport.abort()
        response = await self._answer(request, path, fault)
        if self.clock and not response.prepared:
            response.headers["Date"] = http_date(self.clock.now())
        return response

    def _next_fault(self, path: str) -> Fault:
        faults = self._faults[path]
        while faults and faults[0].times <= 0:
            faults.popleft()
        if not faults:
            return Fault()
        faults[0].times -= 1
        return faults[0]

    async def _answer(self, request: web.BaseRequest, path: str, fault: Fault) -> web.StreamResponse:
        status, content_type, body = self._content(path)
        if fault.body is not None:
            status, body = fault.status, fault.body
        elif fault.status != 200:
            status, content_type, body = fault.status, "text/plain", b"Internal Error"
        headers = {"Content-Type": fault.content_type or content_type, "Cache-Control": "public, max-age=600"}
        if status == 200:
            headers["ETag"] = f'W/"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return web.Response(status=304, headers=headers | dict(fault.headers))
        body = _half(body) if fault.cut == "json" else body
        if "gzip" in request.headers.get("Accept-Encoding", "") and "Content-Encoding" not in fault.headers:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, 1)
        body = _half(body) if fault.cut == "gzip" else body
        headers |= dict(fault.headers)
        if fault.drips:
            return await _drip(request, status, headers, body)
        if fault.cut == "wire":
            return await _cut_off(request, status, headers, body)
        return web.Response(status=status, headers=headers, body=body)

    def _content(self, path: str) -> tuple[int, str, bytes]:
        if path == "/cexs":
            return 200, "application/json", json.dumps(self._list(), separators=(",", ":")).encode()
        slug = path.removeprefix("/protocol/").replace(" ", "-").replace("'", "")
        if slug == path:
            return 404, "text/plain", b"404 page not found"
        exchange = next(
            (exchange for exchange in self.exchanges.values() if exchange.slug and exchange.slug.lower() == slug), None
        )
        if exchange is None:
            return 400, "text/plain", b"Protocol not found"
        return 200, "application/json", exchange.protocol_body()

    def _list(self) -> dict[str, Any]:
        rows = self.rows if self.rows is not None else [exchange.row() for exchange in self.exchanges.values()]
        return {"cexs": rows, "cg_volume_cexs": ["bybit-spot", "gdax", "huobi", "kucoin", "kraken", "binance"]}


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


async def _cut_off(request: web.BaseRequest, status: int, headers: dict[str, str], body: bytes) -> web.StreamResponse:
    """Announce the whole body, send half of it, and close the connection."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(_half(body))
    if request.transport:
        request.transport.close()
    return response


async def _drip(request: web.BaseRequest, status: int, headers: dict[str, str], body: bytes) -> web.StreamResponse:
    """Announce the whole body and send a byte of it every hundredth of a second."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    with suppress(ConnectionError):
        for start in range(len(body)):
            await response.write(body[start : start + 1])
            await asyncio.sleep(_DRIP_S)
    return response
