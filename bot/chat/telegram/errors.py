"""What Telegram refused, and how, becomes one of our errors, which say what to do next.

The Bot API tells its refusals apart by text only, and some arrive under another status than documented: therefore
the text decides first, whatever its letters' case. https://core.telegram.org/bots/api#making-requests
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

UNSAID_PAUSE = timedelta(seconds=5)
"""The pause after a 429 that names none."""
AWAY_PAUSE = timedelta(seconds=5)
TOKEN_PAUSE = timedelta(seconds=30)

_TOPIC = {
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
_GONE = {
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


def translated(error: TelegramError, place: Place) -> DeliveryError:
    """Return our error for a message to this place that Telegram did not take."""
    if isinstance(error, RetryAfter):
        return _rate_limited(pause_asked_by(error))
    if isinstance(error, ChatMigrated):
        return ChatMoved(Place(Platform.TELEGRAM, str(error.new_chat_id), place.thread))
    if isinstance(error, (BadRequest, Forbidden)):
        return _refused(error)
    if isinstance(error, InvalidToken):
        return RetryLater("Telegram refuses the token just now", after=TOKEN_PAUSE, whole_bot=True)
    if isinstance(error, Conflict):
        return RetryLater(error.message, after=AWAY_PAUSE)
    return _away(error)


def pause_asked_by(error: RetryAfter) -> timedelta:
    """Return the pause of a 429; the library gives it as a number or as a span of time, depending on a switch."""
    after = error.retry_after
    return after if isinstance(after, timedelta) else timedelta(seconds=after)


def is_unparsable(error: BadMessage) -> bool:
    """Return whether it was the markup that Telegram could not read."""
    return "can't parse entities" in str(error).lower()


def is_unchanged(error: TelegramError) -> bool:
    """Return whether an edit was refused because the message is like that already."""
    return "message is not modified" in error.message.lower()


def _refused(error: TelegramError) -> DeliveryError:
    text = error.message.lower()
    if topic := _named(text, _TOPIC):
        return TopicClosed(error.message, topic)
    if lacking := _named(text, _NOT_ALLOWED):
        return NotAllowed(error.message, lacking)
    gone = _named(text, _GONE)
    if gone or isinstance(error, Forbidden):
        return ChatGone(error.message, gone or Obstacle.REFUSED)
    return BadMessage(error.message)


def _named(text: str, obstacles: Mapping[str, Obstacle]) -> Obstacle | None:
    return next((obstacle for words, obstacle in obstacles.items() if words in text), None)


def _rate_limited(pause: timedelta) -> RetryLater:
    return RetryLater("Telegram asks for a pause", after=pause, rate_limited=True)


def _away(error: TelegramError) -> RetryLater:
    """Return the pause for a failure of the network or of Telegram itself.

    A 429 without a pause is a plain NetworkError to the library. An answer that cannot be read, a time-out or a lost
    reply may hide a message that arrived; an error Telegram spelled out, or a request that never left, cannot.
    """
    if "too many requests" in error.message.lower():
        return _rate_limited(UNSAID_PAUSE)
    arrived_perhaps = isinstance(error, (TimedOut, ReplyLost)) or not isinstance(error, NetworkError)
    return RetryLater(
        error.message, after=AWAY_PAUSE, ambiguous=arrived_perhaps and not isinstance(error, RequestUnsent)
    )
