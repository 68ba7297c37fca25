"""The incidents in Redis, and the one step that changes an incident and queues the alerts about it.

The incident and the outbox change in one script (lua/commit_incident.lua), so that a worker that dies in between
leaves neither an incident that nobody was told of nor an alert about nothing. Alerts have ids: a step that is sent
again because its reply was lost queues nothing twice. keys.py says what each key has in it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
from typing_extensions import override

from bot.domain.errors import LeaseLost
from bot.domain.incident import Incident, IncidentState
from bot.domain.severity import Sensitivity
from bot.ports.incidents import Incidents
from bot.ports.outbox import Alert
from bot.storage import keys
from bot.storage.alert_payload import encode_alert, priority_of
from bot.storage.connection import Database
from bot.storage.damage import DamagedValues
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds

_CURRENT = keys.CURRENT_INCIDENTS.key()
_HISTORY_MAX = 2000  # incidents, all exchanges together; the oldest are removed, so that the store stays bounded
_PLACES_PER_CHUNK = 200  # queued in one go: keeps the server busy for about a millisecond

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Incident)


@dataclass(frozen=True, slots=True)
class RedisIncidents(Incidents):
    """Incidents, changed by the worker that owns the lease to poll: `lease_token` returns its token.

    Where there is only one worker `lease_token` returns "", and every commit is accepted.
    """

    database: Database
    lease_token: Callable[[], str] = str
    damaged: DamagedValues = field(default_factory=DamagedValues)

    @override
    async def next_number(self) -> int:
        return int(await self.database.command("INCR", keys.INCIDENT_NUMBER.key()))

    @override
    async def current(self, subject: str, rule: str, sensitivity: Sensitivity = Sensitivity.NORMAL) -> Incident | None:
        name = f"{subject}/{rule}/{sensitivity}"
        body = await self.database.command("HGET", _CURRENT, name)
        # A damaged one is none: better an incident that opens a second time than none that opens any more.
        return self._read(body, key=_CURRENT, field=name) if body else None

    @override
    async def commit(
        self,
        subject: str,
        rule: str,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        prepared = [await _prepared(alert) for alert in alerts]
        chunks = [chunk for _, alert_chunks in prepared for chunk in alert_chunks]
        step = {
            "field": f"{subject}/{rule}/{sensitivity}",
            "leads": sensitivity is Sensitivity.NORMAL,
            "subject": subject,
            "lease_token": self.lease_token(),
            "token": uuid4().hex,
            "number": incident.number if incident else 0,
            "body": _encoder.encode(incident).decode() if incident else None,
            "over": incident is None or incident.state is IncidentState.RESOLVED,
            "most": _HISTORY_MAX,
            "alerts": [facts for facts, _ in prepared],
        }
        packed = msgspec.msgpack.encode(step)
        result = await self.database.script(script("commit_incident"), _CURRENT, packed, *chunks)
        if result < 0:
            raise LeaseLost("Another worker judges now.")
        return bool(result)

    @override
    async def open(self) -> Sequence[Incident]:
        bodies = await self.database.command("HGETALL", _CURRENT)
        current = [self._read(body, key=_CURRENT, field=name.decode()) for name, body in bodies.items()]
        are_open = [incident for incident in current if incident and incident.state is IncidentState.OPEN]
        return sorted(are_open, key=lambda incident: (-incident.severity.rank, incident.number))

    @override
    async def recent(self, limit: int = 20, *, subject: str | None = None) -> Sequence[Incident]:
        history = keys.SUBJECT_HISTORY.key(subject) if subject else keys.HISTORY.key()
        return await self._with_numbers(await self.database.command("ZREVRANGE", history, 0, limit - 1))

    @override
    async def by_number(self, number: int) -> Incident | None:
        return next(iter(await self._with_numbers([number])), None)

    async def _with_numbers(self, numbers: Sequence[bytes | int]) -> list[Incident]:
        if not numbers:
            return []
        key = keys.INCIDENTS.key()
        bodies: Sequence[bytes | None] = await self.database.command("HMGET", key, *numbers)
        found = [
            self._read(body, key=key, field=str(int(number)))
            for number, body in zip(numbers, bodies, strict=True)
            if body
        ]
        return [incident for incident in found if incident]

    def _read(self, body: bytes, *, key: str, field: str) -> Incident | None:
        return self.damaged.read(_decoder.decode, body, key=key, field=field)


async def _prepared(alert: Alert) -> tuple[dict[str, Any], list[bytes]]:
    """Return an alert's facts and the chunks of its places as the script reads them.

    A hundred thousand places take half a second or more, so other tasks get their turn after every chunk.
    """
    seen: set[str] = set()  # of strings and not of places: the garbage collector does not look through strings
    left: dict[str, int] = {}
    chunks: list[bytes] = []
    for start in range(0, len(alert.recipients), _PLACES_PER_CHUNK):
        chunk: list[tuple[str, str]] = []
        for recipient in alert.recipients[start : start + _PLACES_PER_CHUNK]:
            if (place := str(recipient.place)) not in seen:
                seen.add(place)
                left[recipient.place.platform] = left.get(recipient.place.platform, 0) + 1
                chunk.append((place, (recipient.mention or "") if alert.ping else ""))
        is_last = start + _PLACES_PER_CHUNK >= len(alert.recipients)
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
