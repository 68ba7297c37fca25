"""The owners of the store in Redis: platform → the bot that its data belongs to (the key OWNERS of keys.py)."""

from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.bot_account import BotAccount
from bot.domain.place import Platform
from bot.ports.store_owner import StoreOwner
from bot.storage import keys
from bot.storage.connection import Database

_KEY = keys.OWNERS.key()
_SCAN_COUNT = 1000  # fields per call: about a millisecond of the server's time

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(BotAccount)


@dataclass(frozen=True, slots=True)
class RedisStoreOwner(StoreOwner):
    """Of two bots that claim an ownerless store at once, one gets it."""

    database: Database

    @override
    async def claim(self, account: BotAccount) -> BotAccount:
        await self.database.command("HSETNX", _KEY, account.platform, _encoder.encode(account))
        owner = await self.owner(account.platform)
        if owner is None or owner.id == account.id:
            # A bot may be renamed; refusals and `check` name it as people find it now.
            if owner != account:
                await self.take_over(account)
            return account
        return owner

    @override
    async def take_over(self, account: BotAccount) -> None:
        await self.database.command("HSET", _KEY, account.platform, _encoder.encode(account))

    @override
    async def owner(self, platform: Platform) -> BotAccount | None:
        body = await self.database.command("HGET", _KEY, platform)
        return await self.database.decoded(_decoder.decode, body, _KEY, platform) if body else None

    @override
    async def places(self, platform: Platform) -> int:
        cursor, names = b"0", set[bytes]()
        while True:
            cursor, found = await self.database.command(
                "HSCAN", keys.PLACES.key(), cursor, "MATCH", f"{platform}:*", "COUNT", _SCAN_COUNT
            )
            names.update(found)  # a field may come twice when the hash changes meanwhile
            if int(cursor) == 0:
                return len(names)
