"""What the core asks of feeds and of what is kept of them.

Example: CoinDesk's feed has 25 entries. Two of them name Kraken; they are kept for 35 days, and the other 23 are not.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.domain.exchange import Exchange
from bot.domain.headline import FeedEntry, Headline, Loudness

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
    """The headlines that are kept, oldest first, and the UTC days on which a feed was read."""

    headlines: Sequence[Headline] = ()
    read_days: Collection[date] = ()


class NewsRecords(Protocol):
    """What is kept of news. Every method may raise StorageError."""

    async def save(self, headlines: Sequence[Headline], read_days: Collection[date], *, now: datetime) -> None:
        """Add headlines and days, and forget what is older than `HEADLINES_KEPT`; what is kept already is kept once."""
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

    feeds: Sequence[str]
    """The names of the feeds, none where news is switched off."""

    async def of(self, exchange: Exchange) -> ExchangeNews | None:
        """Return what is known of an exchange, None before any feed was read."""
        ...
