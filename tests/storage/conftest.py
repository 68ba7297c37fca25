"""One store contract, every server: each test that asks for `server` or `store` runs once per program found."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.storage.store import Store, open_store
from tests.servers import Server, kinds

KINDS = kinds()
CLUSTER = ("--cluster-enabled", "yes")


@dataclass
class StillClock:
    """A clock that moves when told."""

    time: datetime = datetime(2026, 1, 10, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, span: timedelta) -> None:
        self.time += span


@pytest.fixture(scope="session", params=[*KINDS, "one-node-cluster"])
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Yield a server; the cluster of one refuses scripts whose keys do not share a hash tag."""
    if request.param == "one-node-cluster":
        server = Server(next(iter(KINDS.values())), CLUSTER).start()
        for first in range(0, 16384, 1024):
            assert server.ask(f"CLUSTER ADDSLOTS {' '.join(map(str, range(first, first + 1024)))}") == "+OK"
        while not server.ask("GET nothing").startswith("$"):  # -CLUSTERDOWN until it has looked around
            pass
    else:
        server = Server(KINDS[request.param]).start()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    assert running.ask("FLUSHALL") == "+OK"
    return running


@pytest.fixture
def own_server() -> Iterator[Server]:
    """Yield a server that the test may kill."""
    server = Server(next(iter(KINDS.values()))).start()
    yield server
    server.stop()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def store(server: Server, clock: StillClock) -> AsyncIterator[Store]:
    store = await open_store(server.url, clock=clock)
    yield store
    await store.close()
