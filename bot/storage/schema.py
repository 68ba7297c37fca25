"""Which layout of keys the store has: moved forward at start, and never read by a program that is older than it."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.errors import ConfigurationError
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.incident_fields import rename_incident_fields
from bot.storage.lua import script

Migration = Callable[[Database], Awaitable[None]]

KEY = keys.SCHEMA.key()
VERSION = 4


async def _gather_places(database: Database) -> None:
    """Bring what each place subscribed to into one hash, some hundred places at a time."""
    while await database.script(script("subscription_indexes", "migrate_1_to_2"), keys.PLACES.key()):
        pass


async def _count_presets(database: Database) -> None:
    """Count which presets are in use, an exchange at a time."""
    for exchange in ("*", *await database.command("SMEMBERS", keys.SUBSCRIBED_EXCHANGES.key())):
        await database.script(script("subscription_indexes", "migrate_2_to_3"), keys.PLACES.key(), exchange)


# From each version to the next one. Every migration must be harmless when it runs twice.
MIGRATIONS: Mapping[int, Migration] = {1: _gather_places, 2: _count_presets, 3: rename_incident_fields}

log = structlog.get_logger(__name__)


async def mark(database: Database, version: int = VERSION) -> bool:
    """Mark a store without a mark with its layout, and return whether it had none; raise StorageError.

    Of several workers that ask at once one is told so.
    """
    return await database.command("SET", KEY, version, "NX") is not None


async def bring_up_to_date(
    database: Database, *, version: int = VERSION, migrations: Mapping[int, Migration] = MIGRATIONS
) -> None:
    """Move the store's layout forward to `version`, marking a new store with it.

    Raise ConfigurationError when the layout is newer than this program, StorageError when the store is away.
    """
    await mark(database, version)
    found = int(await database.command("GET", KEY))
    if found > version:
        raise ConfigurationError(
            f"The store was written by a newer Runwatch (layout {found}, this one knows {version}): "
            "update the program, or point it at another store."
        )
    for step in range(found, version):
        log.info("store moves forward", from_layout=step, to_layout=step + 1)
        await migrations[step](database)
        await database.command("SET", KEY, step + 1)
