"""Proofs of reserves in Redis: one hash, with a field for each exchange and month (keys.py).

A proof has some 1.5 KB and there are twelve a year, so that they are kept for good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.proof_of_reserves import ProofOfReserves
from bot.ports.proofs import ProofRecords
from bot.storage import keys
from bot.storage.connection import Database

_PROOFS = keys.PROOFS.key()

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(ProofOfReserves)


@dataclass(frozen=True, slots=True)
class RedisProofs(ProofRecords):
    """Proofs by exchange and month."""

    database: Database

    @override
    async def save(self, proof: ProofOfReserves) -> None:
        await self.database.command("HSET", _PROOFS, _field(proof), _encoder.encode(proof))

    @override
    async def archive(self) -> Mapping[str, Sequence[ProofOfReserves]]:
        bodies = await self.database.command("HGETALL", _PROOFS)
        archive: dict[str, list[ProofOfReserves]] = {}
        for field, body in sorted(bodies.items()):
            if proof := await self.database.decoded(_decoder.decode, body, _PROOFS, field):
                archive.setdefault(proof.exchange, []).append(proof)
        return archive


def _field(proof: ProofOfReserves) -> str:
    """Return the field of a proof, `binance 2026-04`: fields in order are an exchange's proofs in order."""
    return f"{proof.exchange} {proof.as_of:%Y-%m}" if proof.as_of else proof.exchange
