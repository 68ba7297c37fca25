"""Polls a source: the list of exchanges, then the detail bodies that are due. A failure is never taken for calm.

Example with the defaults: the list comes every 10 min. At 12:00 it shows −3 % at OKX, whose body was fetched at 11:50:
it is fetched at once, stored, published and judged. Binance, calm, is fetched again six hours after the last time.
At 12:10 the list fails: that is logged and shown, and no figure changes.

`list_poller` looks after the list, `detail_poller` after the bodies, and `source_health` records how both answer.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.exchange import Exchange, Listing
from bot.domain.obstacles import JobState
from bot.domain.reading import SourceHealth
from bot.monitoring.detail_poller import DetailPoller
from bot.monitoring.list_poller import ListPoller
from bot.monitoring.new_readings import NewReadings
from bot.monitoring.revised_history import RevisedHistory
from bot.monitoring.source_health import SourceHealthRecord
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.reading_revisions import ReadingRevisions
from bot.ports.readings import Readings
from bot.ports.sources import Clock, Source
from bot.ports.subscriptions import Subscriptions

# What a batch has by then is judged, and the rest when it is there: one byte a second delays nobody else.
_BATCH_PATIENCE = timedelta(seconds=10)


class SourcePoller:
    """Polls one source: its list, and the detail bodies that are due.

    It calls, each after what it is about was stored: `on_listings` with the rows of a list, `on_stored` with an
    exchange that has new readings, `on_batch` with all exchanges that were fetched together, `on_blind` with the start
    and end of a span in which nothing was seen, and `on_health` with a source's health before and now. `on_batch`
    returns what went wrong unforeseen, by the ids of the exchanges that it is about. `patience` is the longest that a
    batch waits for the slowest of its bodies.

    Readings are not passed on: they are in the store by then, and `SnapshotBuilder` reads them there. `on_stored` only
    refreshes what commands answer. Judging, and with it every alert, begins with `on_batch`.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        source: Source,
        *,
        readings: Readings,
        revisions: ReadingRevisions,
        incidents: Incidents,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        detail_interval: timedelta,
        only: frozenset[str],
        on_listings: Callable[[Sequence[Listing]], None],
        on_stored: Callable[[Exchange], Awaitable[None]],
        on_batch: Callable[[Sequence[Exchange]], Awaitable[Mapping[str, Exception]]],
        on_blind: Callable[[datetime, datetime], None],
        on_health: Callable[[SourceHealth, SourceHealth], Awaitable[None]],
        patience: timedelta = _BATCH_PATIENCE,
    ) -> None:
        history = RevisedHistory(readings, revisions, clock=clock, meter=meter)
        self._health = SourceHealthRecord(source.name, readings=readings, clock=clock, meter=meter, on_health=on_health)
        self._list = ListPoller(
            source,
            readings=readings,
            health=self._health,
            clock=clock,
            detail_interval=detail_interval,
            only=only,
            on_listings=on_listings,
            on_blind=on_blind,
        )
        self._details = DetailPoller(
            NewReadings(source, readings=readings, history=history, clock=clock),
            readings=readings,
            incidents=incidents,
            subscriptions=subscriptions,
            health=self._health,
            clock=clock,
            meter=meter,
            detail_interval=detail_interval,
            only=only,
            on_stored=on_stored,
            on_batch=on_batch,
            patience=patience,
        )

    @property
    def unknown(self) -> frozenset[str]:
        """Return the exchanges to watch that are on no list."""
        return self._list.unknown

    @property
    def last_good_poll(self) -> datetime | None:
        """Return when a list last came with figures, while bodies could be had as well."""
        return self._list.last_good_poll

    @property
    def rounds(self) -> int:
        """Return how often bodies were fetched."""
        return self._details.rounds

    async def restore(self) -> None:
        """Take over what was known before a restart, and fetch anew what the store has lost; raise StorageError."""
        await self._details.restore()
        await self._health.restore()
        await self._list.restore()
        await self._health.show()

    async def follow(self) -> None:
        """Take over what another worker has found out meanwhile; raise StorageError."""
        await self.restore()
        self._list.follow()

    def time_corrected(self, by: timedelta) -> None:
        """Shift what is remembered of times, which was measured by a wrong clock, and have all bodies fetched anew."""
        self._list.time_corrected(by)
        self._details.fetch_anew()

    async def poll(self) -> None:
        """Fetch the list and wake `serve_details`; a failure is recorded and leaves the old list."""
        await self._list.poll()
        self._details.wake()

    def details_state(self) -> JobState | None:
        """Return how fetching and judging detail bodies goes, None where this worker has not begun with it."""
        return self._details.state()

    async def serve_details(self) -> None:
        """Fetch the detail bodies that are due after every poll of the list, until cancelled."""
        await self._details.serve()

    async def poll_details(self) -> None:
        """Fetch the detail bodies that are due, what moves first; raise StorageError."""
        await self._details.poll()

    async def fetch(self, exchanges: Iterable[Exchange]) -> None:
        """Fetch the detail bodies of some exchanges now; raise StorageError."""
        await self._details.fetch(exchanges)
