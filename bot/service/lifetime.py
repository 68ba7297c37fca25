"""The service's life: it opens the store, serves every platform, and stops without losing a message."""

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

import structlog

from bot import __version__
from bot.config.settings import Settings
from bot.delivery.operator_notices import OPERATOR_CHECK_INTERVAL
from bot.delivery.place_recovery import PLACE_CHECK_INTERVAL
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import ConfigurationError, StorageError
from bot.domain.worker import Lease, Role, lease_of
from bot.messages.numbers import span
from bot.monitoring.poll import SourcePoller
from bot.ports.sources import Clock
from bot.service.application import Application, SystemClock
from bot.service.metrics import Metrics
from bot.service.platforms import MakeChats, chats, misdirected
from bot.service.schedule import Job, Schedule
from bot.service.server import HealthServer
from bot.sources.defillama.source import NAME, DefiLlama
from bot.sources.heartbeat import beat
from bot.sources.http import Http
from bot.storage.store import Store, open_store
from bot.workers.change_feed import ChangeFeedFollower
from bot.workers.leader_election import LeaseRunner, LeaseTiming

log = structlog.get_logger()

_STORE_PAUSES = (0.5, 1.0, 2.0, 5.0)
_COURIERS_EVERY = timedelta(seconds=3)  # a fifth of how long a courier counts as there
_FINISH_WITHIN = 8.0
_GAUGES_EVERY = timedelta(seconds=15)
_Result = TypeVar("_Result")


