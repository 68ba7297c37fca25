"""Serves /healthz, /readyz and /metrics over HTTP, for container health checks and Prometheus.

/readyz is 200 with {"ready": true, "reasons": []}, or 503 with the reasons; `self_report` knows them.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Self

import structlog
from aiohttp import web
from typing_extensions import override

from bot.http_server import WebServer
from bot.service.metrics import Metrics

log = structlog.get_logger()


class HealthServer(WebServer):
    """Serves the three endpoints.

    `unready` returns why the worker is not ready, nothing when it is; `standing_by` what it leaves to other workers,
    which is no reason not to be ready.
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
            explain=_address_in_use,
        )
        self._metrics = metrics
        self._unready = unready
        self._standing_by = standing_by

    @override
    async def __aenter__(self) -> Self:
        await super().__aenter__()
        log.info("http server listening", address=f"http://{self._host}:{self.port}")
        return self

    @property
    def port(self) -> int:
        """Return the port listened on: what the system chose, where 0 was asked for."""
        return self.address[1]

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, _: web.Request) -> web.Response:
        reasons = list(await self._unready())
        body = {"ready": not reasons, "reasons": reasons}
        if standing_by := self._standing_by():
            body["standing_by"] = list(standing_by)
        return web.json_response(body, status=503 if reasons else 200)

    async def _metrics_page(self, _: web.Request) -> web.Response:
        self._metrics.set_ready(is_ready=not await self._unready())
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )


def _address_in_use(address: str, reason: str) -> str:
    return f"Cannot listen on {address} ({reason}); set HTTP_PORT or HTTP_HOST to something else."
