"""From an address to a client: of one server, or of whichever server the Sentinels say is the primary."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

from bot.domain.errors import ConfigurationError

_CONNECTIONS = 16
_SENTINEL_PORT = 26379
_SENTINELS = re.compile(
    r"(?P<scheme>rediss?)\+sentinel://(?:(?P<user>[^:@/]*):(?P<password>[^@/]*)@)?(?P<hosts>[^/@]+)/(?P<name>[^/?#]+)"
)

Close = Callable[[], Awaitable[None]]


class _PrimaryPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the present primary, for which callers wait in turn."""


def client_at(url: str, *, connects_within: float, answers_within: float) -> tuple[Redis, Close]:
    """Return a client and what closes it; connections are opened when they are needed, times are in seconds.

    Addresses are `redis://…`, `rediss://…` (TLS), `unix://…`, and `redis+sentinel://[user:password@]host[:port],…/name`
    (or `rediss+sentinel://`) for a primary that Sentinels watch under that name; user and password are the servers'
    own. Raise ConfigurationError for any other.
    """
    options: dict[str, Any] = {
        "protocol": 2,
        "decode_responses": False,
        "max_connections": _CONNECTIONS,
        "timeout": answers_within,
        "socket_timeout": answers_within,
        "socket_connect_timeout": connects_within,
        "health_check_interval": 30,
        "retry": Retry(NoBackoff(), 0),
    }
    if "+sentinel://" in url:
        return _watched(url, options)
    try:
        client = Redis.from_pool(BlockingConnectionPool.from_url(url, **options))
    except ValueError as error:
        raise ConfigurationError("REDIS_URL must begin with redis://, rediss:// or unix://.") from error
    return client, client.aclose


def _watched(url: str, options: dict[str, Any]) -> tuple[Redis, Close]:
    found = _SENTINELS.fullmatch(url)
    if not found:
        raise ConfigurationError("REDIS_URL must be redis+sentinel://host:26379,host:26379/name, or name one server.")
    tls = {"ssl": True} if found["scheme"] == "rediss" else {}
    asking = {name: options[name] for name in ("protocol", "socket_timeout", "socket_connect_timeout", "retry")}
    hosts = [_host(one) for one in found["hosts"].split(",")]
    sentinels = Sentinel(hosts, sentinel_kwargs=asking | tls)  # type: ignore[no-untyped-call]  # as redis-py has it
    login = {name: unquote(found[key]) for name, key in (("username", "user"), ("password", "password")) if found[key]}
    pool = _PrimaryPool(found["name"], sentinels, **options, **login, **tls)  # type: ignore[no-untyped-call]  # as above
    client = Redis.from_pool(pool)

    async def close() -> None:
        for one in (client, *sentinels.sentinels):
            await one.aclose()

    return client, close


def _host(text: str) -> tuple[str, int]:
    """Read `host`, `host:port` or `[v6]:port`."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text.strip("[]"), _SENTINEL_PORT
    if not port.isdecimal():
        raise ConfigurationError("A Sentinel in REDIS_URL has a port that is no number.")
    return host.strip("[]"), int(port)
