"""Whether a chat or topic can be written to, and where one person can."""

from datetime import timedelta

import pytest

from bot.delivery.operator_notices import OperatorNotices
from bot.delivery.place_recovery import PlaceRecovery
from bot.domain.errors import ChatGone, ChatMoved, DeliveryError, NotAllowed, RetryLater, TopicClosed
from bot.domain.place import Obstacle, Place, Subscription
from bot.ports.chat import ProbingPlatform
from bot.ports.subscriptions import PlaceTrouble
from tests.chat.telegram.scene import NOW, Scene, place
from tests.fakes.memory_place_settings import MemoryPlaceSettings
from tests.fakes.telegram import Chat, FakeTelegram


async def connected(live: Scene) -> Scene:
    await live.telegram.until(lambda: live.chat.trouble() is None, "a connection to Telegram without trouble")
    return live


async def refused(live: Scene, where: Place) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await (await connected(live)).chat.probe(where)
    return caught.value


def open_places(telegram: FakeTelegram) -> list[Place]:
    forum = telegram.group(forum=True)
    chats = [
        telegram.group(),
        telegram.group(bot="administrator"),
        telegram.group(bot="creator"),
        telegram.group(bot="restricted"),
        telegram.channel("news"),
        telegram.private(telegram.user("Ann")),
    ]
    places = [where for chat in chats for where in (place(chat.id), place(chat.id).whole_chat)]
    return [*places, place(forum.id, forum.topic())]


async def test_what_can_be_written_to_is_open_and_nothing_is_written(live: Scene, telegram: FakeTelegram) -> None:
    for where in open_places(telegram):
        await (await connected(live)).chat.probe(where)
    assert telegram.sent == []


async def test_a_group_or_channel_sees_nothing_of_it(live: Scene, telegram: FakeTelegram) -> None:
    for chat in (telegram.group(), telegram.channel("news")):
        await (await connected(live)).chat.probe(place(chat.id).whole_chat)
    assert telegram.typed == []


async def test_a_person_who_blocked_the_bot_is_closed_though_getchat_answers(
    live: Scene, telegram: FakeTelegram
) -> None:
    """getChat answers for a person who blocked the bot as well, so typing is what is asked."""
    ann = telegram.user("Ann")
    telegram.block(ann)
    error = await refused(live, place(ann.id).whole_chat)
    assert isinstance(error, ChatGone)
    assert error.obstacle is Obstacle.BLOCKED


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_a_group_without_the_bot_is_closed(live: Scene, telegram: FakeTelegram, status: str) -> None:
    error = await refused(live, place(telegram.group(bot=status).id).whole_chat)
    assert isinstance(error, ChatGone)
    assert error.obstacle is Obstacle.REMOVED


async def test_a_group_that_shows_itself_to_outsiders_is_closed_all_the_same(
    live: Scene, telegram: FakeTelegram
) -> None:
    """A public group tells outsiders who its members are; the bot's status there is “left”."""
    group = telegram.group()
    left = b'{"ok": true, "result": {"status": "left", "user": {"id": 1, "is_bot": true, "first_name": "x"}}}'
    telegram.fail("getChatMember", status=200, body=left)
    error = await refused(live, place(group.id))
    assert isinstance(error, ChatGone)


def silenced(telegram: FakeTelegram) -> list[Chat]:
    return [telegram.group(), telegram.group(bot="restricted"), telegram.channel("news")]


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_where_the_bot_may_not_write_is_closed(live: Scene, telegram: FakeTelegram, number: int) -> None:
    chat = silenced(telegram)[number]
    chat.can_post = False
    error = await refused(live, place(chat.id))
    assert isinstance(error, NotAllowed)
    assert error.obstacle is Obstacle.NO_RIGHTS


async def test_a_topic_that_is_gone_is_closed(live: Scene, telegram: FakeTelegram) -> None:
    error = await refused(live, place(telegram.group(forum=True).id, 77))
    assert isinstance(error, TopicClosed)
    assert error.obstacle is Obstacle.TOPIC_DELETED


async def test_a_group_that_moved_says_where_to(live: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group(basic=True)
    new = telegram.migrate(group)
    error = await refused(live, place(group.id))
    assert isinstance(error, ChatMoved)
    assert error.moved_to == place(new.id)


async def test_before_the_bot_knows_its_own_id_no_place_can_be_checked(scene: Scene, telegram: FakeTelegram) -> None:
    """getChatMember needs the bot's own id, which getMe tells at the first connection."""
    with pytest.raises(RetryLater):
        await scene.chat.probe(place(telegram.group().id))
    assert telegram.calls["getchatmember"] == 0


async def test_telegram_away_says_nothing_of_the_place(live: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("getChatMember", status=502)
    assert isinstance(await refused(live, place(telegram.group().id)), RetryLater)


async def test_a_person_has_a_private_place_and_a_chat_has_none(scene: Scene) -> None:
    assert await scene.chat.private_place("77") == place(77)
    with pytest.raises(ChatGone):
        await scene.chat.private_place("-10077")


async def test_telegram_can_probe_places(scene: Scene) -> None:
    assert isinstance(scene.chat, ProbingPlatform)


async def test_a_place_that_opened_unnoticed_is_found_by_the_daily_check(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group, private = telegram.group(), telegram.private(ann)
    await live.subscriptions.add(Subscription(place(group.id), None, created_by=str(ann.id)))
    removed = PlaceTrouble(place(group.id).whole_chat, "kicked", NOW, disabled=True, obstacle=Obstacle.REMOVED)
    await live.subscriptions.record_trouble(removed)
    chat: ProbingPlatform = (await connected(live)).chat
    operator = OperatorNotices(None, chats=lambda: [chat], connected=lambda: [chat], clock=live.clock)
    place_recovery = PlaceRecovery(
        lambda: [chat],
        subscriptions=live.subscriptions,
        place_settings=MemoryPlaceSettings(),
        clock=live.clock,
        operator=operator,
        sleep=live.sleeps.sleep,
    )
    await place_recovery.check_places()
    assert "the bot was removed" in (await telegram.wait_for_message(private)).text
    assert await live.subscriptions.interested_in("okx") == []
    live.clock.forward(timedelta(days=1))
    await place_recovery.check_places()
    assert len(await live.subscriptions.interested_in("okx")) == 1
