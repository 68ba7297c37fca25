"""Where somebody delivers: {ob}:courier:<platform>, which lasts some seconds unless it is kept."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.place import Platform
from bot.storage.connection import Database

LASTS = timedelta(seconds=15)
_MILLISECONDS = LASTS // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RedisWorkerHeartbeats:
    """What workers say of themselves, so that one that does not deliver can tell when nobody does."""

    database: Database

    async def beat(self, platforms: Iterable[Platform]) -> None:
        """Say that this worker delivers to these platforms, for as long as `LASTS`; raise StorageError."""
        await self.database.pipeline([("SET", _key(platform), 1, "PX", _MILLISECONDS) for platform in platforms])

    async def served_platforms(self) -> Collection[Platform]:
        """Return the platforms that some worker delivers to; raise StorageError."""
        found = await self.database.pipeline([("EXISTS", _key(platform)) for platform in Platform])
        return {platform for platform, there in zip(Platform, found, strict=True) if there}


def _key(platform: Platform) -> str:
    return f"{{ob}}:courier:{platform}"
