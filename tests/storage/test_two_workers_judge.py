"""A worker is stopped in the middle of judging a reading, and goes on after another one has judged it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.domain.errors import LeaseLost
from bot.domain.place import Platform
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.worker import Lease
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.service.metrics import Metrics
from bot.storage.incidents import RedisIncidents
from bot.storage.leases import lease_key
from bot.storage.store import Store, open_store
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, subscription
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.waiting import in_time


@dataclass(frozen=True, slots=True)
class PausedIncidents(RedisIncidents):
    """Stops after everything was read and before anything is written, until `may_go_on` is set."""

    is_paused: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def next_number(self) -> int:
        self.is_paused.set()
        await self.may_go_on.wait()
        return await RedisIncidents.next_number(self)


@dataclass
class JudgingWorker:
    """A worker that judges readings on a shared store."""

    store: Store
    incidents: RedisIncidents
    watch: Watch

    async def acquire_lease(self) -> None:
        await self.store.database.command("HSET", lease_key(Lease.POLL), "until", 1)
        owner = await self.store.leases.acquire(Lease.POLL)
        assert owner
        assert owner.is_me


def worker_on(store: Store, incidents: RedisIncidents, clock: StillClock) -> JudgingWorker:
    published: list[ExchangeSnapshot] = []
    watch = Watch(
        SnapshotBuilder(store.readings, clock, incidents),
        incidents=incidents,
        subscriptions=store.subscriptions,
        clock=clock,
        meter=Metrics(clock, "1.2.3"),
        publish=published.append,
    )
    return JudgingWorker(store, incidents, watch)


@pytest.fixture
async def workers(server: Server, clock: StillClock) -> AsyncIterator[tuple[JudgingWorker, JudgingWorker]]:
    clock.time = NOON
    async with AsyncExitStack() as stack:
        stores = [await open_store(server.url, clock=clock) for _ in range(2)]
        for store in stores:
            stack.push_async_callback(store.close)
        first, second = stores
        days = [holding(60 + 0.12 * (day % 2), at=NOON.replace(hour=0) - day * DAY) for day in range(60)]
        await first.readings.add(sorted(days, key=lambda day: day.as_of))
        await first.readings.add([holding(60 + hour / 1e6, at=NOON - hour * HOUR) for hour in range(24, 0, -1)])
        await first.subscriptions.add(subscription())
        paused = PausedIncidents(first.database, partial(first.leases.token, Lease.POLL))
        yield worker_on(first, paused, clock), worker_on(second, second.incidents, clock)


async def read_and_judge(
    worker: JudgingWorker, billions: float, clock: StillClock, *, after: timedelta = timedelta()
) -> None:
    at: datetime = NOON + after
    clock.time = at
    await worker.store.readings.add([holding(billions, at=at)])
    await worker.watch.judge_exchanges([BINANCE])


async def test_an_outflow_that_two_workers_judge_is_announced_once(
    workers: tuple[JudgingWorker, JudgingWorker], clock: StillClock
) -> None:
    paused, other = workers
    assert isinstance(paused.incidents, PausedIncidents)
    await paused.acquire_lease()
    judging = asyncio.create_task(read_and_judge(paused, 54, clock))
    async with in_time("a worker that has judged and not committed yet"):
        await paused.incidents.is_paused.wait()

    await other.acquire_lease()
    await other.watch.judge_exchanges([BINANCE])
    paused.incidents.may_go_on.set()
    with pytest.raises(LeaseLost):
        await judging

    assert len(await other.incidents.recent()) == len(await other.incidents.open()) == 1
    deliveries = await other.store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    deliveries = [*deliveries, *await other.store.outbox.claim(Platform.DISCORD, limit=10, wait=timedelta())]
    assert len(deliveries) == 1

    await read_and_judge(other, 53, clock, after=HOUR)
    (incident,) = await other.incidents.open()
    assert incident.steps > 1
