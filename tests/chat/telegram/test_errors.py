from datetime import timedelta
from typing import Any

import pytest
from telegram.error import TelegramError

from bot.chat.telegram.errors import translated
from bot.chat.telegram.transport import AiohttpRequest, Api
from bot.domain.errors import BadMessage, ChatGone, ChatMoved, DeliveryError, NotAllowed, RetryLater, TopicClosed
from tests.chat.telegram.scene import Scene, place
from tests.fakes.telegram import FakeTelegram

FORUM = place(-100, 7)


async def refusal(telegram: FakeTelegram, **failure: Any) -> DeliveryError:
    """Return our error for a failure as it really comes over the wire and through the library."""
    telegram.fail("sendMessage", **failure)
    api = Api(AiohttpRequest(telegram.token, telegram.url, read_timeout=2.0))
    try:
        await api.send_message(chat_id=1, text="x")
    except TelegramError as error:
        return translated(error, FORUM)
    finally:
        await api.close_connections()
    raise AssertionError("it was sent")


@pytest.mark.parametrize(
    ("status", "description", "expected"),
    [
        (403, "Forbidden: bot was blocked by the user", ChatGone),
        (403, "Forbidden: user is deactivated", ChatGone),
        (403, "Forbidden: bot was kicked from the supergroup chat", ChatGone),
        (403, "Forbidden: bot is not a member of the channel chat", ChatGone),
        (403, "Forbidden: the group chat was deleted", ChatGone),
        (403, "Forbidden: something new", ChatGone),
        (400, "Bad Request: bot was kicked from the channel chat", ChatGone),
        (400, "Bad Request: USER_IS_BLOCKED", ChatGone),
        (400, "Bad Request: CHANNEL_PRIVATE", ChatGone),
        (400, "Bad Request: chat not found", NotAllowed),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", NotAllowed),
        (400, "Bad Request: not enough rights to send text messages to the chat", NotAllowed),
        (400, "Bad Request: have no rights to send a message", NotAllowed),
        (400, "Bad Request: need administrator rights in the channel chat", NotAllowed),
        (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN", NotAllowed),
        (403, "Forbidden: CHAT_WRITE_FORBIDDEN", NotAllowed),
        (403, "Forbidden: not enough rights to send text messages to the chat", NotAllowed),
        (400, "Bad Request: message thread not found", TopicClosed),
        (400, "Bad Request: TOPIC_CLOSED", TopicClosed),
        (400, "Bad Request: Topic_closed", TopicClosed),
        (400, "Bad Request: TOPIC_DELETED", TopicClosed),
        (400, "Bad Request: can't parse entities: Unsupported start tag", BadMessage),
        (400, "Bad Request: message is too long", BadMessage),
        (400, "Bad Request: BUTTON_DATA_INVALID", BadMessage),
        (401, "Unauthorized", RetryLater),
        (404, "Not Found", RetryLater),
        (409, "Conflict: terminated by other getUpdates request", RetryLater),
        (413, "Request Entity Too Large", RetryLater),
        (500, "Internal Server Error", RetryLater),
        (502, "Bad Gateway", RetryLater),
    ],
)
async def test_each_refusal_says_what_to_do(
    telegram: FakeTelegram, status: int, description: str, expected: type[DeliveryError]
) -> None:
    error = await refusal(telegram, status=status, description=description)
    assert type(error) is expected
    if isinstance(error, RetryLater):
        assert not error.ambiguous
        assert not error.rate_limited


@pytest.mark.parametrize(
    ("parameters", "pause"), [({"retry_after": 17}, 17), ({"retry_after": 0}, 5), (None, 5), ({}, 5)]
)
async def test_too_many_requests_is_a_pause_and_no_failure(
    telegram: FakeTelegram, parameters: dict[str, int] | None, pause: int
) -> None:
    error = await refusal(telegram, status=429, description="Too Many Requests: retry after 1", parameters=parameters)
    assert isinstance(error, RetryLater)
    assert (error.after, error.rate_limited, error.ambiguous) == (timedelta(seconds=pause), True, False)


async def test_a_group_that_moved_keeps_its_topic(telegram: FakeTelegram) -> None:
    moved = {"migrate_to_chat_id": -100123}
    error = await refusal(telegram, status=400, description="Bad Request: group chat was upgraded", parameters=moved)
    assert isinstance(error, ChatMoved)
    assert error.moved_to == place(-100123, 7)


async def test_a_refused_token_pauses_the_whole_bot(telegram: FakeTelegram) -> None:
    error = await refusal(telegram, status=401, description="Unauthorized")
    assert isinstance(error, RetryLater)
    assert error.whole_bot


async def test_a_body_that_is_no_json_is_a_server_error(telegram: FakeTelegram) -> None:
    error = await refusal(telegram, status=502, body=b"<html>Bad Gateway</html>")
    assert isinstance(error, RetryLater)
    assert not error.ambiguous


async def test_an_unreadable_success_may_have_arrived(telegram: FakeTelegram) -> None:
    error = await refusal(telegram, status=200, body=b"<html>")
    assert isinstance(error, RetryLater)
    assert error.ambiguous


async def test_a_lost_reply_may_have_arrived(telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    telegram.private(ann)
    telegram.lose_reply("sendMessage")
    api = Api(AiohttpRequest(telegram.token, telegram.url))
    with pytest.raises(TelegramError) as caught:
        await api.send_message(chat_id=ann.id, text="x")
    await api.close_connections()
    error = translated(caught.value, FORUM)
    assert isinstance(error, RetryLater)
    assert error.ambiguous
    assert len(telegram.sent) == 1


async def test_a_missing_topic_pauses_that_topic_only(scene: Scene, telegram: FakeTelegram) -> None:
    from bot.messages.model import Message  # noqa: PLC0415 — the one message of this file

    forum = telegram.group(forum=True)
    with pytest.raises(TopicClosed):
        await scene.chat.send(place(forum.id, 12345), Message("x"), key="1")