async def serve(settings: Settings, role: Role = Role.ALL) -> None:
    """Run a worker until SIGTERM or SIGINT; raise ConfigurationError where it may not start."""
    if role is not Role.ALL and not settings.redis_url:
        raise ConfigurationError(
            f"--role {role} is for several workers on one server: set REDIS_URL to it. The private server of DATA_DIR "
            "belongs to one process, which does everything (--role all)."
        )
    for problem in misdirected(settings):
        log.warning("setting leads nowhere", problem=problem)
    clock = SystemClock()
    metrics = Metrics(clock, __version__)
    service = Service(settings, clock=clock, metrics=metrics, make_chats=chats, role=role)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signals in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signals, stop.set)
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
    """The whole service, from opening the store to the last message in flight."""

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
        tempo: LeaseTiming | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._make_chats = make_chats
        self._source_name = source_name
        self._poll_every = poll_every or settings.poll_interval
        self._role = role
        self._tempo = tempo
        self._is_started = asyncio.Event()
        self._store_fault = "not connected yet"
        self.application: Application | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set: then in-flight messages are finished and the rest stays queued.

        Raise ConfigurationError where the settings or the store forbid to start.
        """
        async with AsyncExitStack() as stack:
            where = store_address(self._settings)
            store = await self._retry_until_open(partial(open_store, where, clock=self._clock), stop)
            if store is None:
                return
            stack.push_async_callback(store.close)
            http = await stack.enter_async_context(Http())
            source = DefiLlama(http, self._clock, url=self._settings.defillama_url, name=self._source_name)
            machine = Application(self._settings, store=store, source=source, clock=self._clock, metrics=self._metrics)
            machine.chats = self._make_chats(
                self._settings, machine.dispatcher, store, self._clock, self._metrics, self._role
            )
            await self._retry_until_open(store.change_feed.skip_to_newest, stop)
            if self._role is not Role.COURIER:
                await self._retry_until_open(machine.restore, stop)
                await self._retry_until_open(machine.log_unwatched, stop)
            # What is there by now stays: a full garbage collection that looked through it stops the loop for 80 ms.
            gc.freeze()
            self.application = machine
            self._is_started.set()
            await self._serve(machine, http, stop)

    async def started(self) -> Application:
        """Return the machine once it is put together."""
        await self._is_started.wait()
        if self.application is None:
            raise StorageError("the service was stopped before it had started")
        return self.application

    async def unready(self) -> Sequence[str]:
        """Return why the service is not ready, nothing when it is."""
        if self.application is None:
            return [f"store: {self._store_fault}"]
        machine = self.application
        chats = [f"{chat.platform}: {trouble}" for chat in machine.chats if (trouble := machine.trouble(chat))]
        polls = [] if self._role is Role.COURIER else self._poll_trouble(machine.poller)
        store = await self._store_trouble(machine.store)
        if polls and not store and not self._role.polls and not await machine.store.leases.owner(Lease.POLL):
            polls.append("no worker polls the upstreams: start one with --role poller or all")
        return [*store, *chats, *polls, *machine.undelivered]

    def standing_by(self) -> Sequence[str]:
        """Return for which duties this worker stands by, a sentence each."""
        return self.application.standing_by() if self.application else ()

    async def _retry_until_open(self, work: Callable[[], Awaitable[_Result]], stop: asyncio.Event) -> _Result | None:
        """Return what the work brings, trying again while the store is away; None when told to stop meanwhile."""
        for pause in itertools.chain(_STORE_PAUSES, itertools.repeat(_STORE_PAUSES[-1])):
            try:
                return await work()
            except StorageError as error:
                log.warning("store away", error=str(error))
                self._store_fault = f"not connected yet ({error})"
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            if stop.is_set():
                return None
        return None

    async def _serve(self, machine: Application, http: Http, stop: asyncio.Event) -> None:
        couriers = self._delivery_workers(machine)
        posts = self._lease_runners(machine, http, stop)
        machine.lease_runners = {post.lease: post for post in posts}
        schedule = Schedule(
            [
                Job("gauges", machine.update_gauges, every=_GAUGES_EVERY),
                Job("places", machine.check_places, every=PLACE_CHECK_INTERVAL),
                Job("operator", machine.check_operator_chat, every=OPERATOR_CHECK_INTERVAL),
                *([Job("store", machine.check_store, every=OPERATOR_CHECK_INTERVAL)] if machine.chats else []),
                Job(
                    "couriers",
                    machine.beat if self._role.delivers else machine.check_delivery_workers,
                    every=_COURIERS_EVERY,
                ),
            ]
        )
        async with asyncio.TaskGroup() as tasks:
            deliveries = [tasks.create_task(courier.run()) for courier in couriers]
            others = [tasks.create_task(chat.run_sender()) for chat in machine.chats]
            others += [tasks.create_task(chat.run()) for chat in machine.chats if lease_of(chat.platform) is None]
            others += [tasks.create_task(post.run()) for post in posts]
            if self._role is not Role.COURIER:
                others.append(tasks.create_task(ChangeFeedFollower(machine.store.change_feed, machine.follow).run()))
            schedule.start()
            log.info(
                "running",
                version=__version__,
                role=str(self._role),
                worker=machine.store.leases.worker,
                platforms=[str(chat.platform) for chat in machine.chats],
            )
            try:
                await stop.wait()
                log.info("stopping")
                for courier in couriers:
                    courier.stop()
                if deliveries:
                    await asyncio.wait(deliveries, timeout=_FINISH_WITHIN)
            finally:
                schedule.stop()
                for task in (*deliveries, *others):
                    task.cancel()

    def _delivery_workers(self, machine: Application) -> Sequence[DeliveryWorker]:
        return [machine.delivery_worker(chat) for chat in machine.chats if self._role.delivers]

    def _lease_runners(self, machine: Application, http: Http, stop: asyncio.Event) -> Sequence[LeaseRunner]:
        """Return the duties this worker has or stands by for."""
        leases, tempo = machine.store.leases, self._tempo
        posts = [
            LeaseRunner(duty, chat.run, leases=leases, trouble=chat.trouble, timing=tempo)
            for chat in machine.chats
            if self._role.answers and (duty := lease_of(chat.platform))
        ]
        if self._role.polls:
            poll = partial(self._poll, machine, http, stop)
            posts.append(LeaseRunner(Lease.POLL, poll, leases=leases, trouble=lambda: None, timing=tempo))
        return posts

    async def _poll(self, machine: Application, http: Http, stop: asyncio.Event) -> None:
        """Ask the upstreams and judge what they say, beginning with what the worker before has left."""
        machine.is_judging = True
        try:
            await self._retry_until_open(machine.poller.restore, stop)
            schedule = Schedule(self._jobs(machine, http))
            schedule.start()
            try:
                await machine.poller.serve_details()
            finally:
                schedule.stop()
        finally:
            machine.is_judging = False

    def _jobs(self, machine: Application, http: Http) -> Sequence[Job]:
        interval = self._poll_every

        async def poll() -> None:
            before = machine.poller.last_good_poll
            await machine.poller.poll()
            if machine.poller.last_good_poll != before and self._settings.heartbeat_url:
                await beat(http, self._settings.heartbeat_url.get_secret_value())

        return [
            Job("poll", poll, every=interval, jitter=interval / 20),
            Job("forget", machine.forget_disabled, every=timedelta(days=1)),
        ]

    async def _store_trouble(self, store: Store) -> list[str]:
        try:
            await store.ping()
        except StorageError as error:
            return [f"store: {error}"]
        return []

    def _poll_trouble(self, poller: SourcePoller) -> list[str]:
        if poller.last_good_poll is None and poller.unknown:
            return [f"EXCHANGES names what is not listed: {', '.join(sorted(poller.unknown))}"]
        if poller.last_good_poll is None:
            return ["first poll pending"]
        age = self._clock.now() - poller.last_good_poll
        return [f"last good poll was {span(age)} ago"] if age > 2 * self._poll_every else []


def store_address(settings: Settings) -> str | Path:
    """Return the store's URL, or the directory of the private server."""
    return settings.redis_url.get_secret_value() if settings.redis_url else settings.data_dir
