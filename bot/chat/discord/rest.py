"""Discord's REST interface: its address, the library's HTTP client adapted to thousands of channels, and our calls.

The calls send and return plain JSON objects, without the library's own objects in between.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, MultipartParameters, Route
from typing_extensions import override
from yarl import URL

from bot.chat.discord.rate_limits import retry_raising_response
from bot.network.connector import connector_for
from bot.network.proxy_rules import NO_PROXIES, ProxyRules
from bot.ports.sources import BeginRequest

# The library looks at every bucket whenever a new channel is written to, and keeps each for five minutes: with 16,000
# channels that is 2.8 ms per message. One sweep every five seconds drops all that are idle instead.
_BUCKET_SWEEP_INTERVAL_S = 5.0


def set_library_urls(api_url: str, gateway_url: str) -> None:
    """Tell the library where Discord is. It keeps both addresses on its classes, so they hold for the whole process."""
    Route.BASE = api_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


class RestClient(HTTPClient):
    """The library's HTTP client with a cheaper eviction of rate-limit buckets, and RetryLater for a 429.

    A bucket is what the library remembers of one channel's rate limit. `on_rate_limit` is called for every 429,
    `on_request` with every request. `proxies` says which proxy is used, for the gateway too.
    """

    _swept_at = 0.0
    on_rate_limit: Callable[[], None]
    proxies: ProxyRules = NO_PROXIES
    on_request: BeginRequest | None = None

    @override
    async def static_login(self, token: str) -> Any:
        """Log in; every response after that is of the class that raises RetryLater. Raise what the library raises."""
        # Not the library's own argument `proxy`: it knows no SOCKS, and no host that is reached without a proxy.
        self.connector = connector_for(self.proxies, limit=0)
        me = await super().static_login(token)
        session: aiohttp.ClientSession = self.__dict__["_HTTPClient__session"]
        session._response_class = retry_raising_response(self.on_rate_limit, self.on_request)  # noqa: SLF001 — the library makes the session itself
        return me

    @override
    def _try_clear_expired_ratelimits(self) -> None:
        now = self.loop.time()
        if now - self._swept_at < _BUCKET_SWEEP_INTERVAL_S:
            return
        self._swept_at = now
        # A bucket with calls under way or waiting must stay: without it the next call would not know their limit.
        idle_keys = [
            key
            for key, bucket in self._buckets.items()
            if bucket.is_inactive() or (bucket.is_expired() and not bucket.outgoing and not bucket._pending_requests)  # noqa: SLF001 — the library offers no word for "nobody waits"
        ]
        for key in idle_keys:
            del self._buckets[key]


async def post_message(
    http: HTTPClient, channel_id: int, body: Mapping[str, Any], image: discord.File | None = None
) -> str:
    """Send a message, with an image that its embed shows, and return its id; raise what the library raises."""
    sent = await http.send_message(channel_id, params=_parameters(body, image))
    return str(sent["id"])


async def patch_message(
    http: HTTPClient, channel_id: int, message_id: int, body: Mapping[str, Any], image: discord.File | None = None
) -> None:
    """Change a message, and its image where there is a new one; raise what the library raises."""
    await http.edit_message(channel_id, message_id, params=_parameters(body, image))


async def publish_message(http: HTTPClient, channel_id: int, message_id: int) -> None:
    """Publish a message of an announcement channel to those who follow it; raise what the library raises.

    https://docs.discord.com/developers/resources/message#crosspost-message
    """
    await http.publish_message(channel_id, message_id)


def _parameters(body: Mapping[str, Any], image: discord.File | None) -> MultipartParameters:
    """Return the body as the library sends it: as JSON, or with a file in parts (multipart/form-data)."""
    if image is None:
        return MultipartParameters(payload=dict(body), multipart=None, files=None)
    content = json.dumps({**body, "attachments": [image.to_dict(0)]})
    parts: list[dict[str, Any]] = [
        {"name": "payload_json", "value": content},
        {"name": "files[0]", "value": image.fp, "filename": image.filename, "content_type": "image/png"},
    ]
    return MultipartParameters(payload=None, multipart=parts, files=[image])


async def unarchive_thread(http: HTTPClient, thread_id: int) -> None:
    """Open an archived thread again; raise what the library raises."""
    await http.edit_channel(thread_id, archived=False)


async def fetch_channel(http: HTTPClient, channel_id: int) -> Mapping[str, Any]:
    """Return a channel or thread as Discord writes it; raise what the library raises."""
    channel: Mapping[str, Any] = await http.get_channel(channel_id)
    return channel


async def fetch_commands(http: HTTPClient, application_id: int) -> list[Any]:
    """Return the published commands with their texts in all languages, for which the library does not ask.

    https://docs.discord.com/developers/interactions/application-commands#get-global-application-commands
    """
    route = Route("GET", "/applications/{application_id}/commands", application_id=application_id)
    commands: list[Any] = await http.request(route, params={"with_localizations": "true"})
    return commands


async def open_private_channel(http: HTTPClient, user_id: int) -> str:
    """Return the id of the private channel with a person; raise what the library raises."""
    channel = await http.start_private_message(user_id)
    return str(channel["id"])
