"""What happens to a chat: the bot added or removed, a group moved, a topic reopened."""

import pytest
from structlog.testing import capture_logs

from bot.chat.telegram import update_handler
from bot.domain.place import Obstacle, Place
from bot.domain.place_settings import PlaceSettings
from bot.language.translation import language_code
from bot.messages.model import Message
from bot.ports.subscriptions import PlaceTrouble
from tests.chat.telegram.scene import NOW, Scene, place
from tests.fakes.telegram import FakeTelegram


@pytest.mark.parametrize(("app", "language"), [("es-419", "es"), ("en", "en"), ("fr", "en"), ("", "en")])
async def test_a_new_group_is_welcomed_in_the_language_of_who_adds_the_bot(
    live: Scene, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, app: str, language: str
) -> None:
    monkeypatch.setattr(update_handler, "welcome_card", lambda: Message(language_code()))
    ann = telegram.user("Ann", language=app)
    group = telegram.group(admins=(ann,), bot="left")
    telegram.add_bot(group, ann)
    assert (await telegram.wait_for_message(group)).text.endswith(f" {language}")


@pytest.mark.parametrize("language", ["es", "en"])
async def test_a_group_that_adds_the_bot_again_is_welcomed_in_the_language_that_it_has_set(
    live: Scene, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(update_handler, "welcome_card", lambda: Message(language_code()))
    ann = telegram.user("Ann", language="ru")
    group = telegram.group(admins=(ann,))
    live.subscriptions.settings.kept[place(group.id)] = PlaceSettings(language=language)
    telegram.remove_bot(group, ann)
    telegram.add_bot(group, ann)
    assert (await telegram.wait_for_message(group)).text.endswith(f" {language}")


async def test_a_group_that_adds_the_bot_is_welcomed_once(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(admins=(ann,), bot="left")
    telegram.add_bot(group, ann)
    telegram.add_bot(group, ann, status="administrator")
    welcome = await telegram.wait_for_message(group)
    assert "/subscribe all" in welcome.text
    assert welcome.silent
    telegram.say(group, ann, "/reserves okx")
    await telegram.wait_for_message(group, containing="okx")
    assert len(telegram.sent) == 2


async def test_a_channel_is_not_written_to_uninvited(live: Scene, telegram: FakeTelegram) -> None:
    """A channel's readers never asked for a bot: only groups are welcomed."""
    ann = telegram.user("Ann")
    channel = telegram.channel("news", admins=(ann,), bot="left")
    telegram.add_bot(channel, ann, status="administrator")
    telegram.say(telegram.private(ann), ann, "/reserves okx")
    await telegram.wait_for_message(telegram.private(ann))
    assert telegram.messages_in(channel) == []


async def test_a_chat_that_removes_the_bot_is_disabled(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(admins=(ann,))
    telegram.remove_bot(group, ann)
    telegram.block(ann)
    await telegram.until(
        lambda: telegram.calls["getupdates"] and len(live.subscriptions.recorded) == 2,
        "a poll and two places whose trouble was noted",
    )
    removed, blocked = live.subscriptions.recorded
    assert (removed.place, removed.obstacle) == (place(group.id).whole_chat, Obstacle.REMOVED)
    assert (blocked.place, blocked.obstacle) == (place(ann.id).whole_chat, Obstacle.BLOCKED)
    assert all(trouble.disabled and trouble.since == NOW for trouble in (removed, blocked))


async def test_a_chat_that_adds_the_bot_again_is_enabled(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    telegram.block(ann)
    telegram.unblock(ann)
    telegram.say(telegram.private(ann), ann, "/reserves okx")
    await telegram.wait_for_message(telegram.private(ann), containing="okx")
    assert live.subscriptions.troubles == {}
    assert len(live.subscriptions.recorded) == 1


async def test_a_group_that_moves_keeps_everything(live: Scene, telegram: FakeTelegram) -> None:
    """A group that becomes a supergroup gets a new id; its subscriptions move along."""
    group = telegram.group(basic=True)
    new = telegram.migrate(group)
    await telegram.until(lambda: live.subscriptions.moved, "a place that has moved")
    assert set(live.subscriptions.moved) == {(place(group.id), place(new.id))}


async def test_a_store_that_is_away_stops_nothing(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    live.subscriptions.is_away = True
    with capture_logs() as logs:
        telegram.block(ann)
        telegram.unblock(ann)
        telegram.say(telegram.private(ann), ann, "/reserves okx")
        await telegram.wait_for_message(telegram.private(ann), containing="okx")
        await telegram.until(lambda: telegram.calls["sendmessage"], "a message to Telegram")
    away = [entry["error"] for entry in logs if entry["event"] == "store away while handling a telegram update"]
    assert set(away) == {"away"}
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_any_command_clears_the_trouble_of_its_place(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    forum = telegram.group(members=(ann,), forum=True)
    topic = forum.topic()
    for where in (place(forum.id).whole_chat, place(forum.id, topic)):
        await live.subscriptions.record_trouble(PlaceTrouble(where, "closed", since=NOW, disabled=True))
    telegram.say(forum, ann, "/reserves okx", thread=topic)
    await telegram.wait_for_message(forum)
    telegram.say(forum, ann, "/reserves binance", thread=topic)
    await telegram.wait_for_message(forum)
    assert live.subscriptions.troubles == {}


async def closed(live: Scene, *places: Place) -> None:
    for where in places:
        await live.subscriptions.record_trouble(PlaceTrouble(where, "closed", since=NOW, disabled=True))


async def test_rights_given_back_bring_every_topic_back(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    forum = telegram.group(admins=(ann,), forum=True)
    await closed(live, place(forum.id), place(forum.id).whole_chat, place(forum.id, forum.topic()))
    telegram.add_bot(forum, ann, status="administrator")
    await telegram.until(lambda: not telegram.updates, "the receipt of every update")
    assert live.subscriptions.troubles == {}


@pytest.mark.parametrize("kind", ["restricted", "channel"])
async def test_a_change_that_gives_no_right_to_write_brings_nothing_back(
    live: Scene, telegram: FakeTelegram, kind: str
) -> None:
    ann = telegram.user("Ann")
    chat = telegram.channel("news", admins=(ann,)) if kind == "channel" else telegram.group(admins=(ann,))
    status = "administrator" if kind == "channel" else "restricted"
    await closed(live, place(chat.id))
    chat.can_post = False
    telegram.add_bot(chat, ann, status=status)
    await telegram.until(lambda: not telegram.updates, "the receipt of every update")
    assert set(live.subscriptions.troubles) == {place(chat.id)}
    chat.can_post = True
    telegram.add_bot(chat, ann, status=status)
    await telegram.until(lambda: not telegram.updates, "the receipt of every update")
    assert live.subscriptions.troubles == {}


async def test_a_topic_that_is_opened_again_comes_back_alone(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    forum = telegram.group(admins=(ann,), forum=True)
    topic, other = forum.topic(), forum.topic()
    await closed(live, place(forum.id, topic), place(forum.id, other))
    telegram.reopen(forum, ann, topic)
    telegram.reopen(forum, ann, topic)
    await telegram.until(lambda: not telegram.updates, "the receipt of every update")
    assert set(live.subscriptions.troubles) == {place(forum.id, other)}


async def test_a_command_whose_answer_is_refused_brings_nothing_back(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    group.can_post = False
    await closed(live, place(group.id))
    telegram.say(group, ann, "/reserves okx")
    await telegram.until(
        lambda: telegram.calls["sendmessage"] and not telegram.updates, "a message and the receipt of every update"
    )
    telegram.say(telegram.private(ann), ann, "/reserves okx")
    await telegram.wait_for_message(telegram.private(ann))
    assert set(live.subscriptions.troubles) == {place(group.id)}
