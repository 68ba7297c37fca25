"""Whatever outages of a platform fall between the steps of an incident: the newest escalation is a new message."""

import random
from datetime import timedelta

import pytest

from bot.delivery.attempt import DeliveryAttempt
from bot.delivery.circuit_breaker import CircuitBreaker, RefusalLimits
from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import RetryLater
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.messages.model import Message
from bot.ports.outbox import Alert, Delivery, DeliveryKind
from bot.storage.store import Store
from tests.delivery.recording_chat import EDIT, POST, RecordingChat
from tests.fakes.memory import Tally
from tests.storage.conftest import StillClock

GROUP = Place(Platform.TELEGRAM, "-100123")
SECOND = timedelta(seconds=1)
BUSY = RetryLater("Telegram is out of order", after=5 * SECOND)


class UnreliablePlatform:
    """Telegram with outages, and a worker that delivers what it may claim, not always at once or in order."""

    def __init__(self, store: Store, clock: StillClock, chance: random.Random) -> None:
        self.store, self.clock, self.chance = store, clock, chance
        self.chat = RecordingChat(Platform.TELEGRAM)
        self.chat.before_each = self.refuse_while_away
        self.is_away = False
        self.claimed: list[Delivery] = []
        meter, rate_limiter = Tally(), RateLimiter(Platform.TELEGRAM)
        self.attempt = DeliveryAttempt(
            self.chat,
            outbox=store.outbox,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=meter,
            rate_limiter=rate_limiter,
            on_posted=lambda *_: None,
            circuit_breaker=CircuitBreaker(
                Platform.TELEGRAM, limits=RefusalLimits(), rate_limiter=rate_limiter, clock=clock, meter=meter
            ),
        )

    async def refuse_while_away(self, place: Place) -> None:
        if self.is_away:
            raise BUSY

    async def commit(self, name: str, kind: DeliveryKind, severity: Severity) -> None:
        """Commit one step; only what is posted pings."""
        now = self.clock.now()
        alert = Alert(
            id=name,
            incident="INC-1",
            severity=severity,
            kind=kind,
            message=Message(name),
            created_at=now,
            expires_at=now + timedelta(hours=12),
            recipients=(Subscription(GROUP, "binance", mention="here"),),
            ping=kind is POST,
        )
        await self.store.incidents.commit("binance", Rule.OUTFLOW, None, [alert])

    async def pass_time(self) -> None:
        """Let the platform go or come back, and let the worker do some of its work."""
        self.is_away = self.chance.random() < 0.4
        self.clock.advance(self.chance.choice((1, 30, 120, 301)) * SECOND)
        await self.deliver(part=0.8)

    async def recover(self) -> None:
        """Let everything that waits arrive."""
        self.is_away = False
        while await self.store.outbox.depth():
            self.clock.advance(200 * SECOND)
            await self.deliver(part=1.0)

    async def deliver(self, *, part: float) -> None:
        self.claimed += await self.store.outbox.claim(Platform.TELEGRAM, limit=5, wait=timedelta())
        self.chance.shuffle(self.claimed)
        while self.claimed and self.chance.random() < part:
            await self.attempt.run(self.claimed.pop())


@pytest.mark.parametrize("seed", range(20))
async def test_the_newest_escalation_arrives_as_a_new_message_that_pings(
    store: Store, clock: StillClock, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 — which steps and outages there are
    platform = UnreliablePlatform(store, clock, chance)
    levels = list(Severity)
    level, newest_post = 0, "step 0"
    await platform.commit(newest_post, POST, levels[0])
    for number in range(1, chance.randint(3, 14)):
        for _ in range(chance.randint(0, 3)):
            await platform.pass_time()
        if level < len(levels) - 1 and chance.random() < 0.3:
            level, newest_post = level + 1, f"step {number}"
            await platform.commit(newest_post, POST, levels[level])
        else:
            await platform.commit(f"step {number}", EDIT, levels[level])

    await platform.recover()

    posted = [title for _, title, about in platform.chat.shown if not (about or "").startswith("=")]
    (mention,) = {message.mention for message in platform.chat.messages if message.title == newest_post} - {None}
    assert newest_post in posted
    assert mention == "here"


async def test_an_escalation_does_not_wait_for_the_next_try_of_an_update_that_failed(
    store: Store, clock: StillClock
) -> None:
    """After some minutes without the platform the next try of an edit is five minutes away."""
    platform = UnreliablePlatform(store, clock, random.Random(1))  # noqa: S311
    await platform.commit("opened", POST, Severity.ELEVATED)
    await platform.deliver(part=1.0)
    await platform.commit("updated", EDIT, Severity.ELEVATED)
    platform.is_away = True
    await platform.deliver(part=1.0)
    await platform.commit("escalated", POST, Severity.SEVERE)

    platform.is_away = False
    await platform.deliver(part=1.0)

    assert platform.chat.shown == [(GROUP, "opened", None), (GROUP, "escalated", "m1")]
    assert platform.chat.messages[-1].mention == "here"
    await platform.recover()
    assert [title for _, title, _ in platform.chat.shown] == ["opened", "escalated", "opened"]


async def test_an_edit_that_failed_keeps_its_pause_when_another_edit_follows(store: Store, clock: StillClock) -> None:
    platform = UnreliablePlatform(store, clock, random.Random(1))  # noqa: S311
    await platform.commit("opened", POST, Severity.ELEVATED)
    await platform.deliver(part=1.0)
    await platform.commit("updated", EDIT, Severity.ELEVATED)
    platform.is_away = True
    await platform.deliver(part=1.0)
    await platform.commit("updated again", EDIT, Severity.ELEVATED)
    platform.is_away = False

    await platform.deliver(part=1.0)
    assert [title for _, title, _ in platform.chat.shown] == ["opened"]

    await platform.recover()
    assert [title for _, title, _ in platform.chat.shown] == ["opened", "updated again"]
