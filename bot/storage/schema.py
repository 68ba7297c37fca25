"""The version of the layout of keys: a store is migrated at start, and refused by a program older than its data.

Example: a program of layout 3 starts on data of layout 1. The migrations 1 → 2 and 2 → 3 run, then SCHEMA is 3. From
then on a program of layout 2 refuses to start on it, for it would not find what was moved.
"""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.errors import ConfigurationError, StoreOutdated
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.incident_fields import rename_incident_fields
from bot.storage.lua import script

Migration = Callable[[Database], Awaitable[None]]

KEY = keys.SCHEMA.key()
VERSION = 5
RESTORING = "restoring"
"""Stands for the version while a backup is being restored, so that nobody takes the half of it for data."""


async def _gather_places(database: Database) -> None:
    """Move what each place subscribed to from a set of its own into one hash, some hundred places at a time."""
    # The script returns 1 as long as there is more to move.
    while await database.script(script("subscription_indexes", "migrate_1_to_2"), keys.PLACES.key()):
        pass


async def _count_presets(database: Database) -> None:
    """Count which presets the subscriptions have, an exchange at a time; "*" are the subscriptions to all."""
    for exchange in ("*", *await database.command("SMEMBERS", keys.SUBSCRIBED_EXCHANGES.key())):
        await database.script(script("subscription_indexes", "migrate_2_to_3"), keys.PLACES.key(), exchange)


async def _keep_incidents(_database: Database) -> None:
    """Change nothing: incidents of layout 4 are read as they are.

    Those of layout 5 have verdicts, notes and endings that a program of layout 4 does not know. The version keeps it
    from starting on them.
    """


# By the version that it starts from. A migration that was interrupted, or that two workers start at once, runs twice;
# it must do no harm then.
MIGRATIONS: Mapping[int, Migration] = {
    1: _gather_places,
    2: _count_presets,
    3: rename_incident_fields,
    4: _keep_incidents,
}

log = structlog.get_logger(__name__)


async def mark_layout(database: Database, version: int = VERSION) -> bool:
    """Write the layout's version into a store that has none, and return whether it had none; raise StorageError.

    Of several workers that call at once, one gets True.
    """
    return await database.command("SET", KEY, version, "NX") is not None


async def stored_version(database: Database) -> int | None:
    """Return the layout's version, None for a store that has none; raise ConfigurationError when it cannot be read."""
    written = await database.command("GET", KEY)
    if written is None:
        return None
    if written == RESTORING.encode():
        raise ConfigurationError(
            "A backup was being restored into this store and is not whole: run `runwatch restore --replace FILE` again."
        )
    try:
        return int(written)
    except ValueError:
        raise ConfigurationError(
            f"The layout of the store, {database.prefix}{KEY}, cannot be read. If this version of Runwatch was the "
            f"last that ran, set it to {VERSION}: redis-cli SET {database.prefix}{KEY} {VERSION}"
        ) from None


async def bring_up_to_date(
    database: Database,
    *,
    version: int = VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    may_migrate: bool = True,
) -> None:
    """Migrate the store to the layout `version`; a new store only gets the version written.

    Where `may_migrate` is False nothing is written at all. Raise ConfigurationError when the layout is newer than this
    program, StoreOutdated when it is older and `may_migrate` is False, StorageError when the store is away.
    """
    if may_migrate:
        await mark_layout(database, version)
    stored = await stored_version(database)
    if stored is None:  # no service has ever run on it
        return
    if stored > version:
        raise ConfigurationError(
            f"The store was written by a newer Runwatch (layout {stored}, this one knows {version}): "
            "update the program, or point it at another store."
        )
    if stored < version and not may_migrate:
        raise StoreOutdated(
            f"The store was written by an older Runwatch (layout {stored}, this one knows {version}): "
            "start the service with this version first, which moves the data forward."
        )
    for step in range(stored, version):
        log.info("migrating the store", from_layout=step, to_layout=step + 1)
        await migrations[step](database)
        await database.command("SET", KEY, step + 1)
