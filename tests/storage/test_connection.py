import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import ConfigurationError
from bot.storage.connection import Database, connect
from bot.storage.schema import KEY, VERSION, Migration, bring_up_to_date
from bot.storage.store import Store, open_store
from tests.servers import Server
from tests.storage.conftest import StillClock


@asynccontextmanager
async def server_of_version(version: str, directory: Path, *, masters: int = 0) -> AsyncIterator[str]:
    """Serve INFO as a server of that version, or a cluster of so many masters, does, and OK to everything else."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            command = [await bulk(reader) for _ in range(int(line[1:]))]
            facts = f"# Server\r\nredis_version:{version}\r\nredis_mode:{'cluster' if masters else 'standalone'}\r\n"
            if command[0] == b"CLUSTER":
                facts = f"cluster_state:ok\r\ncluster_size:{masters}\r\n"
            has_body = command[0] in {b"INFO", b"CLUSTER"}
            writer.write(f"${len(facts)}\r\n{facts}\r\n".encode() if has_body else b"+OK\r\n")
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def bulk(reader: asyncio.StreamReader) -> bytes:
        length = int((await reader.readline())[1:])
        return (await reader.readexactly(length + 2))[:-2]

    listener = await asyncio.start_unix_server(serve, directory / "s")
    yield f"unix://{directory}/s"
    listener.close()


@pytest.mark.parametrize("version", ["6.0.16", "5.0.3", "6.1.240"])
async def test_a_server_that_is_too_old_is_refused(tmp_path: Path, version: str) -> None:
    async with server_of_version(version, tmp_path) as url:
        with pytest.raises(ConfigurationError, match=version):
            await connect(url)


@pytest.mark.parametrize("version", ["6.2.0", "7.0.15", "8.4.0", "255.255.255"])
async def test_a_server_that_is_new_enough_is_used(tmp_path: Path, version: str) -> None:
    async with server_of_version(version, tmp_path) as url:
        await (await connect(url)).close()


async def test_a_cluster_of_several_masters_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async with server_of_version("7.0.15", tmp_path, masters=3) as url:
        with pytest.raises(ConfigurationError, match="a Redis Cluster of 3 masters"):
            await connect(url)


async def test_a_cluster_of_one_is_used(tmp_path: Path) -> None:
    async with server_of_version("7.0.15", tmp_path, masters=1) as url:
        await (await connect(url)).close()


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis://host:port"])
async def test_an_address_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        await connect(url)
    assert url not in str(refused.value)


async def test_a_server_that_may_lose_data_is_warned_of(own_server: Server) -> None:
    assert own_server.ask("CONFIG SET maxmemory-policy allkeys-lru") == "+OK"
    assert own_server.ask("CONFIG SET appendonly no") == "+OK"
    with capture_logs() as logs:
        await (await connect(own_server.url)).close()
    assert [line["setting"] for line in logs if line["log_level"] == "warning"] == ["maxmemory-policy", "appendonly"]


async def test_a_well_configured_server_is_used_without_a_warning(own_server: Server) -> None:
    with capture_logs() as logs:
        await (await connect(own_server.url)).close()
    assert logs == []


async def test_a_server_that_forbids_info_is_used(own_server: Server) -> None:
    assert own_server.ask("ACL SETUSER default -info") == "+OK"
    await (await connect(own_server.url)).close()


async def test_a_new_store_is_marked_with_the_layout(store: Store) -> None:
    assert await store.database.command("GET", KEY) == str(VERSION).encode()


async def test_a_store_of_a_newer_program_is_refused(server: Server, store: Store, clock: StillClock) -> None:
    await store.database.command("SET", KEY, VERSION + 1)
    with pytest.raises(ConfigurationError, match="newer"):
        await open_store(server.url, clock=clock)


async def test_an_older_layout_is_migrated_step_by_step(store: Store) -> None:
    done = []

    def step(name: str) -> Migration:
        async def migrate(database: Database) -> None:
            done.append(name)

        return migrate

    await store.database.command("SET", KEY, 1)
    await bring_up_to_date(store.database, version=3, migrations={1: step("1 to 2"), 2: step("2 to 3")})
    await bring_up_to_date(store.database, version=3)
    assert done == ["1 to 2", "2 to 3"]
    assert await store.database.command("GET", KEY) == b"3"


async def test_a_command_that_is_cancelled_at_any_moment_is_cancelled(store: Store) -> None:
    for turns in range(1, 40):
        command = asyncio.create_task(store.ping())
        for _ in range(turns):
            await asyncio.sleep(0)
        was_over = not command.cancel()
        await asyncio.wait([command])
        assert command.cancelled() is not was_over


async def test_a_timeout_around_a_command_is_a_timeout(store: Store) -> None:
    for turns in range(1, 40):
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as patience:
                asyncio.get_running_loop().call_soon(patience.reschedule, 0)
                for _ in range(turns % 8):
                    await asyncio.sleep(0)
                await store.ping()
    task = asyncio.current_task()
    assert task
    assert task.cancelling() == 0
