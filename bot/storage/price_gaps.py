"""What is known of price gaps, in Redis: the polls of the last hour of each exchange.

keys.py says what the key has in it. The last worker that saves is right, as with withdrawals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.price_gap import ExchangeGaps
from bot.ports.pegs import PriceGapRecords
from bot.storage import keys
from bot.storage.connection import Database

_KNOWN = keys.PRICE_GAPS.key()
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ExchangeGaps)


@dataclass(frozen=True, slots=True)
class RedisPriceGaps(PriceGapRecords):
    """Gaps in a hash, which is forgotten when nobody has asked for prices for a week."""

    database: Database

    @override
    async def save(self, gaps: Sequence[ExchangeGaps]) -> None:
        if not gaps:
            return
        fields = [word for told in gaps for word in (told.exchange, _encoder.encode(told))]
        await self.database.pipeline([("HSET", _KNOWN, *fields), ("EXPIRE", _KNOWN, keys.PRICE_GAPS.lifetime_s)])

    @override
    async def all(self) -> Mapping[str, ExchangeGaps]:
        bodies = await self.database.command("HGETALL", _KNOWN)
        read = {
            exchange.decode(): await self.database.decoded(_decoder.decode, body, _KNOWN, exchange)
            for exchange, body in bodies.items()
        }
        return {exchange: told for exchange, told in read.items() if told is not None and told.readings}
