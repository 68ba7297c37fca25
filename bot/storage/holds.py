"""The exchanges that an operator withholds.

runwatch:holds           hash: exchange → who withholds it, since when and why (JSON)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.withheld import Withheld
from bot.ports import Holds
from bot.storage.bulletin import notice
from bot.storage.connection import Database

_HOLDS = "runwatch:holds"

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Withheld)


@dataclass(frozen=True, slots=True)
class RedisHolds(Holds):
    """The port Holds on Redis; the other workers are told of every change."""

    database: Database
    worker: str = ""

    @override
    async def hold(self, withheld: Withheld) -> None:
        words = "HSET", _HOLDS, withheld.exchange, _encoder.encode(withheld)
        await self.database.pipeline([words, notice(self.worker, withheld.exchange)])

    @override
    async def release(self, exchange: str) -> bool:
        gone, _ = await self.database.pipeline([("HDEL", _HOLDS, exchange), notice(self.worker, exchange)])
        return bool(gone)

    @override
    async def all(self) -> Mapping[str, Withheld]:
        found = await self.database.command("HGETALL", _HOLDS)
        return {exchange.decode(): _decoder.decode(hold) for exchange, hold in found.items()}
