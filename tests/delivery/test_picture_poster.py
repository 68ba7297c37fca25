"""Pictures follow their texts: silently, once, drawn once, and never in their way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.delivery import picture_poster, picture_refusals
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import DrawingFailed, NotAllowed, RetryLater
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.messages.pictures import Picture, Theme
from bot.ports.outbox import DeliveryKind
from bot.ports.pictures import DrawnPicture, PictureDrawer
from tests.builders import DAY, subscription
from tests.chat.charts import samples
from tests.clocks import LoopClock, in_simulated_time
from tests.delivery.recording_chat import EDIT, POST, RecordingChat, alert
from tests.fakes.drawer import StandInDrawer
from tests.fakes.memory import MemoryOutbox, MemorySubscriptions, Tally
from tests.fakes.memory_approvals import MemoryApprovals
from tests.fakes.memory_mutes import MemoryMutes
from tests.waiting import until

RUN = samples.ALL["run"]
PERSON, OTHER, GROUP = (Place(Platform.TELEGRAM, chat) for chat in ("7", "8", "-100"))
_LONGEST = DAY.total_seconds()


@dataclass
class PictureChat(RecordingChat):
    """A chat that shows pictures, too: in `pictures`, with their time and the message that they answer."""

    platform: Platform = Platform.TELEGRAM
    pictures: list[tuple[Place, str, float]] = field(default_factory=list)
    tried: list[Place] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        assert key.endswith(":picture")
        self.tried.append(place)
        if self.before_each:
            await self.before_each(place)
        if self.refusals:
            raise self.refusals.pop(0)
        self.pictures.append((place, reply_to, asyncio.get_running_loop().time()))


@dataclass
class SlowDrawer(StandInDrawer):
    """Takes so many seconds for a picture."""

    seconds: float = 0.0
    tries: int = 0

    @override
    async def draw(self, picture: Picture, theme: Theme) -> bytes:
        self.tries += 1
        await asyncio.sleep(self.seconds)
        return await super().draw(picture, theme)


class Scene:
    """A worker between an outbox and a chat."""

    def __init__(
        self,
        drawer: PictureDrawer | None = None,
        chat: RecordingChat | None = None,
        platform: Platform = Platform.TELEGRAM,
    ) -> None:
        self.platform = platform
        self.clock = LoopClock()
        self.outbox = MemoryOutbox(self.clock)
        self.mutes = MemoryMutes(self.clock)
        self.subscriptions = MemorySubscriptions(self.outbox, mutes=self.mutes)
        self.drawer = StandInDrawer()
        self.chat = PictureChat(platform)
        self.meter = Tally()
        self.worker = self.new_worker(drawer or self.drawer, chat or self.chat)

    def new_worker(self, drawer: PictureDrawer, chat: RecordingChat) -> DeliveryWorker:
        return DeliveryWorker(
            chat,
            outbox=self.outbox,
            subscriptions=self.subscriptions,
            place_settings=self.subscriptions.settings,
            mutes=self.mutes,
            approvals=MemoryApprovals(),
            clock=self.clock,
            meter=self.meter,
            rate_limiter=RateLimiter(self.platform),
            drawer=drawer,
        )

    def queue(
        self,
        title: str,
        *places: Place,
        kind: DeliveryKind = POST,
        picture: Picture | None = RUN,
        incident: str = "INC-1",
        about: str | None = None,
    ) -> None:
        told = alert(
            title,
            *places,
            now=self.clock.now(),
            kind=kind,
            incident=incident,
            severity=Severity.SEVERE,
            expires_in=DAY,
            about=about,
        )
        self.outbox.queue(replace(told, picture=picture))

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            self.worker.stop()
            await running

    async def until_posted(self, number: int) -> None:
        await until(lambda: len(self.chat.pictures) >= number, f"picture {number}", limit=_LONGEST)


def during(seconds: float) -> Callable[[Place], Awaitable[None]]:
    async def pass_time(_: Place) -> None:
        await asyncio.sleep(seconds)

    return pass_time


@in_simulated_time
async def test_a_picture_answers_its_text_and_is_drawn_once_for_all_places() -> None:
    scene = Scene()
    scene.queue("opened", PERSON, OTHER, GROUP)
    async with scene.delivering():
        await scene.until_posted(3)
        await asyncio.sleep(60)
    assert {(where, text) for where, text, _ in scene.chat.pictures} == {
        (where, f"m{number}") for number, (where, _, _) in enumerate(scene.chat.shown, 1)
    }
    assert scene.drawer.drawn == [(RUN, Theme.LIGHT)]


@in_simulated_time
async def test_edits_have_no_picture_and_what_is_posted_for_the_first_time_has_one() -> None:
    """The alert of a digest is an edit, which is sent as a new message where there is none of that day."""
    scene = Scene()
    async with scene.delivering():
        scene.queue("digest", PERSON, kind=EDIT)
        await scene.until_posted(1)
        scene.queue("digest once more", PERSON, kind=EDIT)
        scene.queue("no picture", OTHER, incident="INC-2", picture=None)
        await until(lambda: len(scene.chat.shown) == 3, "three texts", limit=_LONGEST)
        await asyncio.sleep(60)
    assert len(scene.chat.pictures) == 1


@in_simulated_time
async def test_no_text_waits_for_a_picture() -> None:
    """Drawing takes eight seconds; 200 texts go out at the full rate meanwhile, and all pictures come behind them."""
    scene = Scene(SlowDrawer(seconds=8.0))
    scene.queue("opened", *(Place(Platform.TELEGRAM, str(1000 + number)) for number in range(200)))
    began = asyncio.get_running_loop().time()
    async with scene.delivering():
        await scene.until_posted(200)
    assert scene.chat.times[-1] - began <= 200 / 28 * 1.05
    assert min(at for _, _, at in scene.chat.pictures) >= scene.chat.times[-1]


@in_simulated_time
async def test_a_chat_is_given_the_same_rest_before_and_behind_a_picture() -> None:
    scene = Scene()
    scene.queue("opened", GROUP)
    async with scene.delivering():
        await scene.until_posted(1)
        scene.queue("another", GROUP, incident="INC-2", picture=None)
        await until(lambda: len(scene.chat.shown) == 2, "the other text", limit=_LONGEST)
    text, picture, other_text = scene.chat.times[0], scene.chat.pictures[0][2], scene.chat.times[1]
    assert picture - text > 2.99
    assert 2.99 < other_text - picture < 4


@in_simulated_time
async def test_a_picture_that_hangs_holds_its_own_chat_for_five_seconds_at_most() -> None:
    scene = Scene()
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: len(scene.chat.shown) == 1, "the text", limit=_LONGEST)
        scene.chat.before_each = during(600)
        await until(lambda: bool(scene.chat.tried), "the try", limit=_LONGEST)
        scene.chat.before_each = None
        began = asyncio.get_running_loop().time()
        scene.queue("worse", PERSON, incident="INC-2", picture=None)
        scene.queue("other", OTHER, incident="INC-2", picture=None)
        await until(lambda: len(scene.chat.shown) == 3, "both texts", limit=_LONGEST)
    at = dict(zip(scene.chat.titles, scene.chat.times, strict=True))
    assert at["other"] - began < 1
    assert at["worse"] - began < 7
    assert scene.chat.pictures == []


@dataclass
class DrawerOfOthers(SlowDrawer):
    """Takes eight seconds to fail to draw one picture, and draws all others."""

    undrawable: Picture | None = None

    @override
    async def draw(self, picture: Picture, theme: Theme) -> bytes:
        if picture == self.undrawable:
            await asyncio.sleep(8.0)
            raise DrawingFailed("Too slow.")
        return await super().draw(picture, theme)


@in_simulated_time
async def test_what_cannot_be_drawn_holds_others_back_for_one_try_at_most() -> None:
    scene = Scene(DrawerOfOthers(undrawable=RUN))
    async with scene.delivering():
        scene.queue("opened", *(Place(Platform.TELEGRAM, str(1000 + number)) for number in range(60)))
        await asyncio.sleep(6)
        began = asyncio.get_running_loop().time()
        scene.queue("opened", OTHER, incident="INC-3", picture=samples.ALL["reserves"])
        await scene.until_posted(1)
    assert scene.chat.pictures[0][2] - began < 10


@in_simulated_time
async def test_what_cannot_be_drawn_is_said_once_and_left_out_everywhere() -> None:
    drawer = SlowDrawer(failure="The picture could not be drawn.", seconds=1.0)
    scene = Scene(drawer)
    with capture_logs() as logs:
        async with scene.delivering():
            scene.queue("opened", PERSON, OTHER)
            await asyncio.sleep(30)
            scene.queue("opened there", GROUP)
            await until(lambda: len(scene.chat.shown) == 3, "the texts", limit=_LONGEST)
            await asyncio.sleep(30)
    assert [log["event"] for log in logs if "picture" in str(log["event"])] == ["picture of alerts not drawn"]
    assert drawer.tries == 3
    assert scene.chat.tried == []
    assert len(scene.chat.shown) == 3


@pytest.mark.parametrize(
    "refusal",
    [
        NotAllowed("not enough rights to send photos to the chat"),
        RetryLater("the answer was lost", after=timedelta(seconds=5), ambiguous=True),
        ValueError("a fault of ours"),
    ],
)
@in_simulated_time
async def test_a_picture_that_is_refused_is_tried_once_and_harms_nothing(refusal: Exception) -> None:
    scene = Scene()
    scene.chat.refusals = [refusal]
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: bool(scene.chat.tried), "the try", limit=_LONGEST)
        await asyncio.sleep(60)
        scene.queue("next", PERSON, incident="INC-2")
        await scene.until_posted(1)
    assert scene.chat.tried == [PERSON, PERSON]
    assert scene.chat.titles == ["opened", "next"]
    assert await scene.subscriptions.trouble(PERSON) is None


@in_simulated_time
async def test_refused_pictures_never_shut_the_bot_out_of_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord counts refusals of ten minutes, of texts and pictures together; a channel that refused one is known."""
    monkeypatch.setattr(picture_refusals, "MOST_IN_TEN_MINUTES", {Platform.DISCORD: 3})
    scene = Scene(platform=Platform.DISCORD)
    channels = [Place(Platform.DISCORD, str(100 + number)) for number in range(6)]
    scene.chat.refusals = [NotAllowed("Missing Permissions") for _ in range(5)]
    async with scene.delivering():
        scene.queue("opened", *channels)
        await until(lambda: len(scene.chat.tried) == 3, "three refusals", limit=_LONGEST)
        refused_at = asyncio.get_running_loop().time()
        scene.queue("a text meanwhile", channels[5], incident="INC-2", picture=None)
        await until(lambda: len(scene.chat.shown) == 7, "all texts", limit=_LONGEST)
        assert asyncio.get_running_loop().time() - refused_at < 10
        await scene.until_posted(1)
        assert asyncio.get_running_loop().time() - refused_at >= 590
        scene.queue("opened, too", *channels, incident="INC-3")
        await scene.until_posted(2)
        await asyncio.sleep(60)
    assert len(scene.chat.tried) == 7
    assert {place for place, _, _ in scene.chat.pictures} == {scene.chat.tried[-1]}


