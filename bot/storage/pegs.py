"""What is known of stablecoins' pegs, in Redis: the polls of the last hour of each coin.

keys.py says what the key has in it. The last worker that saves is right, as with withdrawals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.peg import CoinPeg
from bot.ports.pegs import PegRecords
from bot.storage import keys
from bot.storage.connection import Database

_KNOWN = keys.PEGS.key()
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CoinPeg)


@dataclass(frozen=True, slots=True)
class RedisPegs(PegRecords):
    """Pegs in a hash, which is forgotten when nobody has asked for prices for a week."""

    database: Database

    @override
    async def save(self, coins: Sequence[CoinPeg]) -> None:
        if not coins:
            return
        fields = [word for coin in coins for word in (coin.asset, _encoder.encode(coin))]
        await self.database.pipeline([("HSET", _KNOWN, *fields), ("EXPIRE", _KNOWN, keys.PEGS.lifetime_s)])

    @override
    async def all(self) -> Mapping[str, CoinPeg]:
        bodies = await self.database.command("HGETALL", _KNOWN)
        read = {
            asset.decode(): await self.database.decoded(_decoder.decode, body, _KNOWN, asset)
            for asset, body in bodies.items()
        }
        return {asset: coin for asset, coin in read.items() if coin is not None and coin.readings}
