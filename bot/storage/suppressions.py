"""The suppressions in Redis: which exchanges' figures an operator has paused (the key SUPPRESSIONS of keys.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.suppression import Metric, Suppression, suppression_key
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
        store = "HSET", _KEY, suppression.key, _encoder.encode(suppression)
        await self.database.pipeline([store, publish_command(self.worker, suppression.exchange)])

    @override
    async def remove(self, exchange: str, metric: Metric = Metric.ALL) -> bool:
        metrics = Metric if metric is Metric.ALL else (metric,)
        fields = (suppression_key(exchange, removed) for removed in metrics)
        removed, _ = await self.database.pipeline([("HDEL", _KEY, *fields), publish_command(self.worker, exchange)])
        return bool(removed)

    @override
    async def all(self) -> Mapping[str, Suppression]:
        bodies = await self.database.command("HGETALL", _KEY)
        read = {
            field.decode(): await self.database.decoded(_decoder.decode, body, _KEY, field)
            for field, body in bodies.items()
        }
        return {key: suppression for key, suppression in read.items() if suppression}
