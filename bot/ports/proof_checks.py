"""Who checks an inclusion proof for `/verify`: off the event loop, within seconds, without keeping anything of it."""

from typing import Protocol

from bot.inclusion_proofs.result import InclusionProof


class ProofChecker(Protocol):
    """Checks files."""

    async def check(self, content: bytes) -> InclusionProof:
        """Return what a file proves.

        Raise UnreadableProof for a file that is no known proof, AskerError where it cannot be checked just now.
        """
        ...
