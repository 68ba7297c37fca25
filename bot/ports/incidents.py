"""Incidents, and the one atomic step that changes an incident and queues the alerts about it.

Example: an outflow of OKX reaches `severe`. `commit` replaces the current incident of (okx, outflow, normal) and queues
one alert for 450 places. If the worker dies before, neither has happened. If the reply is lost and the call repeated,
nothing is queued twice.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.incident import Incident
from bot.domain.severity import Sensitivity
from bot.ports.outbox import Alert


class Incidents(Protocol):
    """The pending, open and past incidents. Every method may raise StorageError."""

    async def next_number(self) -> int:
        """Return a number that no incident has had."""
        ...

    async def current(self, subject: str, rule: str, sensitivity: Sensitivity = Sensitivity.NORMAL) -> Incident | None:
        """Return the pending or open incident of a subject under a rule and a preset, None when there is none.

        The subject is the id of an exchange, or whatever else a signal source judges.
        """
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

        `incident` is None to forget a pending one; a resolved one leaves the open ones and stays in the history. Return
        False, with nothing changed, when every alert had been queued before. Raise LeaseLost, with nothing changed,
        when another worker has acquired the lease to poll meanwhile.
        """
        ...

    async def open(self) -> Sequence[Incident]:
        """Return the open incidents of every preset, worst first."""
        ...

    async def recent(self, limit: int = 20, *, subject: str | None = None) -> Sequence[Incident]:
        """Return open and past incidents, newest first, each number once: in the preset `normal`, if it has that."""
        ...

    async def by_number(self, number: int) -> Incident | None:
        """Return the incident that people call INC-`number`, None when there is none."""
        ...
