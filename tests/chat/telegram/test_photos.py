"""Messages with a picture: a photo with its caption, uploaded once; the text alone where there can be no photo."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import BadMessage, ChatGone, RetryLater
from bot.messages.model import Action, Chart, Message, Table, lines
from bot.ports.pictures import DrawnPicture
from tests.chat.charts import samples
from tests.chat.telegram.scene import NOW, Scene, place
from tests.fakes.drawer import StandInDrawer, png
from tests.fakes.telegram import FakeTelegram

CHART = Message(
    "Binance · net flow a day",
    lines=lines("24 h −$2.30 B · −3.6 %"),
    chart=Chart("Net flow a day", "share", (NOW, NOW, NOW), (0.001, -0.001, -0.036)),
    table=Table(("Asset",), (("BTC",),)),
    actions=(Action("Run", "chart binance run"),),
    picture=samples.ALL["flows"],
)
BUSY: dict[str, Any] = {
    "status": 429, "description": "Too Many Requests: retry after 5", "parameters": {"retry_after": 5}
}  # fmt: skip
LONG = replace(CHART, lines=lines(*(f"{number}: " + "x" * 100 for number in range(12))))


@pytest.fixture
def drawer() -> StandInDrawer:
    return StandInDrawer()


@pytest.fixture
async def scene(telegram: FakeTelegram, drawer: StandInDrawer) -> AsyncIterator[Scene]:
    scene = Scene(telegram, pictures=drawer)
    yield scene
    await scene.chat.close()


async def test_a_picture_is_a_photo_and_its_text_the_caption(scene: Scene, telegram: FakeTelegram) -> None:
    forum = telegram.group(forum=True)
    topic = forum.topic()
    message = replace(CHART, silent=True)
    first = await scene.chat.send(place(forum.id, topic), message, key="1")
    await scene.chat.send(place(forum.id, topic), message, key="2", reply_to=first)
    photo, reply = telegram.sent
    assert photo.text == "🏦 Binance · net flow a day\n24 h −$2.30 B · −3.6 %"
    assert (photo.labels, photo.silent, photo.thread) == (("Run",), True, topic)
    assert photo.photo == png(more=b"Binance \xc2\xb7 net flow a day \xc2\xb7 30 d light")
    assert (str(photo.id), reply.reply_to) == (first, photo.id)


async def test_a_picture_is_drawn_and_uploaded_once(
    scene: Scene, telegram: FakeTelegram, drawer: StandInDrawer
) -> None:
    for _ in range(3):
        await scene.chat.send(place(telegram.group().id), CHART, key="1")
    assert len(drawer.drawn) == 1
    first, *others = (given["photo"] for method, given in telegram.requests if method == "sendphoto")
    assert first.startswith("upload:")
    assert others == [telegram.sent[0].file_id] * 2
    assert len({message.photo for message in telegram.sent}) == 1


async def test_a_picture_that_many_ask_for_at_once_is_uploaded_once(
    scene: Scene, telegram: FakeTelegram, drawer: StandInDrawer
) -> None:
    groups = [telegram.group() for _ in range(20)]
    await asyncio.gather(*(scene.chat.send(place(group.id), CHART, key=f"{group.id}") for group in groups))
    uploads = [given["photo"] for _, given in telegram.requests if given["photo"].startswith("upload:")]
    assert (len(uploads), len(telegram.sent)) == (1, 20)


async def test_an_upload_that_hangs_keeps_nobody_waiting(scene: Scene, telegram: FakeTelegram) -> None:
    release = telegram.delay("sendPhoto")
    hanging = asyncio.create_task(scene.chat.send(place(telegram.group().id), CHART, key="1"))
    await telegram.until(lambda: telegram.calls["sendphoto"], "the first upload")
    await scene.chat.send(place(telegram.group().id), CHART, key="2")
    assert len(telegram.sent) == 1
    release.set()
    await hanging


async def test_a_file_id_that_is_not_known_any_more_is_forgotten(
    scene: Scene, telegram: FakeTelegram, drawer: StandInDrawer
) -> None:
    await scene.chat.send(place(telegram.group().id), CHART, key="1")
    telegram.photos.clear()
    await scene.chat.send(place(telegram.group().id), CHART, key="2")
    assert "Telegram did not take the picture" in telegram.sent[1].text
    await scene.chat.send(place(telegram.group().id), CHART, key="3")
    assert telegram.sent[2].photo is not None
    assert len(drawer.drawn) == 2


async def test_a_long_text_goes_first_and_the_photo_answers_it(scene: Scene, telegram: FakeTelegram) -> None:
    sent = await scene.chat.send(place(telegram.group().id), LONG, key="1")
    text, photo = telegram.sent
    assert (str(text.id), text.photo, text.silent) == (sent, None, False)
    assert (photo.text, photo.reply_to, photo.silent) == ("", text.id, True)


async def test_a_long_text_is_not_lost_with_its_photo(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("sendPhoto", **BUSY)
    sent = await scene.chat.send(place(telegram.group().id), LONG, key="1")
    assert [str(message.id) for message in telegram.sent] == [sent]


async def test_without_a_picture_the_text_says_so_and_shows_what_stands_for_it(
    scene: Scene, telegram: FakeTelegram, drawer: StandInDrawer
) -> None:
    drawer.failure = "The picture could not be drawn in time."
    await scene.chat.send(place(telegram.group().id), CHART, key="1")
    (message,) = telegram.sent
    assert message.photo is None
    assert "The picture could not be drawn in time." in message.text
    assert "Net flow a day\n██▁" in message.text
    assert "BTC" in message.text


async def test_where_nothing_draws_the_text_is_sent(telegram: FakeTelegram) -> None:
    scene = Scene(telegram)
    await scene.chat.send(place(telegram.group().id), CHART, key="1")
    assert telegram.sent[0].photo is None
    await scene.chat.close()


async def test_a_chat_that_takes_no_photos_gets_the_text(scene: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group()
    group.takes_photos = False
    await scene.chat.send(place(group.id), CHART, key="1")
    assert "the bot may not send photos here" in telegram.sent[0].text


@pytest.mark.parametrize(
    "content",
    [png(9000, 1200), png(2100, 100), b"no picture", png(more=bytes(10 << 20))],
    ids=["too large sides", "too narrow", "no picture", "too many bytes"],
)
async def test_a_photo_that_telegram_does_not_take_costs_no_text(
    scene: Scene, telegram: FakeTelegram, drawer: StandInDrawer, content: bytes
) -> None:
    drawer.content = content
    await scene.chat.send(place(telegram.group().id), CHART, key="1")
    (message,) = telegram.sent
    assert message.photo is None
    assert "Telegram did not take the picture" in message.text


async def test_other_refusals_are_those_of_any_message(scene: Scene, telegram: FakeTelegram) -> None:
    user = telegram.user("Ann")
    chat = telegram.private(user)
    telegram.block(user)
    with pytest.raises(ChatGone):
        await scene.chat.send(place(chat.id), CHART, key="1")
    telegram.fail("sendPhoto", **BUSY)
    with pytest.raises(RetryLater):
        await scene.chat.send(place(telegram.group().id), CHART, key="1")
    assert telegram.sent == []


async def test_an_edit_keeps_a_photo_a_photo(scene: Scene, telegram: FakeTelegram, drawer: StandInDrawer) -> None:
    group = telegram.group()
    sent = await scene.chat.send(place(group.id), CHART, key="1")
    worse = replace(CHART, title="Worse", picture=replace(samples.ALL["flows"], title="Worse"))
    await scene.chat.edit(place(group.id), sent, worse)
    (message,) = telegram.sent
    assert message.text.startswith("🏦 Worse")
    assert message.photo == png(more=b"Worse light")
    await scene.chat.edit(place(group.id), sent, worse)  # no error: it is like that already
    assert (message.edits, len(drawer.drawn)) == (1, 2)


async def test_an_edit_without_a_picture_changes_the_caption(scene: Scene, telegram: FakeTelegram) -> None:
    group = telegram.group()
    sent = await scene.chat.send(place(group.id), CHART, key="1")
    (message,) = telegram.sent
    before = message.photo
    await scene.chat.edit(place(group.id), sent, replace(LONG, picture=None))
    assert message.photo == before
    assert message.text.startswith("🏦 Binance")
    assert "more lines" in message.text
    assert len(message.text) <= 1024


async def test_an_edit_of_a_deleted_photo_is_refused(scene: Scene, telegram: FakeTelegram) -> None:
    with pytest.raises(BadMessage):
        await scene.chat.edit(place(telegram.group().id), "12345", CHART)


DRAWN = DrawnPicture.of(samples.ALL["run"], png())


async def test_a_picture_by_itself_is_a_silent_answer_without_words(scene: Scene, telegram: FakeTelegram) -> None:
    forum = telegram.group(forum=True)
    topic = forum.topic()
    text = await scene.chat.send(place(forum.id, topic), Message("opened"), key="1")
    await scene.chat.send_picture(place(forum.id, topic), DRAWN, key="1:picture", reply_to=text)
    sent = telegram.sent[1]
    assert (sent.photo, sent.text, sent.silent, sent.thread, str(sent.reply_to)) == (png(), "", True, topic, text)


async def test_a_picture_for_many_places_is_uploaded_once(scene: Scene, telegram: FakeTelegram) -> None:
    for _ in range(3):
        chat = place(telegram.group().id)
        text = await scene.chat.send(chat, Message("opened"), key="1")
        await scene.chat.send_picture(chat, DRAWN, key="1:picture", reply_to=text)
    _, *others = (given["photo"] for method, given in telegram.requests if method == "sendphoto")
    assert others == [telegram.sent[1].file_id] * 2


async def test_a_picture_whose_text_was_deleted_is_left_out(scene: Scene, telegram: FakeTelegram) -> None:
    chat = place(telegram.group().id)
    text = await scene.chat.send(chat, Message("opened"), key="1")
    telegram.delete(telegram.sent[0])
    with pytest.raises(BadMessage):
        await scene.chat.send_picture(chat, DRAWN, key="1:picture", reply_to=text)
    assert not any(sent.photo for sent in telegram.sent)


async def test_the_text_of_an_alert_is_edited_as_ever_beside_its_picture(scene: Scene, telegram: FakeTelegram) -> None:
    chat = place(telegram.group().id)
    text = await scene.chat.send(chat, Message("opened"), key="1")
    await scene.chat.send_picture(chat, DRAWN, key="1:picture", reply_to=text)
    await scene.chat.edit(chat, text, Message("easing"))
    alert, photo = telegram.sent
    assert (alert.text, alert.edits, photo.edits) == ("🏦 easing", 1, 0)


async def test_a_refused_picture_is_an_error_for_whoever_posts_it(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("sendPhoto", **BUSY)
    with pytest.raises(RetryLater):
        await scene.chat.send_picture(place(telegram.group().id), DRAWN, key="1:picture", reply_to="1")
    assert telegram.sent == []
