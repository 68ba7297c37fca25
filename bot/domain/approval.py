"""Whether a moderator has released the first post of an incident in a place that wants to be asked (`approval on`).

Example: INC-8 opens severe at 23:10 in such a place. Ann is asked; she presses *Post* at 23:15, and the alert is posted
with whatever follows of it. Had nobody decided by 01:10, two lines would say there that it was not posted. What becomes
critical is posted at once, asked or not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.severity import Severity

APPROVAL_LASTS = timedelta(hours=2)
"""How long a decision is waited for: longer than a meal, shorter than an alert is worth posting. By judgement."""


class ApprovalDecision(StrEnum):
    """What a moderator may decide, in the words of the buttons."""

    POST = "post"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Approval:
    """What was asked about an incident, as severe as it was then, and what was decided, by whom; None: nothing yet.

    `is_asked`: the question has reached a moderator. The names are those of the JSON.
    """

    severity: Severity
    since: datetime
    is_asked: bool = False
    decision: ApprovalDecision | None = None
    by: str = ""

    def is_over(self, now: datetime) -> bool:
        """Return whether nobody has decided in time."""
        return self.decision is None and now - self.since >= APPROVAL_LASTS
