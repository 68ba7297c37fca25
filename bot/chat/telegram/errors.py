"""What Telegram refused, and how, becomes one of our errors, which say what to do next.

The Bot API tells its refusals apart by text only, and some arrive under another status than documented: therefore
the text decides first, whatever its letters' case. https://core.telegram.org/bots/api#making-requests
"""

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

from bot.chat.telegram.transport import ReplyLost, Unsent
from bot.domain.errors import (
    BadMessage,
    ChatGone,
    ChatMoved,
    DeliveryError,
    NotAllowed,
    RetryLater,
    TopicClosed,
)
from bot.domain.place import Place, Platform

UNSAID_PAUSE = timedelta(seconds=5)
"""The pause after a 429 that names none."""
AWAY_PAUSE = timedelta(seconds=5)
TOKEN_PAUSE = timedelta(seconds=30)

_TOPIC = ("message thread not found", "topic_closed", "topic closed", "topic_deleted", "topic_id_invalid")
_NOT_ALLOWED = (
    "chat not found",
    "chat_write_forbidden",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_admin_required",
    "chat_restricted",
    "chat_send_",
    "user_banned_in_channel",
    "peer_id_invalid",
    "group chat was upgraded",
)
_GONE = (
    "bot was blocked",
    "user_is_blocked",
    "user is deactivated",
    "input_user_deactivated",
    "bot was kicked",
    "bot is not a member",
    "chat was deleted",
    "chat was deactivated",
    "channel_private",
    "can't initiate conversation",
    "can't send messages to bots",
    "can't send messages to the bot",
)


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
    if any(words in text for words in _TOPIC):
        return TopicClosed(error.message)
    if any(words in text for words in _NOT_ALLOWED):
        return NotAllowed(error.message)
    if isinstance(error, Forbidden) or any(words in text for words in _GONE):
        return ChatGone(error.message)
    return BadMessage(error.message)


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
    return RetryLater(error.message, after=AWAY_PAUSE, ambiguous=arrived_perhaps and not isinstance(error, Unsent))
