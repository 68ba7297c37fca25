"""Which platforms some worker delivers to, so that `/status` can say when nobody does.

Every worker that delivers sets, for each of its platforms, a key that expires after 15 seconds (WORKER_HEARTBEAT of
keys.py), and sets it again before that. So the key is there as long as one of them lives.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.place import Platform
from bot.storage import keys
from bot.storage.connection import Database

HEARTBEAT_LIFETIME = timedelta(seconds=keys.WORKER_HEARTBEAT.lifetime_s)


@dataclass(frozen=True, slots=True)
class RedisWorkerHeartbeats:
    """The heartbeats of all workers."""

    database: Database

    async def beat(self, platforms: Iterable[Platform]) -> None:
        """Say that this worker delivers to platforms, for as long as HEARTBEAT_LIFETIME; raise StorageError."""
        await self.database.pipeline(
            [
                ("SET", keys.WORKER_HEARTBEAT.key(platform), 1, "EX", keys.WORKER_HEARTBEAT.lifetime_s)
                for platform in platforms
            ]
        )

    async def served_platforms(self) -> Collection[Platform]:
        """Return the platforms that some worker delivers to; raise StorageError."""
        questions = [("EXISTS", keys.WORKER_HEARTBEAT.key(platform)) for platform in Platform]
        replies = await self.database.pipeline(questions)
        return {platform for platform, is_served in zip(Platform, replies, strict=True) if is_served}
