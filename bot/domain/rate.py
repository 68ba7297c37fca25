"""How fast messages go to a platform."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages a second that all workers may send now, and for how long none goes at all, and why."""

    per_second: float
    stands_for: timedelta = timedelta()
    reason: str = ""

    def time_for(self, messages: int) -> timedelta:
        """Return how long so many messages take."""
        return self.stands_for + timedelta(seconds=messages / self.per_second)
