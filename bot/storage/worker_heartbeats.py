"""Which platforms some worker delivers to.

Every worker that delivers sets a key of 15 seconds again and again (WORKER_HEARTBEAT of keys.py), so the key is there
as long as one of them lives.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.place import Platform
from bot.storage import keys
from bot.storage.connection import Database

LASTS = timedelta(seconds=keys.WORKER_HEARTBEAT.lifetime_s)


@dataclass(frozen=True, slots=True)
class RedisWorkerHeartbeats:
    """What workers say of themselves, so that one that does not deliver can tell when nobody does."""

    database: Database

    async def beat(self, platforms: Iterable[Platform]) -> None:
        """Say that this worker delivers to these platforms, for as long as `LASTS`; raise StorageError."""
        await self.database.pipeline(
            [
                ("SET", keys.WORKER_HEARTBEAT.key(platform), 1, "EX", keys.WORKER_HEARTBEAT.lifetime_s)
                for platform in platforms
            ]
        )

    async def served_platforms(self) -> Collection[Platform]:
        """Return the platforms that some worker delivers to; raise StorageError."""
        found = await self.database.pipeline([("EXISTS", keys.WORKER_HEARTBEAT.key(platform)) for platform in Platform])
        return {platform for platform, there in zip(Platform, found, strict=True) if there}
