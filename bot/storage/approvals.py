"""Approvals in Redis: a hash for each place that wants to be asked, with one value for each incident."""

from dataclasses import dataclass

import msgspec
from typing_extensions import override

from bot.domain.approval import Approval
from bot.domain.place import Place
from bot.ports.approvals import Approvals
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Approval)


@dataclass(frozen=True, slots=True)
class RedisApprovals(Approvals):
    """The approvals of all places."""

    database: Database

    @override
    async def get(self, place: Place, incident: str) -> Approval | None:
        key = keys.APPROVALS.key(str(place))
        body = await self.database.command("HGET", key, incident)
        return await self.database.decoded(_decoder.decode, body, key, incident) if body is not None else None

    @override
    async def put(self, place: Place, incident: str, *, before: Approval | None, after: Approval) -> bool:
        key, body = keys.APPROVALS.key(str(place)), _encoder.encode(after)
        if before is not None:
            read = _encoder.encode(before)
            return bool(await self.database.script(script("replace_field"), key, incident, read, body))
        if await self.get(place, incident) is not None:
            return False
        # A value that cannot be read is none, and is replaced; of two workers that do so one is later.
        await self.database.pipeline([("HSET", key, incident, body), ("EXPIRE", key, keys.APPROVALS.lifetime_s)])
        return True
