"""What a twin of an exchange's proofs is: where it is asked, and how the exchange would write given proofs.

Paths and formats are told here once more and not taken from the adapters, so that each of the two shows an error in the
other. No replay serves one: of 2022 there was none to write, and none is made up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.proof_of_reserves import ProofOfReserves

WriteProofs = Callable[[Sequence[ProofOfReserves], Mapping[str, str]], object]
"""Makes a body from all proofs of an exchange, oldest first, of which there is one at least, and what was asked for.

A text is sent as it is, anything else as JSON.
"""


@dataclass(frozen=True, slots=True)
class ProofPath:
    """One address below an exchange's own: `content` is what has to be sent along."""

    path: str
    write: WriteProofs
    method: str = "GET"
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class ProofTwin:
    """The interface of an exchange; `setting` is the setting that leads to it."""

    exchange: str
    setting: str
    paths: Sequence[ProofPath]
