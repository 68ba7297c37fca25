from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from typing_extensions import override

from bot.domain.exchange import Exchange
from bot.domain.place import Place, Platform, Subscription
from bot.domain.place_settings import PlaceSettings
from bot.domain.stress import STRESS, LeagueRow, StressFacts, StressOutcome, StressResult
from bot.monitoring.stress_post import StressPost
from bot.ports.outbox import DeliveryKind
from bot.ports.stress import StressAnswers
from bot.storage.store import Store, open_store
from tests.builders import BINANCE, DAY, HERE, HOUR, NOON
from tests.fakes.marking_language import mark_texts
from tests.fakes.memory import HandClock, Memory
from tests.known_withdrawals import known
from tests.messages.cards.plain import plain
from tests.servers import Server

THERE = Place(Platform.TELEGRAM, "-2")
MORNING = NOON - 12 * HOUR


@dataclass
class Answers(StressAnswers):
    """A stress test of one exchange, of which nothing is known."""

    exchange: Exchange | None = BINANCE
    result: StressResult | None = None
    missing: int = 0

    @override
    def unread(self) -> int:
        return self.missing

    @override
    async def today(self) -> Exchange | None:
        return self.exchange

    @override
    async def next_turn(self, exchange: Exchange) -> date | None:
        return None

    @override
    async def facts(self, exchange: Exchange) -> StressFacts:
        return StressFacts(exchange.id, NOON)

    @override
    async def result_of_today(self) -> StressResult | None:
        return self.result

    @override
    async def league(self) -> list[LeagueRow]:
        return []


@dataclass
class Bench:
    """A post on a store in memory, at the midnight before noon."""

    memory: Memory = field(default_factory=lambda: Memory(MORNING))
    answers: Answers = field(default_factory=Answers)

    def __post_init__(self) -> None:
        self.post = StressPost(
            self.answers,
            self.memory.stress,
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            place_settings=self.memory.place_settings,
            withdrawals={"binance": known("binance")}.get,
            clock=self.memory.clock,
        )

    async def at(self, moment: datetime) -> list[str]:
        """Let the job have its turn at a time, and return the ids of everything posted so far."""
        self.memory.clock.advance(moment - self.memory.clock.now())
        await self.post.post_when_due()
        return [alert.id for alert in self.memory.incidents.told]


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.memory.subscriptions.add(Subscription(HERE, STRESS.id))
    return bench


async def test_the_card_is_posted_at_noon_and_once(bench: Bench) -> None:
    assert await bench.at(NOON - timedelta(seconds=1)) == []
    assert await bench.at(NOON) == ["stress:2022-12-13"]
    assert await bench.at(NOON + HOUR) == ["stress:2022-12-13"]
    assert await bench.at(NOON + DAY) == ["stress:2022-12-13", "stress:2022-12-14"]


async def test_a_post_of_a_day_to_come_does_not_keep_todays_from_being_posted(bench: Bench) -> None:
    """The clock was a month fast, and is right again."""
    await bench.memory.stress.mark_posted((NOON + 30 * DAY).date())

    assert await bench.at(NOON) == ["stress:2022-12-13"]


async def test_a_bot_that_was_off_at_noon_posts_later_that_day(bench: Bench) -> None:
    assert await bench.at(NOON + 9 * HOUR) == ["stress:2022-12-13"]

    (alert,) = bench.memory.incidents.told
    assert (alert.created_at, alert.expires_at) == (NOON + 9 * HOUR, NOON + 12 * HOUR)


async def test_the_card_is_that_of_today_and_makes_no_sound(bench: Bench) -> None:
    bench.answers.result = StressResult(NOON.date(), "binance", StressOutcome.FAILED, NOON - HOUR)
    await bench.at(NOON)

    (alert,) = bench.memory.incidents.told
    assert plain(alert.message.lines[0]) == "Today on the stand: Binance — failed 🔴"
    assert alert.message.silent
    assert alert.message.table
    assert alert.kind is DeliveryKind.EDIT


