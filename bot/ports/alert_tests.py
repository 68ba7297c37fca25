"""Test alerts: sent through the outbox like any alert, and looked after until they have arrived or have not."""

from typing import Protocol

from bot.domain.alert_tests import AlertTestResult
from bot.domain.place import Place
from bot.ports.outbox import Alert


class AlertTester(Protocol):
    """Sends a test alert the way that real ones take."""

    async def run(self, place: Place, *, mention: str | None = None) -> AlertTestResult:
        """Send a test alert to a place, with a mention or none, and return what came of it within some seconds.

        Once it has arrived it is edited, and its end is told in a reply. Raise StorageError.
        """
        ...


class AlertTestRecords(Protocol):
    """What a test asks of the outbox. Every method may raise StorageError."""

    async def begin(self, place: Place) -> bool:
        """Return whether a test may begin in a place: at most one a minute may."""
        ...

    async def queue(self, alert: Alert) -> None:
        """Queue a test alert, as alerts of incidents are queued."""
        ...

    async def message_id(self, alert: Alert, place: Place) -> str | None:
        """Return the id of the message that came of the alerts of this test in a place, None while there is none."""
        ...

    async def is_over(self, alert: Alert) -> bool:
        """Return whether nothing more will become of an alert: it was sent, dropped or given up."""
        ...
