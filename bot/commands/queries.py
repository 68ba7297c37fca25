"""What handlers may ask: exchanges, snapshots, incidents, the past, and the bot's own status.

Answers come from memory (`LatestState`) wherever possible, so that `/reserves` works while the store is unreachable;
incidents, subscriptions and the past come from the store.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from bot.commands.exchange_lookup import complete_exchange, find_exchange
from bot.detection.withdrawals.outgoing_stall import outgoing_age
from bot.domain.daily_assets import DailyAssets
from bot.domain.drill import DrillSummary
from bot.domain.errors import AskerError, StorageError
from bot.domain.exchange import Exchange, Listing, exchange_id
from bot.domain.flow import Window
from bot.domain.incident import Incident, IncidentState, open_by_number
from bot.domain.obstacles import AlertObstacle
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.own_reading import READ_ASSETS, OutgoingAge, OwnReading
from bot.domain.place import Place, Platform
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.reading import SourceHealth
from bot.domain.rehearsal import Rehearsal
from bot.domain.send_rate import SendRate
from bot.domain.severity import Sensitivity
from bot.domain.signal import Note, NoteReason, Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.status import BotStatus, OwnChainStatus, SourceStatus, StoredCounts
from bot.domain.suppression import Metric, Suppression, suppression_of
from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.language.translation import tr
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds
from bot.ports.drills import Drills, recent_summary
from bot.ports.incidents import Incidents
from bot.ports.news import NewsAnswers
from bot.ports.outbox import Outbox
from bot.ports.sources import Clock, WithdrawalSource
from bot.ports.stress import StressAnswers
from bot.ports.subscriptions import Subscriptions
from bot.ports.withdrawals import WithdrawalRecords

_OUTFLOW_MAX_WAIT_S = 0.5  # a store that answers takes a millisecond; one that is away is tried for seconds
_GIVEN_UP_SHOWN = timedelta(days=1)  # longer ago an operator has seen it, or will not


@dataclass(slots=True)
class LatestState:
    """The newest listing, source health, withdrawals and snapshot of every exchange, in memory.

    Written by polling and watching, read by `Queries`. Rows of exchanges that have left the list stay.
    `list_changed_at` is the first time that the list was fetched with the figures that it has now. `withdrawals` and
    `withdrawal_health`, how the source of them is doing, are of exchanges that have such a source, by id; `proofs` and
    `proof_health` are the same of the proofs of reserves that exchanges tell themselves. `price_health` is how each
    source of stablecoins' prices is doing, by its name, `venue_health` how each exchange whose prices are compared.
    `incidents` are the open and recent ones as they were after the last round of judging, newest first. `own_readings`
    are those of an exchange's id and a chain, `suppressions` what operators have paused, by key.
    """

    listings: dict[str, Listing] = field(default_factory=dict)
    health: dict[str, SourceHealth] = field(default_factory=dict)
    withdrawals: dict[str, ExchangeWithdrawals] = field(default_factory=dict)
    withdrawal_health: dict[str, SourceHealth] = field(default_factory=dict)
    proofs: dict[str, ProofOfReserves] = field(default_factory=dict)
    proof_health: dict[str, SourceHealth] = field(default_factory=dict)
    price_health: dict[str, SourceHealth] = field(default_factory=dict)
    venue_health: dict[str, SourceHealth] = field(default_factory=dict)
    incidents: Sequence[Incident] = ()
    own_readings: dict[tuple[str, str], OwnReading] = field(default_factory=dict)
    suppressions: Mapping[str, Suppression] = field(default_factory=dict)
    list_fetched_at: datetime | None = None
    list_changed_at: datetime | None = None
    _snapshots: dict[str, ExchangeSnapshot] = field(default_factory=dict)
    _answered: dict[str, tuple[ExchangeSnapshot, ExchangeSnapshot]] = field(default_factory=dict)

    def set_listings(self, listings: Iterable[Listing]) -> None:
        """Replace the rows of the exchanges in a new list, and note when it was fetched and when it last changed."""
        rows = {listing.exchange.id: listing for listing in listings}
        if not rows:
            return
        fetched_at = max(row.fetched_at for row in rows.values())
        if self.list_changed_at is None or any(_is_news(row, self.listings.get(id_)) for id_, row in rows.items()):
            self.list_changed_at = fetched_at
        self.list_fetched_at = fetched_at
        self.listings.update(rows)

    def time_corrected(self) -> None:
        """Forget the times of the list until the next one: the clock was wrong here, and maybe another one set them."""
        self.list_fetched_at = self.list_changed_at = None

    def set_health(self, health: SourceHealth) -> None:
        """Replace the health of a source, by its name."""
        self.health[health.source] = health

    def set_withdrawals(self, known: Iterable[ExchangeWithdrawals]) -> None:
        """Replace what is known of some exchanges' withdrawals."""
        self.withdrawals.update({withdrawals.exchange: withdrawals for withdrawals in known})

    def set_withdrawal_health(self, health: SourceHealth) -> None:
        """Replace the health of a withdrawal source, whose name is `withdrawals/<exchange>`."""
        self.withdrawal_health[health.source.partition("/")[2]] = health

    def set_suppressions(self, suppressions: Mapping[str, Suppression]) -> None:
        """Replace what operators have paused."""
        self.suppressions = suppressions

    def set_proof(self, proof: ProofOfReserves) -> None:
        """Replace the proof of reserves that an exchange itself tells."""
        self.proofs[proof.exchange] = proof

    def set_proof_health(self, health: SourceHealth) -> None:
        """Replace the health of a source of proofs, whose name is `proofs/<exchange>`."""
        self.proof_health[health.source.partition("/")[2]] = health

    def set_price_health(self, health: SourceHealth) -> None:
        """Replace the health of a source of stablecoins' prices, whose name is `prices/<name>`."""
        self.price_health[health.source.partition("/")[2]] = health

    def set_own_readings(self, known: Iterable[OwnReading]) -> None:
        """Replace what the bot itself has read on chain of some exchanges."""
        self.own_readings.update({(reading.exchange, reading.chain): reading for reading in known})

    def set_venue_health(self, health: SourceHealth) -> None:
        """Replace the health of an exchange whose prices are compared, whose name is `tickers/<name>`."""
        self.venue_health[health.source.partition("/")[2]] = health

    def set_snapshot(self, snapshot: ExchangeSnapshot) -> None:
        """Replace the snapshot of its exchange."""
        self._snapshots[snapshot.exchange.id] = snapshot

    def snapshot(self, exchange: str) -> ExchangeSnapshot | None:
        """Return the newest snapshot of an exchange, with the newest row of the list and its source's health.

        It is the same object as long as none of the three has changed, so that texts about it can be remembered.
        """
        snapshot = self._snapshots.get(exchange)
        if snapshot is None:
            return None
        # Polling keeps the health of an exchange's detail body under “<source>/<exchange>”.
        source = snapshot.reading.source if snapshot.reading else ""
        row, health = self.listings.get(exchange), self.health.get(f"{source}/{exchange}")
        stored, answered = self._answered.get(exchange, (None, None))
        if answered is None or stored is not snapshot or answered.listing is not row or answered.health is not health:
            answered = replace(snapshot, listing=row, health=health)
            self._answered[exchange] = snapshot, answered
        return answered

    def size_usd(self, listing: Listing) -> float:
        """Return the total to order an exchange by: the list's, or the last complete one while a part is missing.

        The list's own falls with the missing part, and the exchange would move down in lists and completions.
        """
        snapshot = self._snapshots.get(listing.exchange.id)
        if snapshot and snapshot.missing and snapshot.last_complete:
            return snapshot.last_complete.total_usd()
        return listing.total_usd or 0.0

    def snapshots(self) -> list[ExchangeSnapshot]:
        """Return the newest snapshot of every exchange that has one."""
        return [snapshot for exchange in list(self._snapshots) if (snapshot := self.snapshot(exchange))]


