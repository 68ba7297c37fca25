"""Discord's HTTP side: where it is, what a 429 means to us, and a rate-limit memory that stays small."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, MultipartParameters, Route
from typing_extensions import override
from yarl import URL

from bot.domain.errors import RetryLater

_SWEEP_SECONDS = 5.0
_AWAY = frozenset((500, 502, 504, 524))
_PUT_OFF = _AWAY | {HTTPStatus.TOO_MANY_REQUESTS}
_UNSAID_PAUSE = 60.0


def point_library_at(api_url: str, gateway_url: str) -> None:
    """Tell the library where Discord is. It keeps both addresses on its classes, so they hold for the whole process."""
    Route.BASE = api_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


class Rest(HTTPClient):
    """The library's HTTP client with a cheaper eviction of rate-limit buckets.

    The library looks at every bucket whenever a new channel is written to and keeps each for five minutes: with 16,000
    channels that is 2.8 ms per message. Here a sweep runs at most every five seconds and drops all that are at rest.
    """

    _swept_at = 0.0
    on_rate_limit: Callable[[], None]

    @override
    async def static_login(self, token: str) -> Any:
        """Log in; from then on every response is watched. Raise what the library raises."""
        me = await super().static_login(token)
        session: aiohttp.ClientSession = self.__dict__["_HTTPClient__session"]
        session._response_class = watched_response(self.on_rate_limit)  # noqa: SLF001 — the library makes the session itself
        return me

    @override
    def _try_clear_expired_ratelimits(self) -> None:
        now = self.loop.time()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        at_rest = [
            key
            for key, bucket in self._buckets.items()
            if bucket.is_inactive() or (bucket.is_expired() and not bucket.outgoing and not bucket._pending_requests)  # noqa: SLF001 — the library offers no word for "nobody waits"
        ]
        for key in at_rest:
            del self._buckets[key]


def watched_response(on_rate_limit: Callable[[], None]) -> type[aiohttp.ClientResponse]:
    """Return a kind of response that raises RetryLater for a 429, 500, 502, 504 or 524 to a message, at once.

    The library would wait inside the call instead, up to 25 s for a 502, with everything else for that channel behind
    it. The pause belongs to the queue, which sends to other places meanwhile. Other requests keep the library's ways.
    A trace of aiohttp's could do the same, but makes every answer a tenth of a millisecond slower.
    """

    class Watched(aiohttp.ClientResponse):
        @override
        async def start(self, connection: Connection) -> aiohttp.ClientResponse:
            await super().start(connection)
            if self.status == HTTPStatus.TOO_MANY_REQUESTS:
                on_rate_limit()
            if self.status in _PUT_OFF and "/channels/" in self.url.path:
                if self.status in _AWAY:
                    raise RetryLater(f"Discord answers {self.status}", after=timedelta(seconds=5), ambiguous=True)
                raise await _rate_limited(self)
            return self

    return Watched


async def _rate_limited(response: aiohttp.ClientResponse) -> RetryLater:
    """Return the pause a 429 asks for: of the channel, or of the whole bot when it is global or from the outer wall.

    A 429 without a `Via` header does not come from the API but from the wall in front of it, which counts everything.
    """
    seconds, everywhere = _UNSAID_PAUSE, "Via" not in response.headers
    with suppress(KeyError, ValueError):
        seconds = float(response.headers["Retry-After"])
    with suppress(aiohttp.ClientError, ValueError, TypeError, KeyError):
        body = await response.json()
        seconds = float(body["retry_after"])
        everywhere = everywhere or bool(body.get("global"))
    after = timedelta(seconds=seconds)
    return RetryLater("rate limited", after=after, whole_bot=everywhere, rate_limited=True)


async def post(http: HTTPClient, channel_id: int, body: Mapping[str, Any]) -> str:
    """Send a message and return its id; raise what the library raises."""
    params = MultipartParameters(payload=dict(body), multipart=None, files=None)
    sent = await http.send_message(channel_id, params=params)
    return str(sent["id"])


async def patch(http: HTTPClient, channel_id: int, message_id: int, body: Mapping[str, Any]) -> None:
    """Change a message; raise what the library raises."""
    params = MultipartParameters(payload=dict(body), multipart=None, files=None)
    await http.edit_message(channel_id, message_id, params=params)


async def unarchive(http: HTTPClient, thread_id: int) -> None:
    """Open an archived thread again; raise what the library raises."""
    await http.edit_channel(thread_id, archived=False)


async def channel(http: HTTPClient, channel_id: int) -> Mapping[str, Any]:
    """Return a channel or thread as Discord writes it; raise what the library raises."""
    found: Mapping[str, Any] = await http.get_channel(channel_id)
    return found


async def private_channel(http: HTTPClient, person: int) -> str:
    """Return the id of the private channel with a person; raise what the library raises."""
    opened = await http.start_private_message(person)
    return str(opened["id"])
