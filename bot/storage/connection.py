"""The one way to the server: commands, pipelines and scripts, each of whose failures is a StorageError.

What passes by itself (a lost connection, a server that loads its data, a replica in place of the primary) is tried
again after 0.02, 0.05, 0.1 … s, for 4 s at most: a restart of the server in half a second is noticed by nobody.

Retries are here and not in redis-py, whose own are nested (the attempts of a command times those of a connection) and
would keep a caller waiting for minutes. A command, a pipeline or a script is sent again as a whole when its reply was
lost, so each that the store uses must do no harm when it is carried out twice.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from redis import exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.sentinel import MasterNotFoundError

from bot.domain.errors import ConfigurationError, LoginRefused, StorageError
from bot.storage.client import Close, client_at
from bot.storage.embedded.server_binary import OLDEST_VERSION
from bot.storage.keys import UNREADABLE, KeyName
from bot.storage.lua import Script
from bot.storage.unreadable_values import UnreadableValues

# To redis-py these are ConnectionErrors, but no retry helps.
_LOGIN_ERRORS = (redis_errors.AuthenticationError, redis_errors.AuthorizationError)
_TEMPORARY_ERRORS = (
    *(redis_errors.ConnectionError, redis_errors.TimeoutError, redis_errors.ReadOnlyError, redis_errors.TryAgainError),
    redis_errors.ClusterDownError,  # redis-py raises it for MASTERDOWN, too
)
# Errors that have no class of their own: the server became a replica during a blocking read or, in Redis 6.2, in a
# script; too few replicas are up to date.
_TEMPORARY_ERROR_WORDS = ("READONLY", "UNBLOCKED", "NOREPLICAS")

_WATCHED_PER_CALL = 1000

RedisArgument = str | bytes | int | float
Command = Callable[..., Awaitable[Any]]
"""Runs one command, given its words, and returns the reply."""
Result = TypeVar("Result")
Body = TypeVar("Body")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoreTimeouts:
    """How long to wait for the server, in seconds; a restart of the embedded server takes half a second.

    `retry_pauses_s` are the pauses between attempts; the attempts end with them, or after `give_up_s` in all.
    `blocking_read_s` is the longest blocking read. After a server vanished without closing its connections, nobody is
    woken for so long.
    """

    connect_s: float = 1.0
    answer_s: float = 2.0
    give_up_s: float = 4.0
    blocking_read_s: float = 10.0
    retry_pauses_s: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 0.8, 0.8)


DEFAULT_TIMEOUTS = StoreTimeouts()


@dataclass(frozen=True, slots=True)
class Database:
    """Commands, pipelines and scripts on one server; `reader` has connections of its own for blocking reads.

    Every argument that is a KeyName gets `prefix` before it, wherever it stands: `XREAD … STREAMS key id` as well. The
    keys in replies have it still.
    """

    client: Redis
    reader: Redis
    timeouts: StoreTimeouts
    closers: Sequence[Close]
    prefix: str = ""
    unreadable: UnreadableValues = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # The one mutable part: what could not be read so far.
        object.__setattr__(self, "unreadable", UnreadableValues(self._keep_unreadable))

    async def command(self, *arguments: RedisArgument) -> Any:
        """Run one command and return its reply, bytes undecoded; raise StorageError."""
        sent = self._prefixed(arguments)
        return await self._run(self.client, lambda: _execute(self.client, *sent))

    async def pipeline(self, commands: Sequence[Sequence[RedisArgument]]) -> list[Any]:
        """Run several commands in one round trip, in order but not as one step; raise StorageError if any failed."""
        if not commands:
            return []
        sent = [self._prefixed(arguments) for arguments in commands]

        async def send() -> list[Any]:
            async with self.client.pipeline(transaction=False) as pipe:
                for arguments in sent:
                    pipe.execute_command(*arguments)
                replies = await pipe.execute(raise_on_error=False)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return replies

        return await self._run(self.client, send)

    async def script(self, script: Script, key: KeyName, *arguments: RedisArgument) -> Any:
        """Run a script in one atomic step and return its reply; raise StorageError.

        `key` is KEYS[1]. The script's other keys share its hash tag, so they are on the same node of a cluster.
        """
        prefixed, words = script.with_prefix(self.prefix), self._prefixed((key, *arguments))

        async def send() -> Any:
            try:
                return await _execute(self.client, "EVALSHA", prefixed.sha, 1, *words)
            except redis_errors.NoScriptError:  # the first call after a start of the server
                return await _execute(self.client, "EVAL", prefixed.text, 1, *words)

        return await self._run(self.client, send)

    async def scripts(self, script: Script, key: KeyName, calls: Sequence[Sequence[RedisArgument]]) -> list[Any]:
        """Run a script several times in one round trip, each call a step of its own; raise StorageError."""
        prefixed = script.with_prefix(self.prefix)
        load: tuple[RedisArgument, ...] = ("SCRIPT", "LOAD", prefixed.text)
        return (await self.pipeline([load, *(("EVALSHA", prefixed.sha, 1, key, *call) for call in calls)]))[1:]

    async def wait_for_entry(
        self, stream: KeyName, *, after: str, wait: timedelta, stopping: asyncio.Event | None = None
    ) -> bool:
        """Return True when a stream has an entry behind the id `after`, False once the wait is over.

        It lasts for `wait`, at most for `blocking_read_s`, and ends when `stopping` is set. The server wakes the
        reader, nobody asks meanwhile.
        """
        longest = timedelta(seconds=self.timeouts.blocking_read_s)
        milliseconds = max(1, int(min(wait, longest) / timedelta(milliseconds=1)))  # BLOCK 0 is for ever
        words = self._prefixed(("XREAD", "COUNT", 1, "BLOCK", milliseconds, "STREAMS", stream, after))

        async def read() -> Any:
            return await _execute(self.reader, *words)

        reading = asyncio.ensure_future(self._run(self.reader, read, blocks_s=milliseconds / 1000))
        stopped = asyncio.ensure_future(stopping.wait()) if stopping else None
        try:
            await asyncio.wait([task for task in (reading, stopped) if task], return_when=asyncio.FIRST_COMPLETED)
            return reading.done() and bool(reading.result())
        finally:
            await _cancelled([task for task in (reading, stopped) if task])

    async def read_unchanged(self, keys: Sequence[KeyName], read: Callable[[Command], Awaitable[None]]) -> bool:
        """Let `read` run commands, and return whether none of the keys was changed meanwhile; raise StorageError.

        The keys, at least one, share a hash tag. https://redis.io/docs/latest/develop/using-commands/transactions/
        """
        async with self.client.pipeline(transaction=True) as pipe:

            async def command(*arguments: RedisArgument) -> Any:
                return await _execute(pipe, *self._prefixed(arguments))

            try:
                for start in range(0, len(keys), _WATCHED_PER_CALL):
                    await pipe.watch(*map(str, self._prefixed(keys[start : start + _WATCHED_PER_CALL])))
                await read(command)
                pipe.multi()  # type: ignore[no-untyped-call]  # as redis-py has it
                await _execute(pipe, "EXISTS", *self._prefixed(keys[:1]))
                await pipe.execute()
            except redis_errors.WatchError:
                return False
            except redis_errors.RedisError as error:
                raise StorageError(f"The store cannot be read: {str(error).removesuffix('.')}.") from error
        return True

    async def server_info(self, section: str) -> Mapping[str, Any]:
        """Return a section of INFO, empty where the command is forbidden; raise StorageError."""
        try:
            info: Mapping[str, Any] = await self.command("INFO", section)
        except StorageError as error:
            if isinstance(error.__cause__, redis_errors.ResponseError):
                return {}
            raise
        return info

    async def decoded(self, decode: Callable[[Body], Result], body: Body, key: str, at: str | bytes) -> Result | None:
        """Return what a value says; None when it cannot be read, which is set aside and named (unreadable_values.py).

        `at` is where in the key it stands: a field, or a time.
        """
        return await self.unreadable.decoded(decode, body, f"{self.prefix}{key}", at)

    async def _keep_unreadable(self, name: str, body: bytes) -> None:
        await self.command("HSETNX", UNREADABLE.key(), name, body)

    async def close(self) -> None:
        """Close every connection."""
        for close in self.closers:
            await close()

    def _prefixed(self, arguments: Sequence[RedisArgument]) -> Sequence[RedisArgument]:
        if not self.prefix:
            return arguments
        return [f"{self.prefix}{word}" if isinstance(word, KeyName) else word for word in arguments]

    async def _run(self, client: Redis, send: Callable[[], Awaitable[Result]], *, blocks_s: float = 0.0) -> Result:
        """Send, and raise CancelledError if the task was cancelled meanwhile, even when the reply arrived.

        redis-py waits with `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that comes together
        with the result (https://github.com/python/cpython/issues/86296); the task would run on for ever.
        """
        cancellations_before = _cancellation_requests()
        try:
            return await self._with_storage_errors(client, send, blocks_s)
        finally:
            if _cancellation_requests() > cancellations_before:
                raise asyncio.CancelledError

    async def _with_storage_errors(
        self, client: Redis, send: Callable[[], Awaitable[Result]], blocks_s: float
    ) -> Result:
        """Send with retries; turn every failure that is left into a StorageError with a sentence.

        `blocks_s` is how long the server may take by what was asked for, in seconds.
        """
        try:
            async with asyncio.timeout(self.timeouts.give_up_s + blocks_s):
                return await self._with_retries(client, send)
        except TimeoutError as error:
            raise StorageError("The store is away: no answer.") from error
        except redis_errors.RedisError as error:
            if _is_login_refused(error):
                raise LoginRefused("The server at REDIS_URL refuses the user or the password.") from error
            if isinstance(error, MasterNotFoundError):  # its text is the inner state of every Sentinel's connection
                raise StorageError("The store is away: no Sentinel that answers names the primary.") from error
            if _is_temporary(error):
                raise StorageError(f"The store is away: {str(error).removesuffix('.') or 'no answer'}.") from error
            # In a script, Redis 6.2 raises a plain ResponseError with OOM in its text; later ones raise the class.
            if isinstance(error, redis_errors.OutOfMemoryError) or "OOM" in str(error):
                raise StorageError(
                    "The store is out of memory, so it takes nothing new: raise its maxmemory."
                ) from error
            if "MISCONF" in str(error):
                raise StorageError(
                    "The store cannot write to its disk, so it takes nothing new: make room on the disk of the Redis "
                    "server, which is that of DATA_DIR where REDIS_URL is not set."
                ) from error
            raise StorageError(f"The store refused: {error}.") from error

    async def _with_retries(self, client: Redis, send: Callable[[], Awaitable[Result]]) -> Result:
        for pause_s in self.timeouts.retry_pauses_s:
            try:
                return await send()
            except redis_errors.RedisError as error:
                if _is_login_refused(error) or not _is_temporary(error):
                    raise
                if not isinstance(error, redis_errors.ConnectionError | redis_errors.TimeoutError):
                    await _drop_idle_connections(client)
                await asyncio.sleep(pause_s)
        return await send()


async def connect(url: str, *, timeouts: StoreTimeouts = DEFAULT_TIMEOUTS, prefix: str = "") -> Database:
    """Return the database at an address (client.py says which there are), after a check of the server.

    `prefix` is what all of its keys begin with.

    Raise ConfigurationError when it must not be used (too old, a wrong password), StorageError when it is away.
    """
    reader_timeout_s = timeouts.answer_s + timeouts.blocking_read_s
    client, close_client = client_at(url, connect_timeout_s=timeouts.connect_s, answer_timeout_s=timeouts.answer_s)
    reader, close_reader = client_at(url, connect_timeout_s=timeouts.connect_s, answer_timeout_s=reader_timeout_s)
    database = Database(client, reader, timeouts, (close_client, close_reader), prefix)
    try:
        await _check_server(database)
    except LoginRefused as error:
        await database.close()
        raise ConfigurationError(str(error)) from error
    except BaseException:
        await database.close()
        raise
    return database


async def _check_server(database: Database) -> None:
    server = await database.server_info("server")
    if server.get("redis_mode") == "cluster":
        await _refuse_several_masters(database)
    version = str(server.get("redis_version", ""))
    if version and tuple(int(part) for part in version.split(".")[:2]) < OLDEST_VERSION:
        raise ConfigurationError(f"The server at REDIS_URL is Redis {version}; 6.2 or newer is needed.")
    policy = (await database.server_info("memory")).get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        log.warning(
            "the server may forget subscriptions", setting="maxmemory-policy", value=policy, wanted="noeviction"
        )
    if not (await database.server_info("persistence")).get("aof_enabled", 1):
        log.warning("redis may lose recent writes in a crash", setting="appendonly", value="no", wanted="yes")


async def _refuse_several_masters(database: Database) -> None:
    """Raise ConfigurationError for a cluster of which this client, which follows no redirections, reaches a part."""
    info = str(await database.command("CLUSTER", "INFO"))
    size = re.search(r"cluster_size:(\d+)", info)
    if size and int(size[1]) > 1:
        raise ConfigurationError(
            f"REDIS_URL is a Redis Cluster of {size[1]} masters; Runwatch needs one that holds everything: a single "
            "server, or a primary with replicas behind one address."
        )


def _cancellation_requests() -> int:
    """Return how often the present task was told to cancel."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _is_login_refused(error: Exception) -> bool:
    """Return whether user or password are wrong; while connecting, redis-py wraps that in a temporary error."""
    return isinstance(error, _LOGIN_ERRORS) or isinstance(error.__cause__, _LOGIN_ERRORS)


def _is_temporary(error: redis_errors.RedisError) -> bool:
    """Return whether it may be over in a moment: the server restarts, loads, or hands its role to another."""
    return isinstance(error, _TEMPORARY_ERRORS) or any(word in str(error) for word in _TEMPORARY_ERROR_WORDS)


async def _drop_idle_connections(client: Redis) -> None:
    """Close idle connections to what has become a replica: the new primary may be behind the same address."""
    with suppress(redis_errors.RedisError):
        await client.connection_pool.disconnect(inuse_connections=False)


async def _cancelled(tasks: Sequence["asyncio.Future[Any]"]) -> None:
    """Cancel what is still under way and return when it has ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _execute(client: Any, *arguments: RedisArgument) -> Any:
    # It has no types in redis-py. Of a pipeline in its transaction it returns no awaitable.
    reply = client.execute_command(*arguments)
    return await reply if isinstance(reply, Awaitable) else reply
