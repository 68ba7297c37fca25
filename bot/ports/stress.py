"""What is kept of the stress test: the result of each day, the worst outflows of each exchange, and the newest post.

Example: on 2026-11-30 Kraken passed. That stays for 400 days, so that the league table has the result of its last turn.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from bot.domain.exchange import Exchange
from bot.domain.stress import LeagueRow, LivedThrough, StressFacts, StressResult

RESULTS_MAX = 400
"""How many days' results are kept: as long as daily readings and transitions are."""


class StressRecords(Protocol):
    """What is kept of the stress test. Every method may raise StorageError."""

    async def save_result(self, result: StressResult) -> None:
        """Keep the result of a day in place of what it had, and forget the oldest when there are too many."""
        ...

    async def results(self) -> Sequence[StressResult]:
        """Return the results that are kept, oldest first."""
        ...

    async def save_lived(self, lived: LivedThrough) -> None:
        """Keep an exchange's worst outflows in place of those before."""
        ...

    async def lived(self) -> Mapping[str, LivedThrough]:
        """Return the worst outflows of every exchange that has been looked at, by its id."""
        ...

    async def posted(self) -> date | None:
        """Return the newest day whose card was posted, None before the first."""
        ...

    async def mark_posted(self, day: date) -> None:
        """Keep that the card of a day was posted."""
        ...


class StressAnswers(Protocol):
    """What may be asked of the stress test. Every method may raise StorageError."""

    async def today(self) -> Exchange | None:
        """Return the exchange whose turn it is, None while no exchange is listed."""
        ...

    def unread(self) -> int:
        """Return how many watched exchanges have not been read since the start: till then the order may change."""
        ...

    async def next_turn(self, exchange: Exchange) -> date | None:
        """Return the day of an exchange's turn in this cycle, today or later; None when that is over."""
        ...

    async def facts(self, exchange: Exchange) -> StressFacts:
        """Return what a result of an exchange rests on now."""
        ...

    async def result_of_today(self) -> StressResult | None:
        """Return the worst result of the day so far, None before the first."""
        ...

    async def league(self) -> Sequence[LeagueRow]:
        """Return every watched exchange with its worst outflows and the result of its last turn."""
        ...
