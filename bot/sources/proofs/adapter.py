"""What an adapter of an exchange's proofs is: what is asked, and a pure function that reads the answers.

Example: Binance answers one request with the days of all its proofs, and another one with the newest. `binance.py` says
so in a `ProofAdapter`, whose `parse` gets both bodies and returns a proof, or raises SourceError where they contradict
themselves. Nothing in a proof is left out because it cannot be read: an asset that is missing would look lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.proof_of_reserves import ProofOfReserves
from bot.sources.http_types import FetchLimits

PROOF_LIMITS = FetchLimits(timedelta(seconds=30), wire_bytes=1 << 18, plain_bytes=1 << 20, in_all=timedelta(seconds=90))
"""A proof of 50 assets has some 20 KB."""


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """One request of an adapter; with a `content`, JSON, it is a POST."""

    path: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofAdapter:
    """The interface in which an exchange tells its newest proof.

    `exchange` is our id and `name` what is shown. `setting` is the setting that replaces `base`. `requests` returns
    what is asked at a time; `parse` takes the bodies that answer it, in their order, and that time.
    """

    exchange: str
    name: str
    setting: str
    base: str
    requests: Callable[[datetime], Sequence[ProofRequest]]
    parse: Callable[[Sequence[bytes], datetime], ProofOfReserves]
