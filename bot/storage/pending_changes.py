"""What places may still confirm or take back, in Redis: one value for each, for an hour (keys.PENDING_CHANGE)."""

from dataclasses import dataclass
from secrets import token_hex

from typing_extensions import override

from bot.domain.place import Place
from bot.ports.pending_changes import PendingChanges
from bot.storage import keys
from bot.storage.connection import Database

_CODE_BYTES = 4  # eight digits: nobody guesses it within an hour, and a button has room for it


@dataclass(frozen=True, slots=True)
class RedisPendingChanges(PendingChanges):
    """The value is the code and the text with a line break between them."""

    database: Database

    @override
    async def keep(self, place: Place, text: str) -> str:
        code = token_hex(_CODE_BYTES)
        value = f"{code}\n{text}".encode()
        await self.database.command("SET", _key(place), value, "EX", keys.PENDING_CHANGE.lifetime_s)
        return code

    @override
    async def read(self, place: Place, code: str) -> str | None:
        value = await self.database.command("GET", _key(place))
        kept_code, _, text = (value or b"").decode(errors="replace").partition("\n")
        return text if value and kept_code == code else None

    @override
    async def forget(self, place: Place) -> None:
        await self.database.command("DEL", _key(place))


def _key(place: Place) -> keys.KeyName:
    return keys.PENDING_CHANGE.key(str(place))
