"""Groups whose answers are private: a question is answered in the asker's own chat with the bot."""

import pytest

from bot.chat.telegram import private_answers
from bot.domain.place_settings import AnswerAudience, PlaceSettings
from bot.language.translation import language_code
from bot.messages.model import Action, Message
from tests.chat.telegram.scene import Scene, place
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.waiting import until


@pytest.fixture
def ann(telegram: FakeTelegram) -> User:
    return telegram.user("Ann")


@pytest.fixture
def group(live: Scene, telegram: FakeTelegram, ann: User) -> Chat:
    group = telegram.group(members=(ann,), admins=(telegram.user("Moderator"),))
    live.subscriptions.settings.kept[place(group.id)] = PlaceSettings(answers=AnswerAudience.PRIVATE)
    return group


async def test_who_has_a_chat_with_the_bot_is_answered_there(telegram: FakeTelegram, ann: User, group: Chat) -> None:
    private = telegram.private(ann)
    telegram.say(group, ann, "/reserves okx")
    answer = await telegram.wait_for_message(private)
    assert answer.text == "🏦 Reserves of okx"
    assert answer.labels == ("Flows", "Why")
    assert telegram.messages_in(group) == []


async def test_who_has_none_reads_in_the_group_how_to_open_it(telegram: FakeTelegram, ann: User, group: Chat) -> None:
    asked = telegram.say(group, ann, "/reserves okx")
    answer = await telegram.wait_for_message(group)
    assert "Answers here are private" in answer.text
    assert "https://t.me/RunwatchBot?start=reserves_okx" in answer.text
    assert answer.reply_to == asked


async def test_the_way_there_is_told_in_the_language_of_the_answer(
    live: Scene, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, ann: User, group: Chat
) -> None:
    monkeypatch.setattr(private_answers, "private_answer_card", lambda link: Message(f"{language_code()} {link}"))
    live.subscriptions.settings.kept[place(group.id)] = PlaceSettings(answers=AnswerAudience.PRIVATE, language="es")
    telegram.say(group, ann, "/reserves okx")
    assert " es https://" in (await telegram.wait_for_message(group)).text


async def test_a_question_that_no_link_can_hold_leads_to_the_chat_alone(
    telegram: FakeTelegram, ann: User, group: Chat
) -> None:
    telegram.say(group, ann, "/reserves “okx”")
    assert (await telegram.wait_for_message(group)).text.endswith("https://t.me/RunwatchBot")


async def test_who_speaks_in_a_chats_name_is_shown_the_way(telegram: FakeTelegram, group: Chat) -> None:
    telegram.say_anonymously(group, "/reserves okx")
    assert "Answers here are private" in (await telegram.wait_for_message(group)).text


async def test_two_who_ask_the_same_are_both_answered(telegram: FakeTelegram, ann: User, group: Chat) -> None:
    bob = telegram.user("Bob")
    chats = [telegram.private(person) for person in (ann, bob)]
    for person in (ann, bob):
        telegram.say(group, person, "/reserves okx")
    for chat in chats:
        await telegram.wait_for_message(chat)
    assert telegram.messages_in(group) == []


async def test_a_button_opens_the_chat_with_the_same_question(
    live: Scene, telegram: FakeTelegram, ann: User, group: Chat
) -> None:
    alert = Message("INC-8", actions=(Action("Flows", "flows okx"),))
    await live.chat.send(place(group.id), alert, key="1")
    shown = await telegram.wait_for_message(group)
    pressed = telegram.press(shown, "flows okx", ann)
    await until(lambda: pressed in telegram.answered, "the answer to the press")
    assert telegram.answered[pressed]["url"] == "https://t.me/RunwatchBot?start=flows_okx"
    assert len(telegram.messages_in(group)) == 1


async def test_what_moderators_set_is_answered_in_the_group(telegram: FakeTelegram, ann: User, group: Chat) -> None:
    telegram.private(ann)
    telegram.say(group, ann, "/subscribe")
    assert "/subscribe is for the people who moderate" in (await telegram.wait_for_message(group)).text


async def test_in_a_private_chat_nothing_changes(live: Scene, telegram: FakeTelegram, ann: User) -> None:
    chat = telegram.private(ann)
    live.subscriptions.settings.kept[place(chat.id)] = PlaceSettings(answers=AnswerAudience.PRIVATE)
    telegram.say(chat, ann, "/reserves okx")
    assert (await telegram.wait_for_message(chat)).text == "🏦 Reserves of okx"
