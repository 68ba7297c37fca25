"""The readings of every exchange by time, the newest list of exchanges, and the health of each source.

`as_of` is the time that a source gives a reading; it is never changed. A reading is not rewritten either. But a source
may revise its history: then another one takes its place (reading_revisions.py). How much is kept depends on the store:
Redis keeps every reading of 10 days, and the first of each UTC day for 410.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.domain.signal_source import SignalSource


class Readings(Protocol):
    """The readings that are kept. Every method may raise StorageError."""

    async def add(self, readings: Sequence[Reading]) -> int:
        """Keep readings that are not known yet, by exchange and `as_of`, and return how many those were.

        One that repeats the holdings of the reading before it, or is older than what is kept, may be left out.
        """
        ...

    async def latest(self, exchange: str) -> Reading | None:
        """Return the newest reading by `as_of`, None when there is none."""
        ...

    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        """Return the newest reading whose `as_of` is at or before a moment, None when there is none."""
        ...

    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        """Return the bases of windows: the newest reading at or before each of the moments, each reading once.

        Moments of 24 h, 72 h and 7 days ago may have the same base, or none; both make the result shorter.
        """
        ...

    def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Yield the first reading of each UTC day from `since` to `until`, both included, oldest first."""
        ...

    def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Yield every reading that is kept after `since` and up to `until`, oldest first."""
        ...

    async def save_listings(self, listings: Sequence[Listing]) -> None:
        """Keep the rows of a list of exchanges; the row of an exchange that is not in it stays as it was."""
        ...

    async def listings(self) -> Mapping[str, Listing]:
        """Return the newest row of every exchange that was ever listed, by the exchange's id."""
        ...

    async def save_health(self, health: SourceHealth) -> None:
        """Keep the health of a source."""
        ...

    async def health(self) -> Mapping[str, SourceHealth]:
        """Return the health of every source, by its name."""
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
