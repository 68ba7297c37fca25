"""What the store does when its server dies, loses replies, is full, becomes a replica or hangs."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.errors import ConfigurationError, StorageError
from bot.domain.place import Place, Platform, Subscription
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from bot.storage.connection import StoreTimeouts, connect
from bot.storage.embedded.server_binary import ServerBinary
from bot.storage.outbox import RedisOutbox
from bot.storage.store import Store, open_store
from tests.servers import LossyLine, Server, kinds
from tests.storage.conftest import StillClock, until_it_waits
from tests.storage.stored import newest_message
from tests.storage.test_incidents import incident
from tests.waiting import in_time

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
GROUP = Place(Platform.TELEGRAM, "-100")
MOVED = Place(Platform.TELEGRAM, "-200")
NO_RETRIES = StoreTimeouts(answer_s=0.2, give_up_s=0.2, retry_pauses_s=())
ALERT = Alert(
    id="INC-1/1",
    incident="INC-1",
    severity=Severity.SEVERE,
    kind=DeliveryKind.POST,
    message=Message("Binance"),
    created_at=NOON,
    expires_at=NOON + timedelta(hours=6),
    recipients=(Subscription(GROUP, None), Subscription(MOVED, None)),
)
READING = Reading("binance", "defillama", NOON, NOON, {Slot("Ethereum", "ETH"): Holding(1.0, 2.0)})
WAITING = {(Platform.TELEGRAM, Severity.SEVERE): 2}


@pytest.fixture
async def own_store(own_server: Server, clock: StillClock) -> AsyncIterator[Store]:
    store = await open_store(own_server.url, clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def no_retry_store(own_server: Server, clock: StillClock) -> AsyncIterator[Store]:
    store = await open_store(own_server.url, clock=clock, timeouts=NO_RETRIES)
    yield store
    await store.close()


async def commit(store: Store) -> bool:
    return await store.incidents.commit("binance", Rule.OUTFLOW, None, [ALERT])


async def claimed_places(store: Store) -> list[str]:
    deliveries = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    return [str(delivery.place) for delivery in deliveries]


async def test_a_command_survives_a_crash_of_the_server(own_server: Server, own_store: Store) -> None:
    await own_store.subscriptions.add(Subscription(GROUP, "binance"))
    own_server.kill()
    asking = asyncio.create_task(commit(own_store))
    await asyncio.sleep(0)
    own_server.start()
    assert await asking
    assert await own_store.subscriptions.of_place(GROUP) == [Subscription(GROUP, "binance")]
    assert await own_store.outbox.depth() == WAITING


async def test_scripts_are_known_again_after_a_restart(own_server: Server, own_store: Store) -> None:
    await own_store.readings.add([READING])
    own_server.kill()
    own_server.start()
    assert await own_store.readings.add([replace(READING, as_of=NOON + timedelta(hours=1), source="other")]) == 1
    assert await claimed_places(own_store) == []


async def test_what_was_claimed_before_a_crash_comes_back(
    own_server: Server, own_store: Store, clock: StillClock
) -> None:
    await commit(own_store)
    assert len(await claimed_places(own_store)) == 2
    own_server.kill()
    own_server.start()
    await own_store.outbox.return_claims()
    assert len(await claimed_places(own_store)) == 2


async def test_a_worker_that_waits_survives_a_crash_of_the_server(own_server: Server, own_store: Store) -> None:
    waiting = asyncio.create_task(own_store.outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta(minutes=10)))
    await until_it_waits(own_store)
    own_server.kill()
    own_server.start()
    await commit(own_store)
    async with in_time("the deliveries from the server that is back"):
        assert len(await waiting) == 2


async def steps_of_commit(store: Store) -> None:
    assert await commit(store)
    assert await store.outbox.depth() == WAITING


async def steps_of_finish(store: Store) -> None:
    await commit(store)
    first, _ = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    await store.outbox.finish(first, message_id="41")
    assert await newest_message(store, "INC-1", first.place) == "41"
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.SEVERE): 1}


async def steps_of_postpone(store: Store) -> None:
    await commit(store)
    for delivery in await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta()):
        await store.outbox.postpone(delivery, pause=timedelta())
    assert await claimed_places(store) == [str(GROUP), str(MOVED)]


async def steps_of_move(store: Store) -> None:
    await store.subscriptions.add(Subscription(GROUP, "binance"))
    await store.subscriptions.move(GROUP, MOVED)
    assert await store.subscriptions.interested_in("binance") == [Subscription(MOVED, "binance")]


async def steps_of_add(store: Store) -> None:
    await store.readings.add([READING])
    assert await store.readings.latest("binance") == READING


@pytest.fixture
async def lossy(server: Server, clock: StillClock) -> AsyncIterator[tuple[Store, LossyLine]]:
    """Yield a store behind a line that can lose a reply; what was claimed and not finished comes back at once."""
    async with LossyLine(server) as line:
        store = await open_store(line.url, clock=clock)
        await store.incidents.commit("okx", Rule.OUTFLOW, None, [])  # else the first reply is that of an unknown script
        yield replace(store, outbox=RedisOutbox(store.database, clock, idle=timedelta())), line
        await store.close()


@pytest.mark.parametrize("steps", [steps_of_commit, steps_of_finish, steps_of_postpone, steps_of_move, steps_of_add])
@pytest.mark.parametrize("nth", range(8))
async def test_a_lost_reply_changes_nothing(
    lossy: tuple[Store, LossyLine], steps: Callable[[Store], Awaitable[None]], nth: int
) -> None:
    store, line = lossy
    line.lose_in = nth
    await steps(store)


async def test_a_full_store_says_so(own_server: Server, no_retry_store: Store) -> None:
    assert own_server.ask("CONFIG SET maxmemory 1") == "+OK"
    with pytest.raises(StorageError, match="out of memory"):
        await no_retry_store.incidents.commit("binance", Rule.OUTFLOW, incident(), [ALERT])
    with pytest.raises(StorageError, match="out of memory"):
        await no_retry_store.incidents.next_number()
    with pytest.raises(StorageError, match="out of memory"):
        await no_retry_store.readings.add([READING])
    assert await no_retry_store.incidents.current("binance", Rule.OUTFLOW) is None
    assert await no_retry_store.outbox.depth() == {}


async def test_a_full_store_still_hands_its_deliveries_out(own_server: Server, own_store: Store) -> None:
    await commit(own_store)
    assert own_server.ask("CONFIG SET maxmemory 1") == "+OK"
    for delivery in await own_store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta()):
        await own_store.outbox.finish(delivery, message_id="41")
    assert await newest_message(own_store, "INC-1", GROUP) == "41"
    assert await own_store.outbox.depth() == {}


async def test_a_replica_is_a_store_that_is_away(own_server: Server, no_retry_store: Store) -> None:
    assert own_server.ask("REPLICAOF 127.0.0.1 1") == "+OK"
    with pytest.raises(StorageError):
        await commit(no_retry_store)
    with pytest.raises(StorageError):
        await no_retry_store.incidents.next_number()


async def test_a_replica_that_becomes_the_primary_is_written_to(own_server: Server, own_store: Store) -> None:
    assert own_server.ask("REPLICAOF 127.0.0.1 1") == "+OK"
    asking = asyncio.create_task(own_store.incidents.next_number())
    for _ in range(100):
        await asyncio.sleep(0)
    assert own_server.ask("REPLICAOF NO ONE") == "+OK"
    assert await asking == 1


@pytest.mark.parametrize("kind", kinds().values(), ids=list(kinds()))
async def test_a_script_and_a_reader_outlive_a_change_of_roles(kind: ServerBinary, clock: StillClock) -> None:
    server = Server(kind).start()
    store = await open_store(server.url, clock=clock)
    try:
        waiting = asyncio.create_task(store.outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta(minutes=10)))
        await until_it_waits(store)
        assert server.ask("REPLICAOF 127.0.0.1 1") == "+OK"
        asking = asyncio.create_task(commit(store))
        for _ in range(100):
            await asyncio.sleep(0)
        assert server.ask("REPLICAOF NO ONE") == "+OK"
        assert await asking
        assert len(await waiting) == 2
    finally:
        await store.close()
        server.stop()


@asynccontextmanager
async def refusing_server(directory: Path, refusal: str, times: int) -> AsyncIterator[str]:
    """Serve OK to everything, after so many refusals of GET."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal times
        while line := await reader.readline():
            words = [(await reader.readline(), await reader.readline())[1].strip() for _ in range(int(line[1:]))]
            refused = words[0] == b"GET" and times > 0
            times -= refused
            answer = "-" + refusal if refused else "+PONG" if words[0] == b"PING" else "+OK"
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_unix_server(serve, directory / "s")
    yield f"unix://{directory}/s"
    listener.close()


