"""Incidents that are told to thousands of places while everything breaks, committed as the watch commits them."""

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
_AGAIN_AFTER = 0.1
_LONGEST = 600.0
"""A storm of 20,000 deliveries takes minutes."""


@dataclass(eq=False)
class Step:
    """One message of an incident to every place.

    `known` is when the commit was confirmed: from then on every worker can know of it. `after_all` says that every
    delivery before it was over by then; `in_the_dark` that no worker ran when it was committed.
    """

    incident: str
    number: int
    kind: DeliveryKind
    alert: str
    expires: float
    after_all: bool
    in_the_dark: bool
    known: float = 0.0


@dataclass(eq=False)
class Commit:
    """What is committed in one go."""

    incident: Incident
    alerts: tuple[Alert, ...]


class Newsroom:
    """Tells incidents to places; `steps` is all that was told, `again` how many commits a crash had swallowed."""

    def __init__(self, store: Store, places: Sequence[Place], *, incidents: RedisIncidents | None = None) -> None:
        self._store = store
        self._incidents = incidents or store.incidents
        self._recipients = tuple(Subscription(place, None) for place in places)
        self._commits: dict[int, Commit] = {}
        self.steps: list[Step] = []
        self.again = 0

    def story(self, number: int, severity: Severity) -> "Story":
        """Return an incident of which nothing was told yet."""
        return Story(self, incident(severity, number=number, exchange=f"exchange-{number}"))

    async def commit(self, commit: Commit) -> None:
        """Change the incident and queue its alerts in one step, however long the store is away."""
        self._commits[commit.incident.number] = commit
        await self._insist(commit)

    async def commit_again(self) -> None:
        """Commit the newest step of every incident again, as the watch does that finds the store behind.

        A crash of the store may swallow what it confirmed within its last second (appendfsync everysec).
        """
        for commit in self._commits.values():
            self.again += await self._insist(commit)

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

    async def _insist(self, commit: Commit) -> bool:
        one = commit.incident
        while True:
            try:
                return await self._incidents.commit(one.subject, one.rule, one, commit.alerts)
            except LeaseLost:
                raise
            except StorageError:
                await asyncio.sleep(_AGAIN_AFTER)


class Story:
    """One incident and what was told of it, step by step."""

    def __init__(self, newsroom: Newsroom, first: Incident) -> None:
        self._newsroom = newsroom
        self._incident = first
        self._number = 0
        self.steps: list[Step] = []

    async def open(self, *, lifetime: timedelta = DAY, in_the_dark: bool = False) -> None:
        """Tell of it for the first time."""
        await self._tell(DeliveryKind.POST, lifetime=lifetime, in_the_dark=in_the_dark)

    async def change(self) -> None:
        """Tell of new figures."""
        await self._tell(DeliveryKind.EDIT)

    async def escalate(self, *, in_the_dark: bool = False) -> None:
        """Tell that it has become worse."""
        await self._tell(DeliveryKind.POST, in_the_dark=in_the_dark)

    async def end(self, *, in_the_dark: bool = False) -> None:
        """Tell that it is over: the last change, and an answer to it."""
        self._incident = replace(self._incident, state=IncidentState.RESOLVED)
        await self._tell(DeliveryKind.CLOSE, DeliveryKind.REPLY, in_the_dark=in_the_dark)

    async def until_over(self) -> None:
        """Return when nothing of what was told so far is on its way any more."""
        for step in self.steps:
            await until(
                partial(self._newsroom.is_over, step),
                f"the end of the deliveries of {step.incident} step {step.number}",
                limit=_LONGEST,
            )

    async def _tell(self, *kinds: DeliveryKind, lifetime: timedelta = DAY, in_the_dark: bool = False) -> None:
        after_all = all([await self._newsroom.is_over(step) for step in self.steps])
        alerts, steps = [], []
        for kind in kinds:
            self._number += 1
            one = self._incident
            label = one.label
            alert = self._newsroom.alert(label, one.severity, self._number, kind, lifetime)
            expires = alert.expires_at.timestamp()
            steps.append(Step(label, self._number, kind, alert.id, expires, after_all, in_the_dark))
            alerts.append(alert)
        self._incident = replace(self._incident, steps=self._number)
        await self._newsroom.commit(Commit(self._incident, tuple(alerts)))
        known = time.time()
        for step in steps:
            step.known = known
        self.steps += steps
        self._newsroom.steps += steps
