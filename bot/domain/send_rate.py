"""How fast messages go to a platform: what the rate limiter keeps to and `/status` shows."""

from dataclasses import dataclass
from datetime import timedelta

SLOT_LATENESS_S = 0.035
"""Seconds after its time at which a slot may still be used to send.

Telegram allows 30 messages in any second (https://core.telegram.org/bots/faq#broadcasting-to-users). At 28 slots a
second the messages sent within one second come from the slots of 1.035 s at most, and those are 29.
"""


@dataclass(frozen=True, slots=True)
class SendRate:
    """Messages a second that all workers together may send now; during `paused_for` from now on none, for the `reason`.

    28 a second, paused for 4 minutes: the next 280 messages take 4 minutes and 10 seconds.
    """

    per_second: float
    paused_for: timedelta = timedelta()
    reason: str = ""

    def time_for(self, messages: int) -> timedelta:
        """Return how long it takes to send a number of messages, the pause included."""
        return self.paused_for + timedelta(seconds=messages / self.per_second)
