"""Incidents that are announced to thousands of places while everything breaks, committed as the watch commits them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.domain.errors import LeaseLost, StorageError
from bot.domain.incident import Incident, IncidentState
from bot.domain.place import Place, Subscription
from bot.domain.severity import Severity
from bot.messages.model import Message, Tone, lines
from bot.ports.outbox import Alert, DeliveryKind
from bot.storage import keys
from bot.storage.incidents import RedisIncidents
from bot.storage.store import Store
from tests.builders import incident
from tests.chaos.platform_log import title_of
from tests.waiting import until

DAY = timedelta(days=1)
_RETRY_PAUSE_S = 0.1
_LONGEST = 600.0
"""A storm of 20,000 deliveries takes minutes."""


@dataclass(eq=False)
class Step:
    """One message of an incident to every place.

    `committed_at` is when the commit was confirmed: from then on every worker can know of it. `after_all_before` says
    that every delivery before it had ended by then; `without_workers` that no worker ran when it was committed.
    """

    incident: str
    number: int
    kind: DeliveryKind
    alert: str
    expires: float
    after_all_before: bool
    without_workers: bool
    committed_at: float = 0.0


@dataclass(eq=False)
class Commit:
    """What is committed in one go."""

    incident: Incident
    alerts: tuple[Alert, ...]


class Stories:
    """Announces incidents to places; `steps` are all so far, `repeated` counts commits that a crash had swallowed."""

    def __init__(self, store: Store, places: Sequence[Place], *, incidents: RedisIncidents | None = None) -> None:
        self._store = store
        self._incidents = incidents or store.incidents
        self._recipients = tuple(Subscription(place, None) for place in places)
        self._commits: dict[int, Commit] = {}
        self.steps: list[Step] = []
        self.repeated = 0

    def story(self, number: int, severity: Severity) -> "Story":
        """Return an incident that is not announced yet."""
        return Story(self, incident(severity, number=number, exchange=f"exchange-{number}"))

    async def commit(self, commit: Commit) -> None:
        """Change the incident and queue its alerts in one step, however long the store is away."""
        self._commits[commit.incident.number] = commit
        await self._commit_until_stored(commit)

    async def commit_again(self) -> None:
        """Commit the newest step of every incident again, as the watch does that finds the store behind.

        A crash of the store may swallow what it confirmed within its last second (appendfsync everysec).
        """
        for commit in self._commits.values():
            self.repeated += await self._commit_until_stored(commit)

    async def is_over(self, step: Step) -> bool:
        """Return whether nothing of a step is on its way any more."""
        try:
            return not await self._store.database.command("EXISTS", keys.ALERT.key(step.alert))
        except StorageError:
            return False

    def alert(self, label: str, severity: Severity, step: int, kind: DeliveryKind, lifetime: timedelta) -> Alert:
        """Return the message of a step, for every place."""
        now = datetime.now(UTC)
        body = lines("Net outflow −$1.14 B in 24 h, 1.8 % of reserves.", f"Step {step}, {kind}.")
        return Alert(
            id=f"{label}:{step}:{kind}",
            incident=label,
            severity=severity,
            kind=kind,
            message=Message(title_of(label, step), tone=Tone.SEVERE, lines=body),
            created_at=now,
            expires_at=now + lifetime,
            recipients=self._recipients,
        )

    async def _commit_until_stored(self, commit: Commit) -> bool:
        changed = commit.incident
        while True:
            try:
                return await self._incidents.commit(changed.subject, changed.rule, changed, commit.alerts)
            except LeaseLost:
                raise
            except StorageError:
                await asyncio.sleep(_RETRY_PAUSE_S)


class Story:
    """One incident and its steps so far."""

    def __init__(self, stories: Stories, first: Incident) -> None:
        self._stories = stories
        self._incident = first
        self._number = 0
        self.steps: list[Step] = []

    async def open(self, *, lifetime: timedelta = DAY, without_workers: bool = False) -> None:
        """Announce it."""
        await self._commit_step(DeliveryKind.POST, lifetime=lifetime, without_workers=without_workers)

    async def change(self) -> None:
        """Change its figures."""
        await self._commit_step(DeliveryKind.EDIT)

    async def escalate(self, *, without_workers: bool = False) -> None:
        """Let it become worse."""
        await self._commit_step(DeliveryKind.POST, without_workers=without_workers)

    async def end(self, *, without_workers: bool = False) -> None:
        """End it: the last edit, and an answer to it."""
        self._incident = replace(self._incident, state=IncidentState.RESOLVED)
        await self._commit_step(DeliveryKind.CLOSE, DeliveryKind.REPLY, without_workers=without_workers)

    async def until_over(self) -> None:
        """Return when no step so far is on its way any more."""
        for step in self.steps:
            await until(
                partial(self._stories.is_over, step),
                f"the end of the deliveries of {step.incident} step {step.number}",
                limit=_LONGEST,
            )

    async def _commit_step(
        self, *kinds: DeliveryKind, lifetime: timedelta = DAY, without_workers: bool = False
    ) -> None:
        after_all_before = all([await self._stories.is_over(step) for step in self.steps])
        alerts, steps = [], []
        for kind in kinds:
            self._number += 1
            label = self._incident.label
            alert = self._stories.alert(label, self._incident.severity, self._number, kind, lifetime)
            expires = alert.expires_at.timestamp()
            steps.append(Step(label, self._number, kind, alert.id, expires, after_all_before, without_workers))
            alerts.append(alert)
        self._incident = replace(self._incident, steps=self._number)
        await self._stories.commit(Commit(self._incident, tuple(alerts)))
        committed_at = time.time()
        for step in steps:
            step.committed_at = committed_at
        self.steps += steps
        self._stories.steps += steps
