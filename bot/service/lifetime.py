"""A worker's life: it opens the store, starts what its role needs, and stops without losing a message.

On SIGTERM no further delivery begins; those under way get 8 s to finish, and everything else stays in the outbox.
While the store is away at the start it tries again, after 0.5, 1, 2 and then every 5 s.
"""

import asyncio
import gc
import itertools
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import structlog

from bot import __version__
from bot.config.settings import Settings
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import ConfigurationError, StorageError
from bot.domain.obstacles import AlertObstacle, JobState, ObstacleKind
from bot.domain.worker import Lease, Role, lease_of
from bot.language.translation import unreadable_languages
from bot.monitoring.proof_poller import PROOF_TURN
from bot.monitoring.withdrawal_poller import TURN
from bot.ports.pegs import PegSource
from bot.ports.sources import Clock, ReadHeaders, WithdrawalSource
from bot.service.alert_facts import AlertFactsGatherer, Reports
from bot.service.application import Application, SystemClock
from bot.service.chain_interfaces import chain_sources_by_settings
from bot.service.exchange_interfaces import proof_sources_by_settings, sources_by_settings
from bot.service.health_server import HealthServer
from bot.service.hourly_line import HOURLY, HourlyLine
from bot.service.metrics import Metrics
from bot.service.platforms import MakeChats, misdirected, platform_connections
from bot.service.price_sources import prices_by_settings
from bot.service.schedule import Job, Schedule
from bot.service.self_report import REPORT_INTERVAL, SelfReport
from bot.sources.defillama import NAME
from bot.sources.defillama.source import DefiLlama
from bot.sources.heartbeat import beat
from bot.sources.http import Http
from bot.sources.news.source import news_feeds
from bot.storage.store import open_store
from bot.workers.change_feed_follower import ChangeFeedFollower
from bot.workers.corrected_clock import CorrectedClock, timed_requests
from bot.workers.leader_election import LeaseRunner, LeaseTiming
from bot.workers.platform_connection import PlatformConnection, while_not_refused

log = structlog.get_logger()

_STORE_PAUSES_S = (0.5, 1.0, 2.0, 5.0)  # the last one again and again
_FINISH_WITHIN_S = 8.0  # of the 10 s that Docker waits before it kills
_POLL_JITTER = 1 / 20  # of the interval, so that many installations do not ask an upstream at the same second
_MUTES_INTERVAL = timedelta(seconds=5)  # whoever lifts a mute waits for what was missed
_FORGET_INTERVAL = timedelta(days=1)
_DIGEST_INTERVAL = timedelta(minutes=1)  # places name their hour to the minute
_NEWS_TURN = timedelta(minutes=1)  # between two looks whether feeds are due: the first list may come late
_STRESS_INTERVAL = timedelta(minutes=5)  # as often as withdrawals are asked for, so that a short closing counts
_Result = TypeVar("_Result")
MakePegSource = Callable[[Settings, Http, Clock], PegSource | None]
MakeWithdrawalSources = Callable[[Settings, Http, Clock], Sequence[WithdrawalSource]]


