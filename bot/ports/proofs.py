"""What is kept of the proofs of reserves that exchanges tell themselves: one a month, for most show the newest alone.

Example: Binance's interface has the proof of 2026-04-01 and nothing of the one before. That of March is still here.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.proof_of_reserves import ProofOfReserves


class ProofRecords(Protocol):
    """The archive of proofs. Every method may raise StorageError."""

    async def save(self, proof: ProofOfReserves) -> None:
        """Keep a proof as that of its month, in place of an earlier one or of what was told of the same one before."""
        ...

    async def archive(self) -> Mapping[str, Sequence[ProofOfReserves]]:
        """Return all that is kept, by the ids of exchanges, oldest first."""
        ...
