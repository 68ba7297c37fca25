"""/healthz, /readyz and /metrics for those who run the bot."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Self

import structlog
from aiohttp import web
from typing_extensions import override

from bot.service.metrics import Metrics
from bot.web import WebServer

log = structlog.get_logger()


class HealthServer(WebServer):
    """Serves the three endpoints.

    `unready` returns why the bot is not ready, nothing when it is; `standing_by` what it leaves to other workers, which
    is no reason not to be ready.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        metrics: Metrics,
        unready: Callable[[], Awaitable[Sequence[str]]],
        standing_by: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        super().__init__(
            (
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics_page),
            ),
            host,
            port,
            explain=_taken,
        )
        self._metrics = metrics
        self._unready = unready
        self._standing_by = standing_by

    @override
    async def __aenter__(self) -> Self:
        await super().__aenter__()
        log.info("serving", address=f"http://{self._host}:{self.port}")
        return self

    @property
    def port(self) -> int:
        """Return the port that is really listened on."""
        return self.address[1]

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, _: web.Request) -> web.Response:
        reasons = list(await self._unready())
        said = {"ready": not reasons, "reasons": reasons}
        if waiting := self._standing_by():
            said["standing_by"] = list(waiting)
        return web.json_response(said, status=503 if reasons else 200)

    async def _metrics_page(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )


def _taken(address: str, reason: str) -> str:
    return f"Cannot listen on {address} ({reason}); set HTTP_PORT or HTTP_HOST to something else."
