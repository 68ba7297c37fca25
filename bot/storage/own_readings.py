"""The bot's own readings on chain in Redis: the newest of each exchange and chain (keys.py).

They are written by the worker that polls. One that was suspended may write an older reading once more, which the
other's next round replaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.own_reading import OwnReading
from bot.ports.chain import OwnReadings
from bot.storage import keys
from bot.storage.connection import Database

_KEY = keys.OWN_READINGS.key()

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(OwnReading)


@dataclass(frozen=True, slots=True)
class RedisOwnReadings(OwnReadings):
    """Own readings, each under `exchange/chain`."""

    database: Database

    @override
    async def save(self, reading: OwnReading) -> None:
        await self.database.command("HSET", _KEY, f"{reading.exchange}/{reading.chain}", _encoder.encode(reading))

    @override
    async def all(self) -> Mapping[tuple[str, str], OwnReading]:
        bodies = await self.database.command("HGETALL", _KEY)
        read = [await self.database.decoded(_decoder.decode, body, _KEY, name) for name, body in bodies.items()]
        return {(reading.exchange, reading.chain): reading for reading in read if reading}
