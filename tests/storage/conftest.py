"""One store contract, every server: each test that asks for `server` or `store` runs once per program found."""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.storage.connection import StoreTimeouts
from bot.storage.store import Store, open_store
from tests.servers import Server, kinds
from tests.stored_keys import differences
from tests.waiting import LIMIT, until

KINDS = kinds()
CLUSTER = "cluster-of-one"
CLUSTERING = next(kind for kind in KINDS.values() if kind.version >= (7,))  # `cluster-port` came with 7.0


@dataclass
class StillClock:
    """A clock that stands still unless a test moves it."""

    time: datetime = datetime(2026, 1, 10, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, span: timedelta) -> None:
        self.time += span


def cluster_settings() -> tuple[str, ...]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return ("--cluster-enabled", "yes", "--cluster-port", str(port), "--bind", "127.0.0.1")


def make_cluster(server: Server) -> None:
    """Give a lone node every slot; it refuses scripts whose keys do not share a hash tag."""
    for first in range(0, 16384, 1024):
        assert server.ask(f"CLUSTER ADDSLOTS {' '.join(map(str, range(first, first + 1024)))}") == "+OK"
    deadline = time.monotonic() + LIMIT
    while server.ask("GET nothing").startswith("-CLUSTERDOWN"):  # until it has looked around
        assert time.monotonic() < deadline, "missing when the time was over: a cluster that is up"
        time.sleep(0.005)


class RealClock:
    """The time it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture(scope="session", params=[*KINDS, CLUSTER])
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    is_clustered = request.param == CLUSTER
    kind = CLUSTERING if is_clustered else KINDS[request.param]
    server = Server(kind, cluster_settings() if is_clustered else ()).start()
    try:
        if is_clustered:
            make_cluster(server)
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    assert running.ask("FLUSHALL") == "+OK"
    return running


@pytest.fixture
def own_server() -> Iterator[Server]:
    """Yield a server that the test may kill; what it has confirmed is on its disk by then, however busy that is."""
    server = Server(next(iter(KINDS.values())), ("--appendfsync", "always")).start()
    yield server
    server.stop()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def store(server: Server, clock: StillClock) -> AsyncIterator[Store]:
    """Give an open store; what a test leaves in it is as the table of keys says."""
    store = await open_store(server.url, clock=clock)
    yield store
    wrong_keys = await differences(store.database)
    await store.close()
    assert wrong_keys == []


@pytest.fixture
async def patient_store(server: Server, clock: StillClock) -> AsyncIterator[Store]:
    """Yield a store whose outbox waits until it is woken: a blocking read lasts longer than any test may."""
    hour = timedelta(hours=1).total_seconds()
    timeouts = StoreTimeouts(answer_s=LIMIT, give_up_s=2 * hour, blocking_read_s=hour)
    store = await open_store(server.url, clock=clock, timeouts=timeouts)
    yield store
    await store.close()


async def until_it_waits(store: Store) -> None:
    """Return when a client is blocked at the server."""

    async def is_blocked() -> bool:
        return bool((await store.database.server_info("clients"))["blocked_clients"])

    await until(is_blocked, "a client that waits at the server")
