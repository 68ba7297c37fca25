"""A local server that stands in for the upstreams: an episode in their formats, as of the time of a replay clock.

DefiLlama's lists and bodies have an ETag and 304 answers, gzip, and 400 “Protocol not found” for an unknown slug, as
the real ones. Every exchange's own interface is below a prefix of its own (`withdrawal_server.py`).
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple

import msgspec
from aiohttp import ETag, web

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.http_server import WebServer
from bot.ports.sources import Clock
from bot.replay.episode import Episode
from bot.replay.market_routes import MarketBodies, market_routes, market_settings
from bot.replay.status_routes import status_routes, status_settings
from bot.replay.upstream import UpstreamBodies
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_bodies.ftx import FTX_TWIN
from bot.replay.withdrawal_bodies.twins import TWINS
from bot.replay.withdrawal_flags import withdrawal_flags
from bot.replay.withdrawal_server import withdrawal_routes, withdrawal_settings

_CACHE_CONTROL = "public, max-age=600"
_GZIP_LEVEL = 1  # a fast replay makes dozens of bodies a second
_EXCHANGES = (*TWINS, FTX_TWIN)
_SHUTDOWN_GRACE_S = 1.0  # for requests under way when the server stops


class _EncodedBody(NamedTuple):
    """One encoded body, kept until the upstream's next run."""

    raw: bytes
    compressed: bytes
    etag: ETag


class ReplayServer(WebServer):
    """Serves the list, histories and withdrawals of an episode as of `clock.now()`; an async context manager.

    Port 0 takes a free one; `url` is known inside the context. Entering raises ConfigurationError where the port is
    taken. Bodies are made in a thread, once per run of the upstream.
    """

    def __init__(self, episode: Episode, clock: Clock, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(
            (
                web.get("/cexs", self._list),
                web.get("/protocol/{slug}", self._protocol),
                *withdrawal_routes(self._flags, _EXCHANGES),
                *status_routes(self._condition),
                *market_routes(MarketBodies(episode, clock)),
                web.get("/{anything:.*}", _not_found),
            ),
            host,
            port,
            explain=lambda address, reason: f"The replay cannot listen on {address}: {reason}",
            grace=_SHUTDOWN_GRACE_S,
        )
        self._episode = episode
        self._clock = clock
        self._upstream = UpstreamBodies(episode)
        self._bodies: dict[str, _EncodedBody] = {}
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Return where the server listens, without a trailing slash: a value for `DEFILLAMA_URL`."""
        host, port = self.address
        return f"http://{host}:{port}"

    @property
    def withdrawal_settings(self) -> Mapping[str, str]:
        """Return the settings that lead the withdrawal sources here: `{"gate_url": "http://…/gate"}`."""
        return {**withdrawal_settings(self.url, _EXCHANGES), **status_settings(self.url)}

    @property
    def market_settings(self) -> Mapping[str, str]:
        """Return the settings that lead the sources of stablecoins' prices here: `{"coins_url": "http://…/coins"}`."""
        return market_settings(self.url)

    @property
    def tells_of_pegs(self) -> bool:
        """Return whether the episode is about what stablecoins are worth."""
        return bool(self._episode.pegs)

    def _flags(self, exchange: str) -> Sequence[WithdrawalFlag] | None:
        return withdrawal_flags(self._episode, exchange, self._clock.now())

    def _condition(self, exchange: str) -> ExchangeCondition | None:
        flags = self._flags(exchange)
        return None if flags is None else ExchangeCondition(flags)

    async def _list(self, request: web.Request) -> web.Response:
        body = await asyncio.to_thread(self._body, "", self._upstream.list_body)
        return _response(request, body) if body else _unknown_protocol()

    async def _protocol(self, request: web.Request) -> web.Response:
        slug = request.match_info["slug"].lower()
        body = await asyncio.to_thread(self._body, slug, lambda: self._upstream.protocol_body(slug))
        return _response(request, body) if body else _unknown_protocol()

    def _body(self, key: str, make: Callable[[], dict[str, Any] | None]) -> _EncodedBody | None:
        """Return a body as of now, None where there is none. Runs in threads, in one at a time."""
        # Requests are answered concurrently, each body in a thread of its own; `UpstreamBodies` is not thread-safe.
        with self._lock:
            if self._upstream.advance(self._clock.now()):
                self._bodies.clear()
            if key in self._bodies:
                return self._bodies[key]
            content = make()
            if content is not None:
                self._bodies[key] = _encode(content)
            return self._bodies.get(key)


def _encode(body: dict[str, Any]) -> _EncodedBody:
    raw = msgspec.json.encode(body)
    tag = ETag(blake2b(raw, digest_size=8).hexdigest(), is_weak=True)
    return _EncodedBody(raw, gzip.compress(raw, _GZIP_LEVEL, mtime=0), tag)


def _response(request: web.Request, body: _EncodedBody) -> web.Response:
    if body.etag.value in {tag.value for tag in request.if_none_match or ()}:
        response = web.Response(status=304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = web.Response(body=body.compressed, content_type="application/json")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = web.Response(body=body.raw, content_type="application/json")
    response.headers["Cache-Control"] = _CACHE_CONTROL
    response.headers["Vary"] = "Accept-Encoding"
    response.etag = body.etag
    return response


def _unknown_protocol() -> web.Response:
    return web.Response(status=400, text="Protocol not found")


async def _not_found(_: web.Request) -> web.Response:
    return web.Response(status=404, text="Data not found")
