"""Test alerts in Redis: they go through the outbox of all alerts, and what became of one is read there.

Any worker may queue one, while incidents belong to the worker that polls: a test changes no incident.
"""

from dataclasses import dataclass

from typing_extensions import override

from bot.domain.place import Place
from bot.ports.alert_tests import AlertTestRecords
from bot.ports.outbox import Alert
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.incidents import RedisIncidents

_SUBJECT = "test"


@dataclass(frozen=True, slots=True)
class RedisAlertTestRecords(AlertTestRecords):
    """The tests of all places; a simulation gives its own `clock`."""

    database: Database
    clock: Clock | None = None

    @override
    async def begin(self, place: Place) -> bool:
        row = keys.ALERT_TESTED
        return bool(await self.database.command("SET", row.key(str(place)), 1, "NX", "EX", row.lifetime_s))

    @override
    async def queue(self, alert: Alert) -> None:
        await RedisIncidents(self.database, clock=self.clock).commit(_SUBJECT, _SUBJECT, None, [alert])

    @override
    async def message_id(self, alert: Alert, place: Place) -> str | None:
        found = await self.database.command("HGET", keys.SENT_MESSAGES.key(alert.incident), str(place))
        return found.decode().partition(" ")[0] if found else None

    @override
    async def is_over(self, alert: Alert) -> bool:
        return not await self.database.command("EXISTS", keys.ALERT.key(alert.id))
