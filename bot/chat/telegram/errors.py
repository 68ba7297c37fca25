"""Telegram's refusals, its 429s and the network's failures, translated into one of our DeliveryErrors.

429 with `retry_after` 17 becomes RetryLater after 17 s; 403 "bot was blocked by the user" becomes ChatGone; 400
"message thread not found" becomes TopicClosed. The Bot API tells its refusals apart by text only, and some arrive under
another status than documented: therefore the text decides first, in letters of either case.
https://core.telegram.org/bots/api#making-requests
"""

from collections.abc import Mapping
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.chat.telegram.transport import ReplyLost, RequestUnsent
from bot.domain.errors import (
    BadMessage,
    ChatGone,
    ChatMoved,
    DeliveryError,
    NotAllowed,
    RetryLater,
    TopicClosed,
)
from bot.domain.place import Obstacle, Place, Platform

# Telegram names no pause for any of these; they are the project's choice. A 429 that names none is rare and short.
_UNNAMED_RATE_LIMIT_PAUSE = timedelta(seconds=5)
OUTAGE_PAUSE = timedelta(seconds=5)
_TOKEN_REFUSED_PAUSE = timedelta(seconds=30)  # a new token needs a restart: asking more often helps nobody

_TOPIC_CLOSED = {
    "topic_closed": Obstacle.TOPIC_CLOSED,
    "topic closed": Obstacle.TOPIC_CLOSED,
    "topic_deleted": Obstacle.TOPIC_DELETED,
    "topic_id_invalid": Obstacle.TOPIC_DELETED,
    "message thread not found": Obstacle.TOPIC_DELETED,
}
_NOT_ALLOWED = {
    "chat not found": Obstacle.UNSEEN,
    "peer_id_invalid": Obstacle.UNSEEN,
    "group chat was upgraded": Obstacle.UNSEEN,
    "chat_write_forbidden": Obstacle.NO_RIGHTS,
    "not enough rights": Obstacle.NO_RIGHTS,
    "have no rights": Obstacle.NO_RIGHTS,
    "have no write access": Obstacle.NO_RIGHTS,
    "need administrator rights": Obstacle.NO_RIGHTS,
    "chat_admin_required": Obstacle.NO_RIGHTS,
    "chat_restricted": Obstacle.NO_RIGHTS,
    "chat_send_": Obstacle.NO_RIGHTS,
    "user_banned_in_channel": Obstacle.NO_RIGHTS,
}
_CHAT_GONE = {
    "bot was blocked": Obstacle.BLOCKED,
    "user_is_blocked": Obstacle.BLOCKED,
    "can't initiate conversation": Obstacle.BLOCKED,
    "user is deactivated": Obstacle.DEACTIVATED,
    "input_user_deactivated": Obstacle.DEACTIVATED,
    "bot was kicked": Obstacle.REMOVED,
    "bot is not a member": Obstacle.REMOVED,
    "channel_private": Obstacle.REMOVED,
    "chat was deleted": Obstacle.DELETED,
    "chat was deactivated": Obstacle.DELETED,
    "can't send messages to bots": Obstacle.REFUSED,
    "can't send messages to the bot": Obstacle.REFUSED,
}


def translate(error: TelegramError, place: Place) -> DeliveryError:
    """Return our error for a message to this place that Telegram did not take."""
    # BadRequest and TimedOut are NetworkErrors to the library, so the order of these questions matters.
    if isinstance(error, RetryAfter):
        return _rate_limited(retry_after_of(error))
    if isinstance(error, ChatMigrated):
        return ChatMoved(Place(Platform.TELEGRAM, str(error.new_chat_id), place.thread))
    if isinstance(error, (BadRequest, Forbidden)):
        return _refused(error)
    if isinstance(error, InvalidToken):
        return RetryLater("Telegram refuses the token just now", after=_TOKEN_REFUSED_PAUSE, whole_bot=True)
    if isinstance(error, Conflict):
        return RetryLater(error.message, after=OUTAGE_PAUSE)
    return _failed(error)


def retry_after_of(error: RetryAfter) -> timedelta:
    """Return the pause of a 429; the library gives it as a number or as a timedelta, depending on a switch."""
    after = error.retry_after
    return after if isinstance(after, timedelta) else timedelta(seconds=after)


def is_markup_error(error: BadMessage) -> bool:
    """Return whether it was the markup that Telegram could not read."""
    return "can't parse entities" in str(error).lower()


def is_unchanged(error: BadMessage) -> bool:
    """Return whether an edit was refused because the message is like that already."""
    return "message is not modified" in str(error).lower()


def has_no_text(error: BadMessage) -> bool:
    """Return whether an edit was refused because the message is a photo, which has a caption and no text."""
    return "there is no text in the message to edit" in str(error).lower()


def _refused(error: TelegramError) -> DeliveryError:
    """Return the error for a 400 or 403."""
    text = error.message.lower()
    # Topics first: a closed topic must not switch off the whole chat.
    if topic_obstacle := _obstacle_named_in(text, _TOPIC_CLOSED):
        return TopicClosed(error.message, topic_obstacle)
    if obstacle := _obstacle_named_in(text, _NOT_ALLOWED):
        return NotAllowed(error.message, obstacle)
    gone = _obstacle_named_in(text, _CHAT_GONE)
    # An unknown 403 is a chat that is closed to the bot; an unknown 400 is the message's own fault.
    if gone or isinstance(error, Forbidden):
        return ChatGone(error.message, gone or Obstacle.REFUSED)
    return BadMessage(error.message)


def _obstacle_named_in(text: str, obstacles: Mapping[str, Obstacle]) -> Obstacle | None:
    return next((obstacle for words, obstacle in obstacles.items() if words in text), None)


def _rate_limited(pause: timedelta) -> RetryLater:
    return RetryLater("Telegram asks for a pause", after=pause, rate_limited=True)


def _failed(error: TelegramError) -> RetryLater:
    """Return the pause for a failure of the network or of Telegram itself.

    It is ambiguous when the message may have arrived: after a time-out, a lost reply, or an answer that cannot be read.
    It is not when Telegram spelled an error out, or the request never left.
    """
    # The library makes a RetryAfter only of a 429 with a pause above 0; any other is a plain NetworkError to it.
    if "too many requests" in error.message.lower():
        return _rate_limited(_UNNAMED_RATE_LIMIT_PAUSE)
    may_have_arrived = isinstance(error, (TimedOut, ReplyLost)) or not isinstance(error, NetworkError)
    return RetryLater(
        error.message, after=OUTAGE_PAUSE, ambiguous=may_have_arrived and not isinstance(error, RequestUnsent)
    )
