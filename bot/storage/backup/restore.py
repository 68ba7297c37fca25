"""Restores a backup into a store: `await restore(database, path)`. The file is read to its end before anything changes.

Times count as they did: a key that was to end at noon ends at noon, or is left out when that is over. A delivery that a
worker was sending when the backup was made is delivered once more. The data keeps the layout that it was saved in; the
next start of a service moves it forward.

While it is written the layout says `restoring`, so that no service starts on the half of it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.domain.errors import BackupError
from bot.domain.worker import Lease
from bot.storage import keys
from bot.storage.backup.backup_file import BackupHeader, BackupRecord, read_header, read_records
from bot.storage.backup.contents import BackupSummary, contents_of
from bot.storage.backup.key_pieces import GROUP
from bot.storage.backup.stored_keys import is_of_the_moment, stored_keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.keys import WORKER_HEARTBEAT, KeyName, RedisType
from bot.storage.leases import RedisLeases
from bot.storage.schema import RESTORING, VERSION
from bot.storage.worker_heartbeats import RedisWorkerHeartbeats

_SCHEMA = keys.SCHEMA.key()
_COMMANDS_PER_CALL = 100
_WORKER_PATIENCE_S = WORKER_HEARTBEAT.lifetime_s + 2.0  # for what a worker leaves behind that was stopped a moment ago
_KEYS_PER_CALL = 1000
_ADD = {
    RedisType.STRING: "SET",
    RedisType.HASH: "HSET",
    RedisType.SET: "SADD",
    RedisType.LIST: "RPUSH",
    RedisType.SORTED_SET: "ZADD",
}


async def restore(
    database: Database, path: Path, *, replace: bool = False, patience_s: float = _WORKER_PATIENCE_S
) -> BackupSummary:
    """Write a backup into a store and return what it held; raise BackupError or StorageError.

    A store that holds anything is refused unless `replace` is True; one on which a worker runs always is, when it still
    does after `patience_s`.
    """
    summary = verified(path)
    await _refuse_running_worker(database, patience_s)
    stored = [key async for key in stored_keys(database)]
    present = [key for key in stored if not is_of_the_moment(key)]
    if present and not replace:
        raise BackupError(
            f"The store is not empty: it holds {await contents_of(database, present)}, which would be lost. To put the "
            "backup in their place, run `runwatch restore` with --replace."
        )
    await database.command("SET", _SCHEMA, RESTORING)
    # Those of the moment as well: a wake-up stream that stays would refuse the older entries of the backup.
    await _delete(database, [key for key in stored if key != _SCHEMA])
    seconds, _ = await database.command("TIME")
    await _write(database, read_records(path), int(seconds) * 1000, summary)
    await database.command("SET", _SCHEMA, summary.header.layout)
    return summary


def verified(path: Path) -> BackupSummary:
    """Return what a backup holds, all of it read and compared with its checksum; raise BackupError."""
    header = read_header(path)
    _refuse_newer_layout(path, header)
    summary = BackupSummary(header)
    for record in read_records(path):
        summary.count(record)
    return summary


def _refuse_newer_layout(path: Path, header: BackupHeader) -> None:
    if header.layout > VERSION:
        raise BackupError(
            f"{path} has the layout {header.layout} of Runwatch {header.program}, and this version knows {VERSION}: "
            "update the program."
        )


async def _refuse_running_worker(database: Database, patience_s: float) -> None:
    """Return when no worker runs on the store; what one leaves behind that has just stopped is over within 15 s."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while worker := await _running_worker(database):
        if loop.time() >= deadline:
            raise BackupError(f"{worker} runs on this store: stop every worker first.")
        await asyncio.sleep(min(1.0, patience_s))


async def _running_worker(database: Database) -> str:
    """Return a worker that shows signs of life, "" where none does."""
    leases = RedisLeases(database)
    for lease in Lease:
        if owner := await leases.owner(lease):
            return f"The worker {owner.worker}"
    served = await RedisWorkerHeartbeats(database).served_platforms()
    return f"A worker that delivers to {' and '.join(sorted(served))}" if served else ""


async def _delete(database: Database, names: Sequence[KeyName]) -> None:
    for start in range(0, len(names), _KEYS_PER_CALL):
        await database.pipeline([("UNLINK", name) for name in names[start : start + _KEYS_PER_CALL]])


async def _write(database: Database, records: Iterator[BackupRecord], now_ms: int, summary: BackupSummary) -> None:
    commands: list[Sequence[RedisArgument]] = []
    expired: set[str] = set()
    for record in records:
        if 0 < record.expires_at_ms <= now_ms:
            if not is_of_the_moment(KeyName(record.key)):  # nobody misses a lease or a pause
                expired.add(record.key)
            continue
        commands += _commands(record)
        if len(commands) >= _COMMANDS_PER_CALL:
            await database.pipeline(commands)
            commands = []
    await database.pipeline(commands)
    summary.expired = len(expired)


def _commands(record: BackupRecord) -> list[Sequence[RedisArgument]]:
    """Return what writes a record; written twice, it does no harm but to a list."""
    key = KeyName(record.key)
    if record.kind == RedisType.STREAM:
        adding: list[Sequence[RedisArgument]] = [("XADD", key, record.pieces[0], *record.pieces[1:])]
    elif record.kind == GROUP:
        # From the beginning: what was handed out and not finished is handed out again.
        adding = [("XGROUP", "CREATE", key, group, "0", "MKSTREAM") for group in record.pieces]
    elif record.kind == RedisType.SORTED_SET:
        pairs = zip(record.pieces[1::2], record.pieces[::2], strict=True)
        adding = [("ZADD", key, *(word for pair in pairs for word in pair))]
    else:
        adding = [(_ADD[RedisType(record.kind)], key, *record.pieces)]
    return [*adding, ("PEXPIREAT", key, record.expires_at_ms)] if record.expires_at_ms else adding
