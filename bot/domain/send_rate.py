"""How fast messages go to a platform."""

from dataclasses import dataclass
from datetime import timedelta

SLOT_LATENESS_S = 0.035
"""Seconds that a turn to send may be used late.

Telegram allows 30 messages in any second. At 28 turns a second the messages of one second come from turns of 1.035 s at
the most, and those are 29.
"""


@dataclass(frozen=True, slots=True)
class SendRate:
    """Messages a second that all workers may send now, and for how long none goes at all, and why.

    28 a second, paused for 4 minutes: the next 280 messages take 4 minutes and 10 seconds.
    """

    per_second: float
    paused_for: timedelta = timedelta()
    reason: str = ""

    def time_for(self, messages: int) -> timedelta:
        """Return how long so many messages take."""
        return self.paused_for + timedelta(seconds=messages / self.per_second)
