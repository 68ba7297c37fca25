"""The store as one thing: open it, use its parts, close it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.domain.worker import Lease
from bot.ports.sources import Clock
from bot.storage.change_feed import RedisChangeFeed
from bot.storage.connection import USUAL, Database, StoreTimeouts, connect
from bot.storage.embedded.server import EmbeddedServer
from bot.storage.incidents import RedisIncidents
from bot.storage.leases import RedisLeases
from bot.storage.outbox import RedisOutbox
from bot.storage.readings import RedisReadings
from bot.storage.schema import bring_up_to_date, mark
from bot.storage.send_budget import RedisSendBudget
from bot.storage.subscriptions import RedisSubscriptions
from bot.storage.suppressions import RedisSuppressions
from bot.storage.worker_heartbeats import RedisWorkerHeartbeats

TAKEN_OVER_AFTER = timedelta(seconds=10)
"""After so long another worker delivers what one has in hand and does not say, every quarter of it, that it lives."""


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that outlives a restart, behind the ports."""

    readings: RedisReadings
    incidents: RedisIncidents
    outbox: RedisOutbox
    subscriptions: RedisSubscriptions
    suppressions: RedisSuppressions
    leases: RedisLeases
    send_budget: RedisSendBudget
    change_feed: RedisChangeFeed
    heartbeats: RedisWorkerHeartbeats
    url: str
    database: Database
    _close: Callable[[], Awaitable[None]]

    async def ping(self) -> None:
        """Return when the server answers; raise StorageError when it does not."""
        await self.database.command("PING")

    async def was_emptied(self) -> bool:
        """Return whether all that was kept is gone since it was opened, once for all workers; raise StorageError.

        A mark that was evicted by itself is only written again.
        """
        return await mark(self.database) and not await self.subscriptions.count()

    async def close(self) -> None:
        """Hand back what was not delivered, close the connections and stop the server if it is our own."""
        await self._close()


async def open_store(where: str | Path, *, clock: Clock, patience: StoreTimeouts = USUAL) -> Store:
    """Open the store at a `redis://`, `rediss://` or `unix://` address, or on a server of our own in a directory.

    `clock` says when a delivery that was put off is due. Raise ConfigurationError when the store must not be used or
    the server cannot be started, StorageError when it is away.
    """
    async with AsyncExitStack() as stack:
        url = (await stack.enter_async_context(EmbeddedServer(where))).url if isinstance(where, Path) else where
        database = await connect(url, patience=patience)
        stack.push_async_callback(database.close)
        await bring_up_to_date(database)
        leases = RedisLeases(database, alone=isinstance(where, Path))
        outbox = RedisOutbox(database, clock, idle=TAKEN_OVER_AFTER)
        holding = asyncio.create_task(outbox.keep_renewing(), name="hold deliveries in hand")
        stack.push_async_callback(_end, holding, outbox)
        return Store(
            readings=RedisReadings(database),
            incidents=RedisIncidents(database, partial(leases.token, Lease.POLL)),
            outbox=outbox,
            subscriptions=RedisSubscriptions(database),
            suppressions=RedisSuppressions(database, leases.worker),
            leases=leases,
            send_budget=RedisSendBudget(database),
            change_feed=RedisChangeFeed(database, leases.worker),
            heartbeats=RedisWorkerHeartbeats(database),
            url=url,
            database=database,
            _close=stack.pop_all().aclose,
        )


async def _end(holding: asyncio.Task[None], outbox: RedisOutbox) -> None:
    holding.cancel()
    await asyncio.wait([holding])
    await outbox.try_to_return_claims()