async def serve(
    settings: Settings,
    role: Role = Role.ALL,
    *,
    clock: Clock | None = None,
    store_clock: Clock | None = None,
    poll_every: timedelta | None = None,
) -> None:
    """Run a worker until SIGTERM or SIGINT; raise ConfigurationError where it may not start.

    The last three replace the real time and the interval of polls, for workers in a simulation (see `Service`).
    """
    if role is not Role.ALL and not settings.redis_url:
        raise ConfigurationError(
            f"--role {role} is for several workers on one server: set REDIS_URL to it. The private server of DATA_DIR "
            "belongs to one process, which does everything (--role all)."
        )
    for problem in misdirected(settings):
        log.warning("setting names a platform without a token", problem=problem)
    for code in unreadable_languages():
        log.error("catalogue cannot be read, its texts are in English", language=code)
    clock = clock or CorrectedClock(SystemClock())
    metrics = Metrics(clock, __version__)
    service = Service(
        settings,
        clock=clock,
        metrics=metrics,
        make_chats=platform_connections,
        poll_every=poll_every,
        role=role,
        store_clock=store_clock,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    server = HealthServer(
        settings.http_host,
        settings.http_port,
        metrics=metrics,
        unready=service.unready,
        standing_by=service.standing_by,
    )
    async with server:
        await service.run(stop)


class Service:
    """A whole worker, from opening the store to the last message under way.

    The arguments after `metrics` are what a replay and tests do differently: `make_chats` makes the connections to
    the platforms, `poll_every` replaces that of the settings, `lease_timing` makes leases change hands quickly,
    `store_clock` replaces the clock of the store's server, by which deliveries are due and expire. What is due of the
    withdrawal sources, which `make_withdrawal_sources` makes, is looked for every `withdrawal_turn`, and as often
    whether it is time to ask the source of prices, which `make_peg_source` makes.
    """

    def __init__(  # noqa: PLR0913 — what a replay does differently is named here
        self,
        settings: Settings,
        *,
        clock: Clock,
        metrics: Metrics,
        make_chats: MakeChats,
        source_name: str = NAME,
        poll_every: timedelta | None = None,
        role: Role = Role.ALL,
        lease_timing: LeaseTiming | None = None,
        store_clock: Clock | None = None,
        make_withdrawal_sources: MakeWithdrawalSources = sources_by_settings,
        withdrawal_turn: timedelta = TURN,
        make_peg_source: MakePegSource = prices_by_settings,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._make_chats = make_chats
        self._source_name = source_name
        self._poll_interval = poll_every or settings.poll_interval
        self._role = role
        self._lease_timing = lease_timing
        self._store_clock = store_clock
        self._make_withdrawal_sources = make_withdrawal_sources
        self._withdrawal_turn = withdrawal_turn
        self._make_peg_source = make_peg_source
        self._is_started = asyncio.Event()
        self._store_fault = "not connected yet"
        self._schedules: list[Schedule] = []
        self.application: Application | None = None
        self.report: SelfReport | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set: then messages under way are finished and the rest stays queued.

        Raise ConfigurationError where the settings or the store forbid to start.
        """
        async with AsyncExitStack() as stack:
            address = store_address(self._settings)
            opening = partial(open_store, address, clock=self._store_clock, prefix=self._settings.redis_prefix)
            store = await self._retry_until_open(opening, stop)
            if store is None:
                return
            stack.push_async_callback(store.close)
            http = await stack.enter_async_context(Http(self._settings.proxies, on_request=self._begin_request))
            source = DefiLlama(http, self._clock, url=self._settings.defillama_url, name=self._source_name)
            application = Application(
                self._settings,
                store=store,
                source=source,
                clock=self._clock,
                metrics=self._metrics,
                withdrawal_sources=self._make_withdrawal_sources(self._settings, http, self._clock),
                withdrawal_turn=self._withdrawal_turn,
                proof_sources=proof_sources_by_settings(self._settings, http, self._clock),
                peg_source=self._make_peg_source(self._settings, http, self._clock),
                chain_sources=chain_sources_by_settings(self._settings, http, self._clock),
                feeds=news_feeds(http, self._settings.news_feeds),
            )
            stack.push_async_callback(application.painter.close)
            application.status.connections = self._make_chats(
                self._settings,
                application.dispatcher,
                store,
                self._clock,
                self._metrics,
                self._role,
                application.painter,
            )
            self.report = self._self_report(
                application,
                reports={
                    ObstacleKind.TEMPORARY_FILES: lambda: http.file_troubles,
                    ObstacleKind.COMMANDS: application.status.command_problems,
                    ObstacleKind.IDENTITY: application.status.identity_refusals,
                    ObstacleKind.STORED_DATA: application.upkeep.stored_data,
                },
            )
            # First the feed, then the past: what is published in between is then read twice rather than not at all.
            await self._retry_until_open(store.change_feed.skip_to_newest, stop)
            if self._role is not Role.COURIER:
                await self._retry_until_open(application.updates.restore, stop)
                await self._retry_until_open(application.upkeep.warn_of_unwatched, stop)
            # What is there by now stays: a full garbage collection that looked through it stops the loop for 80 ms.
            gc.freeze()
            self.application = application
            self._is_started.set()
            await self._serve(application, http, stop)
            with suppress(StorageError):  # what was unsubscribed in the last minute is no loss
                await application.upkeep.remember_subscriptions()

    async def started(self) -> Application:
        """Return the application once it has started."""
        await self._is_started.wait()
        if self.application is None:
            raise StorageError("the service was stopped before it had started")
        return self.application

    async def unready(self) -> Sequence[str]:
        """Return why the worker is not ready, nothing when it is."""
        if self.application is None or self.report is None:
            return [f"store: {self._store_fault}"]
        return [obstacle.sentence for obstacle in await self.report.obstacles() if not obstacle.kind.is_partial]

    def _self_report(self, application: Application, *, reports: Reports) -> SelfReport:
        """Return what says whether alerts can come; `reports` are of parts that know by themselves what is wrong."""
        facts = AlertFactsGatherer(
            application,
            role=self._role,
            poll_interval=self._settings.poll_interval,
            clock=self._clock,
            jobs=self._job_states,
            reports=reports,
        )
        report = SelfReport(
            facts.gather,
            metrics=self._metrics,
            operator=application.operator,
            tells_shared=application.status.tells_shared,
        )
        application.find_obstacles = report.obstacles
        if isinstance(self._clock, CorrectedClock):
            self._clock.on_correction = application.time_corrected
        return report

    def _job_states(self) -> Sequence[JobState]:
        application = self.application
        if application is None:
            return []
        polling = (
            application.poller.details_state(),
            application.withdrawal_poller.state(),
            application.peg_poller.state(),
        )
        return [
            *(state for schedule in self._schedules for state in schedule.states()),
            *(state for state in polling if state),
        ]

    def _begin_request(self, host: str) -> ReadHeaders:
        """Return what takes note of the time that an upstream names; where some settings lead is a secret."""
        settings = self._settings
        secret_addresses = {
            "HEARTBEAT_URL": settings.heartbeat_url,
            "ESPLORA_URL": settings.esplora_url,
            "ETH_RPC_URL": settings.eth_rpc_url,
        }
        named = (
            setting
            for setting, address in secret_addresses.items()
            if address and urlsplit(address.get_secret_value()).hostname == host
        )
        begin = timed_requests(self._clock, next(named, host), f"//{host}")
        return begin() if begin else lambda _headers: None

    def standing_by(self) -> Sequence[str]:
        """Return a sentence for each lease that another worker owns and this one would take over."""
        return self.application.status.standing_by() if self.application else ()

    async def _retry_until_open(self, work: Callable[[], Awaitable[_Result]], stop: asyncio.Event) -> _Result | None:
        """Return what the work brings, trying again while the store is away; None when told to stop meanwhile."""
        for pause_s in itertools.chain(_STORE_PAUSES_S, itertools.repeat(_STORE_PAUSES_S[-1])):
            try:
                return await work()
            except StorageError as error:
                fault = f"not connected yet ({error})"
                (log.debug if fault == self._store_fault else log.warning)("store away", error=str(error))
                self._store_fault = fault
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
            if stop.is_set():
                return None
        return None

    async def _serve(self, application: Application, http: Http, stop: asyncio.Event) -> None:
        chats = application.status.connections
        delivery_workers = self._delivery_workers(application)
        lease_runners = self._lease_runners(application, http, stop)
        application.status.lease_runners = {runner.lease: runner for runner in lease_runners}

        async def update_report() -> None:
            await self._update_report()

        report = Job("self-report", update_report, every=REPORT_INTERVAL)
        hourly_line = Job("hourly line", HourlyLine(application, self.unready).write, every=HOURLY)
        schedule = Schedule([*application.upkeep.jobs(self._role), report, hourly_line])
        async with asyncio.TaskGroup() as tasks:
            deliveries = {tasks.create_task(_deliver(chat, worker)): chat for chat, worker in delivery_workers}
            others = [tasks.create_task(chat.run_sender()) for chat in chats]
            # A platform without a lease (the terminal) belongs to this process alone: nobody to take turns with.
            others += [tasks.create_task(chat.run()) for chat in chats if lease_of(chat.platform) is None]
            others += [tasks.create_task(self._run_lease(runner, chats)) for runner in lease_runners]
            if self._role is not Role.COURIER:
                follower = ChangeFeedFollower(application.store.change_feed, application.updates.follow)
                others.append(tasks.create_task(follower.run()))
            self._start(schedule)
            self._log_running(application)
            try:
                await stop.wait()
                log.info("stopping")
                for _, worker in delivery_workers:
                    worker.stop()
                if under_way := [task for task, chat in deliveries.items() if chat.is_admitted]:
                    # What the platform has not answered by then stays claimed, and is sent by whoever claims it next.
                    _, unfinished = await asyncio.wait(under_way, timeout=_FINISH_WITHIN_S)
                    if unfinished:
                        log.warning("deliveries cut off at stop", workers=len(unfinished))
            finally:
                self._stop(schedule)
                for task in (*deliveries, *others):
                    task.cancel()

    def _log_running(self, application: Application) -> None:
        log.info(
            "running",
            version=__version__,
            role=str(self._role),
            worker=application.store.leases.worker,
            platforms=[str(chat.platform) for chat in application.status.connections],
        )

    def _delivery_workers(self, application: Application) -> Sequence[tuple[PlatformConnection, DeliveryWorker]]:
        chats = application.status.connections if self._role.delivers else ()
        return [(chat, application.delivery_worker(chat)) for chat in chats]

    async def _run_lease(self, runner: LeaseRunner, chats: Sequence[PlatformConnection]) -> None:
        """Run a lease of this worker, unless the store is another bot's: it would take that bot's work over."""
        chat = next((chat for chat in chats if lease_of(chat.platform) is runner.lease), None)
        if chat:
            await chat.admitted()
            await runner.run()
        else:
            await while_not_refused(chats, runner.run)

    def _lease_runners(self, application: Application, http: Http, stop: asyncio.Event) -> Sequence[LeaseRunner]:
        """Return a runner for each lease that this worker's role may own."""
        leases, timing = application.store.leases, self._lease_timing
        lease_runners = [
            LeaseRunner(lease, chat.run, leases=leases, trouble=chat.trouble, timing=timing)
            for chat in application.status.connections
            if self._role.answers and (lease := lease_of(chat.platform))
        ]
        if self._role.polls:
            poll = partial(self._poll, application, http, stop)
            lease_runners.append(LeaseRunner(Lease.POLL, poll, leases=leases, trouble=lambda: None, timing=timing))
        return lease_runners

    async def _poll(self, application: Application, http: Http, stop: asyncio.Event) -> None:
        """Poll the upstreams and judge their readings, beginning with what the former owner of the lease has left."""
        application.updates.start_judging()
        application.watch.start_anew()
        try:
            await self._retry_until_open(application.poller.restore, stop)
            await self._retry_until_open(application.withdrawal_poller.restore, stop)
            await self._retry_until_open(application.proof_poller.restore, stop)
            await self._retry_until_open(application.peg_poller.restore, stop)
            await self._retry_until_open(application.chain_poller.restore, stop)
            schedule = Schedule(self._polling_jobs(application, http))
            self._start(schedule)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(application.withdrawal_poller.serve())
                    tasks.create_task(application.peg_poller.serve())
                    tasks.create_task(application.chain_poller.serve())
                    tasks.create_task(application.poller.serve_details())
            finally:
                self._stop(schedule)
        finally:
            application.updates.stop_judging()

    def _polling_jobs(self, application: Application, http: Http) -> Sequence[Job]:
        poller, heartbeat_url = application.poller, self._settings.heartbeat_url

        async def poll() -> None:
            before = poller.last_good_poll
            try:
                await poller.poll()
            finally:
                obstacles = await self._update_report()
            # A call says that all is well: whoever waits for it is to notice that alerts cannot come.
            can_alert = all(obstacle.kind.is_partial for obstacle in obstacles)
            if poller.last_good_poll != before and heartbeat_url and can_alert:
                await beat(http, heartbeat_url.get_secret_value())

        interval = self._poll_interval
        return [
            Job("poll", poll, every=interval, jitter=interval * _POLL_JITTER),
            Job(
                "proofs of reserves", application.proof_poller.poll, every=PROOF_TURN, jitter=PROOF_TURN * _POLL_JITTER
            ),
            *([Job("news", application.news.poll, every=_NEWS_TURN)] if application.news.feeds else []),
            Job("stress test", application.stress_test.examine, every=_STRESS_INTERVAL),
            Job("stress post", application.stress_post.post_when_due, every=_STRESS_INTERVAL),
            Job("digests", application.digest_post.post_due, every=_DIGEST_INTERVAL),
            Job("mute summaries", application.mute_summaries.tell_when_due, every=_MUTES_INTERVAL),
            Job("forget", application.upkeep.forget_disabled_places, every=_FORGET_INTERVAL),
        ]

    async def _update_report(self) -> Sequence[AlertObstacle]:
        return await self.report.update() if self.report else ()

    def _start(self, schedule: Schedule) -> None:
        schedule.start()
        self._schedules.append(schedule)

    def _stop(self, schedule: Schedule) -> None:
        schedule.stop()
        self._schedules.remove(schedule)


async def _deliver(chat: PlatformConnection, worker: DeliveryWorker) -> None:
    """Deliver once the store is known to be this bot's, until the worker is stopped."""
    await chat.admitted()
    await worker.run()


def store_address(settings: Settings) -> str | Path:
    """Return the store's URL, or the directory of the private server."""
    return settings.redis_url.get_secret_value() if settings.redis_url else settings.data_dir
