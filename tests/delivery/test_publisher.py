"""What is published of what was posted, and what a refusal of it costs: nothing but the publication."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import NotAllowed, RetryLater
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.messages.model import Message
from bot.ports.outbox import DeliveryKind
from tests.builders import DAY
from tests.clocks import LoopClock, in_simulated_time
from tests.delivery.recording_chat import CLOSE, EDIT, POST, REPLY, RecordingChat, alert
from tests.fakes.memory import MemoryOutbox, MemorySubscriptions, Tally
from tests.fakes.memory_approvals import MemoryApprovals
from tests.fakes.memory_mutes import MemoryMutes

NEWS, OTHER, TELEGRAM = (
    Place(Platform.DISCORD, "1"),
    Place(Platform.DISCORD, "2"),
    Place(Platform.TELEGRAM, "-1"),
)
LIMITED = RetryLater("rate limited", after=timedelta(hours=1), rate_limited=True)
LOST = RetryLater("the reply was lost (TimeoutError)", after=timedelta(seconds=5), ambiguous=True)
REFUSED = NotAllowed("the bot lacks a permission in the channel", Obstacle.NO_RIGHTS)


@dataclass
class PublishingChat(RecordingChat):
    """A chat platform that publishes, or refuses with `refusals`, one after the other.

    `posted` are the titles of new messages, without edits of earlier ones."""

    platform: Platform = Platform.DISCORD
    published: list[tuple[Place, str]] = field(default_factory=list)
    refusals: list[Exception | None] = field(default_factory=list)
    asked: int = 0
    hangs: bool = False
    posted: list[str] = field(default_factory=list)

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self.posted.append(message.title)
        return await super().send(place, message, key=key, reply_to=reply_to)

    async def publish(self, place: Place, message_id: str) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            raise refusal
        self.published.append((place, message_id))


class Scene:
    """A worker between an outbox and a chat, and NEWS has set `publish on`."""

    def __init__(self, platform: Platform = Platform.DISCORD) -> None:
        self.clock = LoopClock()
        self.outbox = MemoryOutbox(self.clock)
        mutes = MemoryMutes(self.clock)
        subscriptions = MemorySubscriptions(self.outbox, mutes=mutes)
        for place in (NEWS, TELEGRAM):
            subscriptions.settings.kept[place] = PlaceSettings(publish=True)
        self.chat = PublishingChat(platform)
        self.worker = DeliveryWorker(
            self.chat,
            outbox=self.outbox,
            subscriptions=subscriptions,
            place_settings=subscriptions.settings,
            mutes=mutes,
            approvals=MemoryApprovals(),
            clock=self.clock,
            meter=Tally(),
            rate_limiter=RateLimiter(platform),
        )

    async def deliver(
        self, title: str, *places: Place, kind: DeliveryKind = POST, publish: bool = True, incident: str = "INC-1"
    ) -> None:
        """Deliver an alert, and give its publication a minute."""
        told = alert(title, *places, now=self.clock.now(), kind=kind, incident=incident, expires_in=DAY)
        self.outbox.queue(replace(told, publish=publish))
        running = asyncio.create_task(self.worker.run())
        await asyncio.sleep(60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@in_simulated_time
async def test_what_opens_or_gets_worse_is_published_where_that_is_on() -> None:
    scene = Scene()
    await scene.deliver("opened", NEWS, OTHER)
    await scene.deliver("worse", NEWS, OTHER)
    assert scene.chat.posted == ["opened", "opened", "worse", "worse"]
    assert [place for place, _ in scene.chat.published] == [NEWS, NEWS]


@in_simulated_time
async def test_edits_replies_and_what_is_no_alert_are_not_published() -> None:
    scene = Scene()
    await scene.deliver("digest", NEWS, kind=EDIT, publish=False, incident="digest")
    await scene.deliver("notice", NEWS, publish=False, incident="INC-2")
    await scene.deliver("opened", NEWS)
    scene.chat.published.clear()
    for kind in (EDIT, CLOSE, REPLY):
        await scene.deliver(f"{kind}", NEWS, kind=kind)
    assert scene.chat.titles == ["digest", "notice", "opened", "edit", "close", "reply"]
    assert not scene.chat.published


@in_simulated_time
async def test_nothing_is_published_on_telegram() -> None:
    scene = Scene(Platform.TELEGRAM)
    await scene.deliver("opened", TELEGRAM)
    assert (scene.chat.titles, scene.chat.asked) == (["opened"], 0)


@pytest.mark.parametrize("refusal", [LIMITED, LOST, REFUSED, ZeroDivisionError()])
@in_simulated_time
async def test_a_refusal_costs_the_publication_alone_and_is_not_repeated(refusal: Exception) -> None:
    scene = Scene()
    scene.chat.refusals = [refusal]
    await scene.deliver("opened", NEWS)
    assert (scene.chat.posted, scene.chat.asked) == (["opened"], 1)
    before = scene.clock.now()
    await scene.deliver("worse", NEWS)
    assert scene.chat.posted == ["opened", "worse"]
    assert scene.clock.now() - before == timedelta(minutes=1)  # the limit of publications holds up no alert
    assert len(scene.chat.published) == 1


@in_simulated_time
async def test_refusals_are_logged_once_until_one_is_published() -> None:
    scene = Scene()
    scene.chat.refusals = [REFUSED, REFUSED, None, REFUSED]
    with capture_logs() as logs:
        for number in range(4):
            await scene.deliver(f"worse {number}", NEWS)
    told = [entry["log_level"] for entry in logs if entry["event"] == "message not published"]
    assert told == ["warning", "debug", "warning"]


@in_simulated_time
async def test_publications_that_hang_hold_up_no_alert() -> None:
    scene = Scene()
    scene.chat.hangs = True
    for number in range(6):
        await scene.deliver(f"worse {number}", NEWS)
    assert len(scene.chat.posted) == 6