async def test_only_who_subscribed_to_it_gets_it(bench: Bench) -> None:
    await bench.memory.subscriptions.add(Subscription(THERE, None))
    await bench.memory.subscriptions.add(Subscription(HERE, None))
    await bench.at(NOON)

    (alert,) = bench.memory.incidents.told
    assert [subscription.place for subscription in alert.recipients] == [HERE]


async def test_where_nobody_subscribed_the_day_is_over_all_the_same() -> None:
    bench = Bench()
    assert await bench.at(NOON) == []
    await bench.memory.subscriptions.add(Subscription(HERE, STRESS.id))

    assert await bench.at(NOON + HOUR) == []
    assert await bench.at(NOON + DAY) == ["stress:2022-12-14"]


async def test_before_an_exchange_is_listed_nothing_is_posted(bench: Bench) -> None:
    bench.answers.exchange = None
    assert await bench.at(NOON) == []
    bench.answers.exchange = BINANCE

    assert await bench.at(NOON + HOUR) == ["stress:2022-12-13"]


async def test_after_a_start_the_readings_are_waited_for_an_hour_at_most(bench: Bench) -> None:
    bench.answers.missing = 3
    assert await bench.at(NOON + timedelta(minutes=59)) == []
    assert await bench.at(NOON + HOUR) == ["stress:2022-12-13"]


# On a real store, by several workers.


@pytest.fixture
async def stores(redis: Server) -> AsyncIterator[list[Store]]:
    """Give the stores of two workers on one server; a place has subscribed."""
    async with AsyncExitStack() as stack:
        stores = []
        for _ in range(2):
            store = await open_store(redis.url, clock=HandClock(NOON))
            stack.push_async_callback(store.close)
            stores.append(store)
        await stores[0].subscriptions.add(Subscription(HERE, STRESS.id))
        yield stores


def post_of(store: Store) -> StressPost:
    return StressPost(
        Answers(),
        store.stress,
        incidents=store.incidents,
        subscriptions=store.subscriptions,
        place_settings=store.place_settings,
        withdrawals=lambda _: None,
        clock=HandClock(NOON),
    )


async def claimed(store: Store) -> list[tuple[Place, str | None]]:
    """Return the places of the deliveries that are due, each with the message that is there already."""
    deliveries = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    for delivery in deliveries:
        await store.outbox.finish(delivery, message_id="42")
    return [(delivery.place, delivery.sent) for delivery in deliveries]


async def test_two_workers_post_once(stores: list[Store]) -> None:
    first, second = stores
    await post_of(first).post_when_due()
    await post_of(second).post_when_due()

    assert await claimed(first) == [(HERE, None)]
    assert await claimed(second) == []


async def test_a_worker_that_died_before_it_marked_the_day_is_followed_by_none(stores: list[Store]) -> None:
    first, second = stores
    await post_of(first).post_when_due()
    await first.database.command("DEL", "runwatch:stress:posted")
    await post_of(second).post_when_due()

    assert await claimed(second) == [(HERE, None)]
    assert await claimed(first) == []


async def test_where_that_was_long_ago_the_message_that_is_there_is_edited(stores: list[Store]) -> None:
    first, second = stores
    await post_of(first).post_when_due()
    assert await claimed(first) == [(HERE, None)]
    await first.database.command("DEL", "runwatch:stress:posted")
    await first.database.command("DEL", "{ob}:queued:stress:2022-12-13")

    await post_of(second).post_when_due()

    deliveries = await second.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    edits_due = await second.database.command("ZCARD", "{ob}:later:telegram")
    assert [delivery.sent for delivery in deliveries] in ([], ["42"])
    assert len(deliveries) + edits_due == 1


async def test_the_card_is_posted_in_the_language_of_each_place(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    bench.memory.place_settings.kept[THERE] = PlaceSettings(language="es")
    await bench.memory.subscriptions.add(Subscription(THERE, STRESS.id))

    assert await bench.at(NOON) == ["stress:2022-12-13", "stress:2022-12-13-es"]

    alerts = bench.memory.incidents.told
    assert {alert.incident for alert in alerts} == {"stress:2022-12-13"}
    assert [(alert.message.language, [to.place for to in alert.recipients]) for alert in alerts] == [
        ("en", [HERE]),
        ("es", [THERE]),
    ]
