import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import ConfigurationError
from bot.service.health_server import HealthServer
from bot.service.metrics import Metrics
from tests.clocks import HandMovedClock


class ServerScene:
    """A server, why it says it is not ready, and a client of it."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.standing_by: list[str] = []
        self.metrics = Metrics(HandMovedClock(), "1.2.3")
        self.server = HealthServer(
            "127.0.0.1", 0, metrics=self.metrics, unready=self._unready, standing_by=lambda: self.standing_by
        )

    async def _unready(self) -> Sequence[str]:
        return self.reasons

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with aiohttp.ClientSession() as client, client.request(method, url) as answer:
            return answer.status, await answer.text()

    async def json(self, path: str) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with aiohttp.ClientSession() as client, client.get(url) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def served() -> AsyncIterator[ServerScene]:
    served = ServerScene()
    async with served.server:
        yield served


async def test_it_lives_while_it_is_not_ready(served: ServerScene) -> None:
    served.reasons = ["first poll pending"]
    assert await served.json("/healthz") == (200, {"status": "alive"})


async def test_it_is_ready_when_nothing_stands_in_the_way(served: ServerScene) -> None:
    assert await served.json("/readyz") == (200, {"ready": True, "reasons": []})


async def test_it_says_why_it_is_not_ready(served: ServerScene) -> None:
    served.reasons = ["first poll pending", "telegram: not connected yet"]
    assert await served.json("/readyz") == (503, {"ready": False, "reasons": served.reasons})
    served.reasons = []
    assert (await served.get("/readyz"))[0] == 200


async def test_what_another_worker_does_is_said_and_no_reason_not_to_be_ready(served: ServerScene) -> None:
    served.standing_by = ["standing by: another worker holds the Telegram poll"]
    assert await served.json("/readyz") == (200, {"ready": True, "reasons": [], "standing_by": served.standing_by})


async def test_metrics_are_those_that_are_counted(served: ServerScene) -> None:
    served.metrics.count_poll("defillama/cexs", "timeout")
    status, text = await served.get("/metrics")
    assert status == 200
    assert 'runwatch_polls_total{result="timeout",source="defillama/cexs"} 1.0' in text


async def test_the_metric_of_readiness_says_what_readyz_says(served: ServerScene) -> None:
    assert "\nrunwatch_ready 1.0\n" in (await served.get("/metrics"))[1]
    served.reasons = ["first poll pending"]
    assert "\nrunwatch_ready 0.0\n" in (await served.get("/metrics"))[1]


async def test_metrics_come_in_the_format_prometheus_reads(served: ServerScene) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{served.server.port}/metrics") as answer,
    ):
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/readyz", 405), ("GET", "/", 404)])
async def test_nothing_else_is_served(served: ServerScene, method: str, path: str, status: int) -> None:
    assert (await served.get(path, method))[0] == status


async def test_a_port_that_is_taken_is_refused_with_what_to_do(served: ServerScene) -> None:
    port = served.server.port
    with pytest.raises(ConfigurationError, match=rf"^Cannot listen on 127\.0\.0\.1:{port} \(.+\); set HTTP_PORT"):
        await HealthServer("127.0.0.1", port, metrics=served.metrics, unready=served._unready).__aenter__()  # noqa: SLF001 — any will do
    assert (await served.get("/healthz"))[0] == 200


async def test_the_port_is_free_again_when_it_has_stopped() -> None:
    served = ServerScene()
    async with served.server:
        port = served.server.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
