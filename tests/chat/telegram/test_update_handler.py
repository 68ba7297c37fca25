"""Commands, deep links, typed names and pressed buttons, as people use them."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.chat.telegram.polling import PollingTimeouts
from bot.commands.declaration import CommandSet, Request, command
from bot.delivery.rate_limiter import LocalBudget
from bot.domain.place import Platform
from bot.messages.model import Message
from bot.ports.workers import SendSlots
from tests.chat.telegram.scene import COMMANDS, Scene, place
from tests.fakes.telegram import FakeTelegram, Rates, User
from tests.waiting import in_time, stop, until


class CountingBudget(LocalBudget):
    """A budget that counts the slots that were reserved."""

    reserved = most_at_once = 0

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        self.reserved += number
        self.most_at_once = max(self.most_at_once, number)
        return await super().reserve(platform, per_second=per_second, number=number)


def ask_from_everybody(telegram: FakeTelegram, people: int) -> None:
    """Let so many people ask in private at once."""
    for number in range(people):
        person = telegram.user(f"Person {number}")
        telegram.say(telegram.private(person), person, "/reserves okx")


@dataclass
class HandMovedTime:
    """A monotonic time that a test moves, and sleeping by it."""

    now: float = 1000.0
    sleeping: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wake_at = self.now + seconds
        self.sleeping.append(wake_at)
        await until(lambda: self.now >= wake_at, "the time that a test moves on")


async def test_a_command_is_answered_as_a_reply_in_a_group(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    asked = telegram.say(group, ann, "/reserves binance")
    answer = await telegram.wait_for_message(group)
    assert answer.text == "🏦 Reserves of binance"
    assert answer.reply_to == asked
    assert answer.labels == ("Flows", "Why")
    assert not answer.preview


async def test_a_private_answer_is_no_reply(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "/reserves binance")
    assert (await telegram.wait_for_message(chat)).reply_to is None


@pytest.mark.parametrize("typed", ["/reserves@RunwatchBot okx", "/RESERVES@runwatchbot okx", "/reserves\nokx"])
async def test_a_command_may_name_the_bot(live: Scene, telegram: FakeTelegram, typed: str) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.say(group, ann, typed)
    assert "okx" in (await telegram.wait_for_message(group)).text


async def test_what_is_not_for_the_bot_is_ignored(live: Scene, telegram: FakeTelegram) -> None:
    ann, group = telegram.user("Ann"), telegram.group()
    channel = telegram.channel("news", admins=(ann,))
    telegram.say(group, ann, "/reserves@OtherBot okx")
    telegram.say(group, ann, "/nosuchcommand")
    telegram.say(group, ann, "/ reserves okx")
    telegram.say(group, ann, "/reserves okx", edited=True)
    telegram.say(group, ann, "binance")
    telegram.update("message", telegram.new_message(group, ann) | {"photo": []})
    telegram.channel_post(channel, "/reserves okx")
    telegram.update("message", telegram.new_message(group, ann) | {"text": "/reserves okx", "forward_origin": {}})
    telegram.update("message", telegram.new_message(group, telegram.bot) | {"text": "/reserves okx"})
    telegram.say(group, ann, "/reserves kraken")
    await telegram.wait_for_message(group, containing="kraken")
    assert len(telegram.sent) == 1


async def test_a_bot_that_is_renamed_while_it_runs_answers_to_its_new_name(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.say(group, ann, "/reserves@RunwatchBot okx")
    await telegram.wait_for_message(group, containing="okx")
    telegram.bot = User(telegram.bot.id, "Bank watch", is_bot=True, username="BankWatchBot")
    telegram.say(group, ann, "/reserves@BankWatchBot kraken")
    await telegram.wait_for_message(group, containing="kraken")


async def test_commands_for_other_bots_make_it_ask_for_its_name_once_a_minute(
    live: Scene, telegram: FakeTelegram
) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.say(group, ann, "/reserves binance")
    await telegram.wait_for_message(group, containing="binance")
    asked_before = telegram.calls["getme"]
    for number in range(20):
        telegram.say(group, ann, f"/reserves@Other{number}Bot okx")
    telegram.say(group, ann, "/reserves kraken")
    await telegram.wait_for_message(group, containing="kraken")
    assert telegram.calls["getme"] == asked_before + 1
    assert len(telegram.sent) == 2


async def test_an_unknown_command_gets_a_hint_in_private(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "/reserve binance")
    answer = await telegram.wait_for_message(chat)
    assert "There is no /reserve. Did you mean /reserves?" in answer.text


async def test_a_missing_argument_is_asked_for(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "/reserves")
    question = await telegram.wait_for_message(chat)
    assert question.text == "🏦 Which exchange?\nOr type it, for example /reserves binance"
    telegram.press(question, "~reserves okx", ann)
    await telegram.until(lambda: question.text == "🏦 Reserves of okx", "the answer in place of the question")


async def test_a_name_alone_is_enough_in_private(live: Scene, telegram: FakeTelegram) -> None:
    """A short text in a private chat is taken for the name of an exchange."""
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "crypto com")
    assert (await telegram.wait_for_message(chat)).text == "🏦 Reserves of crypto com"


async def test_a_long_private_text_is_answered_with_what_to_type(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, "x" * 4096)
    assert "/help" in (await telegram.wait_for_message(chat)).text


@pytest.mark.parametrize("words", ["<b>&amp;", "\u202egnp.\u200bexe", "'unbalanced", "🟠" * 40, "a" * 90])
async def test_odd_words_are_harmless(live: Scene, telegram: FakeTelegram, words: str) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.say(chat, ann, f"/reserves {words}")
    answer = await telegram.wait_for_message(chat)
    assert answer.parse_mode == "HTML"
    assert "\u202e" not in answer.text
    assert live.meter.deliveries == []


async def test_a_command_in_a_topic_is_answered_there(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    forum = telegram.group(members=(ann,), forum=True)
    topic = forum.topic()
    telegram.say(forum, ann, "/flows okx", thread=topic)
    answer = await telegram.wait_for_message(forum)
    assert answer.thread == topic
    assert str(place(forum.id, topic)) in answer.text


async def test_general_and_reply_threads_are_no_topics(live: Scene, telegram: FakeTelegram) -> None:
    """Thread 1 is General, and replies in plain groups carry a thread id without being in a topic."""
    ann = telegram.user("Ann")
    forum, group = telegram.group(members=(ann,), forum=True), telegram.group(members=(ann,))
    telegram.say(forum, ann, "/flows okx", thread=1)
    telegram.update("message", telegram.new_message(group, ann) | {"text": "/flows okx", "message_thread_id": 77})
    assert (await telegram.wait_for_message(forum)).thread is None
    assert str(place(group.id)) in (await telegram.wait_for_message(group)).text


async def test_a_question_that_repeats_in_a_group_is_answered_once(telegram: FakeTelegram) -> None:
    time = HandMovedTime()
    timeouts = PollingTimeouts(poll_s=5.0, margin_s=2.0, sleep=time.sleep, clock=time.clock, shutdown_s=0.5)
    scene = Scene(telegram, timeouts=timeouts)
    people = [telegram.user(f"Person {number}") for number in range(12)]
    group, other = telegram.group(members=tuple(people)), telegram.group(members=tuple(people))
    running = asyncio.create_task(scene.chat.run())
    asked = telegram.say(group, people[0], "/reserves okx")
    for person in people[1:]:
        telegram.say(group, person, "/Reserves@RunwatchBot  OKX")
    telegram.say(group, people[0], "/reserves binance")
    telegram.say(other, people[0], "/reserves okx")
    assert (await telegram.wait_for_message(other)).text == "🏦 Reserves of okx"
    await telegram.wait_for_message(group, containing="binance")
    assert [message.reply_to for message in telegram.messages_in(group)][:1] == [asked]
    assert len(telegram.messages_in(group)) == 2
    time.now += 10
    telegram.say(group, people[3], "/reserves okx")
    await telegram.until(lambda: len(telegram.messages_in(group)) == 3, "an answer to who asks later")
    await stop(running)
    await scene.chat.close()


async def test_what_was_refused_to_one_is_answered_to_the_next(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(admins=(ann,), members=(ann,))
    for _ in range(2):
        telegram.say(group, ann, "/reserves")
        assert "Which exchange?" in (await telegram.wait_for_message(group)).text
    telegram.fail("sendMessage", status=400, description="Bad Request: no")
    telegram.say(group, ann, "/flows okx")
    await telegram.until(lambda: telegram.calls["sendmessage"] == 3, "an answer that is refused")
    telegram.say(group, ann, "/help")
    await telegram.wait_for_message(group, containing="Help")
    telegram.say(group, ann, "/flows okx")
    assert "Flows of okx" in (await telegram.wait_for_message(group, containing="Flows")).text


async def test_a_slow_command_blocks_nobody(telegram: FakeTelegram) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Message:
        """Take a long time."""
        begun.set()
        await go_on.wait()
        return Message("Done at last")

    scene = Scene(telegram, CommandSet((*COMMANDS, command(slow))))
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    running = asyncio.create_task(scene.chat.run())
    telegram.say(chat, ann, "/slow")
    await until(begun.is_set, "the beginning of a slow command")
    telegram.say(chat, ann, "/reserves okx")
    assert (await telegram.wait_for_message(chat)).text == "🏦 Reserves of okx"
    go_on.set()
    assert (await telegram.wait_for_message(chat)).text == "🏦 Done at last"
    await stop(running)
    await scene.chat.close()


async def test_an_answer_under_way_is_finished_when_the_bot_stops(telegram: FakeTelegram) -> None:
    scene = Scene(telegram)
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    release = telegram.delay("sendMessage")
    running = asyncio.create_task(scene.chat.run())
    telegram.say(chat, ann, "/reserves okx")
    await telegram.until(lambda: telegram.calls["sendmessage"], "a message to Telegram")
    running.cancel()
    await asyncio.wait([running], timeout=0.02)
    assert not running.done()
    release.set()
    async with in_time("the end of a bot that has finished its answer"):
        await asyncio.wait([running])
    assert running.cancelled()
    assert len(telegram.sent) == 1


async def test_an_answer_that_never_ends_does_not_keep_the_bot_from_stopping(telegram: FakeTelegram) -> None:
    scene = Scene(telegram, timeouts=PollingTimeouts(shutdown_s=0.01))
    ann = telegram.user("Ann")
    telegram.delay("sendMessage")
    running = asyncio.create_task(scene.chat.run())
    telegram.say(telegram.private(ann), ann, "/reserves okx")
    await telegram.until(lambda: telegram.calls["sendmessage"], "a message to Telegram")
    await stop(running)
    assert running.cancelled()


async def test_a_broken_update_does_not_stop_the_next(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    with capture_logs() as logs:
        telegram.update("message", {"nonsense": True})
        telegram.update("message", {"chat": {}, "text": "/reserves okx", "from": {"id": 1}})
        telegram.update("callback_query", {})
        telegram.say(chat, ann, "/reserves okx")
        await telegram.wait_for_message(chat)
    assert sum(entry["event"] == "telegram update failed" for entry in logs) == 2
    assert live.chat.trouble() is None


async def test_an_answer_waits_once_when_telegram_asks_for_a_pause(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.fail("sendMessage", status=429, description="Too Many Requests", parameters={"retry_after": 20})
    telegram.say(chat, ann, "/reserves okx")
    await telegram.wait_for_message(chat)
    assert live.sleeps.seconds == [pytest.approx(20.0, abs=0.5)]


async def test_a_long_pause_and_a_lost_reply_are_not_waited_out(live: Scene, telegram: FakeTelegram) -> None:
    """Pauses over 30 s are not waited for, and what may have arrived is not sent again."""
    ann, bob = telegram.user("Ann"), telegram.user("Bob")
    chat, other = telegram.private(ann), telegram.private(bob)
    telegram.fail("sendMessage", status=429, description="Too Many Requests", parameters={"retry_after": 31})
    telegram.say(chat, ann, "/reserves okx")
    await telegram.until(lambda: telegram.calls["sendmessage"] == 1, "a message to Telegram")
    telegram.lose_reply("sendMessage")
    telegram.say(other, bob, "/reserves kraken")
    await telegram.wait_for_message(other, containing="kraken")
    telegram.say(other, bob, "/reserves mexc")
    await telegram.wait_for_message(other, containing="mexc")
    # Only the sentence waits, and says that there was no answer.
    assert "Not all of them are answered" in (await telegram.wait_for_message(chat)).text
    assert live.sleeps.seconds == [pytest.approx(31.0, abs=0.5)]
    assert sorted("Reserves" in message.text for message in telegram.sent) == [False, True, True]


async def test_an_answer_outlasts_a_short_outage(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.fail("sendMessage", status=502, description="Bad Gateway", times=2)
    telegram.say(chat, ann, "/reserves okx")
    await telegram.wait_for_message(chat)
    assert live.sleeps.seconds == [pytest.approx(5.0)] * 2


async def test_a_flood_in_one_chat_does_not_take_the_task_slots_of_everybody(telegram: FakeTelegram) -> None:
    """After a 429 at most five answers wait for one chat, and another chat is answered at once."""
    pauses, may_wake = list[float](), asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await may_wake.wait()

    scene = Scene(telegram, timeouts=PollingTimeouts(poll_s=5.0, margin_s=2.0, sleep=sleep, shutdown_s=0.5))
    ann, eve = telegram.user("Ann"), telegram.user("Eve")
    chat, group = telegram.private(ann), telegram.group(members=(eve,))
    pause = {"retry_after": 25}
    for_group = str(group.id)
    telegram.fail(
        "sendMessage", status=429, parameters=pause, times=9, when=lambda given: given["chat_id"] == for_group
    )
    running = asyncio.create_task(scene.chat.run())
    for number in range(9):
        telegram.say(group, eve, f"/reserves okx{number}")
    # Five answers and the sentence that the others are not answered.
    await until(lambda: len(pauses) == 6, "six messages that wait")
    telegram.say(chat, ann, "/reserves okx")
    await telegram.wait_for_message(chat)
    assert [round(pause) for pause in sorted(pauses)] == [25, 26, 27, 28, 29, 30]
    await stop(running)


async def test_everybody_of_a_rush_gets_an_answer(live: Scene, telegram: FakeTelegram) -> None:
    """120 people ask within one second; Telegram takes 30 messages a second."""
    telegram.rates = Rates()
    ask_from_everybody(telegram, 120)
    await telegram.until(lambda: len(telegram.sent) == 120, lambda: f"120 answers; {len(telegram.sent)} came")
    assert len({message.chat.id for message in telegram.sent}) == 120


async def test_answers_take_their_slots_from_the_budget_of_alerts(telegram: FakeTelegram) -> None:
    budget = CountingBudget()
    scene = Scene(telegram, send_budget=budget)
    running = asyncio.create_task(scene.chat.run())
    ask_from_everybody(telegram, 10)
    await telegram.until(lambda: len(telegram.sent) == 10, "ten answers")
    assert budget.reserved > 0
    assert budget.most_at_once == 1, "alerts reserve three"
    await stop(running)


async def test_who_asks_while_sending_is_stopped_gets_an_answer(telegram: FakeTelegram) -> None:
    """One a second: `/status` is to say that nothing else is sent."""
    time, budget = HandMovedTime(), LocalBudget()
    timeouts = PollingTimeouts(poll_s=5.0, margin_s=2.0, sleep=time.sleep, clock=time.clock, shutdown_s=0.5)
    await budget.pause_all(Platform.TELEGRAM, pause=timedelta(hours=1), reason="too many refusals")
    running = asyncio.create_task(Scene(telegram, send_budget=budget, timeouts=timeouts).chat.run())
    ask_from_everybody(telegram, 1)
    await telegram.until(lambda: len(telegram.sent) == 1, "an answer")
    time.now += 1
    ask_from_everybody(telegram, 1)
    await telegram.until(lambda: len(telegram.sent) == 2, "a second answer")
    await stop(running)


async def test_a_flood_of_one_person_costs_one_refusal(live: Scene, telegram: FakeTelegram) -> None:
    ann, bob = telegram.user("Ann"), telegram.user("Bob")
    chat, other = telegram.private(ann), telegram.private(bob)
    for _ in range(60):
        telegram.say(chat, ann, "/reserves okx")
    telegram.say(other, bob, "/reserves okx")
    await telegram.wait_for_message(other)
    await until(lambda: len(live.meter.answers) == 61, "sixty-one questions to be handled")
    answered = sum(result == "ok" for _, result in live.meter.answers) - 1  # one of them is Bob's
    assert 20 <= answered < 60
    await until(lambda: len(telegram.messages_in(chat)) == answered + 1, "the answers and one refusal")
    texts = [message.text for message in telegram.messages_in(chat)]
    assert sum("Reserves of okx" in text for text in texts) == answered
    assert sum("Too many questions" in text for text in texts) == 1


async def test_a_flood_of_what_is_no_command_costs_one_refusal(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    for number in range(40):
        telegram.say(chat, ann, f"/nonsense{number}" if number % 2 else "a long text\nof two lines")
    await telegram.until(lambda: len(telegram.messages_in(chat)) >= 21, "twenty answers and a refusal")
    await telegram.until(lambda: not telegram.updates, "every update received")
    assert sum("Too many questions" in message.text for message in telegram.messages_in(chat)) == 1


async def test_a_group_that_asks_more_than_a_group_may_get_is_told_once(telegram: FakeTelegram) -> None:
    time = HandMovedTime()
    timeouts = PollingTimeouts(poll_s=5.0, margin_s=2.0, sleep=time.sleep, clock=time.clock, shutdown_s=0.5)
    scene = Scene(telegram, timeouts=timeouts)
    telegram.rates = Rates(overall=100, per_chat=100, clock=time.clock)
    people = [telegram.user(f"Person {number}") for number in range(30)]
    group = telegram.group(members=tuple(people))
    running = asyncio.create_task(scene.chat.run())
    for person in people[:20]:
        telegram.say(group, person, f"/reserves {person.id}")
    await telegram.until(lambda: len(telegram.messages_in(group)) == 20, "twenty answers")
    for person in people[20:]:
        telegram.say(group, person, f"/reserves {person.id}")
        await until(lambda: time.sleeping == [1060.0], "the sentence to wait for the next minute")
    await until(lambda: len(scene.meter.answers) == 30, "thirty questions to be handled")
    time.now += 60
    await telegram.until(lambda: len(telegram.messages_in(group)) == 21, "the sentence")
    assert "20 messages a minute in a group" in telegram.messages_in(group)[-1].text
    assert telegram.rates.refused == 1, "those that came after the pause was known were not tried"
    await stop(running)


async def test_an_answer_follows_a_group_that_moved(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,), basic=True)
    new = telegram.migrate(group)
    await telegram.until(lambda: live.chat.trouble() is None, "a connection to Telegram without trouble")
    telegram.say(group, ann, "/reserves okx")
    assert "okx" in (await telegram.wait_for_message(new)).text
