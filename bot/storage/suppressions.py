"""The exchanges that an operator withholds (the key SUPPRESSIONS of keys.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.suppression import Suppression
from bot.ports.workers import Suppressions
from bot.storage import keys
from bot.storage.change_feed import notice
from bot.storage.connection import Database

_HOLDS = keys.SUPPRESSIONS.key()

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Suppression)


@dataclass(frozen=True, slots=True)
class RedisSuppressions(Suppressions):
    """The port Holds on Redis; the other workers are told of every change."""

    database: Database
    worker: str = ""

    @override
    async def add(self, withheld: Suppression) -> None:
        words = "HSET", _HOLDS, withheld.exchange, _encoder.encode(withheld)
        await self.database.pipeline([words, notice(self.worker, withheld.exchange)])

    @override
    async def remove(self, exchange: str) -> bool:
        gone, _ = await self.database.pipeline([("HDEL", _HOLDS, exchange), notice(self.worker, exchange)])
        return bool(gone)

    @override
    async def all(self) -> Mapping[str, Suppression]:
        found = await self.database.command("HGETALL", _HOLDS)
        return {exchange.decode(): _decoder.decode(hold) for exchange, hold in found.items()}
