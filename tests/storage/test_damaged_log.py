"""What a power cut, or a disk, does to the log of the private server."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import ConfigurationError
from bot.domain.place import Place, Platform, Subscription
from bot.storage.embedded.damaged_log import find_damage
from bot.storage.embedded.server import EmbeddedServer
from bot.storage.embedded.server_binary import ServerBinary
from bot.storage.store import Store, open_store
from tests.storage.conftest import KINDS, StillClock
from tests.waiting import until

PLACES = [Place(Platform.TELEGRAM, f"-{number}") for number in range(30)]
TORN = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$40\r\nnot written to its en"


@asynccontextmanager
async def opened(directory: Path, kind: ServerBinary) -> AsyncIterator[tuple[EmbeddedServer, Store]]:
    async with EmbeddedServer(directory, binary=kind) as server:
        store = await open_store(server.url, clock=StillClock())
        try:
            yield server, store
        finally:
            await store.close()


async def fill(directory: Path, kind: ServerBinary, *, compacted: bool = False) -> Path:
    """Subscribe thirty places, the last ten of them after the log was compacted, and return the newest file of it."""
    async with opened(directory, kind) as (_, store):
        for place in PLACES[:20]:
            await store.subscriptions.add(Subscription(place, "binance"))
        if compacted:
            await store.database.command("BGREWRITEAOF")

            async def is_over() -> bool:
                return not (await store.database.server_info("persistence"))["aof_rewrite_in_progress"]

            await until(is_over, "a log that is compacted")
        for place in PLACES[20:]:
            await store.subscriptions.add(Subscription(place, "binance"))
    return newest_part(directory)


def newest_part(directory: Path) -> Path:
    [log] = [*directory.glob("appendonlydir/*.incr.aof"), *directory.glob("appendonly.aof")]
    return log


def oldest_part(directory: Path) -> Path:
    [base] = directory.glob("appendonlydir/*.base.rdb")
    return base


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "zeros": lambda log: log + bytes(4096),
    "one zero": lambda log: log + bytes(1),
    "a torn record": lambda log: log + TORN,
    "a torn record and zeros": lambda log: log + TORN + bytes(10_000),
    "the beginning of a record": lambda log: log + b"*",
    "the beginning of a word": lambda log: log + b"*3\r\n$3\r\nSET\r",
    "a transaction without its end": lambda log: log + b"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n",
    "more zeros than are read at once": lambda log: log + bytes(3 << 20),
}


@pytest.mark.parametrize("left", [b"", bytes(88)], ids=["empty", "zeros"])
async def test_a_damaged_list_of_files_is_named_and_nothing_is_called_readable(tmp_path: Path, left: bytes) -> None:
    kind = next(kind for kind in KINDS.values() if kind.version >= (7,))
    await fill(tmp_path, kind)
    manifest = tmp_path / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_bytes(left)
    with pytest.raises(ConfigurationError) as refused:
        await EmbeddedServer(tmp_path, binary=kind).__aenter__()
    assert str(refused.value).startswith(f"{manifest} is damaged: it no longer says which files the data consists of. ")
    damage = await EmbeddedServer(tmp_path, binary=kind).repair()
    assert damage is not None
    assert not damage.may_be_cut
    assert manifest.read_bytes() == left


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("compacted", [False, True], ids=["as written", "compacted"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_torn_end_is_cut_with_a_copy_and_said(
    tmp_path: Path, kind: ServerBinary, *, compacted: bool, damage: Callable[[bytes], bytes]
) -> None:
    log = await fill(tmp_path, kind, compacted=compacted)
    whole = log.read_bytes()
    damaged = damage(whole)
    log.write_bytes(damaged)
    with capture_logs() as lines:
        async with opened(tmp_path, kind) as (server, store):
            assert await store.subscriptions.count() == len(PLACES)
    [line] = [line for line in lines if line["event"] == "torn end of the log cut off"]
    copy = log.with_name(f"{log.name}.cut-at-{len(whole)}")
    assert (line["file"], line["bytes"], line["copy"]) == (str(log), len(damaged) - len(whole), str(copy))
    assert copy.read_bytes() == damaged[len(whole) :]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [str(copy) in notice for notice in server.notices] == [True]
    async with opened(tmp_path, kind) as (server, store):
        assert (server.notices, await store.subscriptions.count()) == ([], len(PLACES))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_a_log_that_lacks_its_last_bytes_loses_one_record(tmp_path: Path, kind: ServerBinary) -> None:
    log = await fill(tmp_path, kind)
    log.write_bytes(log.read_bytes()[:-40] + bytes(512))
    async with opened(tmp_path, kind) as (server, store):
        assert await store.subscriptions.count() == len(PLACES) - 1
        assert "what was stored in the last second may be missing" in server.notices[0]


MIDDLES: dict[str, Callable[[bytes], bytes]] = {
    "other bytes in the middle": lambda log: log[: len(log) // 2] + b"\xff" * 40 + log[len(log) // 2 + 40 :],
    "a page of zeros with records behind it": lambda log: log + bytes(4096) + TORN,
    "text at the end": lambda log: log + b"no record\n",
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("damage", MIDDLES.values(), ids=MIDDLES)
async def test_other_damage_names_the_file_the_loss_and_the_command_that_works(
    tmp_path: Path, kind: ServerBinary, damage: Callable[[bytes], bytes]
) -> None:
    log = await fill(tmp_path, kind)
    damaged = damage(log.read_bytes())
    log.write_bytes(damaged)
    with pytest.raises(ConfigurationError) as refused:
        await EmbeddedServer(tmp_path, binary=kind).__aenter__()
    sentence = str(refused.value)
    assert f"{log} is damaged: of {len(damaged):,} bytes the first" in sentence
    assert "would be lost: `runwatch repair` cuts it off and keeps a copy" in sentence
    assert log.read_bytes() == damaged

    repaired = await EmbeddedServer(tmp_path, binary=kind).repair()
    assert repaired is not None
    assert log.read_bytes() + repaired.copy.read_bytes() == damaged
    async with opened(tmp_path, kind) as (_, store):
        assert 0 < await store.subscriptions.count() <= len(PLACES)
    assert await EmbeddedServer(tmp_path, binary=kind).repair() is None


async def test_damage_in_the_older_part_is_not_cut(tmp_path: Path) -> None:
    kind = next(kind for kind in KINDS.values() if kind.version >= (7,))
    await fill(tmp_path, kind, compacted=True)
    base = oldest_part(tmp_path)
    damaged = base.read_bytes()[:-30]
    base.write_bytes(damaged)
    with pytest.raises(ConfigurationError, match=r"base\.rdb is damaged.* Put a backup back: move DATA_DIR away"):
        await EmbeddedServer(tmp_path, binary=kind).__aenter__()
    damage = await EmbeddedServer(tmp_path, binary=kind).repair()
    assert damage is not None
    assert not damage.may_be_cut
    assert base.read_bytes() == damaged


def script_around(kind: ServerBinary, directory: Path) -> ServerBinary:
    """Return a script that starts the program under its own name, as some distributions have it: it is no checker."""
    script = directory / "redis-server"
    script.write_text(f'#!/bin/sh\nexec {kind.path} "$@"\n')
    script.chmod(0o755)
    return ServerBinary(script, kind.version)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_with_a_script_in_place_of_the_program_a_torn_end_is_cut_all_the_same(
    tmp_path: Path, kind: ServerBinary, damage: Callable[[bytes], bytes]
) -> None:
    script = script_around(kind, tmp_path)
    log = await fill(tmp_path / "data", kind)
    whole = log.read_bytes()
    log.write_bytes(damage(whole))
    async with opened(tmp_path / "data", script) as (server, store):
        assert await store.subscriptions.count() == len(PLACES)
        assert len(server.notices) == 1
    assert log.with_name(f"{log.name}.cut-at-{len(whole)}").exists()


@pytest.mark.parametrize("damage", MIDDLES.values(), ids=MIDDLES)
async def test_with_a_script_in_place_of_the_program_other_damage_is_named_all_the_same(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    kind = next(iter(KINDS.values()))
    script = script_around(kind, tmp_path)
    log = await fill(tmp_path / "data", kind)
    log.write_bytes(damage(log.read_bytes()))
    by_program = find_damage(tmp_path / "data", kind)
    assert by_program is not None
    assert find_damage(tmp_path / "data", script) == by_program


async def test_every_place_where_a_log_may_be_cut_is_found_alike(tmp_path: Path) -> None:
    kind = next(iter(KINDS.values()))
    script = script_around(kind, tmp_path)
    log = await fill(tmp_path / "data", kind)
    whole = log.read_bytes() + b"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n"
    for size in range(len(whole) - 90, len(whole) + 1):
        log.write_bytes(whole[:size])
        assert find_damage(tmp_path / "data", script) == find_damage(tmp_path / "data", kind), size
    assert find_damage(tmp_path / "data", script) is None
