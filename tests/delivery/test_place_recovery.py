from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.place_recovery import PLACE_CHECK_INTERVAL, PlaceRecovery
from bot.domain.errors import ChatGone, ChatMoved, NotAllowed, RetryLater, StorageError
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.place_settings import PlaceSettings
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import DAY, HOUR, NOON
from tests.delivery.places import PlaceChat, operator_at
from tests.fakes.marking_language import mark_texts
from tests.fakes.memory import Memory

GROUP = Place(Platform.TELEGRAM, "-100")
TOPIC = replace(GROUP, thread="7")
OPERATOR = Place(Platform.TELEGRAM, "-999")
ANN, BOB = Place(Platform.TELEGRAM, "1"), Place(Platform.TELEGRAM, "2")
AWAY = RetryLater("away", after=timedelta(seconds=5))


class Scene:
    """A place recovery with its chats and its store."""

    def __init__(self, error_chat: Place | None = OPERATOR) -> None:
        self.memory = Memory(NOON)
        self.subscriptions = self.memory.subscriptions
        self.chat = PlaceChat()
        self.chats = [self.chat]
        self.pauses_s: list[float] = []
        self.recovery = PlaceRecovery(
            lambda: self.chats,
            subscriptions=self.subscriptions,
            place_settings=self.memory.place_settings,
            clock=self.memory.clock,
            operator=operator_at(error_chat, self.memory.clock, self.chats),
            sleep=self._record_pause,
        )

    async def _record_pause(self, seconds: float) -> None:
        self.pauses_s.append(seconds)

    async def subscribe(self, place: Place, by: str = "1", title: str = "") -> None:
        await self.subscriptions.add(Subscription(place, "okx", created_by=by, created_at=NOON, title=title))

    async def close(self, place: Place, obstacle: Obstacle = Obstacle.REMOVED) -> None:
        trouble = PlaceTrouble(place, "as said", self.memory.clock.now(), disabled=True, obstacle=obstacle)
        await self.subscriptions.record_trouble(trouble)

    async def after(self, span: timedelta) -> None:
        self.memory.clock.advance(span)
        await self.recovery.check_places()


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_whoever_set_a_place_up_is_told_once_why_it_is_off(scene: Scene) -> None:
    await scene.subscribe(GROUP)
    await scene.close(GROUP.whole_chat)
    for span in (timedelta(), HOUR, 2 * DAY):
        scene.chat.closed[GROUP.whole_chat] = ChatGone("kicked")
        await scene.after(span)
    ((place, text),) = scene.chat.shown
    assert place == ANN
    assert "telegram:-100: the bot was removed" in text


async def test_a_place_with_a_name_is_announced_by_it(scene: Scene) -> None:
    await scene.subscribe(GROUP, title="#traders")
    await scene.close(GROUP)
    await scene.after(HOUR)
    assert "#traders: the bot was removed" in scene.chat.shown[0][1]


async def test_the_last_to_set_something_up_is_the_one_told(scene: Scene) -> None:
    await scene.subscribe(GROUP, by="1")
    await scene.subscriptions.add(Subscription(TOPIC, None, created_by="2", created_at=NOON + HOUR))
    await scene.subscriptions.add(Subscription(TOPIC, "kraken", created_by="3"))
    await scene.close(GROUP.whole_chat)
    await scene.after(HOUR)
    assert [place for place, _ in scene.chat.shown] == [BOB]


async def test_one_person_hears_of_all_their_places_at_once(scene: Scene) -> None:
    places = [Place(Platform.TELEGRAM, f"-{number}") for number in range(1, 5)]
    for place in places:
        await scene.subscribe(place)
        await scene.close(place, Obstacle.NO_RIGHTS)
    await scene.after(HOUR)
    ((_, text),) = scene.chat.shown
    assert all(f"{place}: the bot lacks the right" in text for place in places)