@pytest.mark.parametrize(
    "refusal",
    [
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "CLUSTERDOWN The cluster is down",
        "NOREPLICAS Not enough good replicas to write.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "READONLY You can't write against a read only replica.",
    ],
)
async def test_what_passes_by_itself_is_waited_for(tmp_path: Path, refusal: str) -> None:
    async with refusing_server(tmp_path, refusal, times=2) as url:
        database = await connect(url)
        assert await database.command("GET", "x") == b"OK"
        await database.close()
    async with refusing_server(tmp_path, refusal, times=10**6) as url:
        database = await connect(url, timeouts=NO_RETRIES)
        with pytest.raises(StorageError, match="The store is away"):
            await database.command("GET", "x")
        await database.close()


async def test_a_dead_server_is_a_storage_error(own_server: Server, no_retry_store: Store) -> None:
    await no_retry_store.ping()
    own_server.kill()
    with pytest.raises(StorageError, match="away"):
        await no_retry_store.ping()
    with pytest.raises(StorageError, match="away"):
        await no_retry_store.outbox.claim(Platform.TELEGRAM, limit=1, wait=timedelta(seconds=1))


async def test_a_hanging_server_is_a_storage_error_in_time(own_server: Server, no_retry_store: Store) -> None:
    os.kill(own_server.pid, signal.SIGSTOP)
    try:
        async with in_time("the end of a command to a server that hangs"):
            with pytest.raises(StorageError, match="away"):
                await no_retry_store.ping()
    finally:
        os.kill(own_server.pid, signal.SIGCONT)


