"""Saves everything that a store holds, while the bot runs: `await save(database, path, …)`.

Keys that change together (they share a hash tag) are read together: incidents and their outbox, the subscriptions with
their indexes, the readings of an exchange. When one of them changes meanwhile they are read once more, six times at
most; then they are saved as they were met, and the summary says so. In memory there is a piece of a key at a time.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from bot.domain.errors import BackupError
from bot.domain.place import Platform
from bot.storage import keys
from bot.storage.backup.backup_file import FORMAT, BackupHeader, BackupRecord, BackupWriter, encoded
from bot.storage.backup.contents import BackupSummary
from bot.storage.backup.key_pieces import pieces_of
from bot.storage.backup.stored_keys import by_tag, is_of_the_moment, stored_keys
from bot.storage.connection import Command, Database
from bot.storage.keys import KeyName
from bot.storage.schema import VERSION, stored_version
from bot.storage.store_owner import RedisStoreOwner

_ATTEMPTS, _PAUSE_S = 6, 0.2


async def save(database: Database, path: Path, *, program: str, now: datetime) -> BackupSummary:
    """Write a backup and return what it holds; raise BackupError, StorageError or ConfigurationError.

    A file that is there already is replaced once the new one is whole. `program` is this version.
    """
    layout = await stored_version(database)
    if layout is None:
        raise BackupError("The store is empty: there is nothing to save.")
    if layout > VERSION:
        raise BackupError("The store was written by a newer Runwatch: save it with that version.")
    owners = [await RedisStoreOwner(database).owner(platform) for platform in Platform]
    labels = tuple(owner.label for owner in owners if owner)
    summary = BackupSummary(BackupHeader(FORMAT, layout, program, now, labels))
    clock = await _ServerClock.of(database)
    groups = by_tag([key async for key in stored_keys(database) if key != keys.SCHEMA.key()])
    try:
        with BackupWriter(path, summary.header) as writer:
            for tag, names in groups.items():
                with TemporaryFile(dir=path.parent) as spool:
                    group, is_steady = await _read_group(database, tag, names, spool, clock)
                    spool.seek(0)
                    writer.add(spool, group.records)
                    summary.pieces.update(group.pieces)
                summary.unsteady += [] if is_steady else [tag]
    except OSError as error:  # the disk is full
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    return summary


class _ServerClock:
    """The server's time, asked once: by it the times at which keys end are written down."""

    def __init__(self, server_ms: int) -> None:
        self._started_s = asyncio.get_running_loop().time()
        self._server_ms = server_ms

    @classmethod
    async def of(cls, database: Database) -> "_ServerClock":
        seconds, microseconds = await database.command("TIME")
        return cls(int(seconds) * 1000 + int(microseconds) // 1000)

    def in_ms(self, milliseconds: int) -> int:
        """Return the time in so many milliseconds, in milliseconds since 1970; 0 for a key that stays (below 0)."""
        elapsed_ms = int((asyncio.get_running_loop().time() - self._started_s) * 1000)
        return self._server_ms + elapsed_ms + milliseconds if milliseconds >= 0 else 0


class _Group:
    """The records of keys that belong together, on their way into the file."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self.records = 0
        self.pieces: dict[str, int] = {}

    def add(self, record: BackupRecord) -> None:
        self._spool.write(encoded(record))
        self.records += 1
        self.pieces[record.key] = self.pieces.get(record.key, 0) + len(record.pieces)


async def _read_group(
    database: Database, tag: str, names: Sequence[KeyName], spool: IO[bytes], clock: _ServerClock
) -> tuple[_Group, bool]:
    """Return what keys held at one moment, and True; when they never stood still for long enough, False."""
    group = _Group(spool)
    for attempt in range(_ATTEMPTS):
        if attempt:
            await asyncio.sleep(_PAUSE_S * attempt)
        spool.seek(0)
        spool.truncate()
        group = _Group(spool)
        steady_names = [name for name in names if not is_of_the_moment(name)]

        async def read(command: Command, names: Sequence[KeyName] = names, group: _Group = group) -> None:
            for name in names:
                await _read_key(command, name, group, clock)

        is_unchanged = await database.read_unchanged(steady_names or names[:1], read)
        present = [key async for key in stored_keys(database, tag) if key in names or not is_of_the_moment(key)]
        if is_unchanged and set(steady_names) >= {key for key in present if not is_of_the_moment(key)}:
            return group, True
        if not present:
            return group, True
        names = present
    return group, False


async def _read_key(command: Command, name: KeyName, group: _Group, clock: _ServerClock) -> None:
    """Add everything that a key holds; a key that is gone by now adds nothing."""
    expires_at_ms = clock.in_ms(int(await command("PTTL", name)))
    async for kind, pieces in pieces_of(command, name):
        if pieces:
            group.add(BackupRecord(kind, str(name), expires_at_ms, tuple(pieces)))
