"""What the core asks of feeds and of what is kept of them.

Example: CoinDesk's feed has 25 entries. Two of them name Kraken; they are kept for 35 days, and the other 23 are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.domain.exchange import Exchange
from bot.domain.headline import FeedEntry, Headline, Loudness
from bot.domain.reading import SourceHealth

HEADLINES_MAX = 5000
"""That are kept of all exchanges together: a hundred a day for all of the time, and more than that."""


class Feed(Protocol):
    """A feed of the operator's choice; `name` is what people read: the host without `www.`."""

    name: str

    async def entries(self) -> Sequence[FeedEntry]:
        """Return what the feed tells now, nothing where it has not changed; raise SourceError."""
        ...

    def forget_version(self) -> None:
        """Ask for everything again next time, also where nothing changes meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class KeptNews:
    """The headlines that are kept, oldest first, and when a feed was last read on each UTC day with one read."""

    headlines: Sequence[Headline] = ()
    reads: Mapping[date, datetime] = field(default_factory=dict)


class NewsRecords(Protocol):
    """What is kept of news. Every method may raise StorageError."""

    async def save(self, headlines: Sequence[Headline], *, read_at: datetime) -> None:
        """Add headlines, keep that a feed was read, and forget what is older than `HEADLINES_KEPT`.

        What is kept already is kept once.
        """
        ...

    async def all(self) -> KeptNews:
        """Return everything that is kept."""
        ...


@dataclass(frozen=True, slots=True)
class ExchangeNews:
    """How loud an exchange is, and its headlines, newest first; `read_at` is when a feed was last read."""

    loudness: Loudness
    headlines: Sequence[Headline]
    read_at: datetime


class NewsAnswers(Protocol):
    """What may be asked about news, from memory."""

    @property
    def feeds(self) -> Sequence[str]:
        """Return the names of the feeds, none where news is switched off."""
        ...

    def health(self, feed: str) -> SourceHealth | None:
        """Return how a feed is doing, by its name; None before it was ever asked."""
        ...

    async def of(self, exchange: Exchange) -> ExchangeNews | None:
        """Return what is known of an exchange, None before any feed was read."""
        ...
