"""Pressed buttons, as people use them: rights, double taps, many who press, and messages that are too old."""

import asyncio
from typing import Annotated

import pytest

from bot.chat.telegram.polling import PollingTimeouts
from bot.commands.arguments import Arg
from bot.commands.declaration import CommandSet, Request, command
from bot.domain.place_settings import PlaceSettings
from bot.messages.model import Message
from tests.chat.telegram.scene import COMMANDS, Scene, place
from tests.fakes.telegram import FakeTelegram
from tests.language.pseudo import PSEUDO, pseudo_language
from tests.waiting import stop


async def test_a_button_is_a_command_line(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    forum = telegram.group(members=(ann,), forum=True)
    topic = forum.topic()
    telegram.say(forum, ann, "/reserves okx", thread=topic)
    shown = await telegram.wait_for_message(forum)
    callback = telegram.press(shown, "flows okx", ann)
    answer = await telegram.wait_for_message(forum, containing="Flows")
    assert (answer.thread, answer.reply_to) == (topic, None)
    assert callback in telegram.answered


async def test_a_button_needs_the_rights_of_who_presses_it(live: Scene, telegram: FakeTelegram) -> None:
    ann, bob = telegram.user("Ann"), telegram.user("Bob")
    group = telegram.group(admins=(ann,), members=(bob,))
    telegram.say(group, ann, "/reserves okx")
    shown = await telegram.wait_for_message(group)
    refused = telegram.press(shown, "subscribe", bob)
    await telegram.until(lambda: refused in telegram.answered, "a word on Bob's press")
    assert "for the people who moderate" in telegram.answered[refused]["text"]
    assert telegram.answered[refused]["show_alert"] == "true"
    telegram.press(shown, "subscribe", ann)
    assert "Subscribed" in (await telegram.wait_for_message(group)).text


async def test_an_answer_in_place_changes_the_message_that_was_pressed(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.say(group, ann, "/pages 1")
    page = await telegram.wait_for_message(group)
    telegram.press(page, "~pages 2", ann)
    await telegram.until(lambda: page.text == "🏦 Page 2", "the second page in place of the first")
    refused = telegram.press(page, "~pages 3", ann)
    await telegram.until(lambda: refused in telegram.answered, "a word on the third page")
    assert "There is no page 3." in telegram.answered[refused]["text"]
    assert page.text == "🏦 Page 2"
    assert len(telegram.sent) == 1


async def test_an_answer_in_place_of_a_deleted_message_is_a_new_one(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.say(group, ann, "/pages 1")
    page = await telegram.wait_for_message(group)
    telegram.delete(page)
    telegram.press(page, "~pages 2", ann)
    assert (await telegram.wait_for_message(group)).text == "🏦 Page 2"


async def test_a_button_that_many_press_is_answered_once(live: Scene, telegram: FakeTelegram) -> None:
    people = [telegram.user(f"Person {number}") for number in range(3)]
    group = telegram.group(members=tuple(people))
    telegram.say(group, people[0], "/reserves okx")
    shown = await telegram.wait_for_message(group)
    presses = [telegram.press(shown, "flows okx", person) for person in people]
    await telegram.until(lambda: all(press in telegram.answered for press in presses), "a word on every press")
    await telegram.wait_for_message(group, containing="Flows")
    assert len(telegram.messages_in(group)) == 2
    texts = [telegram.answered[press].get("text") for press in presses]
    assert texts == [None, "Answered above, a moment ago.", "Answered above, a moment ago."]
    assert "show_alert" not in telegram.answered[presses[1]] or telegram.answered[presses[1]]["show_alert"] == "false"


async def test_what_a_link_cannot_hold_is_to_be_asked_in_private(live: Scene, telegram: FakeTelegram) -> None:
    """A press below a channel's post is never answered there, also when Telegram no longer takes its answer."""
    ann = telegram.user("Ann")
    channel = telegram.channel("news")
    message = telegram.new_message(channel, telegram.bot) | {"text": "An alert"}
    query = {"from": ann.json(), "data": "flows my_exchange", "message": message}
    telegram.presses.add("in time")
    telegram.update("callback_query", query | {"id": "too late"})
    telegram.update("callback_query", query | {"id": "in time"})
    await telegram.until(lambda: "in time" in telegram.answered, "a word on the press")
    assert "Ask the bot in a private chat" in telegram.answered["in time"]["text"]
    assert telegram.sent == []


async def test_a_double_tap_is_one_press(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "/reserves okx")
    shown = await telegram.wait_for_message(chat)
    presses = [telegram.press(shown, "flows okx", ann) for _ in range(2)]
    await telegram.until(lambda: all(press in telegram.answered for press in presses), "a word on both presses")
    await telegram.wait_for_message(chat, containing="Flows")
    telegram.say(chat, ann, "/help")
    await telegram.wait_for_message(chat, containing="Help")
    assert len(telegram.messages_in(chat)) == 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("gone okx", "no longer exists"),
        ("", "no longer exists"),
        ("~gone", "no longer exists"),
        ("flows", None),
        ("flows okx early", "I don't recognise"),
        ("subscribe \u202eokx\u200b x", "You gave two values"),
    ],
)
async def test_a_button_of_an_older_version_says_what_to_do(
    live: Scene, telegram: FakeTelegram, data: str, sentence: str | None
) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.presses.add("old")
    message = telegram.new_message(chat, telegram.bot) | {"text": "An alert of last year"}
    telegram.update("callback_query", {"id": "old", "from": ann.json(), "data": data, "message": message})
    await telegram.until(lambda: "old" in telegram.answered, "a word on the press")
    if sentence is None:
        assert "Which exchange?" in (await telegram.wait_for_message(chat)).text
    else:
        assert sentence in telegram.answered["old"]["text"]
        assert telegram.answered["old"]["show_alert"] == "true"


@pytest.mark.parametrize(
    ("language", "of_place", "kind", "translated"),
    [
        ("es", "auto", "private", True),
        ("es", "en", "private", False),
        ("", PSEUDO, "private", True),
        ("es", "auto", "group", False),
        ("", PSEUDO, "group", True),
        ("es", "auto", "nowhere", True),
    ],
)
async def test_what_is_said_on_a_press_is_in_the_language_of_its_chat(  # noqa: PLR0913, PLR0917 — three fixtures, four facts
    live: Scene,
    telegram: FakeTelegram,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    of_place: str,
    kind: str,
    *,
    translated: bool,
) -> None:
    pseudo_language(monkeypatch)
    ann = telegram.user("Ann", language=language)
    chat = telegram.private(ann) if kind == "private" else telegram.group(members=(ann,))
    live.subscriptions.settings.kept[place(chat.id)] = PlaceSettings(language=of_place)
    telegram.presses.add("gone")
    pressed = {} if kind == "nowhere" else {"message": telegram.new_message(chat, telegram.bot) | {"text": "Old"}}
    telegram.update("callback_query", {"id": "gone", "from": ann.json(), "data": "gone", **pressed})
    await telegram.until(lambda: "gone" in telegram.answered, "a word on the press")
    assert ("жж" in telegram.answered["gone"]["text"]) is translated


async def test_stale_and_unknown_buttons_do_no_harm(live: Scene, telegram: FakeTelegram) -> None:
    """A message too old for Telegram to show has date 0; in a group without topics its button still works."""
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    gone = {"chat": group.json(), "message_id": 5, "date": 0}
    query = {"from": ann.json(), "chat_instance": "1"}
    telegram.update("callback_query", query | {"id": "old", "data": "flows okx", "message": gone})
    telegram.update("callback_query", query | {"id": "odd", "data": "nonsense", "message": gone})
    telegram.update("callback_query", query | {"id": "bare", "inline_message_id": "x", "data": "flows okx"})
    assert "Flows of okx" in (await telegram.wait_for_message(group)).text
    await telegram.until(
        lambda: telegram.calls["answercallbackquery"] == 3, "a word on the third button that was pressed"
    )
    assert len(telegram.sent) == 1


async def test_a_button_that_has_lost_its_topic_is_answered_in_no_other(live: Scene, telegram: FakeTelegram) -> None:
    """Of an old message in a forum the topic is unknown: the press is answered with a hint instead."""
    ann = telegram.user("Ann")
    forum, group = telegram.group(admins=(ann,), forum=True), telegram.group(admins=(ann,))
    for number, chat in enumerate((forum, group)):
        too_old = {"chat": chat.json(), "message_id": 1, "date": 0}
        telegram.presses.add(str(number))
        query = {"id": str(number), "from": ann.json(), "chat_instance": "1", "data": "subscribe"}
        telegram.update("callback_query", query | {"message": too_old})
    await telegram.wait_for_message(group, containing="Subscribed")
    assert telegram.messages_in(forum) == []
    assert "Type the command instead." in telegram.answered["0"]["text"]
    assert "text" not in telegram.answered["1"]


async def test_a_press_whose_answer_is_slow_is_acknowledged_before_it(telegram: FakeTelegram) -> None:
    go_on = asyncio.Event()

    async def flows(request: Request, exchange: Annotated[str, Arg("Exchange")]) -> Message:
        """Take a long time."""
        await go_on.wait()
        return Message(f"Flows of {exchange} at last", private=True)

    commands = CommandSet((*(known for known in COMMANDS if known.name != "flows"), command(flows)))
    scene = Scene(telegram, commands, PollingTimeouts(poll_s=5.0, margin_s=2.0, acknowledge_s=0.01))
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    running = asyncio.create_task(scene.chat.run())
    telegram.say(chat, ann, "/reserves okx")
    callback = telegram.press(await telegram.wait_for_message(chat), "flows okx", ann)
    await telegram.until(lambda: callback in telegram.answered, "a word on a press whose answer is slow")
    assert "text" not in telegram.answered[callback]
    go_on.set()
    assert "Flows of okx at last" in (await telegram.wait_for_message(chat)).text
    await stop(running)
    await scene.chat.close()
