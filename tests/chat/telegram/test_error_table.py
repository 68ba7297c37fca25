"""Row by row, the table of Telegram's errors in docs/delivery.md: what the server says and what comes of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.chat.telegram.sender import TelegramSender
from bot.domain.errors import (
    BadMessage,
    ChatGone,
    ChatMoved,
    DeliveryError,
    NotAllowed,
    RetryLater,
    TopicClosed,
    Unreachable,
)
from bot.domain.place import Obstacle, Place
from bot.messages.model import Message
from tests.chat.telegram.scene import OpenApi, Scene, place
from tests.fakes.telegram import FakeTelegram

ALERT = Message("INC-42 · Binance · elevated outflow")
CHAT = place(-100123, 7)
"""Where no chat is: nothing arrives unless the server was told to fail first."""


class Outcome:
    """The error that comes of a message, or of an edit, when the server answers so."""

    def __init__(self, scene: Scene, telegram: FakeTelegram) -> None:
        self._scene = scene
        self._telegram = telegram

    async def of_sending(self, status: int, description: str, **how: Any) -> DeliveryError:
        self._telegram.fail("sendMessage", status=status, description=description, **how)
        with pytest.raises(DeliveryError) as caught:
            await self._scene.chat.send(CHAT, ALERT, key="k")
        return caught.value

    async def of_editing(self, status: int, description: str, **how: Any) -> DeliveryError:
        self._telegram.fail("editMessageText", status=status, description=description, **how)
        with pytest.raises(DeliveryError) as caught:
            await self._scene.chat.edit(CHAT, "5", ALERT)
        return caught.value


@pytest.fixture
def outcome(scene: Scene, telegram: FakeTelegram) -> Outcome:
    return Outcome(scene, telegram)


def postponed(error: BaseException) -> tuple[float, str]:
    """Return the pause of a RetryLater in seconds, and the names of its flags that are set."""
    assert isinstance(error, RetryLater)
    flags = ("rate_limited", "whole_bot", "ambiguous")
    return error.after.total_seconds(), " ".join(flag for flag in flags if getattr(error, flag))


def closed(error: BaseException) -> tuple[type, Obstacle]:
    """Return the kind of Unreachable, which says what is done with the place, and the obstacle kept with it."""
    assert isinstance(error, Unreachable)
    return type(error), error.obstacle


async def test_429_is_the_pause_it_asks_for(outcome: Outcome) -> None:
    error = await outcome.of_sending(429, "Too Many Requests: retry after 17", parameters={"retry_after": 17})
    assert postponed(error) == (17, "rate_limited")


async def test_429_with_a_pause_of_nothing_is_five_seconds(outcome: Outcome) -> None:
    error = await outcome.of_sending(429, "Too Many Requests: retry after 0", parameters={"retry_after": 0})
    assert postponed(error) == (5, "rate_limited")


@pytest.mark.parametrize("parameters", [None, {}])
async def test_429_without_a_pause_is_five_seconds(outcome: Outcome, parameters: dict[str, int] | None) -> None:
    error = await outcome.of_sending(429, "Too Many Requests", parameters=parameters)
    assert postponed(error) == (5, "rate_limited")


async def test_429_to_an_edit_is_a_pause_too(outcome: Outcome) -> None:
    error = await outcome.of_editing(429, "Too Many Requests: retry after 3", parameters={"retry_after": 3})
    assert postponed(error) == (3, "rate_limited")


async def test_a_new_address_is_a_move_and_the_topic_stays(outcome: Outcome) -> None:
    upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
    error = await outcome.of_sending(400, upgraded, parameters={"migrate_to_chat_id": -1009})
    assert isinstance(error, ChatMoved)
    assert error.moved_to == place(-1009, 7)


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (400, "Bad Request: USER_IS_BLOCKED"),
    ],
)
async def test_a_person_who_blocked_the_bot_is_gone(outcome: Outcome, status: int, description: str) -> None:
    assert closed(await outcome.of_sending(status, description)) == (ChatGone, Obstacle.BLOCKED)


@pytest.mark.parametrize(
    ("status", "description"),
    [(403, "Forbidden: user is deactivated"), (400, "Bad Request: INPUT_USER_DEACTIVATED")],
)
async def test_a_deactivated_account_is_gone(outcome: Outcome, status: int, description: str) -> None:
    assert closed(await outcome.of_sending(status, description)) == (ChatGone, Obstacle.DEACTIVATED)


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was kicked from the group chat"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (403, "Forbidden: bot was kicked from the channel chat"),
        (403, "Forbidden: bot is not a member of the supergroup chat"),
        (403, "Forbidden: bot is not a member of the channel chat"),
        (400, "Bad Request: bot was kicked from the channel chat"),
        (400, "Bad Request: CHANNEL_PRIVATE"),
    ],
)
async def test_a_chat_the_bot_is_not_in_is_gone(outcome: Outcome, status: int, description: str) -> None:
    assert closed(await outcome.of_sending(status, description)) == (ChatGone, Obstacle.REMOVED)


@pytest.mark.parametrize(
    ("status", "description"),
    [(403, "Forbidden: the group chat was deleted"), (400, "Bad Request: group chat was deactivated")],
)
async def test_a_deleted_chat_is_gone(outcome: Outcome, status: int, description: str) -> None:
    assert closed(await outcome.of_sending(status, description)) == (ChatGone, Obstacle.DELETED)


@pytest.mark.parametrize("words", ["Forbidden: something new", "Forbidden: bot can't send messages to bots"])
async def test_403_of_any_other_kind_is_gone(outcome: Outcome, words: str) -> None:
    assert closed(await outcome.of_sending(403, words)) == (ChatGone, Obstacle.REFUSED)


@pytest.mark.parametrize("words", ["chat not found", "Chat not found", "CHAT NOT FOUND", "PEER_ID_INVALID"])
async def test_a_chat_that_is_not_found_gets_a_day(outcome: Outcome, words: str) -> None:
    """NotAllowed: the place is switched off only after three refusals over 24 hours."""
    assert closed(await outcome.of_sending(400, f"Bad Request: {words}")) == (NotAllowed, Obstacle.UNSEEN)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "words",
    [
        "CHAT_WRITE_FORBIDDEN",
        "Chat_write_forbidden",
        "not enough rights to send text messages to the chat",
        "not enough rights to send messages to the chat",
        "have no rights to send a message",
        "have no write access to the chat",
        "need administrator rights in the channel chat",
        "CHAT_ADMIN_REQUIRED",
        "CHAT_RESTRICTED",
        "CHAT_SEND_PLAIN_FORBIDDEN",
        "USER_BANNED_IN_CHANNEL",
    ],
)
async def test_lacking_rights_get_a_day_under_either_status(outcome: Outcome, status: int, words: str) -> None:
    """Telegram sends the same refusals as 400 and as 403: the text decides."""
    prefix = {400: "Bad Request", 403: "Forbidden"}[status]
    assert closed(await outcome.of_sending(status, f"{prefix}: {words}")) == (NotAllowed, Obstacle.NO_RIGHTS)


@pytest.mark.parametrize("words", ["TOPIC_CLOSED", "Topic_closed", "topic closed"])
async def test_a_closed_topic_pauses_that_topic(outcome: Outcome, words: str) -> None:
    """Only the topic is switched off; the rest of the chat goes on."""
    assert closed(await outcome.of_sending(400, f"Bad Request: {words}")) == (TopicClosed, Obstacle.TOPIC_CLOSED)


@pytest.mark.parametrize("words", ["message thread not found", "TOPIC_DELETED", "Topic_deleted", "TOPIC_ID_INVALID"])
async def test_a_deleted_topic_pauses_that_topic(outcome: Outcome, words: str) -> None:
    assert closed(await outcome.of_sending(400, f"Bad Request: {words}")) == (TopicClosed, Obstacle.TOPIC_DELETED)


@pytest.mark.parametrize("change", [False, True])
async def test_markup_that_cannot_be_read_goes_out_plain_once_and_is_counted(
    scene: Scene, telegram: FakeTelegram, outcome: Outcome, *, change: bool
) -> None:
    odd = "Bad Request: can't parse entities: Unsupported start tag"
    error = await (outcome.of_editing if change else outcome.of_sending)(400, odd, times=9)
    assert isinstance(error, BadMessage)
    asked = [given.get("parse_mode") for _, given in telegram.requests]
    assert asked == ["HTML", None]
    assert scene.meter.deliveries == [("retried", "plain text")]


@pytest.mark.parametrize("words", ["message is too long", "BUTTON_DATA_INVALID", "message text is empty"])
async def test_a_message_refused_for_anything_else_is_given_up(
    scene: Scene, telegram: FakeTelegram, outcome: Outcome, words: str
) -> None:
    assert isinstance(await outcome.of_sending(400, f"Bad Request: {words}"), BadMessage)
    assert telegram.calls["sendmessage"] == 1
    assert scene.meter.deliveries == []


@pytest.mark.parametrize(("status", "description"), [(401, "Unauthorized"), (404, "Not Found")])
@pytest.mark.parametrize("change", [False, True])
async def test_a_refused_token_that_getme_accepts_was_a_passing_fault(
    telegram: FakeTelegram, outcome: Outcome, status: int, description: str, *, change: bool
) -> None:
    """Telegram answers 401 and 404 in passing: the bot pauses only if getMe is refused as well."""
    error = await (outcome.of_editing if change else outcome.of_sending)(status, description)
    assert postponed(error) == (5, "")
    assert telegram.calls["getme"] == 1


@pytest.mark.parametrize(("status", "description"), [(401, "Unauthorized"), (404, "Not Found")])
async def test_a_refused_token_that_getme_refuses_pauses_the_whole_bot(
    telegram: FakeTelegram, outcome: Outcome, status: int, description: str
) -> None:
    telegram.fail("getMe", status=status, description=description)
    assert postponed(await outcome.of_sending(status, description)) == (30, "whole_bot")


async def test_409_to_a_message_is_tried_again(outcome: Outcome) -> None:
    """A second poller concerns polling; the message itself is fine."""
    conflict = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    assert postponed(await outcome.of_sending(409, conflict)) == (5, "")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
async def test_5xx_is_tried_again_and_was_not_sent(outcome: Outcome, status: int) -> None:
    """An error that Telegram spells out was answered instead of sending, so the message did not arrive."""
    assert postponed(await outcome.of_sending(status, "Bad Gateway")) == (5, "")
    assert postponed(await outcome.of_sending(status, "", body=b"<html>Bad Gateway</html>")) == (5, "")


async def test_413_is_tried_again(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(413, "Request Entity Too Large")) == (5, "")


@pytest.fixture
def one_connection(scene: Scene, telegram: FakeTelegram, open_api: OpenApi) -> Callable[..., TelegramSender]:
    """Make a sender with one connection: `one_connection(read_timeout=…)`."""
    meter: Any = scene.meter

    def make(**timeouts: float) -> TelegramSender:
        api = open_api(telegram.token, telegram.url, pool_size=1, **timeouts)
        return TelegramSender(api, clock=scene.clock, meter=meter)

    return make


async def refused(sender: TelegramSender, where: Place) -> BaseException:
    with pytest.raises(DeliveryError) as caught:
        await sender.send(where, ALERT)
    return caught.value


async def test_a_reply_that_is_late_may_hide_a_message_that_arrived(
    telegram: FakeTelegram, one_connection: Callable[..., TelegramSender]
) -> None:
    telegram.delay("sendMessage")
    assert postponed(await refused(one_connection(read_timeout=0.1), CHAT)) == (5, "ambiguous")


async def test_a_reply_cut_off_may_hide_a_message_that_arrived(
    telegram: FakeTelegram, one_connection: Callable[..., TelegramSender]
) -> None:
    group = telegram.group()
    telegram.lose_reply("sendMessage")
    assert postponed(await refused(one_connection(), place(group.id))) == (5, "ambiguous")
    assert len(telegram.sent) == 1


async def test_a_reply_that_cannot_be_read_may_hide_a_message_that_arrived(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(200, "", body=b"<html>")) == (5, "ambiguous")


async def test_no_free_connection_means_not_sent(
    telegram: FakeTelegram, one_connection: Callable[..., TelegramSender]
) -> None:
    release = telegram.delay("sendMessage")
    sender = one_connection(connect_timeout=0.3)
    first = asyncio.create_task(sender.send(place(telegram.group().id), ALERT))
    await telegram.until(lambda: telegram.calls["sendmessage"], "a message to Telegram")
    assert postponed(await refused(sender, CHAT)) == (5, "")
    release.set()
    assert await first == str(telegram.sent[0].id)
    assert telegram.calls["sendmessage"] == 1


async def test_no_connection_means_not_sent(
    telegram: FakeTelegram, one_connection: Callable[..., TelegramSender]
) -> None:
    await telegram.stop()
    assert postponed(await refused(one_connection(), CHAT)) == (5, "")


async def test_a_message_that_is_like_that_already_is_edited(scene: Scene, telegram: FakeTelegram) -> None:
    same = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    telegram.fail("editMessageText", status=400, description=same)
    await scene.chat.edit(CHAT, "5", ALERT)
    assert telegram.calls["editmessagetext"] == 1


@pytest.mark.parametrize(
    "words", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID", "MESSAGE_AUTHOR_REQUIRED"]
)
async def test_a_message_that_cannot_be_edited_is_posted_anew(outcome: Outcome, words: str) -> None:
    """The delivery worker posts a message anew when its edit is refused as a BadMessage."""
    assert isinstance(await outcome.of_editing(400, f"Bad Request: {words}"), BadMessage)
