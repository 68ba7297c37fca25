"""Which worker has which duty (the key LEASE of keys.py, the script lua/lease.lua).

The token of the last holding stays when it has run out, so that a worker that was stopped meanwhile finds out whether
anybody took its place, and so that the commit of incidents can refuse what such a worker still sends
(lua/commit_incident.lua).
"""

import os
import socket
from datetime import timedelta
from uuid import uuid4

from typing_extensions import override

from bot.domain.worker import Lease, LeaseOwner
from bot.ports.workers import Leases
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script

LASTS = timedelta(seconds=8)


class RedisLeases(Leases):
    """The port Leases on Redis.

    `alone`: nobody else can reach this store, so what a former process held is taken from it at once.
    """

    def __init__(self, database: Database, *, lasts: timedelta = LASTS, alone: bool = False) -> None:
        self._database = database
        self._milliseconds = int(lasts / timedelta(milliseconds=1))
        self._take = "seize" if alone else "take"
        self._tokens: dict[Lease, str] = {}
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:4]}"

    @override
    async def acquire(self, duty: Lease) -> LeaseOwner | None:
        token = uuid4().hex
        holder = await self._run(self._take, duty, token)
        if holder and holder.is_me:
            self._tokens[duty] = token
        return holder

    @override
    async def renew(self, duty: Lease, *, trouble: str = "") -> LeaseOwner | None:
        return await self._run("keep", duty, self.token(duty), trouble)

    @override
    async def release(self, duty: Lease) -> None:
        await self._run("leave", duty, self.token(duty))

    @override
    async def owner(self, duty: Lease) -> LeaseOwner | None:
        return await self._run("look", duty, self.token(duty))

    def token(self, duty: Lease) -> str:
        """Return the token of the last holding in this process, "" where there was none."""
        return self._tokens.get(duty, "")

    async def _run(self, what: str, duty: Lease, token: str, trouble: str = "") -> LeaseOwner | None:
        words = (what, token, self.worker, self._milliseconds, trouble)
        mine, worker, its_trouble = await self._database.script(script("lease"), key_of(duty), *words)
        return LeaseOwner(worker.decode(), its_trouble.decode(), is_me=bool(mine)) if worker else None


def key_of(duty: Lease) -> str:
    """Return where a duty is kept."""
    return keys.LEASE.key(duty)