async def test_people_are_told_a_second_apart(scene: Scene) -> None:
    for number in range(1, 4):
        place = Place(Platform.TELEGRAM, f"-{number}")
        await scene.subscribe(place, by=str(number))
        await scene.close(place)
    await scene.after(HOUR)
    assert len(scene.chat.shown) == 3
    assert scene.pauses_s == [1.0, 1.0]


@pytest.mark.parametrize("by", ["1", "-100", ""])
async def test_when_nobody_can_be_told_in_person_the_operator_is(scene: Scene, by: str) -> None:
    await scene.subscribe(GROUP, by=by)
    await scene.close(GROUP)
    scene.chat.closed[ANN] = ChatGone("never spoke to the bot")
    await scene.after(HOUR)
    assert [place for place, _ in scene.chat.shown] == [OPERATOR]


async def test_an_operator_who_cannot_be_reached_ends_nothing(scene: Scene) -> None:
    await scene.subscribe(GROUP, by="")
    await scene.close(GROUP)
    scene.chat.closed[OPERATOR] = AWAY
    await scene.after(HOUR)
    assert scene.chat.shown == []


@pytest.mark.parametrize("where", [None, Place(Platform.DISCORD, "5")])
async def test_without_an_operator_in_reach_nobody_is_told(where: Place | None) -> None:
    scene = Scene(error_chat=where)
    await scene.subscribe(GROUP, by="")
    await scene.close(GROUP)
    await scene.after(HOUR)
    assert scene.chat.shown == []


@pytest.mark.parametrize("obstacle", ["blocked", "deactivated", "topic closed", "topic deleted"])
async def test_who_blocked_the_bot_or_reads_it_in_general_needs_no_word(scene: Scene, obstacle: str) -> None:
    await scene.subscribe(TOPIC)
    await scene.close(TOPIC, Obstacle(obstacle))
    await scene.after(HOUR)
    assert scene.chat.shown == []


async def test_where_general_itself_is_closed_whoever_set_it_up_is_told(scene: Scene) -> None:
    await scene.subscribe(GROUP)
    await scene.close(GROUP, Obstacle.TOPIC_CLOSED)
    await scene.after(HOUR)
    assert "the topic was closed" in scene.chat.shown[0][1]


async def test_a_place_nobody_subscribed_is_announced_to_nobody(scene: Scene) -> None:
    await scene.close(GROUP)
    await scene.after(HOUR)
    assert scene.chat.shown == []


async def test_a_place_that_is_open_again_hears_again_within_a_day(scene: Scene) -> None:
    await scene.subscribe(GROUP)
    await scene.close(GROUP.whole_chat)
    await scene.after(HOUR)
    assert await scene.subscriptions.interested_in("okx") == []
    await scene.after(DAY)
    assert scene.chat.probed == [GROUP.whole_chat]
    assert len(await scene.subscriptions.interested_in("okx")) == 1


async def test_a_place_that_stays_closed_is_asked_once_a_day_and_forgotten_after_thirty(scene: Scene) -> None:
    await scene.subscribe(GROUP)
    await scene.close(GROUP)
    scene.chat.closed[GROUP] = NotAllowed("no rights")
    for _ in range(29 * 24):
        await scene.after(HOUR)
    assert len(scene.chat.probed) == 28
    trouble = await scene.subscriptions.trouble(GROUP)
    assert trouble is not None
    assert trouble.since == NOON, "a probe does not restart the 30 days"
    assert await scene.subscriptions.forget_disabled(NOON + timedelta(seconds=1)) == [GROUP]
    await scene.after(DAY)
    assert len(scene.chat.probed) == 28


async def test_a_chat_that_moved_meanwhile_is_found_under_its_new_address(scene: Scene) -> None:
    new = Place(Platform.TELEGRAM, "-200")
    await scene.close(GROUP)
    await scene.after(HOUR)
    scene.chat.closed[GROUP] = ChatMoved(new)
    await scene.after(DAY)
    assert scene.subscriptions.moved == [(GROUP, new)]


