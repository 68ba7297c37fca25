"""Fetches the detail bodies that are due, stores them, and has all that were fetched together judged together.

Example: 80 bodies are due, and two exchanges move by the list. The two are fetched first and judged together; then the
others, eight at a time. One whose body takes a minute is judged when it is there, and holds up nobody.

An answer on which the bot itself fails ends there: it is logged with the exchange, counted and shown as `crashed`, and
asked for again like one that did not come. The other exchanges of its batch are stored and judged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.detection.flow.reading_diff import slot_names
from bot.domain.errors import LeaseLost, RunwatchError, SourceError, StorageError
from bot.domain.exchange import Exchange, Listing
from bot.domain.obstacles import JobState
from bot.domain.reading import Reading
from bot.messages.obstacles import LARGE_PART
from bot.messages.plain_text import clean
from bot.monitoring.due_details import DetailPriorities, LastFetch, due, is_moving
from bot.monitoring.list_poller import watched_rows
from bot.monitoring.new_readings import NewReadings
from bot.monitoring.source_health import SourceHealthRecord, crash_error
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

# Bodies that are fetched before the list is checked again for what moves: few enough not to wait long, and enough to
# see in one round what a fault of the source did to many exchanges at a time.
_CALM_BATCH = 8
# Of those only so many at a time, fewer than a host sends: an exchange that moves finds a place free, whatever the
# others' bodies take.
_CALM_AT_ONCE, _URGENT_AT_ONCE = 2, 4


class DetailPoller:
    """Fetches the detail bodies of one source; what `on_stored` and `on_batch` are is said by `SourcePoller`.

    `patience` is the longest that a batch waits for the slowest of its bodies. `rounds` counts what was fetched.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        new_readings: NewReadings,
        *,
        readings: Readings,
        incidents: Incidents,
        subscriptions: Subscriptions,
        health: SourceHealthRecord,
        clock: Clock,
        meter: Meter,
        detail_interval: timedelta,
        only: frozenset[str],
        on_stored: Callable[[Exchange], Awaitable[None]],
        on_batch: Callable[[Sequence[Exchange]], Awaitable[Mapping[str, Exception]]],
        patience: timedelta,
    ) -> None:
        self.rounds = 0
        self._new_readings = new_readings
        self._readings = readings
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._health = health
        self._clock = clock
        self._meter = meter
        self._detail_interval = detail_interval
        self._only = only
        self._on_stored = on_stored
        self._on_batch = on_batch
        self._patience = patience
        self._calm_slots = asyncio.Semaphore(_CALM_AT_ONCE)
        self._urgent_slots = asyncio.Semaphore(_URGENT_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._asked: set[str] = set()
        self._unjudged: dict[str, _FetchedDetail] = {}
        self._failures: dict[str, int] = {}  # tries in a row, of exchanges whose last one brought nothing
        self._fetched: dict[str, LastFetch] = {}
        self._with_incident: set[str] = set()
        self._is_due = asyncio.Event()
        self._is_first_round = True
        self._ended_s: float | None = None  # on the loop's time
        self._crash = ""

    async def restore(self) -> None:
        """Have everything fetched anew that the store has lost; raise StorageError."""
        self._is_first_round = True
        self._unjudged.clear()  # what another worker may have judged since; it is fetched again
        lost = [exchange_id for exchange_id in self._fetched if await self._readings.latest(exchange_id) is None]
        for exchange_id in lost:
            del self._fetched[exchange_id]

    def fetch_anew(self) -> None:
        """Have all bodies fetched again: readings were refused, or held as too old, by a wrong clock."""
        self._fetched.clear()
        self._is_first_round = True
        self.wake()

    def wake(self) -> None:
        """Have `serve` look for what is due."""
        self._is_due.set()

    def state(self) -> JobState | None:
        """Return how fetching and judging detail bodies goes, None where this worker has not begun with it.

        It has crashed as a whole, or on the newest answers about a tenth or more of all that the exchanges hold.
        """
        if self._ended_s is None:
            return None
        ended_ago = timedelta(seconds=asyncio.get_running_loop().time() - self._ended_s)
        return JobState("read amounts", self._detail_interval, ended_ago, self._crash or self._large_crash())

    def _large_crash(self) -> str:
        """Return what the bot failed with on the newest answers, "" where these are of small exchanges only."""
        crashes = self._health.crashes(self._fetched)
        sizes_usd = {id_: fetched.listing.total_usd or 0.0 for id_, fetched in self._fetched.items()}
        is_large = sum(sizes_usd[id_] for id_ in crashes) >= LARGE_PART * sum(sizes_usd.values())
        return max(crashes.values()) if crashes and is_large else ""

    async def serve(self) -> None:
        """Fetch the detail bodies that are due whenever it is woken, until cancelled."""
        try:
            while True:
                self._ended_s = asyncio.get_running_loop().time()
                await self._is_due.wait()
                self._is_due.clear()
                self._crash = await self._try_round()
        finally:
            self._ended_s = None
            await self._cancel([*self._under_way])

    async def _try_round(self) -> str:
        """Fetch the detail bodies that are due; return the name of an exception that nobody foresaw, "" for none."""
        try:
            await self.poll()
        except LeaseLost:
            log.warning("readings not judged: another worker is the poller now")
        except StorageError as error:
            log.warning("store away while fetching details", error=str(error))
        except Exception as crash:
            log.exception("fetching details failed")  # the next poll tries again
            return type(crash).__name__
        return ""

    async def poll(self) -> None:
        """Fetch the detail bodies that are due: what moves, then eight of the others at a time; raise StorageError.

        With 80 bodies due, of which two move, the two are judged first. Whatever begins to move in a list that comes
        meanwhile is judged after at most eight more, or ten seconds, not after 78. Bodies that take longer than that
        are still under way when this returns.
        """
        fetched_ids: set[str] = set()
        await self._judge_fetched()  # what could not be judged the last time, as the store was away
        while True:
            due_listings = await self._fetch_urgent()
            calm = [listing for listing in due_listings if listing.exchange.id not in fetched_ids]
            # All at once where another worker, or this one before a pause, has seen to the rest lately.
            calm = calm[:_CALM_BATCH] if self._is_first_round else calm
            if not calm:
                break
            await self._fetch_batch(calm, self._calm_slots, self._patience)
            fetched_ids |= {listing.exchange.id for listing in calm}
        # Without a single body there was no list yet, or nothing is due: everything is still to be fetched.
        self._is_first_round = not self._fetched
        self.rounds += 1

    async def fetch(self, exchanges: Iterable[Exchange]) -> None:
        """Fetch the detail bodies of some exchanges now; raise StorageError."""
        listings = await self._readings.listings()
        asked = [listings[exchange.id] for exchange in exchanges if exchange.id in listings]
        await self._fetch_batch(asked, self._urgent_slots, None)
        self.rounds += 1

    async def _fetch_urgent(self) -> list[Listing]:
        """Fetch what is due and moves by the list or has an incident, and return what else is due."""
        due_listings = await self._due()
        urgent = [listing for listing in due_listings if self._is_urgent(listing)]
        await self._fetch_batch(urgent, self._urgent_slots, self._patience)
        return [listing for listing in due_listings if listing not in urgent]

    async def _due(self) -> list[Listing]:
        """Return the exchanges whose bodies are due, and record which have an open incident; raise StorageError."""
        listings = watched_rows((await self._readings.listings()).values(), self._only)
        self._with_incident = {incident.subject for incident in await self._incidents.open()}
        due_listings = due(
            listings,
            self._fetched,
            self._clock.now(),
            interval=self._detail_interval,
            priorities=DetailPriorities(self._with_incident, await self._subscriptions.exchanges()),
        )
        return [listing for listing in due_listings if listing.exchange.id not in self._asked]

    def _is_urgent(self, row: Listing) -> bool:
        """Return whether an exchange moves by its row alone, or has an open incident."""
        return row.exchange.id in self._with_incident or is_moving(row, row)

    async def _fetch_batch(
        self, due_listings: Sequence[Listing], slots: asyncio.Semaphore, patience: timedelta | None
    ) -> None:
        """Fetch some detail bodies, then have all of them judged together: many that move at once are seen as many.

        What is there after `patience` (None: everything) is judged. The slower ones go on beside what is fetched next,
        and each is judged when it is there.
        """
        tasks = {asyncio.create_task(self._fetch_body(listing, slots)) for listing in due_listings}
        if not tasks:
            return
        self._under_way |= tasks
        try:
            done, _ = await asyncio.wait(tasks, timeout=patience.total_seconds() if patience else None)
        except asyncio.CancelledError:
            await self._cancel(tasks)
            raise
        for task in tasks - done:
            task.add_done_callback(self._straggler_ended)
        for task in done:
            self._under_way.discard(task)
        for error in [task.exception() for task in done]:
            if error:  # the store is away: what was fetched is judged when it is back
                raise error
        await self._judge_fetched(due_listings)

    def _straggler_ended(self, task: asyncio.Task[None]) -> None:
        """Have a body judged that came later than the others of its batch."""
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("store away while fetching details", error=str(error))
        self.wake()

    async def _cancel(self, tasks: Collection[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way -= set(tasks)

    async def _fetch_body(self, listing: Listing, slots: asyncio.Semaphore) -> None:
        """Fetch one detail body; if there is something to judge, new readings or figures that grow old, remember that.

        Without readings that is so where an incident is open, so that people are told. Raise StorageError.
        """
        asked_at, exchange, newest = self._clock.now(), listing.exchange, None
        self._asked.add(exchange.id)
        try:
            async with slots:
                asked_at = self._clock.now()
                newest = await self._new_readings.fetch(exchange)
            self._fetched[exchange.id] = LastFetch(asked_at, listing, newest_at=newest.as_of)
            await self._on_stored(exchange)
        except SourceError as error:
            await self._body_failed(listing, asked_at, error)
        except RunwatchError:
            if newest:
                self._unjudged[exchange.id] = _FetchedDetail(listing, asked_at, newest)
            raise
        except Exception as crash:
            log.exception("answer could not be handled", exchange=exchange.id, source=self._health.source)
            await self._body_failed(listing, asked_at, crash_error(crash))
            newest = None
        finally:
            self._asked.discard(exchange.id)
        if newest or exchange.id in self._with_incident:
            self._unjudged[exchange.id] = _FetchedDetail(listing, asked_at, newest)

    async def _body_failed(self, listing: Listing, asked_at: datetime, error: SourceError) -> None:
        id_ = listing.exchange.id
        self._failures[id_] = self._failures.get(id_, 0) + 1
        self._fetched[id_] = LastFetch(asked_at, listing, self._failures[id_])
        await self._health.body_failed(id_, error)

    async def _judge_fetched(self, order: Sequence[Listing] = ()) -> None:
        """Have everything judged that was fetched and is not judged yet, and record how each answer was.

        Those of `order` are judged in that order, behind what an outage of the store has left. Raise StorageError.
        """
        position = {listing.exchange.id: number for number, listing in enumerate(order)}
        batch = sorted(self._unjudged.values(), key=lambda fetched: position.get(fetched.exchange.id, -1))
        if not batch:
            return
        crashes = await self._judge([fetched.exchange for fetched in batch])
        for fetched in batch:
            id_ = fetched.exchange.id
            if self._unjudged.get(id_) is fetched:  # and not one that was fetched meanwhile
                del self._unjudged[id_]
            if crash := crashes.get(id_):
                await self._body_failed(fetched.listing, fetched.asked_at, crash_error(crash))
            elif fetched.newest:
                self._failures.pop(id_, None)
                await self._health.body_answered(id_, left_out=_left_out(fetched.newest))
                self._meter.set_reading_time(id_, fetched.newest.as_of)

    async def _judge(self, exchanges: Sequence[Exchange]) -> Mapping[str, Exception]:
        """Have a batch judged, and return the ids that it was not; raise StorageError."""
        try:
            return await self._on_batch(exchanges)
        except RunwatchError:
            raise
        except Exception as crash:
            log.exception("batch could not be judged", exchanges=[exchange.id for exchange in exchanges])
            return {exchange.id: crash for exchange in exchanges}


@dataclass(frozen=True, slots=True)
class _FetchedDetail:
    """An exchange that is to be judged, with its newest reading; None where none came and its figures grow old."""

    listing: Listing
    asked_at: datetime
    newest: Reading | None

    @property
    def exchange(self) -> Exchange:
        return self.listing.exchange


def _left_out(reading: Reading) -> str:
    """Return the slots of a reading whose amounts or values cannot be: "ETH on Ethereum, TRX on Tron and 4 more"."""
    return clean(slot_names(sorted(reading.impossible_slots | reading.unvalued_slots)))