@in_simulated_time
async def test_a_429_to_a_picture_is_a_pause_of_its_chat() -> None:
    scene = Scene()
    scene.chat.refusals = [RetryLater("Too Many Requests", after=timedelta(seconds=40), rate_limited=True)]
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: bool(scene.chat.tried), "the try", limit=_LONGEST)
        refused_at = asyncio.get_running_loop().time()
        scene.queue("next", PERSON, incident="INC-2", picture=None)
        await until(lambda: len(scene.chat.shown) == 2, "the next text", limit=_LONGEST)
    assert scene.chat.times[1] - refused_at > 39.9
    assert scene.meter.counts["rate limited", Platform.TELEGRAM] == 1
    assert scene.chat.tried == [PERSON]


@in_simulated_time
async def test_a_picture_comes_within_a_quarter_of_an_hour_or_not_at_all() -> None:
    scene = Scene(SlowDrawer(seconds=901.0))
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: len(scene.chat.shown) == 1, "the text", limit=_LONGEST)
        await asyncio.sleep(1800)
    assert scene.chat.tried == []


@in_simulated_time
async def test_no_more_wait_than_are_posted_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_poster, "_MAX_WAITING", 1)
    scene = Scene(SlowDrawer(seconds=60.0))
    scene.queue("opened", PERSON, OTHER)
    async with scene.delivering():
        await scene.until_posted(1)
        await asyncio.sleep(60)
    assert len(scene.chat.tried) == 1
    assert len(scene.chat.shown) == 2


