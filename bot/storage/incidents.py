"""Incidents in the store, and the one step that changes an incident and the outbox together.

keys.py says what the keys hold, lua/commit_incident.lua what the step does.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
from typing_extensions import override

from bot.domain.errors import LeaseLost
from bot.domain.incident import Incident, IncidentState
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule
from bot.ports.incidents import Incidents
from bot.ports.outbox import Alert
from bot.storage import keys
from bot.storage.alert_payload import encode_alert, priority_of
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.packing import microseconds

_CURRENT = keys.CURRENT_INCIDENTS.key()
_MOST = 2000
_CHUNK = 200  # places queued in one go: keeps the server busy for about a millisecond

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Incident)


@dataclass(frozen=True, slots=True)
class RedisIncidents(Incidents):
    """The port Incidents on Redis."""

    database: Database
    judge: Callable[[], str] = str  # the token of the worker whose duty it is, "" where there is only one

    @override
    async def next_number(self) -> int:
        return int(await self.database.command("INCR", keys.INCIDENT_NUMBER.key()))

    @override
    async def current(
        self, exchange: str, rule: Rule, sensitivity: Sensitivity = Sensitivity.NORMAL
    ) -> Incident | None:
        found = await self.database.command("HGET", _CURRENT, f"{exchange}/{rule}/{sensitivity}")
        return _decoder.decode(found) if found else None

    @override
    async def commit(
        self,
        exchange: str,
        rule: Rule,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        """Raise LeaseLost, with nothing changed, when another worker has taken over meanwhile."""
        prepared = [await _for_script(alert) for alert in alerts]
        chunks = [chunk for _, own in prepared for chunk in own]
        step = {
            "field": f"{exchange}/{rule}/{sensitivity}",
            "leads": sensitivity is Sensitivity.NORMAL,
            "exchange": exchange,
            "judge": self.judge(),
            "token": uuid4().hex,
            "number": incident.number if incident else 0,
            "body": _encoder.encode(incident).decode() if incident else None,
            "over": incident is None or incident.state is IncidentState.RESOLVED,
            "most": _MOST,
            "alerts": [facts for facts, _ in prepared],
        }
        packed = msgspec.msgpack.encode(step)
        done = await self.database.script(script("commit_incident"), _CURRENT, packed, *chunks)
        if done < 0:
            raise LeaseLost("Another worker judges now.")
        return bool(done)

    @override
    async def open(self) -> Sequence[Incident]:
        found = map(_decoder.decode, await self.database.command("HVALS", _CURRENT))
        told = [incident for incident in found if incident.state is IncidentState.OPEN]
        return sorted(told, key=lambda incident: (-incident.severity.rank, incident.number))

    @override
    async def recent(self, limit: int = 20, *, exchange: str | None = None) -> Sequence[Incident]:
        history = keys.EXCHANGE_HISTORY.key(exchange) if exchange else keys.HISTORY.key()
        return await self._numbered(await self.database.command("ZREVRANGE", history, 0, limit - 1))

    @override
    async def by_number(self, number: int) -> Incident | None:
        return next(iter(await self._numbered([number])), None)

    async def _numbered(self, numbers: Sequence[bytes | int]) -> list[Incident]:
        if not numbers:
            return []
        bodies: Iterable[bytes | None] = await self.database.command("HMGET", keys.INCIDENTS.key(), *numbers)
        return [_decoder.decode(body) for body in bodies if body]


async def _for_script(alert: Alert) -> tuple[dict[str, Any], list[bytes]]:
    """Return an alert and its places as the script reads them, made in slices, so that the loop stays free."""
    seen: set[str] = set()  # of strings, which a garbage collection does not look through
    left: dict[str, int] = {}
    chunks: list[bytes] = []
    for start in range(0, len(alert.recipients), _CHUNK):
        chunk: list[tuple[str, str]] = []
        for recipient in alert.recipients[start : start + _CHUNK]:
            if (place := str(recipient.place)) not in seen:
                seen.add(place)
                left[recipient.place.platform] = left.get(recipient.place.platform, 0) + 1
                chunk.append((place, (recipient.mention or "") if alert.ping else ""))
        is_last = start + _CHUNK >= len(alert.recipients)
        chunks.append(msgspec.msgpack.encode((alert.id, chunk, is_last)))
        await asyncio.sleep(0)
    facts = {
        "id": alert.id,
        "body": encode_alert(alert),
        "incident": alert.incident,
        "kind": alert.kind,
        "severity": alert.severity,
        "priority": priority_of(alert.severity),
        "created": str(microseconds(alert.created_at)),
        "seconds": int(max(alert.expires_at - alert.created_at, timedelta()).total_seconds()) + keys.ALERT.lifetime_s,
        "left": left,
        "chunks": len(chunks),
    }
    return facts, chunks
