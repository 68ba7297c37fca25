"""A client and a stand-in upstream, each as the product uses them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits
from tests.fakes.defillama import FakeDefiLlama

NOW = datetime(2026, 10, 5, 14, 20, tzinfo=UTC)


class StoppedClock:
    """A clock that says what it was told."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(pause=timedelta(0)) as client:
        yield client


@pytest.fixture
async def llama() -> AsyncIterator[FakeDefiLlama]:
    async with FakeDefiLlama() as server:
        yield server


@pytest.fixture
def source(http: Http, llama: FakeDefiLlama, clock: StoppedClock) -> DefiLlama:
    quick = FetchLimits(timedelta(seconds=5), wire_bytes=4 << 20, plain_bytes=4 << 20)
    return DefiLlama(http, clock, url=llama.url, list_limits=quick, detail_limits=quick)
