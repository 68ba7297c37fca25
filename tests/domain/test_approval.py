from datetime import timedelta

import pytest

from bot.domain.approval import APPROVAL_LASTS, Approval, ApprovalDecision
from bot.domain.severity import Severity
from tests.builders import NOON


@pytest.mark.parametrize(
    ("decision", "after", "is_over"),
    [
        (None, APPROVAL_LASTS - timedelta(seconds=1), False),
        (None, APPROVAL_LASTS, True),
        (ApprovalDecision.POST, 2 * APPROVAL_LASTS, False),
        (ApprovalDecision.DISCARD, 2 * APPROVAL_LASTS, False),
    ],
)
def test_only_what_nobody_has_decided_is_over(
    decision: ApprovalDecision | None, after: timedelta, *, is_over: bool
) -> None:
    assert Approval(Severity.SEVERE, NOON, decision=decision).is_over(NOON + after) is is_over
