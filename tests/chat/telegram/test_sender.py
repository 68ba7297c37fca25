"""Messages to chats and topics: sent, answered, edited, and what each refusal becomes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import BadMessage, ChatGone, ChatMoved, NotAllowed, RetryLater, TopicClosed
from bot.messages.model import Action, Message, line, lines, moment
from bot.ports.pictures import DrawnPicture
from tests.chat.telegram.scene import NOW, Scene, place
from tests.fakes.drawer import png
from tests.fakes.telegram import FakeTelegram, Rates

HELLO = Message("Hello", lines=lines("a < b & c"), actions=(Action("Help", "help"),))


async def test_a_message_arrives_as_it_is_meant(scene: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group()
    sent = await scene.chat.send(place(group.id), HELLO, key="1")
    (message,) = telegram.sent
    assert sent == str(message.id)
    assert message.text == "🏦 Hello\na < b & c"
    assert (message.labels, message.preview, message.silent, message.thread) == (("Help",), False, False, None)


async def test_a_silent_message_makes_no_sound(scene: Scene, telegram: FakeTelegram) -> None:
    await scene.chat.send(place(telegram.group().id), replace(HELLO, silent=True), key="1")
    assert telegram.sent[0].silent


@pytest.mark.parametrize("paid", [True, False])
async def test_alerts_are_paid_for_only_when_that_was_set(telegram: FakeTelegram, *, paid: bool) -> None:
    scene = Scene(telegram, paid_broadcast=paid)
    group = telegram.group()
    await scene.chat.edit(place(group.id), await scene.chat.send(place(group.id), HELLO, key="1"), Message("Changed"))
    await scene.chat.close()
    assert [given.get("allow_paid_broadcast") for _, given in telegram.requests] == ["true" if paid else None, None]


async def test_a_picture_that_follows_its_text_is_never_paid_for(telegram: FakeTelegram) -> None:
    scene = Scene(telegram, paid_broadcast=True)
    group = telegram.group()
    text = await scene.chat.send(place(group.id), HELLO, key="1")
    await scene.chat.send_picture(place(group.id), DrawnPicture(png(), "", b"1"), key="1:picture", reply_to=text)
    await scene.chat.close()
    assert [given.get("allow_paid_broadcast") for _, given in telegram.requests] == ["true", None]


async def test_a_topic_gets_its_message(scene: Scene, telegram: FakeTelegram) -> None:
    forum = telegram.group(forum=True)
    topic = forum.topic()
    await scene.chat.send(place(forum.id, topic), HELLO, key="1")
    assert telegram.sent[0].thread == topic


async def test_a_reply_refers_to_the_first_message(scene: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group()
    first = await scene.chat.send(place(group.id), HELLO, key="1")
    await scene.chat.send(place(group.id), Message("Worse"), key="2", reply_to=first)
    assert telegram.sent[1].reply_to == telegram.sent[0].id


async def test_a_reply_to_a_deleted_message_is_sent_all_the_same(scene: Scene, telegram: FakeTelegram) -> None:
    await scene.chat.send(place(telegram.group().id), HELLO, key="1", reply_to="999999")
    assert telegram.sent[0].reply_to is None


async def test_an_edit_changes_the_message_in_place(scene: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group()
    sent = await scene.chat.send(place(group.id), HELLO, key="1")
    await scene.chat.edit(place(group.id), sent, Message("Changed"))
    (message,) = telegram.sent
    assert (message.text, message.labels, message.edits) == ("🏦 Changed", (), 1)


async def test_an_edit_that_changes_nothing_is_no_error(scene: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group()
    sent = await scene.chat.send(place(group.id), HELLO, key="1")
    await scene.chat.edit(place(group.id), sent, HELLO)
    assert telegram.sent[0].edits == 0


async def test_an_edit_of_a_deleted_message_is_refused(scene: Scene, telegram: FakeTelegram) -> None:
    with pytest.raises(BadMessage):
        await scene.chat.edit(place(telegram.group().id), "12345", HELLO)


@pytest.mark.parametrize("edits", [False, True])
async def test_markup_telegram_cannot_read_goes_out_as_plain_text(
    scene: Scene, telegram: FakeTelegram, *, edits: bool
) -> None:
    group = telegram.group()
    method = "editMessageText" if edits else "sendMessage"
    unreadable = "Bad Request: can't parse entities: Unsupported start tag"
    telegram.fail(method, status=400, description=unreadable, when=lambda given: "parse_mode" in given)
    with capture_logs() as logs:
        if edits:
            sent = await scene.chat.send(place(group.id), Message("Before"), key="1")
            await scene.chat.edit(place(group.id), sent, HELLO)
        else:
            await scene.chat.send(place(group.id), HELLO, key="1")
    (message,) = telegram.sent
    assert (message.text, message.parse_mode) == ("🏦 Hello\na < b & c", "")
    assert scene.meter.deliveries == [("retried", "plain text")]
    assert [entry["event"] for entry in logs] == ["telegram refused the markup of a message, sent as plain text"]


async def test_plain_text_is_tried_once_only(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("sendMessage", status=400, description="Bad Request: can't parse entities: odd", times=9)
    with pytest.raises(BadMessage):
        await scene.chat.send(place(telegram.group().id), HELLO, key="1")
    assert telegram.calls["sendmessage"] == 2


async def test_another_refusal_is_not_tried_as_plain_text(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("sendMessage", status=400, description="Bad Request: message is too long")
    with pytest.raises(BadMessage):
        await scene.chat.send(place(telegram.group().id), HELLO, key="1")
    assert telegram.calls["sendmessage"] == 1


async def test_each_reason_why_the_bot_may_not_write_has_its_own_error(scene: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    blocked, kicked, silenced = telegram.private(ann), telegram.group(bot="kicked"), telegram.group()
    blocked.bot, silenced.can_post = "kicked", False
    left = telegram.channel("news", bot="left")
    forum = telegram.group(forum=True)
    forum.topics[5] = False
    expected = [
        (place(blocked.id), ChatGone),
        (place(kicked.id), ChatGone),
        (place(left.id), ChatGone),
        (place(silenced.id), NotAllowed),
        (place(-1), NotAllowed),
        (place(forum.id, 5), TopicClosed),
        (place(forum.id, 6), TopicClosed),
    ]
    for where, error in expected:
        with pytest.raises(error):
            await scene.chat.send(where, HELLO, key="1")


async def test_a_group_that_moved_names_its_new_address(scene: Scene, telegram: FakeTelegram) -> None:
    old = telegram.group(basic=True)
    new = telegram.migrate(old)
    with pytest.raises(ChatMoved) as caught:
        await scene.chat.send(place(old.id), HELLO, key="1")
    assert caught.value.moved_to == place(new.id)


async def test_too_fast_is_a_pause(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.rates = Rates(clock=lambda: 0.0)
    ann = telegram.user("Ann")
    telegram.private(ann)
    await scene.chat.send(place(ann.id), HELLO, key="1")
    with pytest.raises(RetryLater) as caught:
        await scene.chat.send(place(ann.id), HELLO, key="2")
    assert (caught.value.rate_limited, caught.value.after) == (True, timedelta(seconds=1))


async def test_a_lost_reply_is_ambiguous(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.lose_reply("sendMessage")
    with pytest.raises(RetryLater) as caught:
        await scene.chat.send(place(telegram.group().id), HELLO, key="1")
    assert caught.value.ambiguous
    assert len(telegram.sent) == 1


async def test_the_age_of_a_figure_is_written_anew(scene: Scene, telegram: FakeTelegram) -> None:
    """A rendered message is used again for ten seconds at most, for its “5 min ago”."""
    group = telegram.group()
    message = Message("x", lines=lines(line(moment(NOW, relative=True))))
    await scene.chat.send(place(group.id), message, key="1")
    scene.clock.forward(timedelta(minutes=5))
    await scene.chat.send(place(group.id), message, key="2")
    assert "just now" in telegram.sent[0].text
    assert "5 min ago" in telegram.sent[1].text
