"""Headlines of feeds that the operator has chosen, and how loud an exchange is in them.

Example: "Kraken pauses withdrawals of one coin", https://www.coindesk.com/business/a, 29 Sep 07:58, CoinDesk, about
kraken. A headline is what somebody wrote, never a fact about the exchange: it is counted and shown with its feed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

TITLE_MAX = 200
"""Characters of a title that are kept: headlines have some 80."""
HEADLINES_KEPT = timedelta(days=35)
"""The 30 days that are normal for an exchange, the day that is compared with them, and some days to spare."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of a feed as it was read: plain text, `published_at` None where no date could be read.

    `summary` only helps to tell what the title is about; it is neither kept nor shown.
    """

    title: str
    link: str
    published_at: datetime | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline that names at least one exchange; `feed` is the name of its feed, `exchanges` are ids."""

    title: str
    link: str
    at: datetime
    feed: str
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loudness:
    """How many headlines named an exchange in the last 24 h, beside what is normal for it.

    `normal` is the median of the days before, None while fewer than `DAYS_NEEDED` of them are known (`known_days`).
    `loud_since` is when the present loud time began, None where it is not loud.
    """

    count: int
    normal: float | None = None
    known_days: int = 0
    loud_since: datetime | None = None
