"""The store as a whole: `open_store` connects, starts the embedded server if there is no other, and makes the parts.

After `store = await open_store("redis://localhost")` the newest reading of Binance is
`await store.readings.latest("binance")`; `await store.close()` ends it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.domain.worker import Lease
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.approvals import RedisApprovals
from bot.storage.change_feed import RedisChangeFeed
from bot.storage.connection import DEFAULT_TIMEOUTS, Database, StoreTimeouts, connect
from bot.storage.digests import RedisDigests
from bot.storage.embedded.server import EmbeddedServer
from bot.storage.incidents import RedisIncidents
from bot.storage.leases import RedisLeases
from bot.storage.mutes import RedisMutes
from bot.storage.news import RedisNews
from bot.storage.outbox import RedisOutbox
from bot.storage.own_readings import RedisOwnReadings
from bot.storage.pegs import RedisPegs
from bot.storage.pending_changes import RedisPendingChanges
from bot.storage.place_exports import RedisPlaceExports
from bot.storage.place_settings import RedisPlaceSettings
from bot.storage.price_gaps import RedisPriceGaps
from bot.storage.proofs import RedisProofs
from bot.storage.reading_revisions import RedisReadingRevisions
from bot.storage.readings import RedisReadings
from bot.storage.schema import bring_up_to_date, mark_layout
from bot.storage.send_budget import RedisSendBudget
from bot.storage.store_owner import RedisStoreOwner
from bot.storage.stress import RedisStress
from bot.storage.subscriptions import RedisSubscriptions
from bot.storage.suppressions import RedisSuppressions
from bot.storage.withdrawals import RedisWithdrawals
from bot.storage.worker_heartbeats import RedisWorkerHeartbeats

TAKEN_OVER_AFTER = timedelta(seconds=10)
"""After so long without a renewal a worker's claims of deliveries end and others take them over.

A worker that lives renews them every quarter of it, so three renewals in a row may fail.
"""


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that outlives a restart, behind the ports; `simulated` replaces the server's clock in a simulation."""

    readings: RedisReadings
    revisions: RedisReadingRevisions
    incidents: RedisIncidents
    outbox: RedisOutbox
    subscriptions: RedisSubscriptions
    place_settings: RedisPlaceSettings
    digests: RedisDigests
    mutes: RedisMutes
    approvals: RedisApprovals
    suppressions: RedisSuppressions
    pending_changes: RedisPendingChanges
    place_exports: RedisPlaceExports
    withdrawals: RedisWithdrawals
    pegs: RedisPegs
    own_readings: RedisOwnReadings
    price_gaps: RedisPriceGaps
    stress: RedisStress
    proofs: RedisProofs
    news: RedisNews
    leases: RedisLeases
    send_budget: RedisSendBudget
    change_feed: RedisChangeFeed
    heartbeats: RedisWorkerHeartbeats
    owner: RedisStoreOwner
    url: str
    database: Database
    notices: Sequence[str]
    """What was repaired since the store was opened, in sentences for the operator."""
    simulated: Clock | None
    _close: Callable[[], Awaitable[None]]

    @property
    def unreadable(self) -> Sequence[str]:
        """Return the values that could not be read so far, a sentence each."""
        return self.database.unreadable.sentences

    async def ping(self) -> None:
        """Return when the server answers; raise StorageError when it does not."""
        await self.database.command("PING")

    async def check_writes(self) -> datetime:
        """Return the store's time when it takes writes; raise StorageError when it is away, or takes none."""
        probe = ("SET", keys.WRITE_PROBE.key(), 1, "EX", keys.WRITE_PROBE.lifetime_s)
        _, (seconds, microseconds) = await self.database.pipeline([probe, ("TIME",)])
        if self.simulated:
            return self.simulated.now()
        return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(microseconds))

    async def was_emptied(self) -> bool:
        """Return whether everything in the store was deleted since it was opened; raise StorageError.

        Of several workers one gets True, and once. If only the version of the layout is missing, because a server that
        evicts keys chose it, it is written again and the answer is False.
        """
        return await mark_layout(self.database) and not await self.subscriptions.count()

    async def close(self) -> None:
        """Return the claims of deliveries, close the connections and stop the embedded server, if it runs."""
        await self._close()


@asynccontextmanager
async def opened_database(where: str | Path, *, prefix: str = "") -> AsyncIterator[Database]:
    """Open what a store is made of, whatever its layout, for backups; raise ConfigurationError, StorageError."""
    async with AsyncExitStack() as stack:
        url = (await stack.enter_async_context(EmbeddedServer(where))).url if isinstance(where, Path) else where
        database = await connect(url, prefix=prefix)
        stack.push_async_callback(database.close)
        yield database


async def open_store(
    where: str | Path,
    *,
    clock: Clock | None = None,
    timeouts: StoreTimeouts = DEFAULT_TIMEOUTS,
    may_migrate: bool = True,
    prefix: str = "",
) -> Store:
    """Open the store at an address (client.py), or, given a directory, on an embedded server that keeps its data there.

    All keys begin with `prefix`. When a postponed delivery is due and an alert has expired is judged by the server's
    clock, or by that of a simulation, `clock`. Data of an older layout is migrated, which a service of the older
    version that still runs could not read any more: where `may_migrate` is False StoreOutdated is raised instead, and
    nothing is written. Raise ConfigurationError when the store must not be used or the server cannot be started,
    StorageError when it is away.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedServer(where)) if isinstance(where, Path) else None
        url = server.url if server else str(where)
        database = await connect(url, timeouts=timeouts, prefix=prefix)
        stack.push_async_callback(database.close)
        await bring_up_to_date(database, may_migrate=may_migrate)
        leases = RedisLeases(database, exclusive=isinstance(where, Path))
        outbox = RedisOutbox(database, clock, idle=TAKEN_OVER_AFTER)
        renewal = asyncio.create_task(outbox.keep_renewing(), name="renew the claims of deliveries")
        stack.push_async_callback(_stop_claiming, renewal, outbox)
        readings = RedisReadings(database)
        parts = (
            RedisSubscriptions(database, clock),
            RedisPlaceSettings(database),
            RedisMutes(database, clock),
            RedisPendingChanges(database),
        )
        subscriptions, place_settings, mutes, pending_changes = parts
        return Store(
            readings=readings,
            revisions=RedisReadingRevisions(database, readings.packer),
            incidents=RedisIncidents(database, partial(leases.token, Lease.POLL), clock),
            outbox=outbox,
            place_settings=place_settings,
            subscriptions=subscriptions,
            mutes=mutes,
            digests=RedisDigests(database),
            approvals=RedisApprovals(database),
            suppressions=RedisSuppressions(database, leases.worker),
            pending_changes=pending_changes,
            place_exports=RedisPlaceExports(database, *parts, clock),
            withdrawals=RedisWithdrawals(database, clock),
            pegs=RedisPegs(database),
            own_readings=RedisOwnReadings(database),
            price_gaps=RedisPriceGaps(database),
            stress=RedisStress(database),
            proofs=RedisProofs(database),
            news=RedisNews(database),
            leases=leases,
            send_budget=RedisSendBudget(database),
            change_feed=RedisChangeFeed(database, leases.worker),
            heartbeats=RedisWorkerHeartbeats(database),
            owner=RedisStoreOwner(database),
            url=url,
            database=database,
            notices=server.notices if server else (),
            simulated=clock,
            _close=stack.pop_all().aclose,
        )


async def _stop_claiming(renewal: asyncio.Task[None], outbox: RedisOutbox) -> None:
    renewal.cancel()
    await asyncio.wait([renewal])
    await outbox.try_to_return_claims()
