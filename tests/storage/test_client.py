"""Addresses of a store, and a primary that dies while Sentinels watch it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError, StorageError
from bot.domain.place import Place, Platform, Subscription
from bot.storage.client import client_at
from bot.storage.embedded import die_with_parent
from bot.storage.store import Store, open_store
from tests.servers import Server, kinds
from tests.storage.conftest import StillClock
from tests.waiting import in_time, until

HERE = Subscription(Place(Platform.TELEGRAM, "-100"), "binance")
KIND = next(kind for kind in kinds().values() if kind.version >= (7,))  # `repl-diskless-sync-delay 0` needs no wait
SETTINGS = ("--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class WatchedPrimary:
    """A primary and its replica, and the address of the Sentinel that watches them."""

    primary: Server
    replica: Server
    sentinel: int
    url: str

    async def until_the_replica_may_take_over(self) -> None:
        """Wait until the Sentinel has heard of the replica, which by itself it asks for every ten seconds."""
        async with Redis(port=self.sentinel, decode_responses=True) as asked:
            await asked.execute_command("SENTINEL", "DEBUG", "info-period", 100)  # type: ignore[no-untyped-call]
            await until(partial(_knows_a_sound_replica, asked), "a Sentinel that has found the replica sound")


async def _knows_a_sound_replica(sentinel: Redis) -> bool:
    return any(slave["master-link-status"] == "ok" for slave in await sentinel.sentinel_slaves("watch"))


def server_on(port: int, *settings: str) -> Server:
    """Start a server; the password comes later, for `start` knows none."""
    server = Server(KIND, ("--port", str(port), *SETTINGS, *settings)).start()
    assert server.ask("CONFIG SET masterauth pass/word") == "+OK"
    assert server.ask("CONFIG SET requirepass pass/word") == "+OK"
    return server


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedPrimary]:
    first, second, sentinel = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        primary = server_on(first)
        stack.callback(primary.stop)
        replica = server_on(second, "--replicaof", f"127.0.0.1 {first}")
        stack.callback(replica.stop)
        configuration = tmp_path / "sentinel.conf"
        configuration.write_text(
            f"port {sentinel}\nbind 127.0.0.1\ndir {tmp_path}\n"
            f"sentinel monitor watch 127.0.0.1 {first} 1\nsentinel auth-pass watch pass/word\n"
            "sentinel down-after-milliseconds watch 200\nsentinel failover-timeout watch 1000\n"
        )
        words = (die_with_parent.__file__, str(os.getpid()), str(KIND.path), str(configuration), "--sentinel")
        process = subprocess.Popen([sys.executable, "-I", "-S", *words], stdout=subprocess.DEVNULL)  # noqa: S603 — a program found by bot.storage.embedded.server_binary
        stack.callback(process.wait)
        stack.callback(process.kill)
        nobody = f"127.0.0.1:{free_port()}"  # the first Sentinel of the address may be away
        yield WatchedPrimary(
            primary, replica, sentinel, f"redis+sentinel://:pass%2Fword@{nobody},127.0.0.1:{sentinel}/watch"
        )


async def test_what_was_kept_is_there_after_the_primary_died_and_its_replica_took_over(
    watched: WatchedPrimary, clock: StillClock
) -> None:
    store = await patiently_open(watched.url, clock)

    async def is_replicated() -> bool:
        return bool(await store.database.command("WAIT", 1, 100))

    async def is_there() -> bool:
        with suppress(StorageError):
            return list(await store.subscriptions.of_place(HERE.place)) == [HERE]
        return False

    await store.subscriptions.add(HERE)
    await until(is_replicated, "the subscription at the replica")
    await watched.until_the_replica_may_take_over()
    watched.primary.kill()
    await until(is_there, "the subscription at the replica that has taken over")
    assert await store.incidents.next_number() == 1
    await store.close()


async def patiently_open(url: str, clock: StillClock) -> Store:
    async with in_time("a store at the address of the Sentinels"):
        while True:
            with suppress(StorageError):
                return await open_store(url, clock=clock)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://box:26379",
        "redis+sentinel://box:26379/",
        "http+sentinel://box/name",
        "redis+sentinel://box:port/name",
        "redis+sentinel://:secret@/name",
    ],
)
def test_an_address_of_sentinels_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="REDIS_URL") as refused:
        client_at(url, connect_timeout_s=1, answer_timeout_s=1)
    assert url not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("hosts", "read"),
    [
        ("one", [("one", 26379)]),
        ("one:1,two:2", [("one", 1), ("two", 2)]),
        ("[::1]:5,[::2]", [("::1", 5), ("::2", 26379)]),
    ],
)
async def test_sentinels_are_read_with_their_ports(hosts: str, read: list[tuple[str, int]]) -> None:
    client, close = client_at(f"rediss+sentinel://{hosts}/watch", connect_timeout_s=1, answer_timeout_s=1)
    pool: Any = client.connection_pool
    addresses = [sentinel.connection_pool.connection_kwargs for sentinel in pool.sentinel_manager.sentinels]
    assert [(address["host"], address["port"]) for address in addresses] == read
    await close()
