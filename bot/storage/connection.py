"""The one way to the server: a URL becomes a Database whose every failure is a StorageError.

Retries live here and not in redis-py, whose own are nested (a command's tries times a connection's) and would keep an
asker waiting for minutes. A command, a pipeline or a script is sent again as a whole when its reply was lost, so each
one that the store uses must be harmless when it happens twice.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from redis import exceptions as faults
from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError, StorageError
from bot.storage.client import Close, client_at
from bot.storage.embedded.server_binary import FLOOR
from bot.storage.lua import Script

_WRONG_KEY = (faults.AuthenticationError, faults.AuthorizationError)  # ConnectionErrors, but they do not pass
_PASSING = (
    *(faults.ConnectionError, faults.TimeoutError, faults.ReadOnlyError, faults.TryAgainError),
    faults.ClusterDownError,  # MASTERDOWN as well
)
# What has no class of its own: a role that changed during a blocking read or (Redis 6.2) a script, replicas that lag.
_PASSING_WORDS = ("READONLY", "UNBLOCKED", "NOREPLICAS")

Word = str | bytes | int | float
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoreTimeouts:
    """How long to wait for the server, in seconds; a restart of the embedded one takes half a second.

    `news_within` is the longest blocking read; it has to end before the command is given up.
    """

    connects_within: float = 1.0
    answers_within: float = 2.0
    gives_up_after: float = 4.0
    news_within: float = 2.0
    pauses: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 0.8, 0.8)


USUAL = StoreTimeouts()


@dataclass(frozen=True, slots=True)
class Database:
    """Commands, pipelines and scripts on one server; `reader` has connections of its own for blocking reads."""

    client: Redis
    reader: Redis
    patience: StoreTimeouts
    closers: Sequence[Close]

    async def command(self, *words: Word) -> Any:
        """Run one command and return its reply, bytes undecoded; raise StorageError."""
        return await self._guarded(self.client, lambda: _execute(self.client, *words))

    async def pipeline(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Run several commands in one round trip, in order but not as one step; raise StorageError if any failed."""
        if not commands:
            return []

        async def send() -> list[Any]:
            async with self.client.pipeline(transaction=False) as pipe:
                for words in commands:
                    pipe.execute_command(*words)
                replies = await pipe.execute(raise_on_error=False)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return replies

        return await self._guarded(self.client, send)

    async def script(self, script: Script, key: str, *arguments: Word) -> Any:
        """Run a script in one atomic step and return its reply; raise StorageError.

        `key` says where the script's keys live: all of them share its hash tag.
        """

        async def send() -> Any:
            try:
                return await _execute(self.client, "EVALSHA", script.sha, 1, key, *arguments)
            except faults.NoScriptError:
                return await _execute(self.client, "EVAL", script.text, 1, key, *arguments)

        return await self._guarded(self.client, send)

    async def scripts(self, script: Script, key: str, calls: Sequence[Sequence[Word]]) -> list[Any]:
        """Run a script several times in one round trip, each call a step of its own; raise StorageError."""
        load: tuple[Word, ...] = ("SCRIPT", "LOAD", script.text)
        return (await self.pipeline([load, *(("EVALSHA", script.sha, 1, key, *words) for words in calls)]))[1:]

    async def news(self, stream: str, *, after: str, wait: timedelta) -> None:
        """Return when the stream has an entry younger than `after`, or the wait (at most `news_within`) is over."""
        longest = timedelta(seconds=self.patience.news_within)
        milliseconds = max(1, int(min(wait, longest) / timedelta(milliseconds=1)))
        await self._guarded(
            self.reader,
            lambda: _execute(self.reader, "XREAD", "COUNT", 1, "BLOCK", milliseconds, "STREAMS", stream, after),
        )

    async def facts(self, section: str) -> Mapping[str, Any]:
        """Return a section of INFO, empty where that is forbidden; raise StorageError."""
        try:
            found: Mapping[str, Any] = await self.command("INFO", section)
        except StorageError as error:
            if isinstance(error.__cause__, faults.ResponseError):
                return {}
            raise
        return found

    async def close(self) -> None:
        """Close every connection."""
        for close in self.closers:
            await close()

    async def _guarded(self, client: Redis, send: Callable[[], Awaitable[Result]]) -> Result:
        """Send, and be cancelled whenever that was asked for.

        redis-py waits with `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that comes together
        with the result (https://github.com/python/cpython/issues/86296); a task that nobody cancels again runs on.
        """
        before = _cancellations()
        try:
            return await self._translated(client, send)
        finally:
            if _cancellations() > before:
                raise asyncio.CancelledError

    async def _translated(self, client: Redis, send: Callable[[], Awaitable[Result]]) -> Result:
        """Send, again after what passes by itself; turn every other failure into a StorageError with a sentence."""
        try:
            async with asyncio.timeout(self.patience.gives_up_after):
                return await self._patiently(client, send)
        except TimeoutError as error:
            raise StorageError("The store is away: no answer.") from error
        except faults.RedisError as error:
            if _is_wrong_key(error):
                raise ConfigurationError("The server at REDIS_URL refuses the user or the password.") from error
            if _passes(error):
                raise StorageError(f"The store is away: {str(error).removesuffix('.') or 'no answer'}.") from error
            # Inside a script of Redis 6.2 it is a plain ResponseError; later ones tell, without the word.
            if isinstance(error, faults.OutOfMemoryError) or "OOM" in str(error):
                raise StorageError("The store is out of memory; nothing new can be kept.") from error
            raise StorageError(f"The store refused: {error}.") from error

    async def _patiently(self, client: Redis, send: Callable[[], Awaitable[Result]]) -> Result:
        for pause in self.patience.pauses:
            try:
                return await send()
            except faults.RedisError as error:
                if _is_wrong_key(error) or not _passes(error):
                    raise
                if not isinstance(error, faults.ConnectionError | faults.TimeoutError):
                    await _look_again(client)
                await asyncio.sleep(pause)
        return await send()


