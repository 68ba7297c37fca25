"""Polls a source: the list of exchanges, then the detail bodies that are due. A failure is never taken for calm.

Example with the defaults: the list comes every 10 min. At 12:00 it shows −3 % at OKX, whose body was fetched at 11:50:
it is fetched at once, stored, published and judged. Binance, calm, is fetched again six hours after the last time.
At 12:10 the list fails: that is logged and shown, and no figure changes. When the list is back at 16:00, four hours in
which nothing was seen are reported, because that is longer than the three hours for which a reading is fresh.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.detection.flow.reading_diff import slot_names
from bot.detection.guards.staleness import MAX_AGE
from bot.domain.errors import LeaseLost, SourceError, StorageError
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.messages.plain_text import clean
from bot.monitoring.due_details import DetailPriorities, LastFetch, due, is_moving
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


class SourcePoller:
    """Polls one source: its list, and the detail bodies that are due.

    It calls, each after what it is about was stored: `on_listings` with the rows of a list, `on_stored` with an
    exchange that has new readings, `on_batch` with all exchanges that were fetched together, `on_blind` with the start
    and end of a span in which nothing was seen, and `on_health` with a source's health before and now.

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
        on_batch: Callable[[Sequence[Exchange]], Awaitable[None]],
        on_blind: Callable[[datetime, datetime], None],
        on_health: Callable[[SourceHealth, SourceHealth], Awaitable[None]],
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
        self._health: dict[str, SourceHealth] = {}
        self._fetched: dict[str, LastFetch] = {}
        self._listed = asyncio.Event()
        self._with_incident: set[str] = set()
        self.unknown: frozenset[str] = frozenset()
        self._list_seen_at: datetime | None = None
        self.last_good_poll: datetime | None = None
        self._is_first_poll = True
        self.rounds = 0

    async def restore(self) -> None:
        """Take over what was known before a restart, and fetch anew what the store has lost; raise StorageError."""
        self._is_first_poll = True
        lost = [exchange_id for exchange_id in self._fetched if await self._readings.latest(exchange_id) is None]
        for exchange_id in lost:
            del self._fetched[exchange_id]
        self._health = dict(await self._readings.health())
        listings = await self._readings.listings()
        self._list_seen_at = max((listing.fetched_at for listing in listings.values()), default=None)
        self._on_listings(self._wanted(listings.values()))
        for health in self._health.values():
            await self._on_health(health, health)

    async def follow(self) -> None:
        """Take over what another worker has found out meanwhile; raise StorageError."""
        await self.restore()
        listed = self._health.get(f"{self._source.name}/cexs")
        if listed and listed.last_success and not self._details_are_down():
            self.last_good_poll = listed.last_success

    async def poll(self) -> None:
        """Fetch the list and wake `serve_details`; a failure is recorded and leaves the old list."""
        name = f"{self._source.name}/cexs"
        try:
            listed = await self._source.listings()
        except SourceError as error:
            await self._failed(name, error)
        else:
            fetched = self._wanted(listed)
            self._record_unknown(listed)
            await self._readings.save_listings(fetched)
            await self._succeeded(name)
            self._record_list_seen()
            self._on_listings(fetched)
            if any(listing.total_usd is not None for listing in fetched) and not self._details_are_down():
                self.last_good_poll = self._clock.now()
        self._listed.set()

    def _record_unknown(self, listed: Iterable[Listing]) -> None:
        """Record, and log once, which of the exchanges to watch are on no list."""
        unknown = self._only - {listing.exchange.id for listing in listed}
        if unknown != self.unknown:
            log.warning("EXCHANGES names what is not listed", names=sorted(unknown))
        self.unknown = unknown

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

    async def serve_details(self) -> None:
        """Fetch the detail bodies that are due after every poll of the list, until cancelled."""
        while True:
            await self._listed.wait()
            self._listed.clear()
            try:
                await self.poll_details()
            except LeaseLost:
                log.warning("readings not judged: another worker is the poller now")
            except StorageError as error:
                log.warning("store away while fetching details", error=str(error))
            except Exception:
                log.exception("fetching details failed")  # the next poll tries again

    async def poll_details(self) -> None:
        """Fetch the detail bodies that are due, one after the other; raise StorageError."""
        if self._is_first_poll:
            await self._catch_up()
        await self._fetch_batch(await self._due())
        self.rounds += 1

    async def _catch_up(self) -> None:
        """Fetch everything, as is due at first and after another worker did it: what moves, then eight of the others.

        With 80 bodies due, of which two move, the two are judged first; whatever begins to move in a list that comes
        meanwhile is judged after at most eight more, not after 78.
        """
        fetched_ids: set[str] = set()
        while True:
            due_listings = await self._due()
            await self._fetch_batch([listing for listing in due_listings if self._is_urgent(listing)])
            calm = [
                listing
                for listing in due_listings
                if not self._is_urgent(listing) and listing.exchange.id not in fetched_ids
            ][:_CALM_BATCH]
            if not calm:
                break
            await self._fetch_batch(calm)
            fetched_ids |= {listing.exchange.id for listing in calm}
        # Without a single body there was no list yet, or nothing is due: everything is still to be fetched.
        self._is_first_poll = not self._fetched

    async def _due(self) -> list[Listing]:
        """Return the exchanges whose bodies are due, and record which have an open incident; raise StorageError."""
        listings = self._wanted((await self._readings.listings()).values())
        self._with_incident = {incident.subject for incident in await self._incidents.open()}
        return due(
            listings,
            self._fetched,
            self._clock.now(),
            interval=self._detail_interval,
            priorities=DetailPriorities(self._with_incident, await self._subscriptions.exchanges()),
        )

    def _is_urgent(self, row: Listing) -> bool:
        """Return whether an exchange moves by its row alone, or has an open incident."""
        return row.exchange.id in self._with_incident or is_moving(row, row)

    async def fetch(self, exchanges: Iterable[Exchange]) -> None:
        """Fetch the detail bodies of some exchanges now; raise StorageError."""
        listings = await self._readings.listings()
        await self._fetch_batch([listings[exchange.id] for exchange in exchanges if exchange.id in listings])
        self.rounds += 1

    async def _fetch_batch(self, due_listings: Sequence[Listing]) -> None:
        """Fetch some detail bodies, then have all of them judged together: many that move at once are seen as many."""
        judged = [listing.exchange for listing in due_listings if await self._poll_detail(listing)]
        if judged:
            await self._on_batch(judged)

    async def _poll_detail(self, listing: Listing) -> bool:
        """Fetch one detail body and return whether there is something to judge: new readings, or figures that grow old.

        Without readings that is so where an incident is open, so that people are told.
        """
        exchange = listing.exchange
        name = f"{self._source.name}/{exchange.id}"
        before, asked_at = self._fetched.get(exchange.id), self._clock.now()
        latest = await self._readings.latest(exchange.id)
        # Everything at first, later what may be new and what is compared with what is stored.
        since = latest.as_of - COMPARED_SPAN if latest else self._clock.now() - BACKFILL
        try:
            readings = await self._source.readings(exchange, since=since)
        except SourceError as error:
            failures = before.failures + 1 if before else 1
            self._fetched[exchange.id] = LastFetch(asked_at, listing, failures)
            await self._failed(name, error)
            return exchange.id in self._with_incident
        added = await self._add(exchange, readings, latest)
        self._fetched[exchange.id] = LastFetch(asked_at, listing)
        await self._succeeded(name, left_out=_left_out(readings[-1]))
        self._meter.set_reading_time(exchange.id, readings[-1].as_of)
        log.debug("readings fetched", exchange=exchange.id, fetched=len(readings), new=added)
        await self._on_stored(exchange)
        return True

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
        if before and before.fault:
            log.info("source healed", source=name, after=str(now - (before.failing_since or now)))
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
        if before.fault is None:
            log.warning("source broke", source=name, reason=str(error.fault), detail=error.detail)
        since = before.failing_since or now
        await self._record_health(replace(before, failing_since=since, fault=error.fault, detail=error.detail))
        self._meter.count_poll(name, str(error.fault))

    async def _record_health(self, health: SourceHealth) -> None:
        before = self._health.get(health.source, SourceHealth(health.source))
        self._health[health.source] = health
        await self._readings.save_health(health)
        await self._on_health(before, health)


def _left_out(reading: Reading) -> str:
    """Return the slots of a reading whose amounts or values cannot be: "ETH on Ethereum, TRX on Tron and 4 more"."""
    return clean(slot_names(sorted(reading.impossible_slots | reading.unvalued_slots)))
