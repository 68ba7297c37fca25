"""The delivery worker at work, in simulated time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.delivery.circuit_breaker import RefusalLimits
from bot.delivery.rate_limiter import LocalBudget, RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import ChatGone, ChatMoved, RetryLater
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.ports.outbox import DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble
from bot.ports.workers import SendBudget, SendSlots
from tests.builders import DAY, HOUR
from tests.clocks import LoopClock, in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY, RecordingChat, alert
from tests.fakes.memory import MemoryOutbox, MemorySubscriptions, Tally
from tests.fakes.memory_approvals import MemoryApprovals
from tests.fakes.memory_mutes import MemoryMutes
from tests.fakes.telegram_markup import Refused
from tests.fakes.telegram_rates import Rates
from tests.waiting import in_time, until

TELEGRAM = Platform.TELEGRAM
SECOND = timedelta(seconds=1)
_LONGEST = DAY.total_seconds()
"""In simulated time."""


def person(number: int) -> Place:
    return Place(TELEGRAM, str(1000 + number))


def group(number: int, topic: str | None = None) -> Place:
    return Place(TELEGRAM, str(-1000 - number), topic)


def now() -> float:
    return asyncio.get_running_loop().time()


class Scene:
    """Workers between one outbox and one chat, which needs `send_s` seconds for each message."""

    def __init__(  # noqa: PLR0913 — what a test may care about, each with a default
        self,
        platform: Platform = TELEGRAM,
        *,
        send_s: float = 0.05,
        workers: int = 1,
        refusal_limits: RefusalLimits | None = None,
        budget: SendBudget | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or LoopClock()
        self.outbox = MemoryOutbox(self.clock)
        self.mutes = MemoryMutes(self.clock)
        self.subscriptions = MemorySubscriptions(self.outbox, mutes=self.mutes)
        self.approvals = MemoryApprovals()
        self.meter = Tally()
        self.chat = RecordingChat(platform, before_each=self._pass_time)
        self.send_s = send_s
        self.under_way: Counter[str] = Counter()
        self.most_at_once = 0
        self.slow = asyncio.Event()
        self.slow_places: set[Place] = set()
        self.budget = budget or LocalBudget()
        self.refusal_limits = refusal_limits or RefusalLimits()
        self.workers = [self.new_worker(self.chat) for _ in range(workers)]

    def new_worker(self, chat: RecordingChat) -> DeliveryWorker:
        return DeliveryWorker(
            chat,
            outbox=self.outbox,
            subscriptions=self.subscriptions,
            place_settings=self.subscriptions.settings,
            mutes=self.mutes,
            approvals=self.approvals,
            clock=self.clock,
            meter=self.meter,
            rate_limiter=RateLimiter(chat.platform, budget=self.budget),
            refusal_limits=self.refusal_limits,
        )

    async def _pass_time(self, place: Place) -> None:
        self.under_way[place.chat] += 1
        self.most_at_once = max(self.most_at_once, self.under_way.total())
        assert self.under_way[place.chat] == 1, "two messages under way to one chat"
        try:
            await asyncio.sleep(self.send_s)
            if place in self.slow_places:
                await self.slow.wait()
        finally:
            self.under_way[place.chat] -= 1

    def queue(  # noqa: PLR0913 — what a test may care about, each with a default
        self,
        title: str,
        *places: Place,
        severity: Severity = Severity.ELEVATED,
        incident: str = "INC-1",
        kind: DeliveryKind = POST,
        about: str | None = None,
        expires_in: timedelta = DAY,
    ) -> None:
        self.outbox.queue(
            alert(
                title,
                *places,
                now=self.clock.now(),
                severity=severity,
                incident=incident,
                kind=kind,
                about=about,
                expires_in=expires_in,
            )
        )

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        running = [asyncio.create_task(worker.run()) for worker in self.workers]
        try:
            yield
        finally:
            for worker in self.workers:
                worker.stop()
            await asyncio.gather(*running)

    async def until_shown(self, number: int) -> None:
        await until(
            lambda: len(self.chat.shown) >= number,
            lambda: f"message {number}; there are {len(self.chat.shown)}",
            changed=self.chat.something_shown,
            limit=_LONGEST,
        )

    async def until_empty(self) -> None:
        await until(lambda: not self.outbox.waiting, "the end of every delivery", limit=_LONGEST)

    def counted(self, result: str, reason: str = "") -> int:
        return self.meter.counts["delivered", result, reason]


@in_simulated_time
async def test_everybody_is_told_once() -> None:
    scene = Scene()
    people = [person(number) for number in range(100)]
    scene.queue("opened", *people)
    async with scene.delivering():
        await scene.until_empty()

    assert sorted(where for where, _, _ in scene.chat.shown) == people
    assert scene.counted("sent") == 100


@in_simulated_time
async def test_a_fan_out_goes_at_the_full_rate_and_is_refused_nothing() -> None:
    scene = Scene(send_s=0.2)
    rates = Rates(clock=now)

    async def by_the_rules(place: Place) -> None:
        try:
            rates.take(int(place.chat))
        except Refused as refused:
            raise RetryLater(str(refused), after=SECOND, rate_limited=True) from refused
        await asyncio.sleep(scene.send_s)

    scene.chat.before_each = by_the_rules
    scene.queue("opened", *map(person, range(1400)))
    began = now()
    async with scene.delivering():
        await scene.until_shown(1400)

    assert rates.refused == 0
    assert scene.chat.times[-1] - began <= 1400 / 28 * 1.01
    assert scene.meter.counts["rate limited", TELEGRAM] == 0


@pytest.mark.parametrize(("where", "seconds"), [(person(1), 1.0), (group(1), 3.0)])
@in_simulated_time
async def test_a_chat_is_not_sent_to_faster_than_the_platform_allows(where: Place, seconds: float) -> None:
    scene = Scene()
    rates = Rates(clock=now)
    scene.chat.before_each = lambda place: obey(rates, place)
    for number in range(30):
        scene.queue("opened", where, incident=f"INC-{number}")
    async with scene.delivering():
        await scene.until_shown(30)

    assert rates.refused == 0
    gaps = [later - earlier for earlier, later in pairwise(scene.chat.times)]
    assert min(gaps) >= seconds
    assert sum(gaps) / 29 < seconds * 1.4


async def obey(rates: Rates, place: Place) -> None:
    rates.take(int(place.chat))


@in_simulated_time
async def test_topics_of_a_group_share_its_rate() -> None:
    scene = Scene()
    scene.queue("opened", *(group(1, str(topic)) for topic in range(3)))
    async with scene.delivering():
        await scene.until_shown(3)

    assert scene.chat.times[-1] - scene.chat.times[0] >= 6.0


@in_simulated_time
async def test_a_busy_group_does_not_hold_up_the_others() -> None:
    scene = Scene()
    for number in range(200):
        scene.queue("busy", group(1), incident=f"INC-{number}")
    scene.queue("opened", *map(person, range(100)), incident="INC-1000")
    began = now()
    async with scene.delivering():
        await until(lambda: scene.chat.titles.count("opened") == 100, "the alert in all of the 100 places")

    assert now() - began < 100 / 28 + 8


@in_simulated_time
async def test_slow_places_do_not_hold_up_the_next_ones() -> None:
    scene = Scene()
    scene.slow_places = {person(number) for number in range(20)}
    scene.queue("opened", *map(person, range(300)))
    began = now()
    async with scene.delivering():
        await scene.until_shown(280)
        assert now() - began < 300 / 28 + 1
        scene.slow.set()


@in_simulated_time
async def test_only_so_many_are_under_way_at_a_time() -> None:
    scene = Scene(send_s=10.0)
    scene.queue("opened", *map(person, range(200)))
    async with scene.delivering():
        await asyncio.sleep(8)

    assert scene.most_at_once == 32


@pytest.mark.parametrize("workers", [1, 5])
@in_simulated_time
async def test_what_is_severe_goes_out_within_a_second_whatever_waits(workers: int) -> None:
    scene = Scene(workers=workers)
    scene.queue("watch", *map(person, range(1000)), severity=Severity.WATCH)
    async with scene.delivering():
        await asyncio.sleep(5)
        committed = now()
        scene.queue("severe", *map(person, range(2000, 2100)), severity=Severity.SEVERE, incident="INC-2")
        await until(lambda: "severe" in scene.chat.titles, "the severe alert")
        first = now() - committed
        await until(lambda: scene.chat.titles.count("severe") == 100, "the severe alert in all of the 100 places")
        last = now() - committed

    assert first <= 1.0
    assert last <= 100 / 28 + 3.5


@in_simulated_time
async def test_workers_share_one_rate() -> None:
    scene = Scene(workers=10)
    scene.queue("opened", *map(person, range(280)))
    began = now()
    async with scene.delivering():
        await scene.until_shown(280)

    assert 279 / 28 <= scene.chat.times[-1] - began <= 282 / 28
    assert max(sum(start <= time < start + 1 for time in scene.chat.times) for start in scene.chat.times) <= 30


@in_simulated_time
async def test_a_429_pauses_that_chat_for_exactly_as_long_and_nobody_else() -> None:
    scene = Scene()
    scene.queue("opened", person(1))
    scene.chat.answers = [RetryLater("slower", after=20 * SECOND, rate_limited=True)]
    async with scene.delivering():
        await asyncio.sleep(1)
        scene.queue("other", person(1), person(2), incident="INC-2")
        began = now()
        await scene.until_shown(3)

    assert scene.chat.shown[0][0] == person(2)
    assert scene.chat.times[0] - began < 0.5
    assert scene.chat.times[1] - began == pytest.approx(19.0, abs=0.6)  # the 20 s less the one that had passed
    assert scene.chat.titles.count("opened") == 1


@in_simulated_time
async def test_a_short_pause_of_a_chat_is_waited_for_here() -> None:
    scene = Scene()
    scene.queue("opened", person(1))
    scene.chat.answers = [RetryLater("slower", after=4 * SECOND, rate_limited=True)]
    async with scene.delivering():
        await asyncio.sleep(1)
        scene.queue("other", person(1), incident="INC-2")
        await scene.until_shown(2)

    assert scene.chat.times[0] >= 1004.0


class PausedElsewhere(LocalBudget):
    """A budget that knows of a pause which another worker was asked for."""

    def __init__(self, chat: str, seconds: float) -> None:
        super().__init__()
        self._chat, self._until = chat, now() + seconds

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        slots = await super().reserve(platform, per_second=per_second, number=number)
        return replace(slots, paused={self._chat: self._until - now()})


@pytest.mark.parametrize("seconds", [2.0, 30.0])
@in_simulated_time
async def test_a_pause_that_another_worker_was_asked_for_is_kept_by_what_waits_here(seconds: float) -> None:
    scene = Scene(budget=PausedElsewhere("1001", seconds))
    scene.queue("opened", person(1))
    scene.queue("other", person(1), person(2), incident="INC-2")
    began = now()
    async with scene.delivering():
        await scene.until_empty()

    waited = [
        (where, at - began >= seconds) for (where, _, _), at in zip(scene.chat.shown, scene.chat.times, strict=True)
    ]
    assert waited == [(person(2), False), (person(1), True), (person(1), True)]


@in_simulated_time
async def test_a_pause_of_the_whole_bot_stops_everybody_and_loses_nothing() -> None:
    scene = Scene()
    scene.queue("opened", *map(person, range(60)))
    scene.chat.answers = [None, RetryLater("slower", after=30 * SECOND, rate_limited=True, whole_bot=True)]
    async with scene.delivering():
        await asyncio.sleep(25)
        early = len(scene.chat.shown)
        await scene.until_empty()

    assert early <= 4  # what was under way
    assert Counter(where for where, _, _ in scene.chat.shown) == Counter(map(person, range(60)))
    assert [delivery.attempt for delivery, _ in scene.outbox.given_up] == []


@in_simulated_time
async def test_a_worker_that_cannot_reach_the_platform_leaves_the_rest_to_the_others() -> None:
    scene = Scene()
    scene.queue("opened", *map(person, range(60)))
    unconnected = scene.new_worker(RecordingChat(TELEGRAM, before_each=never_connected))
    scene.workers.append(unconnected)
    async with scene.delivering():
        await asyncio.sleep(10)

    assert len(scene.chat.shown) >= 55  # all but what the other one asks for again and again


async def never_connected(place: Place) -> None:
    raise RetryLater("not connected", after=30 * SECOND, whole_bot=True)


@in_simulated_time
async def test_what_is_superseded_during_a_pause_is_checked_anew() -> None:
    scene = Scene(send_s=0.01)
    scene.queue("opened", person(0), person(1), about="binance")
    for place in (person(0), person(1)):
        await scene.subscriptions.add(Subscription(place, "binance"))
    scene.chat.answers = [RetryLater("away", after=30 * SECOND, whole_bot=True)]
    async with scene.delivering():
        await asyncio.sleep(5)
        await scene.subscriptions.remove(person(1), "binance")
        await scene.until_empty()

    assert [where for where, _, _ in scene.chat.shown] == [person(0)]
    assert scene.counted("dropped", "unsubscribed") == 1


@pytest.mark.parametrize("whole", [True, False])
@in_simulated_time
async def test_a_disabled_place_hears_nothing(whole: bool) -> None:  # noqa: FBT001 — a table's column
    scene = Scene()
    where = person(1).whole_chat if whole else person(1)
    await scene.subscriptions.record_trouble(PlaceTrouble(where, "gone", scene.clock.now(), disabled=True))
    scene.queue("opened", person(1))
    async with scene.delivering():
        await scene.until_empty()

    assert scene.chat.shown == []
    assert scene.counted("dropped", "place disabled") == 1


@pytest.mark.parametrize(("kind", "title"), [(POST, None), (EDIT, "next"), (CLOSE, "next"), (REPLY, "next")])
@in_simulated_time
async def test_a_place_that_asks_for_worse_meanwhile_is_spared_the_opening_but_its_message_follows(
    kind: DeliveryKind, title: str | None
) -> None:
    scene = Scene()
    await scene.subscriptions.add(Subscription(person(1), None))
    scene.queue("opened", person(1), about="binance")
    async with scene.delivering():
        await scene.until_empty()
        await scene.subscriptions.add(Subscription(person(1), None, min_severity=Severity.CRITICAL))
        scene.queue("next", person(1), about="binance", kind=kind)
        await scene.until_empty()

    assert scene.chat.titles == ["opened", title] if title else ["opened"]
    assert scene.counted("dropped", "milder than asked") == (0 if title else 1)


@in_simulated_time
async def test_what_needs_no_message_uses_no_send_slot() -> None:
    scene = Scene()
    people = [person(number) for number in range(200)]
    scene.queue("closed", *people, kind=CLOSE)
    scene.queue("resolved", *people, kind=REPLY)
    scene.queue("late", *people, incident="INC-2", expires_in=timedelta())
    scene.queue("opened", person(1), incident="INC-3")
    began = now()
    async with scene.delivering():
        await scene.until_shown(1)

    assert now() - began < 1
    assert (scene.counted("dropped", "nothing to change"), scene.counted("dropped", "expired")) == (400, 200)


@in_simulated_time
async def test_what_expires_while_it_waits_here_leaves_its_chat_at_rest() -> None:
    scene = Scene(send_s=0.5)
    for number in range(2):
        scene.queue("opened", person(1), incident=f"INC-{number}", expires_in=SECOND)
    async with scene.delivering():
        await asyncio.sleep(1.6)
        scene.queue("next", person(1), incident="INC-3")
        began = now()
        await until(lambda: "next" in scene.chat.titles, "the next alert")

    assert scene.chat.titles == ["opened", "next"]
    assert now() - began < 1.0


@in_simulated_time
async def test_a_place_in_trouble_that_answers_is_healed() -> None:
    scene = Scene()
    await scene.subscriptions.record_trouble(PlaceTrouble(person(1), "not allowed", scene.clock.now()))
    scene.queue("opened", person(1))
    async with scene.delivering():
        await scene.until_empty()

    assert await scene.subscriptions.trouble(person(1)) is None


@in_simulated_time
async def test_everything_for_a_chat_that_moved_reaches_its_new_address() -> None:
    scene = Scene()
    await scene.subscriptions.add(Subscription(group(1), "binance"))
    for number in range(3):
        scene.queue(f"opened {number}", group(1), incident=f"INC-{number}", about="binance")

    async def moved(place: Place) -> None:
        if place == group(1):
            raise ChatMoved(group(2))

    scene.chat.before_each = moved
    async with scene.delivering():
        await scene.until_empty()

    assert sorted(scene.chat.shown) == [(group(2), f"opened {number}", None) for number in range(3)]


@in_simulated_time
async def test_a_fan_out_that_is_refused_stops_tries_again_and_loses_nothing() -> None:
    scene = Scene(refusal_limits=RefusalLimits(judged=20, judged_after_pause=5))
    people = [person(number) for number in range(300)]
    refusing = True

    async def refuse(place: Place) -> None:
        if refusing:
            raise RetryLater("slower", after=SECOND, rate_limited=True)

    scene.chat.before_each = refuse
    scene.queue("opened", *people)
    with capture_logs() as logs:
        async with scene.delivering():
            await asyncio.sleep(200)
            asked = len(scene.chat.keys)
            await asyncio.sleep(80)
            assert len(scene.chat.keys) == asked
            refusing = False
            await scene.until_empty()

    assert asked <= 20 + 32
    assert sorted(where for where, _, _ in scene.chat.shown) == people
    assert "circuit breaker opened" in {log["event"] for log in logs}


@in_simulated_time
async def test_a_platform_that_forbids_everything_for_a_while_disables_few_places() -> None:
    scene = Scene(refusal_limits=RefusalLimits(judged=20, judged_after_pause=5))

    async def refuse(place: Place) -> None:
        raise ChatGone("403")

    scene.chat.before_each = refuse
    scene.queue("opened", *map(person, range(300)))
    async with scene.delivering():
        await asyncio.sleep(280)

    assert scene.counted("dropped", "place disabled") <= 20 + 32
    assert len(scene.outbox.waiting) >= 300 - 52


@in_simulated_time
async def test_stopping_finishes_what_is_under_way_and_leaves_the_rest() -> None:
    scene = Scene(send_s=0.5)
    scene.queue("opened", *map(person, range(100)))
    async with scene.delivering():
        await asyncio.sleep(2.0)
        began = now()
    took = now() - began

    assert took <= 1.0
    assert scene.under_way.total() == 0
    assert len(scene.chat.shown) + len(scene.outbox.waiting) == 100
    assert 40 <= len(scene.chat.shown) <= 60


@in_simulated_time
async def test_stopping_does_not_wait_for_space_for_what_came_at_that_moment() -> None:
    scene = Scene(send_s=0.5)
    async with in_time("the end of the workers"), scene.delivering():
        await asyncio.sleep(1.0)  # by now the worker waits for something to come
        scene.queue("opened", *map(person, range(100)))

    assert len(scene.chat.shown) + len(scene.outbox.waiting) == 100


@in_simulated_time
async def test_stopping_does_not_wait_for_a_pause_to_end() -> None:
    scene = Scene()
    scene.queue("opened", *map(person, range(10)))
    async with scene.delivering():
        await scene.budget.pause_all(TELEGRAM, pause=HOUR, reason="refused")
        await asyncio.sleep(10)
        began = now()

    assert now() - began <= 1.0
    assert len(scene.outbox.waiting) == 10


@in_simulated_time
async def test_a_worker_that_was_stopped_before_it_began_sends_nothing() -> None:
    scene = Scene()
    scene.queue("opened", person(1))
    scene.workers[0].stop()
    await scene.workers[0].run()

    assert scene.chat.shown == []


@in_simulated_time
async def test_while_the_store_is_away_it_waits_and_goes_on() -> None:
    scene = Scene()
    scene.outbox.away = True
    with capture_logs() as logs:
        async with scene.delivering():
            await asyncio.sleep(10)
            scene.outbox.away = False
            scene.queue("opened", person(1))
            await scene.until_shown(1)

    said = [(line["log_level"], line["event"]) for line in logs if line["log_level"] != "debug"]
    assert said[:2] == [("warning", "store away while delivering"), ("info", "store back, delivering")]


@in_simulated_time
async def test_the_terminal_is_written_to_in_order() -> None:
    scene = Scene(Platform.TERMINAL, send_s=0.01)
    here = Place(Platform.TERMINAL, "here")
    for number in range(20):
        scene.queue(f"{number}", here, incident=f"INC-{number}")
    async with scene.delivering():
        await scene.until_shown(20)

    assert scene.chat.titles == [str(number) for number in range(20)]
