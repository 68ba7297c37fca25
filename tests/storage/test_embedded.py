import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

import pytest

from bot.domain.errors import ConfigurationError
from bot.domain.place import Place, Platform, Subscription
from bot.storage.embedded.server import TIMER_HZ, EmbeddedServer
from bot.storage.embedded.server_binary import ServerBinary, find_binary
from bot.storage.store import Store, open_store
from tests.storage.conftest import KINDS, StillClock
from tests.waiting import in_time

GROUP = Place(Platform.TELEGRAM, "-100")
SUBSCRIPTIONS = [Subscription(GROUP, None), *(Subscription(GROUP, f"x{n}") for n in range(10, 40))]


@pytest.fixture
async def store(tmp_path: Path, clock: StillClock) -> AsyncIterator[Store]:
    store = await open_store(tmp_path / "data", clock=clock)
    yield store
    await store.close()


def server_pid(directory: Path) -> int:
    """Return the process id of the server that the lock file names."""
    return int((directory / "lock").read_text().split()[-1])


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def cut_short(directory: Path) -> None:
    """Take the end off the server's log, as a crash does that happens while it writes."""
    [log] = [*directory.glob("appendonlydir/*.incr.aof"), *directory.glob("appendonly.aof")]
    os.truncate(log, log.stat().st_size - 40)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_every_subscription_is_still_there_after_a_restart(
    tmp_path: Path, clock: StillClock, kind: ServerBinary
) -> None:
    async with EmbeddedServer(tmp_path, binary=kind) as server:
        store = await open_store(server.url, clock=clock)
        for subscription in SUBSCRIPTIONS:
            await store.subscriptions.add(subscription)
        await store.close()
    async with EmbeddedServer(tmp_path, binary=kind) as server:
        store = await open_store(server.url, clock=clock)
        assert await store.subscriptions.of_place(GROUP) == SUBSCRIPTIONS
        await store.close()


async def test_the_server_is_private_and_keeps_everything(store: Store, tmp_path: Path) -> None:
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert store.url == f"unix://{tmp_path}/data/server.sock"
    assert (tmp_path / "data" / "server.sock").stat().st_mode & 0o077 == 0
    about_server = await store.database.server_info("server")
    assert about_server["tcp_port"] == 0
    assert about_server["configured_hz"] == int(TIMER_HZ)
    assert (await store.database.server_info("persistence"))["aof_enabled"] == 1
    assert (await store.database.server_info("memory"))["maxmemory_policy"] == "noeviction"


async def test_a_server_that_is_killed_is_back_before_anybody_notices(store: Store, tmp_path: Path) -> None:
    await store.subscriptions.add(SUBSCRIPTIONS[0])
    for _ in range(2):
        killed = server_pid(tmp_path / "data")
        os.kill(killed, signal.SIGKILL)
        async with in_time("the subscriptions from the server that is back"):
            assert await store.subscriptions.of_place(GROUP) == SUBSCRIPTIONS[:1]
        assert server_pid(tmp_path / "data") != killed


async def test_closing_stops_the_server_and_frees_the_directory(tmp_path: Path, clock: StillClock) -> None:
    store = await open_store(tmp_path, clock=clock)
    pid = server_pid(tmp_path)
    assert is_running(pid)
    await store.close()
    assert not is_running(pid)
    async with EmbeddedServer(tmp_path, lock_timeout_s=0):
        pass


async def test_two_bots_never_share_a_directory(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"in use by another Runwatch .*{os.getpid()}"):
        await EmbeddedServer(tmp_path / "data", lock_timeout_s=0).__aenter__()
    await store.ping()


BOT = dedent("""
    import asyncio, sys, threading
    from pathlib import Path
    from bot.storage.embedded.server import EmbeddedServer

    async def main():
        async with EmbeddedServer(Path(sys.argv[1])) as server:
            print("ready", flush=True)
            await asyncio.Event().wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),)) if sys.argv[2] == "thread" else None
    if thread:
        thread.start()
        thread.join()
    else:
        asyncio.run(main())
""")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is asked for on Linux only")
@pytest.mark.parametrize("loop_runs_in", ["main", "thread"])
async def test_the_server_dies_with_a_bot_that_is_killed(tmp_path: Path, clock: StillClock, loop_runs_in: str) -> None:
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOT, tmp_path, loop_runs_in, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert bot.stdout
        while await bot.stdout.readline() not in {b"ready\n", b""}:
            pass
        pid = server_pid(tmp_path)
        assert is_running(pid)
    finally:
        bot.kill()
        await bot.communicate()
    store = await open_store(tmp_path, clock=clock)  # waits until the old server has let go of the directory
    assert not is_running(pid)
    await store.ping()
    await store.close()


async def test_a_log_that_was_cut_short_is_read_up_to_the_cut(tmp_path: Path, clock: StillClock) -> None:
    store = await open_store(tmp_path, clock=clock)
    for subscription in SUBSCRIPTIONS:
        await store.subscriptions.add(subscription)
    await store.close()
    cut_short(tmp_path)
    store = await open_store(tmp_path, clock=clock)
    assert await store.subscriptions.of_place(GROUP) == SUBSCRIPTIONS[:-1]
    await store.close()


async def test_a_directory_with_a_long_name_has_its_socket_elsewhere(tmp_path: Path, clock: StillClock) -> None:
    directory = tmp_path / ("long" * 30)
    store = await open_store(directory, clock=clock)
    socket = Path(store.url.removeprefix("unix://"))
    assert directory not in socket.parents
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    await store.ping()
    await store.close()
    assert not socket.parent.exists()


async def test_a_directory_that_cannot_be_made_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        await EmbeddedServer(tmp_path / "file" / "data").__aenter__()


async def test_a_program_that_stops_at_once_is_named_with_the_last_lines_of_its_log(tmp_path: Path) -> None:
    program = tmp_path / "broken"
    program.write_text("#!/bin/sh\necho it is broken; exit 3\n")
    program.chmod(0o755)
    with pytest.raises(ConfigurationError, match="it is broken"):
        await EmbeddedServer(tmp_path / "data", binary=ServerBinary(program, (7, 0))).__aenter__()
    async with EmbeddedServer(tmp_path / "data", lock_timeout_s=0):
        pass


def test_a_program_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    old, new = ServerBinary(Path("/old"), (6, 0, 16)), ServerBinary(Path("/new"), (6, 2, 0))
    assert find_binary(tmp_path, [old, new]) == new
    with pytest.raises(ConfigurationError, match=r"/old \(6\.0\.16\)"):
        find_binary(tmp_path, [old])


def test_a_program_that_cannot_read_the_data_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    old, new = ServerBinary(Path("/old"), (6, 2, 14)), ServerBinary(Path("/new"), (7, 0, 0))
    assert find_binary(tmp_path, [old, new]) == new
