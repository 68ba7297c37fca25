"""Turns the address in REDIS_URL into a client: of one server, or of the primary that Sentinels name.

`redis://10.0.0.5/0` is one server. `redis+sentinel://a:26379,b:26379/watch` asks the Sentinels on `a` and `b` which
server is the primary called `watch`; after a failover the next command goes to the new primary.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

from bot.domain.errors import ConfigurationError

_CONNECTIONS_MAX = 16  # per client; a caller waits for a free one, so a storm of questions opens no hundreds of them
_HEALTH_CHECK_S = 30  # a connection that was idle for longer is tried with a PING before it is used
_SENTINEL_PORT = 26379  # on which a Sentinel listens unless it is told otherwise
_SENTINEL_URL = re.compile(
    r"(?P<scheme>rediss?)\+sentinel://(?:(?P<user>[^:@/]*):(?P<password>[^@/]*)@)?(?P<hosts>[^/@]+)/(?P<name>[^/?#]+)"
)

Close = Callable[[], Awaitable[None]]


class _PrimaryPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the present primary, for which callers wait in turn."""


def client_at(url: str, *, connect_timeout_s: float, answer_timeout_s: float) -> tuple[Redis, Close]:
    """Return a client and what closes it; connections are opened when they are needed.

    Addresses are `redis://…`, `rediss://…` (TLS), `unix://…`, and `redis+sentinel://[user:password@]host[:port],…/name`
    (or `rediss+sentinel://`) for the primary that Sentinels watch under that name; user and password are those of the
    servers. Raise ConfigurationError for any other; its text does not repeat the address, which may hold a password.
    """
    options: dict[str, Any] = {
        "protocol": 2,
        "decode_responses": False,
        "max_connections": _CONNECTIONS_MAX,
        "timeout": answer_timeout_s,
        "socket_timeout": answer_timeout_s,
        "socket_connect_timeout": connect_timeout_s,
        "health_check_interval": _HEALTH_CHECK_S,
        "retry": Retry(NoBackoff(), 0),  # connection.py retries
    }
    if "+sentinel://" in url:
        return _primary_client(url, options)
    try:
        client = Redis.from_pool(BlockingConnectionPool.from_url(url, **options))
    except ValueError as error:
        raise ConfigurationError(
            "REDIS_URL must begin with redis://, rediss://, redis+sentinel:// or unix://."
        ) from error
    return client, client.aclose


def _primary_client(url: str, options: dict[str, Any]) -> tuple[Redis, Close]:
    parts = _SENTINEL_URL.fullmatch(url)
    if not parts:
        raise ConfigurationError("REDIS_URL must be redis+sentinel://host:26379,host:26379/name, or name one server.")
    tls = {"ssl": True} if parts["scheme"] == "rediss" else {}
    shared = ("protocol", "socket_timeout", "socket_connect_timeout", "retry")
    sentinel_options = {name: options[name] for name in shared} | tls
    hosts = [_host_and_port(host) for host in parts["hosts"].split(",")]
    sentinels = Sentinel(hosts, sentinel_kwargs=sentinel_options)  # type: ignore[no-untyped-call]  # as redis-py has it
    login = {name: unquote(parts[key]) for name, key in (("username", "user"), ("password", "password")) if parts[key]}
    pool = _PrimaryPool(parts["name"], sentinels, **options, **login, **tls)  # type: ignore[no-untyped-call]  # as above
    client = Redis.from_pool(pool)

    async def close() -> None:
        for connected in (client, *sentinels.sentinels):
            await connected.aclose()

    return client, close


def _host_and_port(text: str) -> tuple[str, int]:
    """Read `host`, `host:port` or `[v6]:port`."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text.strip("[]"), _SENTINEL_PORT
    if not port.isdecimal():
        raise ConfigurationError("A Sentinel in REDIS_URL has a port that is no number.")
    return host.strip("[]"), int(port)
