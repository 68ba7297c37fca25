"""Backups: whole, checked, private, and the same store when they are restored, on this server or another one."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bot.domain.bot_account import BotAccount
from bot.domain.errors import BackupError, ConfigurationError
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.worker import Lease
from bot.ports.outbox import DeliveryKind
from bot.storage.backup.backup_file import (
    BackupHeader,
    BackupRecord,
    BackupWriter,
    encoded,
    read_header,
    read_records,
)
from bot.storage.backup.restore import restore, verified
from bot.storage.backup.save import save
from bot.storage.connection import Database, connect
from bot.storage.schema import VERSION
from bot.storage.store import Store, open_store
from tests.builders import NOON, holding, incident
from tests.servers import Server
from tests.storage.conftest import KINDS, StillClock
from tests.storage.test_keys import CHANNEL, CHAT, alert, claim_everything, keep_everything
from tests.waiting import LIMIT, in_time

OTHER_KINDS = pytest.mark.parametrize("other_kind", KINDS.values(), ids=[f"to {kind}" for kind in KINDS])
OF_THE_MOMENT = (
    "{ob}:courier:",
    "{ob}:duty:",
    "{ob}:bell:",
    "{pace}:",
    "runwatch:schema",
    "runwatch:bulletin",
    "runwatch:writable",
)
_READ = {"string": ("GET",), "hash": ("HGETALL",), "set": ("SMEMBERS",), "zset": ("ZRANGE", 0, -1, "WITHSCORES")}
_READ |= {"list": ("LRANGE", 0, -1), "stream": ("XRANGE", "-", "+")}


async def everything(database: Database) -> dict[str, Any]:
    """Return the value of every key, without the prefix, and whether it ends some time."""
    found: dict[str, Any] = {}
    for stored in await database.command("KEYS", "*"):
        name = stored.decode().removeprefix(database.prefix)
        if name.startswith(OF_THE_MOMENT):  # such as a lease of 15 s, which may end before it is read
            continue
        kind = (await database.command("TYPE", stored)).decode()
        read, *words = _READ[kind]
        value = await database.command(read, stored, *words)
        found[name] = sorted(value) if kind == "set" else value, await database.command("PTTL", stored) > 0
    return found


@asynccontextmanager
async def another_server(kind: Any, prefix: str = "") -> AsyncIterator[Database]:
    server = Server(kind).start()
    try:
        database = await connect(server.url, prefix=prefix)
        yield database
        await database.close()
    finally:
        server.stop()


async def saved(store: Store, path: Path) -> Path:
    await save(store.database, path, program="1.2.3", now=NOON)
    return path


async def fill(store: Store) -> None:
    """Let the store hold something of every sort, and more of some than is read at once."""
    await keep_everything(store, timedelta(days=1))
    for number in range(1300):
        await store.subscriptions.add(Subscription(Place(Platform.TELEGRAM, f"-{number}", "7"), "okx"))
    await store.readings.add([holding(70.0 + hour, at=NOON + timedelta(hours=hour)) for hour in range(30)])
    about = incident(Severity.SEVERE, number=await store.incidents.next_number(), exchange="kraken")
    await store.incidents.commit(
        "kraken", Rule.OUTFLOW, about, [alert("fan", Severity.SEVERE, DeliveryKind.POST, about)]
    )


async def nobody_runs(store: Store) -> None:
    """Take away what a worker leaves behind, which a restore would else wait out."""
    await store.leases.release(Lease.POLL)
    await store.database.command("DEL", "{ob}:courier:telegram")


@OTHER_KINDS
async def test_what_is_restored_on_another_server_is_what_was_saved(
    store: Store, tmp_path: Path, other_kind: Any
) -> None:
    await fill(store)
    before = await everything(store.database)
    summary = await save(store.database, tmp_path / "backup", program="1.2.3", now=NOON)
    assert (summary.unsteady, await everything(store.database)) == ([], before)
    async with another_server(other_kind) as database:
        restored = await restore(database, tmp_path / "backup")
        assert await everything(database) == before
        assert restored.expired == 0
        assert await database.command("GET", "runwatch:schema") == str(VERSION).encode()
    assert restored.contents == summary.contents
    assert str(summary.contents) == "1,301 places that subscribed, 3 incidents and the readings of 1 exchange"


async def test_a_restored_store_goes_on_with_what_was_on_its_way(store: Store, tmp_path: Path) -> None:
    opened = incident(Severity.SEVERE, number=await store.incidents.next_number())
    await store.incidents.commit(
        "binance", Rule.OUTFLOW, opened, [alert("urgent", Severity.SEVERE, DeliveryKind.POST, opened)]
    )
    claimed = await claim_everything(store)  # in the middle of sending
    path = await saved(store, tmp_path / "backup")
    for delivery in claimed:
        await store.outbox.finish(delivery, message_id="42")
    async with another_server(next(iter(KINDS.values()))) as database:
        await restore(database, path)
        other = await open_store(url_of(database), clock=StillClock())
        again = await claim_everything(other)
        assert sorted(str(delivery.place) for delivery in again) == sorted(str(delivery.place) for delivery in claimed)
        for delivery in again:
            await other.outbox.finish(delivery, message_id="43")
        assert sum((await other.outbox.depth()).values()) == 0
        assert await other.incidents.next_number() == 2
        await other.close()


def url_of(database: Database) -> str:
    return f"unix://{database.client.connection_pool.connection_kwargs['path']}"


async def test_a_prefix_is_neither_in_the_file_nor_are_the_keys_of_others(
    store: Store, server: Server, tmp_path: Path
) -> None:
    second = await open_store(server.url, clock=StillClock(), prefix="second:")
    await second.subscriptions.add(Subscription(CHANNEL, "okx"))
    await store.subscriptions.add(Subscription(CHAT, "binance"))
    await store.database.command("SET", "sessions:42", "of another program")
    await saved(second, tmp_path / "second")
    await saved(store, tmp_path / "first")
    keys_of = {name: {record.key for record in read_records(tmp_path / name)} for name in ("first", "second")}
    assert "{subs}:to:binance" in keys_of["first"]
    assert "{subs}:to:okx" in keys_of["second"]
    assert all(key.startswith(("{", "runwatch:")) for keys in keys_of.values() for key in keys)
    assert not keys_of["first"] & {"sessions:42", "{subs}:to:okx"}

    await restore(second.database, tmp_path / "first", replace=True)
    assert [subscription.exchange for subscription in await second.subscriptions.of_place(CHAT)] == ["binance"]
    assert await second.subscriptions.of_place(CHANNEL) == []
    assert await store.database.command("GET", "sessions:42") == b"of another program"
    await second.close()
    for key in (b"sessions:42", *await store.database.command("KEYS", "second:*")):
        await store.database.command("DEL", key)


async def test_a_store_that_holds_something_is_not_replaced_unless_that_is_said(store: Store, tmp_path: Path) -> None:
    await store.subscriptions.add(Subscription(CHAT, "binance"))
    path = await saved(store, tmp_path / "backup")
    await store.subscriptions.add(Subscription(CHANNEL, "okx"))
    before = await everything(store.database)
    with pytest.raises(BackupError) as refused:
        await restore(store.database, path)
    assert str(refused.value) == (
        "The store is not empty: it holds 2 places that subscribed, 0 incidents and the readings of 0 exchanges, which "
        "would be lost. To put the backup in their place, run `runwatch restore` with --replace."
    )
    assert await everything(store.database) == before
    await restore(store.database, path, replace=True)
    assert await store.subscriptions.of_place(CHANNEL) == []
    assert len(await store.subscriptions.of_place(CHAT)) == 1


async def test_a_backup_is_put_back_into_the_store_that_it_was_taken_from(store: Store, tmp_path: Path) -> None:
    """Streams refuse an entry that is no newer than their last one, even while that is gone."""
    await fill(store)
    await nobody_runs(store)
    path = await saved(store, tmp_path / "backup")
    before = await everything(store.database)
    for place in [Place(Platform.TELEGRAM, f"-{number}", "7") for number in range(20)]:
        await store.subscriptions.remove(place, "okx")
    for _ in range(2):
        await restore(store.database, path, replace=True)
        assert await everything(store.database) == before


async def test_a_store_on_which_a_worker_runs_is_never_replaced(store: Store, tmp_path: Path) -> None:
    path = await saved(store, tmp_path / "backup")
    await store.leases.acquire(Lease.TELEGRAM)
    with pytest.raises(BackupError, match=r"The worker .* runs on this store: stop every worker first"):
        await restore(store.database, path, replace=True, patience_s=0)
    await store.leases.release(Lease.TELEGRAM)
    await store.heartbeats.beat([Platform.DISCORD])
    with pytest.raises(BackupError, match="A worker that delivers to discord runs on this store"):
        await restore(store.database, path, replace=True, patience_s=0)


async def test_what_a_worker_leaves_behind_that_has_just_stopped_is_waited_out(store: Store, tmp_path: Path) -> None:
    path = await saved(store, tmp_path / "backup")
    await store.heartbeats.beat([Platform.DISCORD])
    restoring = asyncio.create_task(restore(store.database, path, replace=True, patience_s=LIMIT))
    await asyncio.sleep(0.05)
    assert not restoring.done()
    await store.database.command("DEL", "{ob}:courier:discord")
    async with in_time("the restore"):
        await restoring


async def test_what_ended_since_is_left_out_and_what_ends_later_still_does(store: Store, tmp_path: Path) -> None:
    hour_ms = 3_600_000
    in_an_hour = int(datetime.now(UTC).timestamp() * 1000) + hour_ms
    records = [
        BackupRecord("string", "{subs}:moved:telegram:-1", 1, (b"telegram:-2",)),
        BackupRecord("string", "{subs}:moved:telegram:-3", in_an_hour, (b"telegram:-4",)),
    ]
    path = tmp_path / "backup"
    with BackupWriter(path, BackupHeader(1, VERSION, "1.2.3", NOON)) as file:
        file.add(BytesIO(b"".join(map(encoded, records))), len(records))
    async with another_server(next(iter(KINDS.values()))) as database:
        restored = await restore(database, path)
        assert restored.expired == 1
        assert await database.command("EXISTS", "{subs}:moved:telegram:-1") == 0
        assert hour_ms - 100_000 < await database.command("PTTL", "{subs}:moved:telegram:-3") <= hour_ms
    await store.database.command("SET", "{subs}:moved:telegram:-5", "telegram:-6", "PX", hour_ms)
    [record] = [record for record in read_records(await saved(store, path)) if record.expires_at_ms]
    assert abs(record.expires_at_ms - in_an_hour) < 100_000


async def test_the_file_says_what_it_is_of_and_is_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    await store.owner.claim(BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot"))
    path = tmp_path / "backup"
    path.write_text("an older one")
    path.chmod(0o644)
    await saved(store, path)
    header = read_header(path)
    assert (header.layout, header.program, header.made_at) == (VERSION, "1.2.3", NOON)
    assert header.owners == ("the Telegram bot @RunwatchBot (id 4242)",)
    assert path.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["backup"]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def changed(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def repacked(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what changes the content behind the compression, so that only our own checksum can tell."""
    magic = b"runwatch-backup\n"

    def change_content(content: bytes) -> bytes:
        return magic + gzip.compress(change(gzip.decompress(content.removeprefix(magic))))

    return change_content


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is no backup of Runwatch"),
    "something else": (lambda _: b"PK\x03\x04 and so on", "is no backup of Runwatch"),
    "the first bytes only": (lambda content: content[:16], "is cut short"),
    "cut in the middle": (lambda content: content[: len(content) // 2], "is cut short"),
    "without its last bytes": (lambda content: content[:-3], "is cut short"),
    "other bytes in the middle": (lambda content: content[:80] + b"\x55" * 8 + content[88:], "is damaged"),
    "without its last record": (repacked(lambda content: content[:-60]), "is cut short|damaged"),
    "another value": (repacked(lambda content: content.replace(b"binance", b"binanse")), "its checksum is another one"),
    "a length of gigabytes": (
        repacked(lambda content: content[:200] + b"\xff" * 8 + content[208:]),
        "damaged|cut short",
    ),
}


@pytest.mark.parametrize(("change", "complaint"), DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_file_changes_nothing(
    store: Store, tmp_path: Path, change: Callable[[bytes], bytes], complaint: str
) -> None:
    for exchange in ("binance", "okx", "kraken"):
        await store.subscriptions.add(Subscription(CHAT, exchange))
    path = await saved(store, tmp_path / "backup")
    before = await everything(store.database)
    changed(path, change)
    with pytest.raises(BackupError, match=complaint):
        await restore(store.database, path, replace=True)
    assert await everything(store.database) == before


@pytest.mark.parametrize(
    ("field", "complaint"), [("format", "was written by a newer Runwatch"), ("layout", "the layout")]
)
async def test_a_backup_of_a_newer_version_is_refused(store: Store, tmp_path: Path, field: str, complaint: str) -> None:
    path = await saved(store, tmp_path / "backup")
    name = field.encode()
    at = bytes([0xA0 + len(name)]) + name  # as msgpack writes a short text, with the number behind it
    changed(
        path, repacked(lambda content: content.replace(at + content[content.index(at) + len(at) :][:1], at + b"\x63"))
    )
    with pytest.raises(BackupError, match=complaint):
        verified(path)


async def test_a_restore_that_was_cut_off_keeps_every_service_from_starting(
    store: Store, server: Server, tmp_path: Path
) -> None:
    await store.subscriptions.add(Subscription(CHAT, "binance"))
    path = await saved(store, tmp_path / "backup")
    await store.database.command("SET", "runwatch:schema", "restoring")
    for may_migrate in (True, False):
        with pytest.raises(ConfigurationError, match="run `runwatch restore --replace FILE` again"):
            await open_store(server.url, clock=StillClock(), may_migrate=may_migrate)
    await restore(store.database, path, replace=True)
    await (await open_store(server.url, clock=StillClock())).close()


async def test_an_empty_store_is_not_saved(store: Store, tmp_path: Path) -> None:
    await store.database.command("DEL", "runwatch:schema")
    with pytest.raises(BackupError, match="The store is empty"):
        await saved(store, tmp_path / "backup")
    assert names_in(tmp_path) == []


async def test_where_nothing_can_be_written_it_says_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="missing/backup cannot be written: No such file or directory"):
        await saved(store, tmp_path / "missing" / "backup")
    with pytest.raises(BackupError, match="nothing cannot be read: No such file or directory"):
        verified(tmp_path / "nothing")


async def test_what_changes_all_the_time_is_saved_all_the_same_and_said(store: Store, tmp_path: Path) -> None:
    async def change() -> None:
        while True:
            await store.incidents.next_number()

    await store.incidents.next_number()
    changing = asyncio.create_task(change())
    summary = await save(store.database, tmp_path / "backup", program="1.2.3", now=NOON)
    changing.cancel()
    assert summary.unsteady == ["{ob}"]
    assert summary.pieces["{ob}:number"] == 1
    verified(tmp_path / "backup")


async def test_subscriptions_and_their_indexes_are_of_one_moment(store: Store, tmp_path: Path) -> None:
    async def subscribe() -> None:
        for number in range(400):
            await store.subscriptions.add(Subscription(Place(Platform.TELEGRAM, f"-{number}", "7"), "okx"))
            await asyncio.sleep(0)

    subscribing = asyncio.create_task(subscribe())
    summary = await save(store.database, tmp_path / "backup", program="1.2.3", now=NOON)
    await subscribing
    if "{subs}" not in summary.unsteady:
        places = summary.pieces["{subs}:places"]
        assert summary.pieces.get("{subs}:to:okx", 0) == places
        assert sum(1 for key in summary.pieces if key.startswith("{subs}:topics:")) == places // 2
