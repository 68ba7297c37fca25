"""Time for tests that nobody waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class HandMovedClock:
    """Stands still until it is advanced; fits ports.Clock."""

    time: datetime = datetime(2026, 10, 5, 14, 3, 31, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by
