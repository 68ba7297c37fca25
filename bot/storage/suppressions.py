"""The suppressions in Redis: which exchanges' figures an operator has paused (the key SUPPRESSIONS of keys.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.suppression import Suppression
from bot.ports.workers import Suppressions
from bot.storage import keys
from bot.storage.change_feed import publish_command
from bot.storage.connection import Database

_KEY = keys.SUPPRESSIONS.key()

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Suppression)


@dataclass(frozen=True, slots=True)
class RedisSuppressions(Suppressions):
    """Publishes every change in the change feed, in the name of `worker`, so that all workers answer alike."""

    database: Database
    worker: str = ""

    @override
    async def add(self, suppression: Suppression) -> None:
        store = "HSET", _KEY, suppression.exchange, _encoder.encode(suppression)
        await self.database.pipeline([store, publish_command(self.worker, suppression.exchange)])

    @override
    async def remove(self, exchange: str) -> bool:
        removed, _ = await self.database.pipeline([("HDEL", _KEY, exchange), publish_command(self.worker, exchange)])
        return bool(removed)

    @override
    async def all(self) -> Mapping[str, Suppression]:
        bodies = await self.database.command("HGETALL", _KEY)
        read = {
            exchange.decode(): await self.database.decoded(_decoder.decode, body, _KEY, exchange)
            for exchange, body in bodies.items()
        }
        return {exchange: suppression for exchange, suppression in read.items() if suppression}
