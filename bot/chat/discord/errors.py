"""What Discord and its library raise when a message does not arrive, translated into one of our DeliveryErrors.

Error 10003 (unknown channel) becomes ChatGone, 50013 (missing permissions) NotAllowed, 20016 (slow mode) RetryLater.
HTTP 429, 500, 502, 504 and 524 to a message never get here: `rate_limits.py` raises RetryLater for them first.
Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from datetime import timedelta
from http import HTTPStatus

import aiohttp
import discord

from bot.domain.errors import BadMessage, ChatGone, DeliveryError, NotAllowed, RetryLater
from bot.domain.place import Obstacle

LIBRARY_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, RuntimeError)
"""What a call of the library may raise; aiohttp raises RuntimeError for a session that was closed meanwhile."""

REPLY_WITHOUT_HISTORY = 160002
"""A reply was refused because the bot may not read the message history."""
THREAD_ARCHIVED = 50083
INTERACTION_OVER = frozenset((10062, 40060))
"""Unknown interaction (its three seconds are over), and one that was answered already."""
INVALID_FORM = 50035
ALREADY_PUBLISHED = 40033

_CHAT_GONE = {
    10003: ("the channel was deleted", Obstacle.DELETED),
    10004: ("the server is gone, or the bot was removed from it", Obstacle.REMOVED),
    50001: ("the bot has no access to the channel", Obstacle.UNSEEN),
    50007: ("the person takes no messages from the bot", Obstacle.BLOCKED),
}
_NOT_ALLOWED = {
    50013: ("the bot lacks a permission in the channel", Obstacle.NO_RIGHTS),
    THREAD_ARCHIVED: ("archived thread", Obstacle.ARCHIVED),
    50008: ("the channel takes no messages", Obstacle.REFUSED),
}
_RETRY_LATER = {
    20016: "slow mode",
    20028: "too much is written in the channel",
    30046: "too many edits of messages older than an hour",
    40062: "too much is asked of this part of Discord",
    130000: "Discord is overloaded",
}
"""Most of these come with 429 and a pause of their own, which counts then; a minute is for those without."""
_BAD_MESSAGE = {10008: "the message was deleted", 50005: "the message is not the bot's own"}

# Discord names no pause for a failure of its own or of the network. Short, for the alert is late already.
_SHORT_PAUSE = timedelta(seconds=5)
# For what passes more slowly: a ban of the address, a refused token, slow mode.
_LONG_PAUSE = timedelta(minutes=1)
_QUOTED_CHARACTERS = 200  # of Discord's own sentence, which lists every wrong field and is kept with the dead letter


def translate(error: Exception) -> DeliveryError:
    """Return our error for one of LIBRARY_ERRORS, raised while a message was sent or changed."""
    if isinstance(error, discord.RateLimited):
        return RetryLater("rate limited", after=timedelta(seconds=error.retry_after), rate_limited=True)
    if isinstance(error, discord.HTTPException):
        return _by_code(error) or _by_status(error)
    return _by_connection(error)


def _by_code(error: discord.HTTPException) -> DeliveryError | None:
    if error.code in _CHAT_GONE:
        return ChatGone(*_CHAT_GONE[error.code])
    if error.code in _NOT_ALLOWED:
        return NotAllowed(*_NOT_ALLOWED[error.code])
    if error.code in _RETRY_LATER:
        return RetryLater(_RETRY_LATER[error.code], after=_LONG_PAUSE)
    if error.code in _BAD_MESSAGE:
        return BadMessage(_BAD_MESSAGE[error.code])
    return None


def _by_status(error: discord.HTTPException) -> DeliveryError:
    answer = f"{error.status}, code {error.code}"
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # 503 is answered before anything was done; after any other 5xx the message may have been posted.
        is_unavailable = error.status == HTTPStatus.SERVICE_UNAVAILABLE
        return RetryLater(f"Discord answers {error.status}", after=_SHORT_PAUSE, ambiguous=not is_unavailable)
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryLater("rate limited", after=_LONG_PAUSE, whole_bot=True, rate_limited=True)
    if error.status == HTTPStatus.UNAUTHORIZED:
        return RetryLater("Discord refuses the token (401)", after=_LONG_PAUSE, whole_bot=True)
    if error.status == HTTPStatus.FORBIDDEN:
        return NotAllowed(f"Discord forbids it ({answer})", Obstacle.NO_RIGHTS)
    if error.status == HTTPStatus.NOT_FOUND:
        # Without one of the codes above a 404 does not say that the channel is gone, so nothing is switched off.
        return RetryLater(f"Discord does not find it ({answer})", after=_LONG_PAUSE)
    return BadMessage(f"Discord refused the message ({answer}): {error.text[:_QUOTED_CHARACTERS]}")


def _by_connection(error: Exception) -> DeliveryError:
    """Return RetryLater; it is ambiguous unless the connection was never made, for then nothing was sent."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return RetryLater("no connection to Discord", after=_SHORT_PAUSE)
    if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
        return RetryLater(f"the reply was lost ({type(error).__name__})", after=_SHORT_PAUSE, ambiguous=True)
    return RetryLater("the connection to Discord is being made anew", after=_SHORT_PAUSE, ambiguous=True)
