"""What Discord and its library say when a message does not arrive, in our words.

Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from datetime import timedelta
from http import HTTPStatus

import aiohttp
import discord

from bot.domain.errors import BadMessage, ChatGone, DeliveryError, NotAllowed, RetryLater
from bot.domain.place import Obstacle

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, RuntimeError)
"""What a call of the library may raise; RuntimeError is aiohttp's word for a session that was closed meanwhile."""

NO_HISTORY = 160002
"""A reply was refused because the bot may not read the message history."""
ARCHIVED = 50083
TOO_LATE = frozenset((10062, 40060))
"""Unknown interaction (its three seconds are over), and one that was answered already."""
BAD_FORM = 50035

_GONE = {
    10003: ("the channel was deleted", Obstacle.DELETED),
    10004: ("the server is gone, or the bot was removed from it", Obstacle.REMOVED),
    50001: ("the bot has no access to the channel", Obstacle.UNSEEN),
    50007: ("the person takes no messages from the bot", Obstacle.BLOCKED),
}
_FORBIDDEN = {
    50013: ("the bot lacks a permission in the channel", Obstacle.NO_RIGHTS),
    ARCHIVED: ("archived thread", Obstacle.ARCHIVED),
    50008: ("the channel takes no messages", Obstacle.REFUSED),
}
_BUSY = {
    20016: "slow mode",
    20028: "too much is written in the channel",
    30046: "too many edits of messages older than an hour",
    40062: "too much is asked of this part of Discord",
    130000: "Discord is overloaded",
}
"""Most of these come with 429 and a pause of their own, which counts then; a minute is for those without."""
_REFUSED_TEXT = {10008: "the message was deleted", 50005: "the message is not the bot's own"}

_SHORT = timedelta(seconds=5)
_MINUTE = timedelta(minutes=1)


def translate(error: Exception) -> DeliveryError:
    """Return our error for one the library raised while a message was sent or changed."""
    if isinstance(error, discord.RateLimited):
        return RetryLater("rate limited", after=timedelta(seconds=error.retry_after), rate_limited=True)
    if isinstance(error, discord.HTTPException):
        return _by_code(error) or _by_status(error)
    return _broken(error)


def _by_code(error: discord.HTTPException) -> DeliveryError | None:
    if error.code in _GONE:
        return ChatGone(*_GONE[error.code])
    if error.code in _FORBIDDEN:
        return NotAllowed(*_FORBIDDEN[error.code])
    if error.code in _BUSY:
        return RetryLater(_BUSY[error.code], after=_MINUTE)
    if error.code in _REFUSED_TEXT:
        return BadMessage(_REFUSED_TEXT[error.code])
    return None


def _by_status(error: discord.HTTPException) -> DeliveryError:
    said = f"{error.status}, code {error.code}"
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        away = error.status == HTTPStatus.SERVICE_UNAVAILABLE  # answered before anything was done
        return RetryLater(f"Discord answers {error.status}", after=_SHORT, ambiguous=not away)
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryLater("rate limited", after=_MINUTE, whole_bot=True, rate_limited=True)
    if error.status == HTTPStatus.UNAUTHORIZED:
        return RetryLater("Discord refuses the token (401)", after=_MINUTE, whole_bot=True)
    if error.status == HTTPStatus.FORBIDDEN:
        return NotAllowed(f"Discord forbids it ({said})", Obstacle.NO_RIGHTS)
    if error.status == HTTPStatus.NOT_FOUND:
        return RetryLater(f"Discord does not find it ({said})", after=_MINUTE)
    return BadMessage(f"Discord refused the message ({said}): {error.text[:200]}")


def _broken(error: Exception) -> DeliveryError:
    if isinstance(error, aiohttp.ClientConnectorError):
        return RetryLater("no connection to Discord", after=_SHORT)
    if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
        return RetryLater(f"the reply was lost ({type(error).__name__})", after=_SHORT, ambiguous=True)
    return RetryLater("the connection to Discord is being made anew", after=_SHORT, ambiguous=True)