def _is_open_outflow(incident: Incident, exchange: Exchange) -> bool:
    """Return whether an incident is the open outflow of an exchange under the normal preset."""
    return (
        incident.subject == exchange.id
        and incident.source_rule == Rule.OUTFLOW
        and incident.sensitivity is Sensitivity.NORMAL
        and incident.state is IncidentState.OPEN
    )


def _is_news(row: Listing, before: Listing | None) -> bool:
    """Return whether a row of the list says anything but what the one before said."""
    return before is None or replace(row, fetched_at=before.fetched_at) != before


@dataclass(frozen=True, slots=True)
class HistoryAnswers:
    """The questions about the past, as functions that the application puts in.

    `outflow_curve(exchange, since)` is how much has left since then, None without two readings. `daily_assets(exchange,
    since)` is what it held on each day since then. `past_curve(name)` is a known run of the past (`ftx-2022`), None
    when none is called so, `past_runs()` all of them. `rehearse(exchanges, preset)` is what would have been announced.
    """

    outflow_curve: Callable[[Exchange, datetime], Awaitable[OutflowCurve | None]]
    daily_assets: Callable[[Exchange, datetime], Awaitable[Sequence[DailyAssets]]]
    past_curve: Callable[[str], Awaitable[OutflowCurve | None]]
    past_runs: Callable[[], Awaitable[Sequence[OutflowCurve]]]
    rehearse: Callable[[Sequence[Exchange], Sensitivity], Awaitable[Rehearsal]]


