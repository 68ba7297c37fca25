"""What the core asks of time and of upstreams. To add an upstream, write a class that fits `Source`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.exchange import Exchange, Listing
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.reading import Reading
from bot.domain.withdrawal_reading import SourceStanding, WithdrawalReading

ReadHeaders = Callable[[Mapping[str, str]], None]
"""Takes the headers of an answer, which say what time it is there."""
BeginRequest = Callable[[], ReadHeaders]
"""Is called when a request is sent, and returns what takes the headers of its answer."""


class Clock(Protocol):
    """What time it is, for every decision; tests and replays bring their own."""

    def now(self) -> datetime:
        """Return the present, aware, UTC."""
        ...


class Source(Protocol):
    """An upstream of listings and readings. Every failure is a SourceError with its reason.

    `name` is what its figures are signed with: `Listing.source`, `Reading.source`, and the key of its health.
    """

    name: str

    async def listings(self) -> Sequence[Listing]:
        """Return the present list of exchanges; raise SourceError."""
        ...

    async def readings(self, exchange: Exchange, *, since: datetime) -> Sequence[Reading]:
        """Return the readings of one exchange from `since` on, oldest first, never empty; raise SourceError."""
        ...


class WithdrawalSource(Protocol):
    """What one exchange itself says about withdrawals, all of its interfaces together.

    `name` is what its figures are signed with, `standing` what stands behind it. It is asked every `interval` at most.
    `tells_networks` is False of one that knows how the exchange is as a whole, and nothing of its withdrawals.
    """

    exchange: str
    name: str
    standing: SourceStanding
    interval: timedelta
    tells_networks: bool = True

    async def read(self) -> WithdrawalReading:
        """Return what the exchange says now. A failure is a reading with a `fault`; nothing is raised."""
        ...


class ProofSource(Protocol):
    """The proofs of reserves that one exchange tells itself; `exchange` is our id, `name` what is shown."""

    @property
    def exchange(self) -> str:
        """Return our id of the exchange."""
        ...

    @property
    def name(self) -> str:
        """Return what the exchange is called."""
        ...

    async def read(self) -> ProofOfReserves:
        """Return its newest proof, with `read_at`; raise SourceError."""
        ...
