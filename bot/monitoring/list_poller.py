"""Polls a source's list of exchanges: what there is to watch, and what moves by the list's own figures.

Example: 82 exchanges are listed. The next list has 12: that is a fault of the source until a second one an hour later
agrees. When the list was away from 12:10 to 16:00, four hours in which nothing was seen are reported, because that is
longer than the three hours for which a reading is fresh.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.detection.guards.staleness import MAX_AGE
from bot.domain.errors import RunwatchError, SourceError, SourceFault
from bot.domain.exchange import Listing
from bot.monitoring.list_checks import ShrunkList, shrunk_list
from bot.monitoring.source_health import SourceHealthRecord, crash_error
from bot.ports.readings import Readings
from bot.ports.sources import Clock, Source

log = structlog.get_logger()

_BLIND_AFTER_INTERVALS = 2  # one interval may pass between two bodies; less than `MAX_AGE` is never worth a word
_KNOWN_FOR = timedelta(days=1)  # after a restart: exchanges that a list had in the last day of lists


def watched_rows(listings: Iterable[Listing], only: frozenset[str]) -> list[Listing]:
    """Return the rows of the exchanges to watch: those of `only`, or all where it is empty."""
    return [row for row in listings if not only or row.exchange.id in only]


class ListPoller:
    """Polls one source's list.

    It calls `on_listings` with the rows of a list that was stored, and `on_blind` with the start and end of a span in
    which nothing was seen. `unknown` are the exchanges to watch that are on no list, `last_good_poll` is when a list
    last came with figures, while bodies can be had as well.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        source: Source,
        *,
        readings: Readings,
        health: SourceHealthRecord,
        clock: Clock,
        detail_interval: timedelta,
        only: frozenset[str],
        on_listings: Callable[[Sequence[Listing]], None],
        on_blind: Callable[[datetime, datetime], None],
    ) -> None:
        self.unknown: frozenset[str] = frozenset()
        self.last_good_poll: datetime | None = None
        self._source = source
        self._readings = readings
        self._health = health
        self._clock = clock
        self._detail_interval = detail_interval
        self._only = only
        self._on_listings = on_listings
        self._on_blind = on_blind
        self._known_ids: frozenset[str] = frozenset()
        self._shrunk: ShrunkList | None = None
        self._seen_at: datetime | None = None
        self._is_dated_here = False  # when it was seen, and not by another worker's clock, or in an earlier life
        self._is_logged = False

    async def restore(self) -> None:
        """Take over what was known before a restart; raise StorageError."""
        listings = await self._readings.listings()
        self._is_dated_here = False
        self._seen_at = max((listing.fetched_at for listing in listings.values()), default=None)
        watched = watched_rows(listings.values(), self._only)
        self._known_ids = frozenset(
            row.exchange.id for row in watched if self._seen_at and self._seen_at - row.fetched_at < _KNOWN_FOR
        )
        self._on_listings(watched)

    def follow(self) -> None:
        """Take over when another worker had its last good poll."""
        listed = self._health.of_list
        if listed and listed.last_success and not self._health.are_bodies_down():
            self.last_good_poll = listed.last_success

    def time_corrected(self, by: timedelta) -> None:
        """Shift what is remembered of times, which was measured by a wrong clock."""
        if self._is_dated_here:
            self._seen_at = self._seen_at + by if self._seen_at else None
            self.last_good_poll = self.last_good_poll + by if self.last_good_poll else None
        self._shrunk = replace(self._shrunk, since=self._shrunk.since + by) if self._shrunk else None

    async def poll(self) -> None:
        """Fetch the list; a failure is recorded and leaves the old one. Raise StorageError."""
        try:
            await self._take(await self._source.listings())
        except SourceError as error:
            await self._health.list_failed(error)
        except RunwatchError:
            raise
        except Exception as crash:
            log.exception("list could not be handled", source=self._health.list_name)
            await self._health.list_failed(crash_error(crash))

    async def _take(self, listed: Sequence[Listing]) -> None:
        watched = watched_rows(listed, self._only)
        self._log_first(listed, watched)
        ids = frozenset(row.exchange.id for row in watched)
        self._shrunk = shrunk_list(self._known_ids, ids, self._shrunk, self._clock.now())
        # What is still listed is news in any case; what is missing keeps its row in the store.
        await self._readings.save_listings(watched)
        if self._shrunk and not self._shrunk.is_believed(self._clock.now()):
            rows = await self._readings.listings()
            self._on_listings([*watched, *(rows[id_] for id_ in self._known_ids - ids if id_ in rows)])
            lost = len(self._known_ids - ids)
            raise SourceError(
                SourceFault.LIST_SHRANK, f"{lost} of {len(self._known_ids)} exchanges are missing from one list on"
            )
        self._known_ids, self._shrunk = ids, None
        self._record_unknown(listed)
        await self._health.list_answered()
        self._record_seen()
        self._on_listings(watched)
        if any(row.total_usd is not None for row in watched) and not self._health.are_bodies_down():
            self.last_good_poll = self._clock.now()

    def _log_first(self, listed: Sequence[Listing], watched: Sequence[Listing]) -> None:
        """Log, once after a start, how much there is to watch; exchanges without wallets have no amounts."""
        if self._is_logged:
            return
        self._is_logged = True
        with_wallets, watched_with_wallets = (
            sum(row.exchange.slug is not None for row in rows) for rows in (listed, watched)
        )
        log.info("list fetched", exchanges=len(listed), with_wallets=with_wallets, watched=watched_with_wallets)

    def _record_unknown(self, listed: Iterable[Listing]) -> None:
        """Record, and log once, which of the exchanges to watch are on no list."""
        unknown = self._only - {row.exchange.id for row in listed}
        if unknown != self.unknown:
            log.warning("EXCHANGES names what is not listed", names=sorted(unknown))
        self.unknown = unknown

    def _record_seen(self) -> None:
        """Record that the list was seen now, and report the time before where that was long."""
        now = self._clock.now()
        allowed = max(MAX_AGE, _BLIND_AFTER_INTERVALS * self._detail_interval)
        if self._seen_at and now - self._seen_at > allowed:
            log.warning("list was not seen", since=str(self._seen_at), until=str(now))
            self._on_blind(self._seen_at, now)
        self._seen_at = now
        self._is_dated_here = True
