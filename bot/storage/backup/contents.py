"""What a backup or a store holds, in words: “2 places that subscribed, 4 incidents and the readings of 9 exchanges”."""

from collections import Counter
from dataclasses import dataclass, field

from typing_extensions import override

from bot.storage import keys
from bot.storage.backup.backup_file import BackupHeader, BackupRecord
from bot.storage.backup.stored_keys import is_of, stored_keys
from bot.storage.connection import Database
from bot.storage.keys import KeyName


@dataclass(frozen=True, slots=True)
class StoreContents:
    """How much of what people would miss there is, and how many keys in all."""

    places: int
    incidents: int
    exchanges: int
    keys: int

    @override
    def __str__(self) -> str:
        """Return it in words."""
        places = "1 place that subscribed" if self.places == 1 else f"{self.places:,} places that subscribed"
        incidents = "1 incident" if self.incidents == 1 else f"{self.incidents:,} incidents"
        exchanges = "1 exchange" if self.exchanges == 1 else f"{self.exchanges:,} exchanges"
        return f"{places}, {incidents} and the readings of {exchanges}"


@dataclass(slots=True)
class BackupSummary:
    """What was saved or restored.

    `pieces` counts by key. `unsteady` are the tags of keys that changed while they were saved; `expired` is how many
    keys were not restored, because their time was over.
    """

    header: BackupHeader
    pieces: Counter[str] = field(default_factory=Counter)
    unsteady: list[str] = field(default_factory=list)
    expired: int = 0

    def count(self, record: BackupRecord) -> None:
        """Count a record."""
        self.pieces[record.key] += len(record.pieces)

    @property
    def contents(self) -> StoreContents:
        """Return what is in it; a field and its value are two pieces."""
        return StoreContents(
            places=self.pieces[keys.PLACES.key()] // 2,
            incidents=self.pieces[keys.INCIDENTS.key()] // 2,
            exchanges=sum(1 for key in self.pieces if is_of(keys.READINGS, key)),
            keys=len(self.pieces),
        )


async def contents_of(database: Database, names: "list[KeyName] | None" = None) -> StoreContents:
    """Return what a store holds; raise StorageError."""
    names = [key async for key in stored_keys(database)] if names is None else names
    places, incidents = await database.pipeline([("HLEN", keys.PLACES.key()), ("HLEN", keys.INCIDENTS.key())])
    return StoreContents(places, incidents, sum(1 for name in names if is_of(keys.READINGS, name)), len(names))