@in_simulated_time
async def test_a_place_that_was_muted_or_moved_while_its_picture_was_drawn_gets_none() -> None:
    scene = Scene(SlowDrawer(seconds=20.0))
    async with scene.delivering():
        for where in (PERSON, OTHER, GROUP):
            await scene.subscriptions.add(subscription(place=where))
        scene.queue("opened", PERSON, OTHER, GROUP, about="binance")
        await until(lambda: len(scene.chat.shown) == 3, "the texts", limit=_LONGEST)
        await scene.subscriptions.move(OTHER, replace(OTHER, chat="9"))
        await scene.mutes.mute(GROUP, None, length=timedelta(hours=4), by="telegram:1")
        await scene.until_posted(1)
        await asyncio.sleep(60)
    assert scene.chat.tried == [PERSON]


@in_simulated_time
async def test_a_store_that_is_away_costs_the_picture_alone() -> None:
    scene = Scene(SlowDrawer(seconds=20.0))
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: len(scene.chat.shown) == 1, "the text", limit=_LONGEST)
        scene.subscriptions.away = True
        await asyncio.sleep(60)
        scene.subscriptions.away = False
        scene.queue("next", PERSON, incident="INC-2")
        await scene.until_posted(1)
    assert [text for _, text, _ in scene.chat.pictures] == ["m2"]


@in_simulated_time
async def test_a_platform_without_pictures_gets_texts() -> None:
    scene = Scene(chat=(chat := RecordingChat(Platform.TELEGRAM)))
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: len(chat.shown) == 1, "the text", limit=_LONGEST)
        await asyncio.sleep(60)
    assert chat.titles == ["opened"]


@in_simulated_time
async def test_what_waits_in_a_worker_that_stops_is_posted_by_nobody() -> None:
    scene = Scene(SlowDrawer(seconds=20.0))
    async with scene.delivering():
        scene.queue("opened", PERSON)
        await until(lambda: len(scene.chat.shown) == 1, "the text", limit=_LONGEST)
    scene.worker = scene.new_worker(scene.drawer, scene.chat)
    async with scene.delivering():
        await asyncio.sleep(60)
    assert scene.chat.tried == []
    assert scene.chat.titles == ["opened"]
