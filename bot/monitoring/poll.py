"""Polls a source: the list of exchanges, then the detail bodies that are due. A failure is never taken for calm.

Example with the defaults: the list comes every 10 min. At 12:00 it shows −3 % at OKX, whose body was fetched at 11:50:
it is fetched at once, stored, published and judged. Binance, calm, is fetched again six hours after the last time.
At 12:10 the list fails: that is logged and shown, and no figure changes. When the list is back at 16:00, four hours in
which nothing was seen are reported, because that is longer than the three hours for which a reading is fresh.

An answer on which the bot itself fails ends there: it is logged with the exchange, counted and shown as `crashed`, and
asked for again like one that did not come. The other exchanges of its batch are stored and judged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.detection.flow.reading_diff import slot_names
from bot.detection.guards.staleness import MAX_AGE
from bot.domain.errors import LeaseLost, RunwatchError, SourceError, SourceFault, StorageError
from bot.domain.exchange import Exchange, Listing
from bot.domain.obstacles import JobState
from bot.domain.reading import Reading, SourceHealth
from bot.messages.obstacles import LARGE_PART
from bot.messages.plain_text import clean
from bot.monitoring.due_details import DetailPriorities, LastFetch, due, is_moving
from bot.monitoring.list_checks import ShrunkList, shrunk_list
from bot.monitoring.revised_history import COMPARED_SPAN, RevisedHistory
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.reading_revisions import ReadingRevisions
from bot.ports.readings import Readings
from bot.ports.sources import Clock, Source
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

BACKFILL = timedelta(days=400)
"""How far back daily amounts are kept, and fetched at first start."""
_BLIND_AFTER_INTERVALS = 2  # one interval may pass between two bodies; less than `MAX_AGE` is never worth a word
_GAPS_FILLED = timedelta(days=2)  # sources fill gaps of yesterday; what they say of older days is compared
# Bodies that are fetched before the list is checked again for what moves: few enough not to wait long, and enough to
# see in one round what a fault of the source did to many exchanges at a time.
_CALM_BATCH = 8
# Of those only so many at a time, fewer than a host sends: an exchange that moves finds a place free, whatever the
# others' bodies take.
_CALM_AT_ONCE, _URGENT_AT_ONCE = 2, 4
# What a batch has by then is judged, and the rest when it is there: one byte a second delays nobody else.
_BATCH_PATIENCE = timedelta(seconds=10)
_KNOWN_FOR = timedelta(days=1)  # after a restart: exchanges that a list had in the last day of lists


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
        self._source = source
        self._readings = readings
        self._history = RevisedHistory(readings, revisions, clock=clock, meter=meter)
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._detail_interval = detail_interval
        self._only = only
        self._on_listings = on_listings
        self._on_stored = on_stored
        self._on_batch = on_batch
        self._on_blind = on_blind
        self._on_health = on_health
        self._patience = patience
        self._calm_slots = asyncio.Semaphore(_CALM_AT_ONCE)
        self._urgent_slots = asyncio.Semaphore(_URGENT_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._asked: set[str] = set()
        self._unjudged: dict[str, _FetchedDetail] = {}
        self._failures: dict[str, int] = {}  # tries in a row, of exchanges whose last one brought nothing
        self._known_ids: frozenset[str] = frozenset()
        self._shrunk: ShrunkList | None = None
        self._health: dict[str, SourceHealth] = {}
        self._fetched: dict[str, LastFetch] = {}
        self._listed = asyncio.Event()
        self._with_incident: set[str] = set()
        self.unknown: frozenset[str] = frozenset()
        self._list_seen_at: datetime | None = None
        self.last_good_poll: datetime | None = None
        self._is_first_poll = True
        self._is_list_logged = False
        self._broken_with_the_list: set[str] = set()
        self._details_ended_s: float | None = None  # on the loop's time
        self._details_crash = ""
        self.rounds = 0

    async def restore(self) -> None:
        """Take over what was known before a restart, and fetch anew what the store has lost; raise StorageError."""
        self._is_first_poll = True
        self._unjudged.clear()  # what another worker may have judged since; it is fetched again
        lost = [exchange_id for exchange_id in self._fetched if await self._readings.latest(exchange_id) is None]
        for exchange_id in lost:
            del self._fetched[exchange_id]
        self._health = dict(await self._readings.health())
        listings = await self._readings.listings()
        self._list_seen_at = max((listing.fetched_at for listing in listings.values()), default=None)
        wanted = self._wanted(listings.values())
        self._known_ids = frozenset(
            row.exchange.id for row in wanted if self._list_seen_at and self._list_seen_at - row.fetched_at < _KNOWN_FOR
        )
        self._on_listings(wanted)
        for health in self._health.values():
            await self._on_health(health, health)

    async def follow(self) -> None:
        """Take over what another worker has found out meanwhile; raise StorageError."""
        await self.restore()
        listed = self._health.get(f"{self._source.name}/cexs")
        if listed and listed.last_success and not self._details_are_down():
            self.last_good_poll = listed.last_success

    def time_corrected(self, by: timedelta) -> None:
        """Shift what is remembered of times, which was measured by a wrong clock, and have all bodies fetched anew.

        Readings were refused, or held as too old, by that clock.
        """
        self._list_seen_at = self._list_seen_at + by if self._list_seen_at else None
        self.last_good_poll = self.last_good_poll + by if self.last_good_poll else None
        self._shrunk = replace(self._shrunk, since=self._shrunk.since + by) if self._shrunk else None
        self._fetched.clear()
        self._is_first_poll = True
        self._listed.set()

    async def poll(self) -> None:
        """Fetch the list and wake `serve_details`; a failure is recorded and leaves the old list."""
        name = f"{self._source.name}/cexs"
        try:
            await self._take_list(name, await self._source.listings())
        except SourceError as error:
            await self._failed(name, error)
        except RunwatchError:
            raise
        except Exception as crash:
            log.exception("list could not be handled", source=name)
            await self._failed(name, _crash_error(crash))
        self._listed.set()

    async def _take_list(self, name: str, listed: Sequence[Listing]) -> None:
        fetched = self._wanted(listed)
        self._log_first_list(listed, fetched)
        ids = frozenset(row.exchange.id for row in fetched)
        self._shrunk = shrunk_list(self._known_ids, ids, self._shrunk, self._clock.now())
        # What is still listed is news in any case; what is missing keeps its row in the store.
        await self._readings.save_listings(fetched)
        if self._shrunk and not self._shrunk.is_believed(self._clock.now()):
            rows = await self._readings.listings()
            self._on_listings([*fetched, *(rows[id_] for id_ in self._known_ids - ids if id_ in rows)])
            lost = len(self._known_ids - ids)
            raise SourceError(
                SourceFault.LIST_SHRANK, f"{lost} of {len(self._known_ids)} exchanges are missing from one list on"
            )
        self._known_ids, self._shrunk = ids, None
        self._record_unknown(listed)
        await self._succeeded(name)
        self._record_list_seen()
        self._on_listings(fetched)
        if any(listing.total_usd is not None for listing in fetched) and not self._details_are_down():
            self.last_good_poll = self._clock.now()

    def _log_first_list(self, listed: Sequence[Listing], watched: Sequence[Listing]) -> None:
        """Log, once after a start, how much there is to watch; exchanges without wallets have no amounts."""
        if self._is_list_logged:
            return
        self._is_list_logged = True
        with_wallets, watched_with_wallets = (
            sum(listing.exchange.slug is not None for listing in listings) for listings in (listed, watched)
        )
        log.info("list fetched", exchanges=len(listed), with_wallets=with_wallets, watched=watched_with_wallets)

    def _record_unknown(self, listed: Iterable[Listing]) -> None:
        """Record, and log once, which of the exchanges to watch are on no list."""
        unknown = self._only - {listing.exchange.id for listing in listed}
        if unknown != self.unknown:
            log.warning("EXCHANGES names what is not listed", names=sorted(unknown))
        self.unknown = unknown

    def _is_list_down(self) -> bool:
        """Return whether the newest list could not be fetched."""
        listed = self._health.get(f"{self._source.name}/cexs")
        return listed is not None and listed.fault is not None

    def _details_are_down(self) -> bool:
        """Return whether amounts were asked for and none of the exchanges' bodies can be had any more."""
        # While every body fails the list alone must not keep the bot looking healthy: it has no amounts.
        bodies = [health for name, health in self._health.items() if not name.endswith("/cexs")]
        return bool(bodies) and all(body.fault for body in bodies)

    def _record_list_seen(self) -> None:
        """Record that the list was seen now, and report the time before where that was long."""
        now = self._clock.now()
        allowed = max(MAX_AGE, _BLIND_AFTER_INTERVALS * self._detail_interval)
        if self._list_seen_at and now - self._list_seen_at > allowed:
            log.warning("list was not seen", since=str(self._list_seen_at), until=str(now))
            self._on_blind(self._list_seen_at, now)
        self._list_seen_at = now

    def details_state(self) -> JobState | None:
        """Return how fetching and judging detail bodies goes, None where this worker has not begun with it.

        It has crashed as a whole, or on the newest answers about a tenth or more of all that the exchanges hold.
        """
        if self._details_ended_s is None:
            return None
        ended_ago = timedelta(seconds=asyncio.get_running_loop().time() - self._details_ended_s)
        return JobState("read amounts", self._detail_interval, ended_ago, self._details_crash or self._large_crash())

    def _large_crash(self) -> str:
        """Return what the bot failed with on the newest answers, "" where these are of small exchanges only."""
        faults = {id_: self._health.get(f"{self._source.name}/{id_}") for id_ in self._fetched}
        crashes = {id_: health.detail for id_, health in faults.items() if health and _has_crashed(health)}
        sizes_usd = {id_: fetched.listing.total_usd or 0.0 for id_, fetched in self._fetched.items()}
        is_large = sum(sizes_usd[id_] for id_ in crashes) >= LARGE_PART * sum(sizes_usd.values())
        return max(crashes.values()) if crashes and is_large else ""

    async def serve_details(self) -> None:
        """Fetch the detail bodies that are due after every poll of the list, until cancelled."""
        try:
            while True:
                self._details_ended_s = asyncio.get_running_loop().time()
                await self._listed.wait()
                self._listed.clear()
                self._details_crash = await self._try_details()
        finally:
            self._details_ended_s = None
            await self._cancel([*self._under_way])

    async def _try_details(self) -> str:
        """Fetch the detail bodies that are due; return the name of an exception that nobody foresaw, "" for none."""
        try:
            await self.poll_details()
        except LeaseLost:
            log.warning("readings not judged: another worker is the poller now")
        except StorageError as error:
            log.warning("store away while fetching details", error=str(error))
        except Exception as crash:
            log.exception("fetching details failed")  # the next poll tries again
            return type(crash).__name__
        return ""

    async def poll_details(self) -> None:
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
            calm = calm[:_CALM_BATCH] if self._is_first_poll else calm
            if not calm:
                break
            await self._fetch_batch(calm, self._calm_slots, self._patience)
            fetched_ids |= {listing.exchange.id for listing in calm}
        # Without a single body there was no list yet, or nothing is due: everything is still to be fetched.
        self._is_first_poll = not self._fetched
        self.rounds += 1

    async def _fetch_urgent(self) -> list[Listing]:
        """Fetch what is due and moves by the list or has an incident, and return what else is due."""
        due_listings = await self._due()
        urgent = [listing for listing in due_listings if self._is_urgent(listing)]
        await self._fetch_batch(urgent, self._urgent_slots, self._patience)
        return [listing for listing in due_listings if listing not in urgent]

    async def _due(self) -> list[Listing]:
        """Return the exchanges whose bodies are due, and record which have an open incident; raise StorageError."""
        listings = self._wanted((await self._readings.listings()).values())
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

    async def fetch(self, exchanges: Iterable[Exchange]) -> None:
        """Fetch the detail bodies of some exchanges now; raise StorageError."""
        listings = await self._readings.listings()
        asked = [listings[exchange.id] for exchange in exchanges if exchange.id in listings]
        await self._fetch_batch(asked, self._urgent_slots, None)
        self.rounds += 1

    async def _fetch_batch(
        self, due_listings: Sequence[Listing], slots: asyncio.Semaphore, patience: timedelta | None
    ) -> None:
        """Fetch some detail bodies, then have all of them judged together: many that move at once are seen as many.

        What is there after `patience` (None: everything) is judged. The slower ones go on beside what is fetched next,
        and each is judged when it is there.
        """
        tasks = {asyncio.create_task(self._poll_detail(listing, slots)) for listing in due_listings}
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
        self._listed.set()

    async def _cancel(self, tasks: Collection[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way -= set(tasks)

    async def _judge_fetched(self, order: Sequence[Listing] = ()) -> None:
        """Have everything judged that was fetched and is not judged yet, and record how each answer was.

        Those of `order` are judged in that order, behind what an outage of the store has left. Raise StorageError.
        """
        position = {listing.exchange.id: number for number, listing in enumerate(order)}
        batch = sorted(self._unjudged.values(), key=lambda fetched: position.get(fetched.exchange.id, -1))
        if not batch:
            return
        crashes = await self._judge(batch)
        for fetched in batch:
            id_ = fetched.exchange.id
            if self._unjudged.get(id_) is fetched:  # and not one that was fetched meanwhile
                del self._unjudged[id_]
            if crash := crashes.get(id_):
                await self._detail_failed(fetched.listing, fetched.asked_at, _crash_error(crash))
            elif fetched.newest:
                self._failures.pop(id_, None)
                await self._succeeded(f"{self._source.name}/{id_}", left_out=_left_out(fetched.newest))
                self._meter.set_reading_time(id_, fetched.newest.as_of)

    async def _judge(self, batch: Sequence["_FetchedDetail"]) -> Mapping[str, Exception]:
        """Have a batch judged, and return the ids that it was not; raise StorageError."""
        exchanges = [fetched.exchange for fetched in batch]
        try:
            return await self._on_batch(exchanges)
        except RunwatchError:
            raise
        except Exception as crash:
            log.exception("batch could not be judged", exchanges=[exchange.id for exchange in exchanges])
            return {exchange.id: crash for exchange in exchanges}

    async def _poll_detail(self, listing: Listing, slots: asyncio.Semaphore) -> None:
        """Fetch one detail body; if there is something to judge, new readings or figures that grow old, remember that.

        Without readings that is so where an incident is open, so that people are told. Raise StorageError.
        """
        asked_at, exchange, newest = self._clock.now(), listing.exchange, None
        self._asked.add(exchange.id)
        try:
            async with slots:
                asked_at = self._clock.now()
                newest = await self._read(exchange)
            self._fetched[exchange.id] = LastFetch(asked_at, listing)
            await self._on_stored(exchange)
        except SourceError as error:
            await self._detail_failed(listing, asked_at, error)
        except RunwatchError:
            if newest:
                self._unjudged[exchange.id] = _FetchedDetail(listing, asked_at, newest)
            raise
        except Exception as crash:
            log.exception("answer could not be handled", exchange=exchange.id, source=self._source.name)
            await self._detail_failed(listing, asked_at, _crash_error(crash))
            newest = None
        finally:
            self._asked.discard(exchange.id)
        if newest or exchange.id in self._with_incident:
            self._unjudged[exchange.id] = _FetchedDetail(listing, asked_at, newest)

    async def _read(self, exchange: Exchange) -> Reading:
        """Fetch and store the readings of an exchange, and return the newest; raise SourceError and StorageError."""
        latest = await self._readings.latest(exchange.id)
        # Everything at first, later what may be new and what is compared with what is stored.
        since = latest.as_of - COMPARED_SPAN if latest else self._clock.now() - BACKFILL
        readings = await self._source.readings(exchange, since=since)
        added = await self._add(exchange, readings, latest)
        log.debug("readings fetched", exchange=exchange.id, fetched=len(readings), new=added)
        return readings[-1]

    async def _detail_failed(self, listing: Listing, asked_at: datetime, error: SourceError) -> None:
        id_ = listing.exchange.id
        self._failures[id_] = self._failures.get(id_, 0) + 1
        self._fetched[id_] = LastFetch(asked_at, listing, self._failures[id_])
        await self._failed(f"{self._source.name}/{id_}", error)

    async def _add(self, exchange: Exchange, body: Sequence[Reading], latest: Reading | None) -> int:
        """Store what is new in a body, compare the rest with what is stored, and return how many readings are new."""
        if latest is None:
            return await self._readings.add(body)
        new_from = latest.as_of - _GAPS_FILLED
        added = await self._readings.add([reading for reading in body if reading.as_of >= new_from])
        await self._history.compare(exchange.id, body)
        return added

    def _wanted(self, listings: Iterable[Listing]) -> list[Listing]:
        return [listing for listing in listings if not self._only or listing.exchange.id in self._only]

    async def _succeeded(self, name: str, *, left_out: str = "") -> None:
        """Record that a source answered; `left_out` names what of its newest reading was impossible, logged once."""
        now = self._clock.now()
        before = self._health.get(name)
        if before and before.fault and name not in self._broken_with_the_list:
            log.info("source healed", source=name, after=str(now - (before.failing_since or now)))
        self._broken_with_the_list.discard(name)
        was_left_out = before.detail if before and not before.fault else ""
        if left_out and not was_left_out:
            log.warning("impossible values left out", source=name, slots=left_out)
        elif was_left_out and not left_out:
            log.info("no impossible values any more", source=name)
        await self._record_health(SourceHealth(name, last_success=now, detail=left_out))
        self._meter.count_poll(name, "ok")
        self._meter.set_source_answered(name, now)

    async def _failed(self, name: str, error: SourceError) -> None:
        now = self._clock.now()
        before = self._health.get(name) or SourceHealth(name)
        if before.fault is None and self._is_list_down():  # which is said already: not once more for each exchange
            self._broken_with_the_list.add(name)
        elif before.fault is None:
            log.warning("source broke", source=name, reason=str(error.fault), detail=error.detail)
        since = before.failing_since or now
        await self._record_health(replace(before, failing_since=since, fault=error.fault, detail=error.detail))
        self._meter.count_poll(name, str(error.fault))

    async def _record_health(self, health: SourceHealth) -> None:
        before = self._health.get(health.source, SourceHealth(health.source))
        self._health[health.source] = health
        await self._readings.save_health(health)
        await self._on_health(before, health)


@dataclass(frozen=True, slots=True)
class _FetchedDetail:
    """An exchange that is to be judged, with its newest reading; None where none came and its figures grow old."""

    listing: Listing
    asked_at: datetime
    newest: Reading | None

    @property
    def exchange(self) -> Exchange:
        return self.listing.exchange


def _has_crashed(health: SourceHealth) -> bool:
    return health.fault is SourceFault.CRASHED


def _crash_error(crash: Exception) -> SourceError:
    """Return what a fault of the program is shown as; what it was is in the log."""
    return SourceError(SourceFault.CRASHED, type(crash).__name__)


def _left_out(reading: Reading) -> str:
    """Return the slots of a reading whose amounts or values cannot be: "ETH on Ethereum, TRX on Tron and 4 more"."""
    return clean(slot_names(sorted(reading.impossible_slots | reading.unvalued_slots)))
