"""What the core asks of the sources of prices, and what is kept of pegs and price gaps over a restart."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.peg import CoinPeg, PegRound
from bot.domain.price_gap import ExchangeGaps


class PegSource(Protocol):
    """All sources of prices and supplies together; `names` are those that are asked, `off` those that are not.

    `venue_names` and `venues_off` are the same of the exchanges whose prices are compared with each other.
    """

    names: Sequence[str]
    off: Sequence[str] = ()
    venue_names: Sequence[str] = ()
    venues_off: Sequence[str] = ()

    async def read(self) -> PegRound:
        """Return what the sources say now. A failure is an answer with a `fault`; nothing is raised."""
        ...


class PegRecords(Protocol):
    """What is kept of pegs: the polls of the last hour. Every method may raise StorageError."""

    async def save(self, coins: Sequence[CoinPeg]) -> None:
        """Keep what is known of these coins, in place of what was."""
        ...

    async def all(self) -> Mapping[str, CoinPeg]:
        """Return what is known of every coin, by its symbol."""
        ...


class PriceGapRecords(Protocol):
    """What is kept of price gaps: the polls of the last hour. Every method may raise StorageError."""

    async def save(self, gaps: Sequence[ExchangeGaps]) -> None:
        """Keep what is known of these exchanges, in place of what was."""
        ...

    async def all(self) -> Mapping[str, ExchangeGaps]:
        """Return what is known of every exchange, by its id."""
        ...
