"""What happens when a worker falls asleep in the middle of judging, and wakes after another one has judged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.domain.errors import Superseded
from bot.domain.place import Platform
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.worker import Lease
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.service.metrics import Metrics
from bot.storage.incidents import RedisIncidents
from bot.storage.leases import key_of
from bot.storage.store import Store, open_store
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, subscription
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.waiting import in_time


@dataclass(frozen=True, slots=True)
class SleepyIncidents(RedisIncidents):
    """Falls asleep after everything was read and before anything is written."""

    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def next_number(self) -> int:
        self.asleep.set()
        await self.woken.wait()
        return await RedisIncidents.next_number(self)


@dataclass
class Judge:
    """One worker's judgement on a shared store."""

    store: Store
    incidents: RedisIncidents
    watch: Watch

    async def take_over(self) -> None:
        await self.store.database.command("HSET", key_of(Lease.POLL), "until", 1)
        holder = await self.store.leases.acquire(Lease.POLL)
        assert holder
        assert holder.is_me


def judge(store: Store, incidents: RedisIncidents, clock: StillClock) -> Judge:
    seen: list[ExchangeSnapshot] = []
    watch = Watch(
        SnapshotBuilder(store.readings, clock, incidents),
        incidents=incidents,
        subscriptions=store.subscriptions,
        clock=clock,
        meter=Metrics(clock, "1.2.3"),
        publish=seen.append,
    )
    return Judge(store, incidents, watch)


@pytest.fixture
async def judges(server: Server, clock: StillClock) -> AsyncIterator[tuple[Judge, Judge]]:
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
        sleepy = SleepyIncidents(first.database, partial(first.leases.token, Lease.POLL))
        yield judge(first, sleepy, clock), judge(second, second.incidents, clock)


async def see(judge: Judge, billions: float, clock: StillClock, *, after: timedelta = timedelta()) -> None:
    at: datetime = NOON + after
    clock.time = at
    await judge.store.readings.add([holding(billions, at=at)])
    await judge.watch.judge_exchanges([BINANCE])


async def test_an_outflow_that_two_workers_judge_is_told_once(judges: tuple[Judge, Judge], clock: StillClock) -> None:
    sleeper, other = judges
    assert isinstance(sleeper.incidents, SleepyIncidents)
    await sleeper.take_over()
    judging = asyncio.create_task(see(sleeper, 54, clock))
    async with in_time("a worker that has judged and not committed yet"):
        await sleeper.incidents.asleep.wait()

    await other.take_over()
    await other.watch.judge_exchanges([BINANCE])
    sleeper.incidents.woken.set()
    with pytest.raises(Superseded):
        await judging

    assert len(await other.incidents.recent()) == len(await other.incidents.open()) == 1
    taken = await other.store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    taken = [*taken, *await other.store.outbox.claim(Platform.DISCORD, limit=10, wait=timedelta())]
    assert len(taken) == 1

    await see(other, 53, clock, after=HOUR)
    (incident,) = await other.incidents.open()
    assert incident.steps > 1
