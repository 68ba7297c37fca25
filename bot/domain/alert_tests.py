"""What came of a test alert: whether it arrived in its place, and if not, why."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.place import Obstacle


class AlertTestOutcome(StrEnum):
    """What became of a test alert within some seconds.

    `WAITING` has not gone out yet, `REFUSED` was not taken by the platform, and `NOT_SENT` was dropped or given up for
    a reason that is not the place's. After `TOO_SOON` nothing was queued.
    """

    ARRIVED = "arrived"
    WAITING = "waiting"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    NOBODY_DELIVERS = "nobody delivers"
    TOO_SOON = "too soon"


class AlertTestMention(StrEnum):
    """Whether a test mentioned whom the place's subscription mentions; `NONE`: it mentions nobody."""

    NONE = "none"
    LEFT_OUT = "left out"
    USED = "used"


@dataclass(frozen=True, slots=True)
class AlertTestResult:
    """An outcome after some seconds; `obstacle` and the platform's own `reason` say why a place refused it."""

    outcome: AlertTestOutcome
    seconds: float = 0.0
    obstacle: Obstacle | None = None
    reason: str = ""