class Queries:
    """The questions of handlers.

    `build_snapshot` makes the snapshot of an exchange that memory lacks, from the store. `only` are the ids of the
    exchanges that are watched, none for all. `kinds` are the signal sources, for the words of their incidents.
    `stress` answers for the stress test, `news` for news feeds.
    `withdrawal_sources` are those that this bot asks, `withdrawals` what is stored of their answers. `curated_proofs`
    are the proofs of reserves of the table, for exchanges that do not tell theirs; `proof_sources` returns the id and
    the name of those that are asked. `price_sources` are the names of the sources of stablecoins' prices that are
    asked, `prices_off` those that are switched off. `has_newest_incidents` says whether the
    incidents in memory are those of the store. `own_chains` are the ids of the exchanges that the bot reads itself, by
    chain. `venues` and `venues_off` are the names of exchanges whose prices are compared, and of those switched off.
    """

    def __init__(  # noqa: PLR0913 — everything that may be asked, named at the one place that builds it
        self,
        latest: LatestState,
        *,
        incidents: Incidents,
        outbox: Outbox,
        subscriptions: Subscriptions,
        withdrawals: WithdrawalRecords,
        withdrawal_sources: Sequence[WithdrawalSource] = (),
        curated_proofs: Mapping[str, ProofOfReserves] = MappingProxyType({}),
        proof_sources: Callable[[], Sequence[tuple[str, str]]] = tuple,
        price_sources: Sequence[str] = (),
        prices_off: Sequence[str] = (),
        venues: Sequence[str] = (),
        venues_off: Sequence[str] = (),
        build_snapshot: Callable[[Exchange], Awaitable[ExchangeSnapshot]],
        only: Collection[str] = (),
        history: HistoryAnswers,
        stress: StressAnswers,
        news: NewsAnswers,
        clock: Clock,
        version: str,
        platforms: Callable[[], Mapping[Platform, str]] = dict,
        rates: Callable[[], Awaitable[Mapping[Platform, SendRate]]],
        standing_by: Callable[[], Sequence[str]] = tuple,
        obstacles: Callable[[], Awaitable[Sequence[AlertObstacle] | None]] | None = None,
        misdirected: Callable[[], Sequence[str]] = tuple,
        has_newest_incidents: Callable[[], bool] = lambda: False,
        kinds: SignalKinds = SIGNAL_KINDS,
        drills: Drills,
        own_chains: Callable[[], Mapping[str, Sequence[str]]] = dict,
    ) -> None:
        self.kinds = kinds
        self.stress = stress
        self.news = news
        self._latest = latest
        self._incidents = incidents
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._withdrawals = withdrawals
        self._withdrawal_sources = {source.exchange: source for source in withdrawal_sources}
        self._curated_proofs = curated_proofs
        self._proof_sources = proof_sources
        self._price_sources = price_sources
        self._prices_off = prices_off
        self._venues = venues
        self._venues_off = venues_off
        self._build_snapshot = build_snapshot
        self._only = only
        self._history = history
        self._clock = clock
        self._version = version
        self._platforms = platforms
        self._rates = rates
        self._standing_by = standing_by
        self._obstacles = obstacles or _nobody_looks
        self._misdirected = misdirected
        self._has_newest_incidents = has_newest_incidents
        self._drills = drills
        self._own_chains = own_chains
        self._started_at = clock.now()

    def exchange(self, name: str) -> Exchange:
        """Return the exchange that somebody means by a name.

        Raise UnknownExchange with the nearest ones, or another AskerError while no list has been fetched at all.
        """
        # Nearly everybody types the id or picks it from a list: all of them need not be ordered by size for that.
        row = self._latest.listings.get(exchange_id(name))
        return row.exchange if row else find_exchange(name, self.exchanges())

    def exchanges(self) -> Sequence[Exchange]:
        """Return every exchange ever listed, largest first."""
        return [listing.exchange for listing in self.listings()]

    def names(self) -> dict[str, str]:
        """Return the display name of every exchange by its id."""
        return {id_: listing.exchange.name for id_, listing in self._latest.listings.items()}

    def is_watched(self, exchange: str) -> bool:
        """Return whether an exchange, by its id, is among those this bot watches, listed or not."""
        return not self._only or exchange in self._only

    def listings(self) -> Sequence[Listing]:
        """Return the newest row of every exchange ever listed, largest first, unmeasured ones last."""
        return sorted(
            self._latest.listings.values(), key=lambda listing: (-self._latest.size_usd(listing), listing.exchange.id)
        )

    def exchanges_like(self, typed: str) -> Sequence[Exchange]:
        """Return the exchanges whose name begins with, or else contains, what was typed; largest first."""
        return complete_exchange(typed, self.exchanges())

    async def snapshot(self, name: str) -> ExchangeSnapshot:
        """Return the newest snapshot of an exchange; raise as `exchange` does."""
        exchange = self.exchange(name)
        return self._latest.snapshot(exchange.id) or await self._build_snapshot(exchange)

    async def fresh_snapshot(self, exchange: Exchange) -> None:
        """Build the snapshot of an exchange again, so that answers show what has changed about it."""
        self._latest.set_snapshot(await self._build_snapshot(exchange))

    def snapshots(self) -> Sequence[ExchangeSnapshot]:
        """Return the newest snapshot of every exchange that has one."""
        return self._latest.snapshots()

    def revision_note(self, exchange: str) -> Note | None:
        """Return the note that an exchange, by its id, has whose source revised its history lately; None for others."""
        snapshot = self._latest.snapshot(exchange)
        notes = snapshot.signal.notes if snapshot and snapshot.signal else ()
        return next((note for note in notes if note.reason is NoteReason.REVISED), None)

    def has_withdrawal_source(self, exchange: str) -> bool:
        """Return whether an exchange, by its id, tells of its withdrawals: elsewhere nothing can be critical.

        One of which the system status alone can be asked does not.
        """
        return self._is_asked(exchange) and self._withdrawal_sources[exchange].tells_networks

    def withdrawals(self, exchange: str) -> ExchangeWithdrawals | None:
        """Return what is known of an exchange's withdrawals, by its id.

        None where it is not asked at all, or was not yet. Without a source that tells networks it has none of them.
        """
        return self._latest.withdrawals.get(exchange) if self._is_asked(exchange) else None

    def judged_withdrawals(self, exchange: str) -> ExchangeWithdrawals | None:
        """Return what an exchange's withdrawals are judged by, None while an operator has paused them."""
        return None if self.suppression(exchange, Metric.WITHDRAWALS) else self.withdrawals(exchange)

    def suppression(self, exchange: str, metric: Metric) -> Suppression | None:
        """Return since when and why a metric of an exchange, by its id, is paused by an operator; None: it is not."""
        return suppression_of(self._latest.suppressions, exchange, metric)

    def all_withdrawals(self) -> Sequence[ExchangeWithdrawals]:
        """Return what is known of the withdrawals of every listed exchange that was asked, largest exchange first."""
        known = (self.withdrawals(exchange.id) for exchange in self.exchanges())
        return [withdrawals for withdrawals in known if withdrawals]

    async def withdrawal_transitions(self, exchange: str, since: datetime) -> Sequence[WithdrawalTransition]:
        """Return how an exchange's withdrawals changed from a time on, oldest first; raise StorageError.

        They go back 400 days at most.
        """
        return await self._withdrawals.transitions(exchange, since=since)

    def proof(self, exchange: str) -> ProofOfReserves | None:
        """Return the newest proof of reserves of an exchange, by its id: its own word, or else the table's row.

        A replay of the past does not know a row whose sources tell of later days.
        """
        row = self._curated_proofs.get(exchange)
        is_told = row and (row.told_on is None or row.told_on <= self._clock.now().date())
        return self._latest.proofs.get(exchange) or (row if is_told else None)

    def proof_health(self, exchange: str) -> SourceHealth | None:
        """Return how an exchange's own proofs can be read, None where it is not asked or was not yet."""
        return self._latest.proof_health.get(exchange)

    async def open_incidents(self) -> Sequence[Incident]:
        """Return the open incidents, worst first."""
        return await self._incidents.open()

    async def open_incident(self, exchange: Exchange) -> Incident | None:
        """Return the open outflow of an exchange, as the normal preset sees it where it does."""
        outflows = [
            incident
            for incident in await self._incidents.open()
            if incident.subject == exchange.id and incident.source_rule == Rule.OUTFLOW
        ]
        return min(outflows, key=lambda incident: incident.sensitivity is not Sensitivity.NORMAL, default=None)

    async def known_outflow(self, exchange: Exchange) -> Incident | None:
        """Return the open outflow of an exchange under the normal preset, from memory if that has the newest incidents.

        For the title of an answer that is otherwise from memory: where the store has to be asked, the answer does not
        wait long for it, and while the store is away there is None.
        """
        if self._has_newest_incidents():
            return next((known for known in self._latest.incidents if _is_open_outflow(known, exchange)), None)
        with suppress(StorageError, TimeoutError):
            async with asyncio.timeout(_OUTFLOW_MAX_WAIT_S):
                incident = await self._incidents.current(exchange.id, Rule.OUTFLOW)
                return incident if incident and incident.state is IncidentState.OPEN else None
        return None

    async def outflow_curve(self, exchange: Exchange, incident: Incident | None) -> OutflowCurve | None:
        """Return how much has left since the day before an incident began, without one over the last seven days."""
        since = incident.first_as_of - Window.DAY.length if incident else self._clock.now() - Window.WEEK.length
        return await self._history.outflow_curve(exchange, since)

    async def daily_assets(self, exchange: Exchange, since: datetime) -> Sequence[DailyAssets]:
        """Return what an exchange held on each day from a time on, oldest first; raise StorageError."""
        return await self._history.daily_assets(exchange, since)

    async def past_runs(self) -> Sequence[OutflowCurve]:
        """Return every known run of the past."""
        return await self._history.past_runs()

    async def past_curve(self, name: str) -> OutflowCurve | None:
        """Return a run of the past by its name (`ftx-2022`), None when none is called so."""
        return await self._history.past_curve(name.strip().lower())

    async def rehearse(self, exchanges: Sequence[Exchange], sensitivity: Sensitivity) -> Rehearsal:
        """Return what a preset would have announced of these exchanges in the last 90 days."""
        return await self._history.rehearse(exchanges, sensitivity)

    async def recent_incidents(self, exchange: Exchange | None = None) -> Sequence[Incident]:
        """Return open and past incidents, newest first, every open one among them."""
        subject = exchange.id if exchange else None
        recent = await self._incidents.recent(subject=subject)
        are_open = [incident for incident in await self._incidents.open() if subject in {None, incident.subject}]
        by_number = {incident.number: incident for incident in recent} | open_by_number(are_open)
        return sorted(by_number.values(), key=lambda incident: -incident.number)

    def known_incidents(self) -> Sequence[Incident]:
        """Return the incidents that memory has, as of the last round of judging: open ones, worst first, then others.

        The others are the newest first; an answer about an incident is made from the store's.
        """
        return sorted(
            self._latest.incidents,
            key=lambda incident: (
                incident.state is not IncidentState.OPEN,
                -incident.severity.rank if incident.state is IncidentState.OPEN else 0,
                -incident.number,
            ),
        )

    async def remember_incidents(self) -> None:
        """Read the incidents that suggestions are made from; raise StorageError."""
        self._latest.incidents = await self.recent_incidents()

    async def incident(self, number: int) -> Incident:
        """Return INC-`number`; raise AskerError when there is none."""
        incident = await self._incidents.by_number(number)
        if incident is None:
            raise AskerError(tr("There is no INC-{number}. /incidents lists the recent ones.", number=number))
        return incident

    async def drills(self, exchange: str, place: Place | None = None) -> DrillSummary | None:
        """Return what members' drills at an exchange say, None for fewer than three people.

        Also None while the store is away, and where the `place` that reads it has switched drills off.
        """
        try:
            if place and await self._drills.is_off(place):
                return None
            return await recent_summary(self._drills, exchange)
        except StorageError:  # a line among others: the rest is answered from memory all the same
            return None

    def from_memory(self) -> "Queries":
        """Return the same questions, answered from memory alone: for what only the store has they raise StorageError.

        Handlers know a store that is away, and say then what they can.
        """
        memory, store = copy(self), _NotInMemory()
        memory._incidents = memory._outbox = memory._subscriptions = store  # noqa: SLF001 — a copy of its own
        memory._withdrawals = memory._drills = store  # noqa: SLF001 — as above
        memory._build_snapshot = store.anything  # noqa: SLF001 — as above
        return memory

    async def status(self) -> BotStatus:
        """Return the bot's own health."""
        readings = [snapshot.reading for snapshot in self.snapshots() if snapshot.reading]
        newest: dict[str, datetime] = {}
        for reading in readings:
            newest[reading.source] = max(reading.as_of, newest.get(reading.source, reading.as_of))
        # Side by side: while the store is away each takes as long as a request to it is tried.
        obstacles, stored = await asyncio.gather(self._obstacles(), self._stored_counts())
        return BotStatus(
            version=self._version,
            started_at=self._started_at,
            now=self._clock.now(),
            sources=dict(self._latest.health),
            exchanges=len(self._latest.listings),
            read=len(readings),
            newest_readings=newest,
            platforms=self._platforms(),
            stored=stored,
            obstacles=obstacles,
            standing_by=self._standing_by(),
            misdirected=self._misdirected(),
            withdrawal_sources=self._withdrawal_statuses(),
            proof_sources=self._proof_statuses(),
            price_sources=None if obstacles is None else self._price_statuses(),
            own_chains=[self._own_chain_status(chain) for chain in READ_ASSETS],
            venues=None if obstacles is None else self._venue_statuses(),
            feeds=[SourceStatus(feed, self.news.health(feed)) for feed in self.news.feeds],
        )

    def own_readings(self, exchange: str) -> Sequence[OwnReading]:
        """Return what the bot itself has read on chain of an exchange, by its id; nothing by default."""
        chains = self._own_chains()
        read = (self._latest.own_readings.get((exchange, chain)) for chain in READ_ASSETS if chain in chains)
        return [reading for reading in read if reading]

    def outgoing(self, exchange: str) -> OutgoingAge | None:
        """Return when the last transaction left a hot wallet of an exchange, by its id; None where nobody reads it."""
        ages = (outgoing_age(own, self._clock.now()) for own in self.own_readings(exchange))
        return next((age for age in ages if age), None)

    def _own_chain_status(self, chain: str) -> OwnChainStatus:
        exchanges = self._own_chains().get(chain)
        if exchanges is None:
            return OwnChainStatus(chain)
        known = (self._latest.own_readings.get((exchange, chain)) for exchange in exchanges)
        complete = sum(reading is not None and reading.fault is None for reading in known)
        return OwnChainStatus(chain, is_on=True, complete=complete, read=len(exchanges))

    def _withdrawal_statuses(self) -> Sequence[SourceStatus]:
        """Return how the source of each exchange that is asked is doing, largest exchange first."""
        return [
            SourceStatus(exchange.name, self._latest.withdrawal_health.get(exchange.id))
            for exchange in self.exchanges()
            if self._is_asked(exchange.id)
        ]

    def _proof_statuses(self) -> Sequence[SourceStatus]:
        """Return how the source of proofs of each exchange that is asked for them is doing."""
        return [SourceStatus(name, self._latest.proof_health.get(id_)) for id_, name in self._proof_sources()]

    def _price_statuses(self) -> Sequence[SourceStatus]:
        return [
            *(SourceStatus(name, self._latest.price_health.get(name)) for name in self._price_sources),
            *(SourceStatus(name, is_off=True) for name in self._prices_off),
        ]

    def _venue_statuses(self) -> Sequence[SourceStatus]:
        return [
            *(SourceStatus(name, self._latest.venue_health.get(name)) for name in self._venues),
            *(SourceStatus(name, is_off=True) for name in self._venues_off),
        ]

    def _is_asked(self, exchange: str) -> bool:
        return exchange in self._withdrawal_sources and self.is_watched(exchange)

    async def _stored_counts(self) -> StoredCounts | None:
        """Return what the store knows, None while it is away: what is wrong must be said then above all."""
        try:
            return StoredCounts(
                open_incidents=len(open_by_number(await self._incidents.open())),
                backlog=await self._outbox.depth(),
                oldest_waiting=await self._outbox.oldest_queued_at(),
                places=await self._subscriptions.count(),
                disabled=await self._subscriptions.disabled(),
                refusing=await self._subscriptions.refusing(),
                given_up=await self._outbox.given_up_since(self._clock.now() - _GIVEN_UP_SHOWN),
                rates=await self._rates(),
            )
        except StorageError:
            return None


class _NotInMemory:
    """Stands for every part of the store where nothing may be asked of it."""

    def __getattr__(self, name: str) -> Any:
        return self.anything

    async def anything(self, *_: object, **__: object) -> Any:
        """Raise StorageError, at once."""
        raise StorageError("not in memory")


async def _nobody_looks() -> None:
    """Return that nothing is known of obstacles."""
