"""What the values of an argument are called on buttons, in the language in force: `severe` is “Severe or worse”."""

from collections.abc import Mapping

from bot.domain.approval import ApprovalDecision
from bot.domain.severity import Sensitivity, Severity
from bot.language.translation import marked, marked_as, tr, tr_as

_LABELS: Mapping[str, str] = {
    Severity.WATCH: marked("Watch or worse"),
    Severity.ELEVATED: marked("Elevated or worse"),
    Severity.SEVERE: marked("Severe or worse"),
    Severity.CRITICAL: marked("Only critical"),
    Sensitivity.CALM: marked("Calm sensitivity"),
    Sensitivity.NORMAL: marked("Normal sensitivity"),
    Sensitivity.EARLY: marked("Early sensitivity"),
}
_DECISIONS: Mapping[str, tuple[str, str]] = {
    ApprovalDecision.POST: marked_as("a button: publish it", "Post"),
    ApprovalDecision.DISCARD: marked_as("a button: do not publish it", "Discard"),
}


def choice_label(value: str) -> str:
    """Return what a value is called where it is chosen; one without such a name is shown as it is typed."""
    if value in _DECISIONS:
        return tr_as(*_DECISIONS[value])
    return tr(_LABELS[value]) if value in _LABELS else value