async def test_no_server_at_all_is_a_storage_error(own_server: Server, clock: StillClock) -> None:
    own_server.kill()
    with pytest.raises(StorageError, match="away"):
        await open_store(own_server.url, clock=clock, timeouts=NO_RETRIES)


async def test_other_refusals_are_storage_errors(own_server: Server, no_retry_store: Store) -> None:
    await no_retry_store.database.command("SET", "{ob}:number", "no number")
    with pytest.raises(StorageError, match="refused"):
        await no_retry_store.incidents.next_number()


async def test_a_password_that_changed_is_a_matter_of_configuration(own_server: Server, clock: StillClock) -> None:
    assert own_server.ask("CONFIG SET requirepass secret") == "+OK"
    with pytest.raises(ConfigurationError, match="password"):
        await open_store(own_server.url, clock=clock, timeouts=NO_RETRIES)


async def test_a_password_that_changes_while_it_runs_is_waited_out_like_an_outage(
    own_server: Server, own_store: Store
) -> None:
    # A server asks new connections only, so the old ones are closed; the operator's has the password already.
    with operator(own_server) as ask:
        assert ask("CONFIG SET requirepass secret") == "+OK"
        assert ask("CLIENT KILL TYPE normal SKIPME yes").startswith(":")
        for _ in range(3):
            with pytest.raises(StorageError, match="refuses the user or the password"):
                await own_store.subscriptions.add(Subscription(GROUP, "binance"))
        assert ask('CONFIG SET requirepass ""') == "+OK"
    await own_store.subscriptions.add(Subscription(GROUP, "binance"))
    assert await own_store.subscriptions.count() == 1


@contextmanager
def operator(server: Server) -> Iterator[Callable[[str], str]]:
    """Give a connection that stays open between two commands."""
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rw", newline="\r\n") as lines:
        connection.connect(server.url.removeprefix("unix://"))

        def ask(command: str) -> str:
            lines.write(f"{command}\r\n")
            lines.flush()
            return lines.readline().strip()

        yield ask
