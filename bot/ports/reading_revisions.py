"""What a source says of its own past that differs from what it said before: proposed first, then taken over.

Example: midnight of 3 March was stored with 8,000 BTC. The body of 15 March, 12:00, has 10,000 for it: proposed. The
body of 13:00 has 10,000 as well: the reading with 8,000 is superseded, which keeps it on record, and windows start from
the one with 10,000 from now on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.reading import Reading


class ReadingRevisions(Protocol):
    """The revised points of every exchange's history. Every method may raise StorageError."""

    async def proposed(self, exchange: str) -> Mapping[datetime, Reading]:
        """Return the points that the newest body told otherwise than they are stored, by `as_of`."""
        ...

    async def propose(self, exchange: str, points: Sequence[Reading]) -> None:
        """Keep what a body tells otherwise than it is stored, in the place of what was proposed before."""
        ...

    async def revise(
        self,
        exchange: str,
        revised: Sequence[Reading],
        *,
        standing: Sequence[Reading],
        told_until: datetime,
        now: datetime,
    ) -> int:
        """Put revised points in the place of what is stored, and return how many readings they superseded.

        All in one step, and a second time without effect. Superseded are the reading of a point's time and every
        reading less than a day from it that the source does not tell, which is our own record of the wrong time.
        `standing` are the points beside the revised ones that stay as they are, and the body's newest reading.
        `told_until` is the `as_of` of that: what is as new, or newer, stays. Of each time what was first seen is kept
        on record.
        """
        ...

    async def revised_days(self, exchange: str) -> Mapping[datetime, datetime]:
        """Return when each revised point was taken over, by its `as_of`; those of the last 30 days at least."""
        ...
