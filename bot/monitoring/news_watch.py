"""Reads news feeds, keeps the headlines that name an exchange, and answers how loud an exchange is.

Example: every 15 min each feed is asked. CoinDesk has two new entries about Kraken, and Decrypt takes one of them over:
two headlines are kept. Cointelegraph answers 403, which ends nothing but its own turn, and is in `/status`.

Nobody's alert waits for this. Whatever a feed does, and a store that is away, delays news and nothing else.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from typing_extensions import override

from bot.detection.news.duplicates import without_duplicates
from bot.detection.news.loudness import loudness
from bot.detection.news.matching import exchanges_named
from bot.domain.errors import SourceError, StorageError
from bot.domain.exchange import Exchange
from bot.domain.headline import HEADLINES_KEPT, FeedEntry, Headline
from bot.domain.reading import SourceHealth
from bot.monitoring.source_health import SourceHealthRecord, crash_error
from bot.ports.meter import Meter
from bot.ports.news import ExchangeNews, Feed, KeptNews, NewsAnswers, NewsRecords
from bot.ports.readings import Readings
from bot.ports.sources import Clock

log = structlog.get_logger()

HEALTH_NAME = "news"
"""The health of every feed is kept under it: `news/coindesk.com`."""

_CLOCKS_DIFFER = timedelta(hours=1)  # a headline that is dated further ahead has a wrong date
_STALE_AFTER = timedelta(minutes=5)  # then a worker that does not poll asks the store again
_HEALTH_LASTS = timedelta(hours=1)


class NewsWatch(NewsAnswers):
    """The feeds, and what is known from them. `names` returns the watched exchanges: their ids and names."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        feeds: Sequence[Feed],
        *,
        records: NewsRecords,
        readings: Readings,
        clock: Clock,
        meter: Meter,
        interval: timedelta,
        names: Callable[[], Mapping[str, str]],
    ) -> None:
        self._feeds = tuple(feeds)
        self._records = records
        self._clock = clock
        self._interval = interval
        self._names = names
        self._kept = KeptNews()
        self._unsaved: list[Headline] = []
        self._healths: dict[str, SourceHealth] = {}
        self._polled_at: datetime | None = None
        self._loaded_at: datetime | None = None
        self._health = SourceHealthRecord(
            HEALTH_NAME,
            readings=readings,
            clock=clock,
            meter=meter,
            on_health=self._set_health,
            success_lasts=_HEALTH_LASTS,
        )

    @property
    @override
    def feeds(self) -> Sequence[str]:
        return [feed.name for feed in self._feeds]

    @override
    def health(self, feed: str) -> SourceHealth | None:
        return self._healths.get(f"{HEALTH_NAME}/{feed}")

    @override
    async def of(self, exchange: Exchange) -> ExchangeNews | None:
        now = self._clock.now()
        if self._loaded_at is None or not timedelta() <= now - self._loaded_at < _STALE_AFTER:
            with suppress(StorageError):  # then it is answered with what is known
                await self.restore()
        if not self._kept.reads:
            return None
        naming = [headline for headline in self._kept.headlines if exchange.id in headline.exchanges]
        told = loudness(naming, self._kept.reads.keys(), now)
        return ExchangeNews(told, naming[::-1], max(self._kept.reads.values()))

    async def restore(self) -> None:
        """Take over what is stored; raise StorageError."""
        if not self._feeds:
            return
        self._kept = await self._records.all()
        await self._health.restore()
        await self._health.show()
        self._loaded_at = self._clock.now()

    async def poll(self) -> None:
        """Ask every feed once, if it is time; raise StorageError."""
        now = self._clock.now()
        # Without a list nobody knows whom a headline names, and a feed that has not changed is not told again.
        if not self._feeds or not self._names() or not self._is_due(now):
            return
        self._polled_at = now
        # Another worker may have polled in between.
        if self._loaded_at is None or now - self._loaded_at > 2 * self._interval:
            await self.restore()
        answers = await asyncio.gather(*map(self._read, self._feeds))
        read = [entries for entries in answers if entries is not None]
        self._unsaved += without_duplicates((*self._kept.headlines, *self._unsaved), _flat(read))
        if read:
            await self._save(now)

    def _is_due(self, now: datetime) -> bool:
        return self._polled_at is None or not timedelta() <= now - self._polled_at < self._interval

    async def _read(self, feed: Feed) -> Sequence[Headline] | None:
        """Return the headlines of a feed that name an exchange, None where it cannot be read."""
        try:
            entries = await feed.entries()
            headlines = await self._headlines(feed.name, entries)
        except SourceError as error:
            await self._failed(feed, error)
            return None
        except Exception as crash:
            log.exception("feed could not be read", feed=feed.name)
            feed.forget_version()
            await self._failed(feed, crash_error(crash))
            return None
        with suppress(StorageError):  # what the feed has told is not told again
            await self._health.body_answered(feed.name)
        return headlines

    async def _failed(self, feed: Feed, error: SourceError) -> None:
        with suppress(StorageError):  # one of the others may have told something
            await self._health.body_failed(feed.name, error)

    async def _headlines(self, feed: str, entries: Sequence[FeedEntry]) -> Sequence[Headline]:
        now, names, found = self._clock.now(), self._names(), []
        for entry in entries:
            # An entry without a date may be of today or of last year, and one from the future is of neither.
            if entry.published_at and now - HEADLINES_KEPT < entry.published_at <= now + _CLOCKS_DIFFER:
                if about := exchanges_named(entry.title, entry.summary, names):
                    found.append(Headline(entry.title, entry.link, min(entry.published_at, now), feed, about))
                await asyncio.sleep(0)  # a title takes a tenth of a millisecond, and a feed has 200 of them
        return found

    async def _save(self, now: datetime) -> None:
        """Store what is new; raise StorageError, and then the next poll stores it."""
        oldest = now - HEADLINES_KEPT
        new = sorted(self._unsaved, key=_time)
        kept = sorted((each for each in (*self._kept.headlines, *new) if each.at >= oldest), key=_time)
        reads = {day: at for day, at in self._kept.reads.items() if at >= oldest} | {now.date(): now}
        await self._records.save(new, read_at=now)
        self._unsaved = []
        self._kept = KeptNews(kept, reads)
        self._loaded_at = now

    async def _set_health(self, _was: SourceHealth, now: SourceHealth) -> None:
        self._healths[now.source] = now


def _flat(parts: Sequence[Sequence[Headline]]) -> Sequence[Headline]:
    return [headline for part in parts for headline in part]


def _time(headline: Headline) -> datetime:
    return headline.at
