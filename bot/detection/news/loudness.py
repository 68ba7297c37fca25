"""How loud an exchange is in the news: the headlines of the last 24 h beside its own 30 days before them.

Example: twelve headlines since yesterday, and on the 30 days before 0, 3, 2, 1 … with a median of 2: "12 headlines in
24 h (normal 2)". A day on which no feed could be read says nothing and is left out; with fewer than seven known days
nothing is normal yet.

No figure is published of how many headlines are many, so the only measure is the exchange itself: it is loud with at
least three headlines in 24 h, and at least three times the normal. That is a count of what was written; whether it is
good or bad, true or false, it does not say.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from bot.domain.headline import Headline, Loudness

DAYS_COMPARED = 30
DAYS_NEEDED = 7
"""Known days without which nothing is normal: all days of a week, as weekends are quieter."""
LOUD_MIN = 3
LOUD_TIMES = 3.0

_DAY = timedelta(days=1)


def loudness(headlines: Sequence[Headline], read_days: Collection[date], now: datetime) -> Loudness:
    """Return how loud an exchange is now; `headlines` are those that name it, `read_days` UTC days with a feed read."""
    times = sorted(headline.at for headline in headlines if headline.at <= now)
    counts = [
        _count(times, until)
        for until in (now - day * _DAY for day in range(1, DAYS_COMPARED + 1))
        # A feed tells of some days back, but not of those on which it was not read at all.
        if {until.date(), (until - _DAY).date()} <= set(read_days)
    ]
    count = _count(times, now)
    if len(counts) < DAYS_NEEDED:
        return Loudness(count, known_days=len(counts))
    normal = float(median(counts))
    return Loudness(count, normal, len(counts), _loud_since(times, normal, now))


def _count(times: Sequence[datetime], until: datetime) -> int:
    """Return how many of the times are in the 24 h up to `until`."""
    return sum(until - _DAY < at <= until for at in times)


def _loud_since(times: Sequence[datetime], normal: float, now: datetime) -> datetime | None:
    """Return when the last 24 h first held so many headlines, going back as long as they always did."""
    needed = max(LOUD_MIN, normal * LOUD_TIMES)
    if _count(times, now) < needed:
        return None
    since = now
    # The count only falls when a headline is a day old, and only rises with a headline.
    for at in reversed(times):
        if _count(times, at) < needed:
            break
        since = at
    return since
