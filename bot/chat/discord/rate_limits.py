"""What a 429 or a server error from Discord becomes: RetryLater, at once, with the pause Discord asks for.

A 429 to a message with `"retry_after": 12.345` pauses that channel for 12.345 s; with `"global": true`, or without a
`Via` header, it pauses the whole bot. The library would wait inside the call instead, up to 25 s for a 502, with every
other message for that channel behind it; here the pause belongs to the send queue, which serves other places meanwhile.
https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

import aiohttp
from aiohttp.connector import Connection
from typing_extensions import override

from bot.domain.errors import RetryLater
from bot.ports.sources import BeginRequest

# The server errors on which the library retries inside the call. Not 503: the library raises it by itself.
_SERVER_ERRORS = frozenset((500, 502, 504, 524))
_RETRIED_STATUSES = _SERVER_ERRORS | {HTTPStatus.TOO_MANY_REQUESTS}
# A 429 that names no pause is a restriction of the whole address, which is not over within seconds.
_UNNAMED_PAUSE_S = 60.0
_SERVER_ERROR_PAUSE = timedelta(seconds=5)  # as in errors.py


def retry_raising_response(
    on_rate_limit: Callable[[], None], on_request: BeginRequest | None = None
) -> type[aiohttp.ClientResponse]:
    """Return a class of responses that raise RetryLater for a 429, 500, 502, 504 or 524 to a call about a channel.

    Other calls keep the library's ways. `on_rate_limit` is called for every 429, whatever the call was for, and
    `on_request` when an answer is awaited; what it returns is called with the headers of that answer.
    """

    # A class of responses, not one of aiohttp's traces: those make every answer a tenth of a millisecond slower.
    class RetryRaisingResponse(aiohttp.ClientResponse):
        @override
        async def start(self, connection: Connection) -> aiohttp.ClientResponse:
            read_headers = on_request() if on_request else None
            await super().start(connection)
            if read_headers:
                read_headers(self.headers)
            if self.status == HTTPStatus.TOO_MANY_REQUESTS:
                on_rate_limit()
            if self.status in _RETRIED_STATUSES and "/channels/" in self.url.path:
                if self.status in _SERVER_ERRORS:
                    raise RetryLater(f"Discord answers {self.status}", after=_SERVER_ERROR_PAUSE, ambiguous=True)
                raise await _rate_limited(self)
            return self

    return RetryRaisingResponse


async def _rate_limited(response: aiohttp.ClientResponse) -> RetryLater:
    """Return the pause a 429 asks for: of the channel, or of the whole bot."""
    # Without `Via` the answer is not the API's but Cloudflare's in front of it, which counts the whole address.
    pause_s, whole_bot = _UNNAMED_PAUSE_S, "Via" not in response.headers
    with suppress(KeyError, ValueError):
        pause_s = float(response.headers["Retry-After"])
    # The body comes second, for it is the exact one: the header is rounded to whole seconds.
    with suppress(aiohttp.ClientError, ValueError, TypeError, KeyError):
        body = await response.json()
        pause_s = float(body["retry_after"])
        whole_bot = whole_bot or bool(body.get("global"))
    return RetryLater("rate limited", after=timedelta(seconds=pause_s), whole_bot=whole_bot, rate_limited=True)
