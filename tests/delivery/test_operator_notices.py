from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.delivery.operator_notices import OPERATOR_CHECK_INTERVAL
from bot.domain.errors import BadMessage, ChatGone, ChatMoved, DeliveryError, NotAllowed, RetryLater
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message
from tests.builders import DAY, NOON
from tests.clocks import HandMovedClock
from tests.delivery.places import PlaceChat, operator_at

OPERATOR = Place(Platform.TELEGRAM, "-999")
NEWS = Message("News")
REMOVED = ChatGone("kicked", Obstacle.REMOVED)
AWAY = RetryLater("away", after=timedelta(seconds=5))


class Scene:
    """An operator in a Telegram group that lets the bot write unless `closed` says otherwise."""

    def __init__(self, place: Place | None = OPERATOR) -> None:
        self.clock = HandMovedClock(NOON)
        self.chat = PlaceChat()
        self.chats = [self.chat]
        self.operator = operator_at(place, self.clock, self.chats)

    def close(self, why: DeliveryError) -> None:
        self.chat.closed[OPERATOR] = why

    async def check(self, after: timedelta = OPERATOR_CHECK_INTERVAL) -> list[str]:
        """Check after a while and return what is said of the operator then."""
        self.clock.advance(after)
        await self.operator.check_reachable()
        return list(self.operator.unreachable)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_the_operator_is_told(scene: Scene) -> None:
    assert await scene.operator.send(NEWS, "1")
    assert scene.chat.shown == [(OPERATOR, "News\n")]
    assert scene.operator.unreachable == []


async def test_what_did_not_arrive_is_to_be_sent_again(scene: Scene) -> None:
    scene.close(AWAY)
    assert not await scene.operator.send(NEWS, "1")


@pytest.mark.parametrize("place", [None, Place(Platform.DISCORD, "5")])
async def test_an_operator_where_the_bot_is_not_is_neither_told_nor_probed(place: Place | None) -> None:
    scene = Scene(place)
    assert await scene.operator.send(NEWS, "1")
    assert await scene.check() == []
    assert (scene.chat.shown, scene.chat.probed) == ([], [])


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (REMOVED, "the bot was removed"),
        (NotAllowed("no", Obstacle.NO_RIGHTS), "the bot lacks the right to write there"),
        (ChatGone("chat not found"), "chat not found"),
    ],
)
async def test_an_operator_who_cannot_be_told_is_known_before_there_is_news(
    scene: Scene, why: DeliveryError, words: str
) -> None:
    scene.close(why)
    assert await scene.check() == [f"ERROR_CHAT names telegram:-999, which is not reached: {words}."]
    assert scene.chat.shown == []


async def test_news_that_did_not_arrive_shows_that_the_operator_is_out_of_reach(scene: Scene) -> None:
    assert await scene.check() == []
    scene.close(REMOVED)
    with capture_logs() as logged:
        await scene.operator.send(NEWS, "1")
    assert [line["event"] for line in logged] == ["operator chat unreachable", "operator notice not delivered"]
    (sentence,) = scene.operator.unreachable
    assert "the bot was removed" in sentence
    scene.chat.closed.clear()
    assert await scene.check() == [], "found again at the next check, not a day after the last good one"


@pytest.mark.parametrize("why", [AWAY, BadMessage("too long")])
async def test_what_is_no_fault_of_the_place_says_nothing_of_it(scene: Scene, why: DeliveryError) -> None:
    scene.close(why)
    await scene.operator.send(NEWS, "1")
    assert await scene.check() == []
    scene.close(REMOVED)
    sentences = await scene.check()
    scene.close(why)
    assert await scene.check() == sentences != []


async def test_an_operator_is_probed_until_reached_and_then_once_a_day(scene: Scene) -> None:
    scene.close(REMOVED)
    for _ in range(3):
        assert await scene.check() != []
    scene.chat.closed.clear()
    assert await scene.check() == []
    assert len(scene.chat.probed) == 4
    for _ in range(3):
        await scene.check()
    assert len(scene.chat.probed) == 4
    scene.close(REMOVED)
    assert await scene.check(after=DAY) != []


async def test_a_platform_that_is_away_is_probed_again_at_the_next_check(scene: Scene) -> None:
    scene.close(AWAY)
    await scene.check()
    await scene.check()
    assert len(scene.chat.probed) == 2


async def test_news_that_arrived_needs_no_probe_for_a_day(scene: Scene) -> None:
    scene.close(REMOVED)
    await scene.check()
    scene.chat.closed.clear()
    await scene.operator.send(NEWS, "1")
    assert await scene.check() == []
    assert len(scene.chat.probed) == 1


async def test_an_operator_out_of_reach_is_logged_once_and_again_for_another_reason(scene: Scene) -> None:
    with capture_logs() as logged:
        for why in (REMOVED, REMOVED, NotAllowed("no", Obstacle.NO_RIGHTS)):
            scene.close(why)
            await scene.check()
    assert [line["reason"] for line in logged] == ["the bot was removed", "the bot lacks the right to write there"]


async def test_where_this_worker_does_not_listen_the_operator_is_not_probed(scene: Scene) -> None:
    scene.close(REMOVED)
    scene.chats.clear()
    assert await scene.check() == []


async def test_an_operators_group_that_moved_is_followed_and_the_setting_to_change_is_named(scene: Scene) -> None:
    moved_to = Place(Platform.TELEGRAM, "-1001")
    scene.close(ChatMoved(moved_to))
    with capture_logs() as logged:
        await scene.operator.send(NEWS, "1")
        await scene.operator.send(Message("More"), "2")
    assert scene.chat.shown == [(moved_to, "News\n"), (moved_to, "More\n")]
    assert [line["event"] for line in logged] == ["operator chat moved, change ERROR_CHAT"]
    assert await scene.check() == ["ERROR_CHAT names telegram:-999, which moved: set it to telegram:-1001."]


async def test_a_check_follows_an_operators_group_too(scene: Scene) -> None:
    moved_to = Place(Platform.TELEGRAM, "-1001")
    scene.close(ChatMoved(moved_to))
    await scene.check()
    assert scene.chat.probed == [OPERATOR, moved_to]


async def test_a_moved_group_that_removed_the_bot_is_named_by_its_new_address(scene: Scene) -> None:
    moved_to = Place(Platform.TELEGRAM, "-1001")
    scene.close(ChatMoved(moved_to))
    scene.chat.closed[moved_to] = REMOVED
    (_, sentence) = await scene.check()
    assert sentence == "ERROR_CHAT names telegram:-1001, which is not reached: the bot was removed."


async def test_two_messages_of_one_key_are_two_to_the_platform(scene: Scene) -> None:
    """The list breaks and heals within a day: both messages carry the same key, up to the time in it."""
    await scene.operator.send(Message("defillama does not answer"), "defillama/cexs:2022-12-13")
    await scene.operator.send(Message("defillama answers again"), "defillama/cexs:2022-12-13")
    assert len(set(scene.chat.keys)) == 2
