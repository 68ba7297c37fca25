"""Files on Telegram, over the real client: sent with an answer, and read with a command."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.messages.documents import MAX_DOCUMENT_BYTES
from tests.chat.telegram.scene import Scene
from tests.fakes.document_commands import DOCUMENT_COMMANDS, FILE
from tests.fakes.telegram import FakeTelegram
from tests.waiting import stop


@pytest.fixture
async def live(telegram: FakeTelegram) -> AsyncIterator[Scene]:
    scene = Scene(telegram, DOCUMENT_COMMANDS)
    running = asyncio.create_task(scene.chat.run())
    yield scene
    await stop(running)
    await scene.chat.close()


async def test_an_answer_with_a_file_is_one_message(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    forum = telegram.group(members=(ann,), forum=True)
    topic = forum.topic()
    asked = telegram.say(forum, ann, "/give", thread=topic)
    sent = await telegram.wait_for_message(forum)

    assert sent.document == (FILE.name, FILE.content)
    assert (sent.text, sent.thread, sent.reply_to) == ("🏦 Here it is\nOne file.", topic, asked)
    assert sent.labels == ("Again",)


async def test_a_refused_file_harms_nothing(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group, private = telegram.group(members=(ann,)), telegram.private(ann)
    group.takes_documents = False
    telegram.say(group, ann, "/give")
    refused = await telegram.wait_for_message(group)
    assert "One file.\nThe file is left out: the bot may not send files here." in refused.text
    telegram.say(private, ann, "/give")
    assert (await telegram.wait_for_message(private)).document


async def test_a_file_is_read_by_its_caption_and_by_an_answer_to_it(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    message = telegram.send_file(group, ann, FILE.content, caption="/take@RunwatchBot", name="a\u202e.json")
    assert f"a.json: {FILE.text.strip()}" in (await telegram.wait_for_message(group)).text

    telegram.say(group, ann, "/take", reply_to_message=message)
    assert FILE.text.strip() in (await telegram.wait_for_message(group)).text
    telegram.say(group, ann, "/take")
    assert "no file" in (await telegram.wait_for_message(group)).text


async def test_a_file_without_a_command_is_nobodys_business(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    telegram.send_file(group, ann, FILE.content)
    telegram.send_file(group, ann, FILE.content, caption="look at this")
    telegram.send_file(group, ann, FILE.content, caption="/give")
    await telegram.wait_for_message(group, containing="Here it is")
    assert telegram.calls["getfile"] == 0


@pytest.mark.parametrize("said_size", [None, 10])
async def test_a_file_that_is_too_large_is_not_read_to_its_end(
    live: Scene, telegram: FakeTelegram, said_size: int | None
) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.send_file(chat, ann, b"x" * (MAX_DOCUMENT_BYTES + 1), caption="/take", size=said_size)
    assert "The file is larger than 256 KB" in (await telegram.wait_for_message(chat)).text
    assert telegram.calls["file"] == (said_size is not None)


async def test_a_file_of_just_that_size_is_read(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.send_file(chat, ann, b"x" * MAX_DOCUMENT_BYTES, caption="/take")
    assert f"({MAX_DOCUMENT_BYTES})" in (await telegram.wait_for_message(chat)).text


async def test_what_is_no_text_is_refused(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.send_file(chat, ann, b"\xff\xfe\x00", caption="/take")
    assert "The file is no text in UTF-8." in (await telegram.wait_for_message(chat)).text


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret", "documents/../x", "http://elsewhere/x", "a//b", ""])
async def test_a_path_that_is_none_is_not_asked_for(live: Scene, telegram: FakeTelegram, path: str) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.files.paths[telegram.files.keep(FILE.content)] = path
    telegram.send_file(chat, ann, FILE.content, caption="/take")
    assert "Telegram did not hand out the file. Try again" in (await telegram.wait_for_message(chat)).text
    assert telegram.calls["file"] == 0


async def test_a_file_that_is_gone_is_said(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    message = telegram.send_file(chat, ann, FILE.content)
    telegram.files.contents.clear()
    telegram.say(chat, ann, "/take", reply_to_message=message)
    assert "did not hand out the file" in (await telegram.wait_for_message(chat)).text


@pytest.mark.parametrize("is_lost", [False, True])
async def test_an_address_that_does_not_answer_tells_nothing_of_the_token(
    live: Scene, telegram: FakeTelegram, capfd: pytest.CaptureFixture[str], *, is_lost: bool
) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    telegram.loses_files = is_lost
    telegram.files.paths[telegram.files.keep(FILE.content)] = "documents/file_0.json"
    telegram.files.missing.add("documents/file_0.json")
    telegram.send_file(chat, ann, FILE.content, caption="/take")
    assert "did not hand out the file" in (await telegram.wait_for_message(chat)).text
    assert telegram.token not in "".join(capfd.readouterr())
