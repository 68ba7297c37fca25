"""Gathers the facts that decide whether alerts can open and arrive, from the parts of this worker that know them.

A worker that only delivers needs no readings, so it has no facts about them. While the store is away its fault is the
fact, and nothing else is asked of it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot.detection.withdrawals.thresholds import SILENT_POLLS
from bot.domain.errors import SourceFault, StorageError
from bot.domain.obstacles import (
    AlertFacts,
    ClockFacts,
    FigureFacts,
    JobState,
    ListFacts,
    ObstacleKind,
    PausedSending,
    PollFacts,
    PriceFacts,
    QueueFacts,
    WithdrawalFacts,
)
from bot.domain.worker import Lease, Role
from bot.ports.sources import Clock
from bot.service.application import Application
from bot.sources.market.prices import SUPPLIES
from bot.workers.corrected_clock import THE_STORE, CorrectedClock

Reports = Mapping[ObstacleKind, Callable[[], Sequence[str]]]
"""Parts that find out by themselves what is wrong with them: each returns sentences, none when all is well.

A sentence keeps its place in the list while others come and go; "" stands where there is nothing any more.
"""


class AlertFactsGatherer:
    """Asks the parts of a worker. `jobs` returns how its jobs do, `reports` are of parts with words of their own."""

    def __init__(  # noqa: PLR0913 — each named where they are put together
        self,
        application: Application,
        *,
        role: Role,
        poll_interval: timedelta,
        clock: Clock,
        jobs: Callable[[], Sequence[JobState]],
        reports: Reports,
    ) -> None:
        self._application = application
        self._role = role
        self._poll_interval = poll_interval
        self._clock = clock
        self._jobs = jobs
        self._reports = reports
        self._fronts: dict[str, float] = {}  # the oldest entry of a queue → since when, on the loop's time

    async def gather(self) -> AlertFacts:
        """Return the facts as they are now; a store that is away is one of them, and raises nothing."""
        application, status = self._application, self._application.status
        store_fault = await self._store_fault()
        needs_readings = self._role is not Role.COURIER
        return AlertFacts(
            now=self._clock.now(),
            store_fault=store_fault,
            clock=self._clock.facts() if isinstance(self._clock, CorrectedClock) else ClockFacts(),
            polls=await self._poll_facts(store_fault) if needs_readings else None,
            figures=self._figures() if needs_readings else (),
            exchange_list=self._list_facts() if needs_readings else None,
            withdrawals=self._withdrawal_facts() if needs_readings else None,
            prices=self._price_facts() if needs_readings else None,
            platforms={
                # One that is refused the store reports that by itself.
                str(chat.platform): "" if chat.is_refused else status.trouble(chat) or ""
                for chat in status.connections
            },
            paused=() if store_fault else await self._paused(),
            idle_duties=application.upkeep.undelivered,
            queues=() if store_fault else await self._queues(),
            jobs=self._jobs(),
            reported={kind: report() for kind, report in self._reports.items()},
        )

    async def _store_fault(self) -> str:
        try:
            store_time = await self._application.store.check_writes()
        except StorageError as error:
            return str(error)
        if isinstance(self._clock, CorrectedClock):
            self._clock.hear(THE_STORE, store_time, may_be_here=True)
        return ""

    async def _poll_facts(self, store_fault: str) -> PollFacts:
        poller, latest = self._application.poller, self._application.latest
        faults = [health.fault for name, health in latest.health.items() if name.endswith("/cexs") and health.fault]
        return PollFacts(
            last_good=poller.last_good_poll,
            interval=self._poll_interval,
            fault=str(faults[0]) if faults else "",
            unlisted=sorted(poller.unknown),
            is_anybody_polling=self._role.polls or bool(store_fault) or await self._has_poller(),
        )

    async def _has_poller(self) -> bool:
        try:
            return await self._application.store.leases.owner(Lease.POLL) is not None
        except StorageError:  # said at the next look
            return True

    def _figures(self) -> Sequence[FigureFacts]:
        return [
            FigureFacts(
                exchange=snapshot.exchange.name,
                usd=snapshot.shown_reading.total_usd() if snapshot.shown_reading else 0.0,
                as_of=snapshot.reading.as_of,
                answered_at=snapshot.health.last_success if snapshot.health else None,
                is_failing=bool(snapshot.health and snapshot.health.fault),
            )
            for snapshot in self._application.latest.snapshots()
            if snapshot.reading
        ]

    def _list_facts(self) -> ListFacts | None:
        latest = self._application.latest
        if latest.list_fetched_at is None or latest.list_changed_at is None:
            return None
        rows = list(latest.listings.values())
        return ListFacts(
            fetched_at=latest.list_fetched_at,
            changed_at=latest.list_changed_at,
            usd=sum(latest.size_usd(row) for row in rows),
            left_out={
                row.exchange.name: (latest.size_usd(row), row.fetched_at)
                for row in rows
                if row.fetched_at < latest.list_fetched_at
            },
        )

    def _withdrawal_facts(self) -> WithdrawalFacts:
        asked = self._application.exchanges_asked_about_withdrawals()
        latest = [self._application.latest.withdrawals.get(exchange) for exchange in asked]
        silent = [known for known in latest if known and known.silent_polls >= SILENT_POLLS]
        return WithdrawalFacts(
            asked=len(asked),
            silent=len(silent),
            blocked=sum(known.fault is SourceFault.BLOCKED for known in silent),
            answered_at=max((known.as_of for known in latest if known and known.as_of), default=None),
        )

    def _price_facts(self) -> PriceFacts:
        known = self._application.latest.price_health
        asked = [name for name in self._application.peg_poller.names if name != SUPPLIES]
        # One that was not asked yet, in the first seconds of a new bot, is no fault.
        return PriceFacts({name: known[name].last_success for name in asked if name in known})

    async def _paused(self) -> Sequence[PausedSending]:
        try:
            rates = await self._application.status.rates()
        except StorageError:
            return ()
        return [
            PausedSending(str(platform), rate.paused_for, rate.reason)
            for platform, rate in rates.items()
            if rate.paused_for
        ]

    async def _queues(self) -> Sequence[QueueFacts]:
        """Return for how long the oldest message of each queue is the same; a queue that moves has soon another one."""
        outbox = self._application.store.outbox
        try:
            depth = await outbox.depth()
            # Mostly nothing waits, and then there is no more to ask.
            platforms = [chat.platform for chat in self._application.status.connections] if depth else []
            fronts = await outbox.front_entries(platforms)
        except StorageError:
            return ()
        now_s = asyncio.get_running_loop().time()
        entries = {entry for platform_entries in fronts.values() for entry in platform_entries}
        self._fronts = {entry: self._fronts.get(entry, now_s) for entry in entries}
        return [
            QueueFacts(
                str(platform),
                waiting=sum(count for (of, _), count in depth.items() if of is platform),
                unmoved_for=timedelta(seconds=max(now_s - self._fronts[entry] for entry in platform_entries)),
            )
            for platform, platform_entries in fronts.items()
            if platform_entries
        ]
