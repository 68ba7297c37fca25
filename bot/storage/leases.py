"""The leases in Redis: which worker does what only one may do at a time (the key LEASE of keys.py, lua/lease.lua).

Worker A acquires the lease to poll for 8 s with a token of its own, and renews it every 2.5 s. When A is killed, the
lease ends 8 s after the last renewal and worker B acquires it with another token. The token of the last owner stays in
the store when a lease has ended. So A, if it was only stopped for a while, learns whether somebody took its place: the
commit of an incident with an older token is refused (lua/commit_incident.lua).
"""

import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from typing_extensions import override

from bot.domain.worker import Lease, LeaseOwner
from bot.ports.workers import Leases
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.write_batcher import WriteBatcher

# As long nobody works after a worker was killed; as long the store may be away before another worker takes over.
LEASE_DURATION = timedelta(seconds=8)
# Renewals that are asked for within so many seconds go to the server together.
_RENEWALS_TOGETHER_S = 0.02


class RedisLeases(Leases):
    """The leases as one worker sees them. Its name is `host:process id:random`, for the operators to read.

    `exclusive`: no other process can reach this store, so an own lease that a killed process left is taken at once.
    """

    def __init__(self, database: Database, *, duration: timedelta = LEASE_DURATION, exclusive: bool = False) -> None:
        self._database = database
        self._duration_ms = int(duration / timedelta(milliseconds=1))
        self._acquire = "seize" if exclusive else "acquire"
        self._tokens: dict[Lease, str] = {}
        self._renewed: dict[Lease, LeaseOwner | None] = {}
        self._renewals = WriteBatcher(self._renew, max_records=len(Lease), max_wait_s=_RENEWALS_TOGETHER_S)
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:4]}"

    @override
    async def acquire(self, lease: Lease) -> LeaseOwner | None:
        token = uuid4().hex
        owner = await self._run(self._acquire, lease, token)
        if owner and owner.is_me:
            self._tokens[lease] = token
        return owner

    @override
    async def renew(self, lease: Lease, *, trouble: str = "") -> LeaseOwner | None:
        await self._renewals.add((lease, trouble), is_last=len(self._tokens) == 1)
        return self._renewed[lease]

    @override
    async def release(self, lease: Lease) -> None:
        await self._run("release", lease, self.token(lease))

    @override
    async def owner(self, lease: Lease) -> LeaseOwner | None:
        return await self._run("read", lease, self.token(lease))

    def token(self, lease: Lease) -> str:
        """Return the token with which this worker last acquired the lease, "" if it never did."""
        return self._tokens.get(lease, "")

    async def _renew(self, renewals: Sequence[tuple[Lease, str]]) -> None:
        """Renew leases in one step, each with what troubles its work."""
        wanted = [(lease, self.token(lease), trouble) for lease, trouble in renewals]
        owners = await self._run_all("renew", wanted)
        self._renewed.update({lease: owner for (lease, *_), owner in zip(wanted, owners, strict=True)})

    async def _run(self, action: str, lease: Lease, token: str) -> LeaseOwner | None:
        [owner] = await self._run_all(action, [(lease, token, "")])
        return owner

    async def _run_all(self, action: str, wanted: Sequence[tuple[Lease, str, str]]) -> Sequence[LeaseOwner | None]:
        """Return who owns each lease after an action; `wanted` are leases with their tokens and troubles."""
        words = [word for of_lease in wanted for word in of_lease]
        replies = await self._database.script(
            script("lease"), lease_key(wanted[0][0]), action, self.worker, self._duration_ms, *words
        )
        return [
            LeaseOwner(worker.decode(), trouble.decode(), is_me=bool(is_mine)) if worker else None
            for is_mine, worker, trouble in replies
        ]


def lease_key(lease: Lease) -> keys.KeyName:
    """Return the key of a lease."""
    return keys.LEASE.key(lease)
