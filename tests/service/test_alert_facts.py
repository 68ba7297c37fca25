"""Facts that take long to come about: a queue that stands still, by a loop whose time is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.config.settings import Settings
from bot.domain.obstacles import JobState, ObstacleKind
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.worker import Role
from bot.messages.model import Message
from bot.messages.obstacles import STUCK_QUEUE, alert_obstacles
from bot.ports.outbox import Alert, DeliveryKind
from bot.service.alert_facts import AlertFactsGatherer
from bot.service.application import Application
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store, open_store
from bot.workers.platform_connection import PlatformConnection
from tests.builders import HOUR, NOON
from tests.clocks import HandMovedClock, HandMovedLoop
from tests.delivery.recording_chat import RecordingChat
from tests.servers import Server

HERE = Place(Platform.TERMINAL, "here")
FOREVER = timedelta(days=1)
POLL = JobState("poll", FOREVER, timedelta())


@asynccontextmanager
async def gathering(redis: Server, role: Role = Role.COURIER) -> AsyncIterator[tuple[AlertFactsGatherer, Store]]:
    """Give what gathers the facts of a worker with one platform and one job."""
    clock = HandMovedClock(NOON)
    store = await open_store(redis.url, clock=clock)
    settings = Settings(data_dir=Path("/nowhere"))
    async with Http() as http:
        source = DefiLlama(http, clock, url="http://127.0.0.1:9")
        metrics = Metrics(clock, "1.2.3")
        application = Application(settings, store=store, source=source, clock=clock, metrics=metrics)
        application.status.connections = [PlatformConnection(RecordingChat())]
        yield (
            AlertFactsGatherer(
                application,
                role=role,
                poll_interval=HOUR,
                clock=clock,
                jobs=lambda: [POLL],
                reports={ObstacleKind.IDENTITY: lambda: ["another bot's data"]},
            ),
            store,
        )
    await store.close()


def alert(name: str, incident: str) -> Alert:
    places = (Subscription(HERE, "binance"),)
    return Alert(name, incident, Severity.WATCH, DeliveryKind.POST, Message(name), NOON, NOON + FOREVER, places)


def in_a_loop_moved_by_hand(test: object) -> None:
    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        runner.run(test)  # type: ignore[arg-type]


async def kinds(gatherer: AlertFactsGatherer) -> Sequence[ObstacleKind]:
    facts = replace(await gatherer.gather(), platforms={}, reported={})
    return [obstacle.kind for obstacle in alert_obstacles(facts)]


def advance(by: timedelta) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HandMovedLoop)
    loop.advance(by)


def test_a_queue_stands_still_when_its_oldest_message_stays_the_same(redis: Server) -> None:
    async def one_message_after_the_other() -> None:
        async with gathering(redis) as (gatherer, store):
            alerts = [alert("a", "INC-1"), alert("b", "INC-2"), alert("c", "INC-3")]
            await store.incidents.commit("binance", Rule.OUTFLOW, None, alerts)
            first, second, third = await store.outbox.claim(Platform.TERMINAL, limit=3, wait=timedelta())
            assert await kinds(gatherer) == []
            advance(STUCK_QUEUE)
            await store.outbox.finish(first, message_id="1")
            assert await kinds(gatherer) == []  # it moves
            advance(STUCK_QUEUE + timedelta(seconds=1))
            assert await kinds(gatherer) == [ObstacleKind.QUEUE]
            await store.outbox.finish(second, message_id="2")
            assert await kinds(gatherer) == []
            await store.outbox.postpone(third, pause=HOUR)
            advance(HOUR)
            assert await kinds(gatherer) == []  # it failed and has another time

    in_a_loop_moved_by_hand(one_message_after_the_other())


async def test_a_courier_needs_no_readings_and_reports_what_its_parts_say(redis: Server) -> None:
    async with gathering(redis) as (gatherer, _):
        facts = await gatherer.gather()
    assert (facts.polls, facts.exchange_list, list(facts.figures)) == (None, None, [])
    assert facts.jobs == [POLL]
    assert facts.reported == {ObstacleKind.IDENTITY: ["another bot's data"]}


async def test_a_gateway_asks_whether_anybody_polls(redis: Server) -> None:
    async with gathering(redis, Role.GATEWAY) as (gatherer, store):
        before = (await gatherer.gather()).polls
        await store.database.command("HSET", "{ob}:duty:poll", "token", "t", "worker", "w", "until", 9 * 10**15)
        assert before
        assert not before.is_anybody_polling
