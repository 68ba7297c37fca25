"""Where somebody delivers: {ob}:courier:<platform>, which lasts some seconds unless it is kept."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.place import Platform
from bot.storage.connection import Database

LASTS = timedelta(seconds=15)
_MILLISECONDS = LASTS // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RedisCouriers:
    """What workers say of themselves, so that one that does not deliver can tell when nobody does."""

    database: Database

    async def sign_in(self, platforms: Iterable[Platform]) -> None:
        """Say that this worker delivers to these platforms, for as long as `LASTS`; raise StorageError."""
        await self.database.pipeline([("SET", _key(one), 1, "PX", _MILLISECONDS) for one in platforms])

    async def served(self) -> Collection[Platform]:
        """Return the platforms that some worker delivers to; raise StorageError."""
        found = await self.database.pipeline([("EXISTS", _key(one)) for one in Platform])
        return {platform for platform, there in zip(Platform, found, strict=True) if there}


def _key(platform: Platform) -> str:
    return f"{{ob}}:courier:{platform}"
