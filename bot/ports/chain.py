"""What the core asks of an interface to a blockchain, and how own readings are kept."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from bot.domain.own_reading import OutgoingTimes, OwnReading, OwnRound


class ChainSource(Protocol):
    """An interface to one blockchain: an Esplora server, or a JSON-RPC node. Every failure is a SourceError.

    `chain` is spelled as the source of reserves spells it. A round reads the `most_wallets` heaviest of an exchange,
    None for all, and every exchange has one every `interval` at most.
    """

    chain: str
    most_wallets: int | None
    interval: timedelta

    async def read(self, exchange: str, wallets: Sequence[str]) -> OwnRound:
        """Return what all of these wallets of an exchange hold; raise SourceError where one of them is not told."""
        ...

    async def outgoing(self, wallet: str) -> OutgoingTimes | None:
        """Return when the newest transactions left a wallet, None where the interface does not tell; raise SourceError.

        What waits for a block has left as well.
        """
        ...


class OwnReadings(Protocol):
    """What is kept of own readings: the newest of each exchange and chain. Every method may raise StorageError."""

    async def save(self, reading: OwnReading) -> None:
        """Keep a reading in place of the one before of its exchange and chain."""
        ...

    async def all(self) -> Mapping[tuple[str, str], OwnReading]:
        """Return the readings by exchange id and chain."""
        ...