async def test_a_closed_topic_is_not_asked_about_for_only_a_message_would_tell(scene: Scene) -> None:
    await scene.close(TOPIC, Obstacle.TOPIC_CLOSED)
    await scene.after(HOUR)
    await scene.after(DAY)
    assert scene.chat.probed == []
    assert await scene.subscriptions.trouble(TOPIC) is not None


async def test_while_the_platform_is_away_nothing_is_concluded_and_all_are_asked_sooner(scene: Scene) -> None:
    places = [Place(Platform.TELEGRAM, f"-{number}") for number in range(1, 5)]
    for place in places:
        await scene.close(place)
    await scene.after(timedelta())
    scene.chat.closed = dict.fromkeys(places, AWAY)
    await scene.after(DAY)
    assert len(scene.chat.probed) == 1
    scene.chat.closed.clear()
    await scene.after(HOUR - timedelta(seconds=1))
    assert len(scene.chat.probed) == 1
    await scene.after(timedelta(seconds=1))
    assert sorted(scene.chat.probed[1:]) == sorted(places)
    assert await scene.subscriptions.disabled() == {}


async def test_many_closed_places_are_asked_fifty_at_a_time_a_second_apart(scene: Scene) -> None:
    places = [Place(Platform.TELEGRAM, str(-number)) for number in range(1, 121)]
    scene.chat.closed = dict.fromkeys(places, NotAllowed("no rights"))
    for place in places:
        await scene.close(place)
    for _ in range(3):  # the first check of a place probes nothing
        await scene.after(PLACE_CHECK_INTERVAL)
    assert scene.chat.probed == []
    scene.memory.clock.advance(DAY)
    probed = []
    for _ in range(3):
        await scene.after(PLACE_CHECK_INTERVAL)
        probed.append(len(scene.chat.probed))
    assert probed == [50, 100, 120]
    assert set(scene.chat.probed) == set(places)
    assert scene.pauses_s == [1.0] * (49 + 49 + 19)


def test_ten_thousand_closed_places_are_asked_within_a_day() -> None:
    assert DAY // PLACE_CHECK_INTERVAL * 50 >= 10_000


async def test_a_platform_this_worker_does_not_listen_to_is_left_to_others(scene: Scene) -> None:
    await scene.subscribe(GROUP)
    await scene.close(GROUP)
    scene.chats.clear()
    await scene.after(2 * DAY)
    scene.chats.append(scene.chat)
    await scene.after(HOUR)
    assert [place for place, _ in scene.chat.shown] == [ANN]


async def test_a_store_that_is_away_is_raised(scene: Scene) -> None:
    scene.subscriptions.away = True
    with pytest.raises(StorageError):
        await scene.recovery.check_places()


@pytest.mark.parametrize(
    ("of_ann", "of_group", "title"),
    [
        ("auto", "auto", "Alerts paused"),
        ("auto", "es", "es‹Alerts paused›"),
        ("ru", "es", "ru‹Alerts paused›"),
        ("en", "es", "Alerts paused"),
    ],
)
async def test_it_is_said_in_the_language_of_the_person_or_else_of_the_place(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, of_ann: str, of_group: str, title: str
) -> None:
    mark_texts(monkeypatch)
    settings = {ANN: PlaceSettings(language=of_ann), GROUP: PlaceSettings(language=of_group)}
    scene.memory.place_settings.kept = settings
    await scene.subscribe(GROUP)
    await scene.close(GROUP.whole_chat)
    await scene.after(HOUR)
    assert scene.chat.shown[0][1].splitlines()[0] == title


async def test_without_the_settings_of_places_it_is_said_in_english(scene: Scene) -> None:
    scene.memory.place_settings.kept[ANN] = PlaceSettings(language="es")
    scene.memory.place_settings.away = True
    await scene.subscribe(GROUP)
    await scene.close(GROUP)
    await scene.after(HOUR)
    assert scene.chat.shown[0][1].startswith("Alerts paused")