async def connect(url: str, *, patience: StoreTimeouts = USUAL) -> Database:
    """Return the database at an address (address.py), after a look at what serves it.

    Raise ConfigurationError when it must not be used (too old, a wrong password), StorageError when it is away.
    """
    reads_within = patience.answers_within + patience.news_within
    client, close_client = client_at(
        url, connects_within=patience.connects_within, answers_within=patience.answers_within
    )
    reader, close_reader = client_at(url, connects_within=patience.connects_within, answers_within=reads_within)
    database = Database(client, reader, patience, (close_client, close_reader))
    try:
        await _inspect(database)
    except BaseException:
        await database.close()
        raise
    return database


async def _inspect(database: Database) -> None:
    server = await database.facts("server")
    if server.get("redis_mode") == "cluster":
        await _refuse_cluster_of_many(database)
    version = str(server.get("redis_version", ""))
    if version and tuple(int(part) for part in version.split(".")[:2]) < FLOOR:
        raise ConfigurationError(f"The server at REDIS_URL is Redis {version}; 6.2 or newer is needed.")
    policy = (await database.facts("memory")).get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        log.warning(
            "the server may forget subscriptions", setting="maxmemory-policy", value=policy, wanted="noeviction"
        )
    if not (await database.facts("persistence")).get("aof_enabled", 1):
        log.warning("the server may lose minutes when it crashes", setting="appendonly", value="no", wanted="yes")


async def _refuse_cluster_of_many(database: Database) -> None:
    """Raise ConfigurationError for what this client could reach a part of only."""
    facts = str(await database.command("CLUSTER", "INFO"))
    sizes = [int(one) for one in re.findall(r"cluster_size:(\d+)", facts)]
    if sizes and sizes[0] > 1:
        raise ConfigurationError(
            f"REDIS_URL is a Redis Cluster of {sizes[0]} masters; Runwatch needs one that holds everything: a single "
            "server, or a primary with replicas behind one address."
        )


def _cancellations() -> int:
    """Return how many requests to cancel the present task stand."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _is_wrong_key(error: Exception) -> bool:
    """Return whether it will not pass; while connecting, redis-py wraps it in an error that looks as if it would."""
    return isinstance(error, _WRONG_KEY) or isinstance(error.__cause__, _WRONG_KEY)


def _passes(error: faults.RedisError) -> bool:
    """Return whether it may be over in a moment: a server that restarts, loads, or hands its role to another."""
    return isinstance(error, _PASSING) or any(word in str(error) for word in _PASSING_WORDS)


async def _look_again(client: Redis) -> None:
    """Drop idle connections to what has become a replica: the new primary may be behind the same address."""
    with suppress(faults.RedisError):
        await client.connection_pool.disconnect(inuse_connections=False)


async def _execute(client: Any, *words: Word) -> Any:
    return await client.execute_command(*words)  # has no types in redis-py
