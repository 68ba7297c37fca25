"""Deliveries over nothing but real parts: a Redis, the client library, and a strict stand-in of Telegram."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config.settings import Settings
from bot.domain.place import Place, Platform, Subscription
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.worker import Role
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from bot.service.application import Application
from bot.service.metrics import Metrics
from bot.service.platforms import platform_connections
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store, open_store
from bot.workers.platform_connection import PlatformConnection
from tests.fakes.telegram import Chat, FakeTelegram, Rates
from tests.servers import Server
from tests.waiting import in_time, stop, until

POST, EDIT, CLOSE, REPLY = DeliveryKind


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as telegram:
        telegram.rates = Rates()
        yield telegram


class DeliveringWorker:
    """A worker that only delivers, on a store of its own connections."""

    def __init__(self, application: Application, connection: PlatformConnection, store: Store) -> None:
        self.application, self.connection, self.store = application, connection, store
        self.delivery_worker = application.delivery_worker(connection)

    async def commit(
        self,
        title: str,
        *places: Place,
        severity: Severity = Severity.WATCH,
        kind: DeliveryKind = POST,
        incident: str = "INC-1",
    ) -> None:
        """Commit one step of an incident for places."""
        now = datetime.now(UTC)
        alert = Alert(
            id=f"{incident}:{title}:{kind}",
            incident=incident,
            severity=severity,
            kind=kind,
            message=Message(f"{incident} · {title}"),
            created_at=now,
            expires_at=now + timedelta(hours=6),
            recipients=tuple(Subscription(place, "binance") for place in places),
            about="binance",
        )
        await self.store.incidents.commit(incident, Rule.OUTFLOW, None, [alert])

    async def nothing_waits(self) -> bool:
        return await self.store.outbox.depth() == {}


@asynccontextmanager
async def delivering_worker(
    redis: Server, telegram: FakeTelegram, *, paid: bool = False
) -> AsyncIterator[DeliveringWorker]:
    settings = Settings(
        telegram_token=SecretStr(telegram.token),
        telegram_api_url=telegram.url,
        redis_url=SecretStr(redis.url),
        data_dir=Path("/nowhere"),
        telegram_paid_broadcast=paid,
    )
    clock = RealClock()
    metrics = Metrics(clock, "1.2.3")
    store = await open_store(redis.url, clock=clock)
    async with Http() as http:
        source = DefiLlama(http, clock, url="http://127.0.0.1:9")
        application = Application(settings, store=store, source=source, clock=clock, metrics=metrics)
        [connection] = application.status.connections = platform_connections(
            settings, application.dispatcher, store, clock, metrics, Role.COURIER
        )
        worker = DeliveringWorker(application, connection, store)
        connected = asyncio.create_task(connection.run_sender())
        running = asyncio.create_task(worker.delivery_worker.run())
        try:
            yield worker
        finally:
            worker.delivery_worker.stop()
            async with in_time("the end of a delivery worker that was stopped"):
                await running
            await stop(connected)
            await store.close()


def here(chat: Chat, thread: int | None = None) -> Place:
    return Place(Platform.TELEGRAM, str(chat.id), str(thread) if thread else None)


async def subscribed(store: Store, *places: Place) -> None:
    for place in places:
        await store.subscriptions.add(Subscription(place, "binance"))


def has_heard(telegram: FakeTelegram, title: str) -> bool:
    return any(title in sent.text for sent in telegram.sent)


def people(telegram: FakeTelegram, number: int) -> list[Chat]:
    return [telegram.private(telegram.user(f"P{index}")) for index in range(number)]


async def test_a_fan_out_keeps_telegrams_rules_and_what_is_severe_goes_first(
    redis: Server, telegram: FakeTelegram
) -> None:
    chats = people(telegram, 60)
    places = [here(chat) for chat in chats]
    async with delivering_worker(redis, telegram) as worker:
        await subscribed(worker.store, *places)
        await worker.commit("watch", *places)
        await until(lambda: len(telegram.sent) >= 5, "the first five messages on Telegram")
        before = len(telegram.sent)
        await worker.commit("severe", places[-1], severity=Severity.SEVERE, incident="INC-2")
        await until(worker.nothing_waits, "the end of every delivery")

    assert telegram.rates
    assert telegram.rates.refused == 0
    assert Counter(sent.text for sent in telegram.sent) == {"🏦 INC-1 · watch": 60, "🏦 INC-2 · severe": 1}
    assert [sent.text for sent in telegram.sent].index("🏦 INC-2 · severe") <= before + 28
    assert len({sent.chat.id for sent in telegram.sent}) == 60


async def test_two_workers_keep_telegrams_rules_together(redis: Server, telegram: FakeTelegram) -> None:
    places = [here(chat) for chat in people(telegram, 60)]
    async with delivering_worker(redis, telegram) as first, delivering_worker(redis, telegram):
        await subscribed(first.store, *places)
        await first.commit("watch", *places)
        await until(first.nothing_waits, "the end of every delivery")

    assert telegram.rates
    assert telegram.rates.refused == 0
    assert len(telegram.sent) == 60


async def test_an_escalation_becomes_the_message_and_the_older_one_points_to_it(
    redis: Server, telegram: FakeTelegram
) -> None:
    telegram.rates = None
    [chat] = people(telegram, 1)
    async with delivering_worker(redis, telegram) as worker:
        await subscribed(worker.store, here(chat))
        for title, kind in (("opened", POST), ("escalated", POST), ("closed", CLOSE), ("resolved", REPLY)):
            await worker.commit(title, here(chat), kind=kind)
            await telegram.until(partial(has_heard, telegram, title), "the alert in every place")
        await until(worker.nothing_waits, "the end of every delivery")

    first, second, last = telegram.messages_in(chat)
    opened, pointer = first.text.splitlines()
    assert (opened, first.edits) == ("🏦 INC-1 · opened", 1)
    assert pointer.startswith("Updated: it got worse (watch, ")
    assert (second.text, second.reply_to, second.edits) == ("🏦 INC-1 · closed", first.id, 1)
    assert (last.text, last.reply_to) == ("🏦 INC-1 · resolved", second.id)


async def test_a_closed_topic_is_announced_once_in_general_and_the_rest_goes_on(
    redis: Server, telegram: FakeTelegram
) -> None:
    telegram.rates = None
    forum = telegram.group(forum=True)
    closed, fine = forum.topic(), forum.topic()
    forum.topics[closed] = False
    places = [here(forum, closed), here(forum, fine)]
    async with delivering_worker(redis, telegram) as worker:
        await subscribed(worker.store, *places)
        await worker.commit("opened", *places, severity=Severity.SEVERE)
        await until(worker.nothing_waits, "the end of every delivery")
        await worker.commit("opened", places[0], incident="INC-2")
        await until(worker.nothing_waits, "the end of every delivery")
        trouble = await worker.store.subscriptions.trouble(places[0])

    assert trouble
    assert (trouble.place, trouble.disabled) == (places[0], True)
    counts = Counter((sent.thread, sent.text.splitlines()[0]) for sent in telegram.sent)
    assert counts == {(None, "⚠️ Alerts to a topic are paused"): 1, (fine, "🏦 INC-1 · opened"): 1}


async def test_a_chat_that_left_while_it_waited_is_sent_nothing(redis: Server, telegram: FakeTelegram) -> None:
    stays, leaves = people(telegram, 2)
    async with delivering_worker(redis, telegram) as worker:
        await subscribed(worker.store, here(stays))
        await worker.commit("watch", here(leaves), here(stays))
        await until(worker.nothing_waits, "the end of every delivery")

    assert [sent.chat for sent in telegram.sent] == [stays]


async def test_status_tells_the_rate_and_why_nothing_is_sent(redis: Server, telegram: FakeTelegram) -> None:
    async with delivering_worker(redis, telegram) as worker:
        before = (await worker.application.dispatcher.queries.status()).stored
        assert before
        assert (before.rates[Platform.TELEGRAM].per_second, before.rates[Platform.TELEGRAM].reason) == (28.0, "")
        pause = timedelta(minutes=5)
        await worker.store.send_budget.pause_all(
            Platform.TELEGRAM, pause=pause, reason="60 of the last 100 were refused"
        )
        during = (await worker.application.dispatcher.queries.status()).stored
        assert during
        rate = during.rates[Platform.TELEGRAM]
        assert rate.reason == "60 of the last 100 were refused"
        assert pause - timedelta(seconds=10) < rate.time_for(28) <= pause + timedelta(seconds=1)


async def test_a_refusing_platform_is_left_alone(redis: Server, telegram: FakeTelegram) -> None:
    telegram.rates = None
    readers = people(telegram, 160)
    gone = {str(chat.id) for chat in readers}
    telegram.fail(
        "sendMessage",
        status=403,
        description="Forbidden: bot was blocked by the user",
        times=10**6,
        when=lambda given: given["chat_id"] in gone,
    )
    places = [here(chat) for chat in readers]
    async with delivering_worker(redis, telegram, paid=True) as worker:
        await subscribed(worker.store, *places)
        await worker.commit("watch", *places)

        async def rate_now() -> SendRate:
            return await worker.store.send_budget.current_rate(Platform.TELEGRAM, per_second=28.0)

        async def is_paused() -> bool:
            return bool((await rate_now()).reason)

        await until(is_paused, "a pause of the whole platform")
        rate = await rate_now()
        queued = sum((await worker.store.outbox.depth()).values())

    assert "of the last 100 messages were refused" in rate.reason
    assert rate.paused_for > timedelta(minutes=4)
    assert queued >= 1
