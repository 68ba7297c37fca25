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
ASKED_IN_PRIVATE_FOR = timedelta(minutes=30)
"""How long one person is waited for before the place is asked as well: they may sleep, or moderate it no more."""


class ApprovalDecision(StrEnum):
    """What a moderator may decide, in the words of the buttons."""

    POST = "post"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Approval:
    """What was asked about an incident, as severe as it was then, and what was decided, by whom; None: nothing yet.

    `is_asked`: the question has reached a moderator, `is_asked_here`: in the place itself. The names are those of the
    JSON.
    """

    severity: Severity
    since: datetime
    is_asked: bool = False
    decision: ApprovalDecision | None = None
    by: str = ""
    is_asked_here: bool = False

    def is_to_be_asked(self, now: datetime) -> bool:
        """Return whether a question is due: the first one, or the one in the place after nobody answered in private."""
        is_unanswered = not self.is_asked_here and now - self.since >= ASKED_IN_PRIVATE_FOR
        return self.decision is None and (not self.is_asked or is_unanswered)

    def is_over(self, now: datetime) -> bool:
        """Return whether nobody has decided in time."""
        return self.decision is None and now - self.since >= APPROVAL_LASTS
