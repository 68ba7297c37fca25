"""Incidents, and the one atomic step that changes an incident and queues its messages."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.incident import Incident
from bot.domain.severity import Sensitivity
from bot.ports.outbox import Alert


class Incidents(Protocol):
    """Incidents, and the one step that changes an incident and the outbox together."""

    async def next_number(self) -> int:
        """Return a number no incident has had."""
        ...

    async def current(self, subject: str, rule: str, sensitivity: Sensitivity = Sensitivity.NORMAL) -> Incident | None:
        """Return the pending or open incident of an exchange, or another subject, under a rule and a preset."""
        ...

    async def commit(
        self,
        subject: str,
        rule: str,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        """Replace the current incident and queue the alerts in ONE atomic step.

        `incident` None forgets a pending one; a resolved one leaves the open ones and stays in the history. Return
        False when every alert was queued before (the step had already happened).
        """
        ...

    async def open(self) -> Sequence[Incident]:
        """Return the open incidents of every preset, worst first."""
        ...

    async def recent(self, limit: int = 20, *, subject: str | None = None) -> Sequence[Incident]:
        """Return open and past incidents, newest first, each number once: as the normal preset saw it, if it did."""
        ...

    async def by_number(self, number: int) -> Incident | None:
        """Return the incident that people call INC-`number`."""
        ...
