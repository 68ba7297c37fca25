"""Readings kept by exchange and time, the newest list, and how each source is doing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.domain.signal_source import SignalSource


class Readings(Protocol):
    """What is known of every exchange. Times are kept as the source gave them; nothing is ever rewritten."""

    async def add(self, readings: Sequence[Reading]) -> int:
        """Keep the readings not yet known (by exchange and `as_of`) and return how many those were."""
        ...

    async def latest(self, exchange: str) -> Reading | None:
        """Return the newest reading by `as_of`."""
        ...

    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        """Return the newest reading whose `as_of` is at or before the moment."""
        ...

    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        """Return the newest readings at or before each of some moments, each reading once, where there are any."""
        ...

    def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Yield the first reading of each UTC day in the span, oldest first."""
        ...

    def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Yield every reading that is kept after `since` and up to `until`, oldest first."""
        ...

    async def save_listings(self, listings: Sequence[Listing]) -> None:
        """Keep the newest row of each exchange listed; rows of exchanges not in it stay as they were."""
        ...

    async def listings(self) -> Mapping[str, Listing]:
        """Return the newest row of every exchange ever listed, by id."""
        ...

    async def save_health(self, health: SourceHealth) -> None:
        """Keep how a source is doing."""
        ...

    async def health(self) -> Mapping[str, SourceHealth]:
        """Return how every source is doing, by its name."""
        ...


class SignalPast(Protocol):
    """What one signal source beside the outflow has read, kept long enough to rehearse its rule."""

    @property
    def source(self) -> SignalSource[Any, Any]:
        """Return whose readings they are."""
        ...

    def rounds(
        self, exchanges: Sequence[Exchange], *, since: datetime, until: datetime
    ) -> AsyncIterator[tuple[datetime, Sequence[Any]]]:
        """Yield what was read of exchanges, or of what they all share, at each time, oldest first."""
        ...
