"""What the core asks of the sources of stablecoins' prices, and what is kept of them over a restart."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.peg import CoinPeg, PegRound


class PegSource(Protocol):
    """All sources of prices and supplies together; `names` are those that are asked, `off` those that are not."""

    names: Sequence[str]
    off: Sequence[str] = ()

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
