"""Links that open the bot with a question or a proposal, in a private chat and in a group that it is added to."""

import pytest

from bot.chat.telegram.deep_links import linked_command, start_payload
from bot.chat.telegram.update_parser import TypedCommand
from tests.chat.telegram.scene import Scene, watched
from tests.fakes.telegram import FakeTelegram

START = "Runwatch watches crypto exchanges for the signs of a run"


@pytest.mark.parametrize(
    ("typed", "answered"),
    [
        ("/start", START),
        ("/start reserves_binance", "Reserves of binance"),
        ("/start RESERVES_gate-io", "Reserves of gate-io"),
        ("/start subscribe", START),
        ("/start hold", START),
        ("/start " + "reserves_" + "x" * 60, START),
        ("/start ' or 1=1", START),
        ("/start watch_okx", "How bad must it be?"),
        ("/start watch_okx_bad", "Do you want this?"),
    ],
)
async def test_a_deep_link_asks_or_proposes(live: Scene, telegram: FakeTelegram, typed: str, answered: str) -> None:
    """A link may open a member's command only: anybody can make one, so it must not change anything."""
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, typed)
    assert (await telegram.wait_for_message(chat)).text.partition("\n")[0] == f"🏦 {answered}"
    assert watched == []


async def test_what_a_link_proposes_is_done_at_a_press(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "/start watch_okx")
    question = await telegram.wait_for_message(chat)
    assert question.labels == ("mild", "bad")
    telegram.press(question, "~watch okx bad", ann)
    await telegram.until(lambda: question.text == "🏦 Watching okx from bad on", "the answer in place of the question")
    assert watched == ["okx"]


async def test_a_link_into_a_group_leads_its_moderators_on(live: Scene, telegram: FakeTelegram) -> None:
    """Telegram adds the bot to the group that somebody chose, and writes /start with the payload there."""
    ann, bob = telegram.user("Ann"), telegram.user("Bob")
    group = telegram.group(admins=(ann,), members=(bob,), bot="left")
    telegram.add_bot(group, ann)
    asked = telegram.say(group, ann, "/start@RunwatchBot watch_okx")
    question = await telegram.wait_for_message(group, containing="How bad must it be?")
    assert question.reply_to == asked
    assert "Runwatch is here" in (await telegram.wait_for_message(group)).text
    refused = telegram.press(question, "~watch okx bad", bob)
    await telegram.until(lambda: refused in telegram.answered, "a word on the press of a member")
    assert "for the people who moderate" in telegram.answered[refused]["text"]
    assert watched == []
    telegram.say(group, bob, "/start@RunwatchBot watch_okx")
    assert "for the people who moderate" in (await telegram.wait_for_message(group)).text


async def test_start_in_a_group_says_what_to_ask_but_not_twice(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.say(group, ann, "/start@RunwatchBot true")
    telegram.say(group, ann, "/start@RunwatchBot")
    answer = await telegram.wait_for_message(group)
    assert answer.labels == ("Binance: reserves", "Largest outflows", "Open withdrawals", "Set up alerts here")
    assert len(telegram.sent) == 1


def test_a_payload_is_read_as_it_was_written() -> None:
    assert start_payload("subscribe binance") == "subscribe_binance"
    assert linked_command("subscribe_binance") == TypedCommand("subscribe", "binance")
    assert start_payload("subscribe binance $50M") is None
    assert start_payload("reserves my_exchange") is None
    assert start_payload("x" * 65) is None
    assert linked_command("") is None
