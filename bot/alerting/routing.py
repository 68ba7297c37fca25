"""Who is told what about a step of an incident."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.incident import Incident, Step, StepReason
from bot.domain.place import Subscription
from bot.domain.signal import Size, Unit

ANNOUNCED = frozenset({StepReason.OPENED, StepReason.ESCALATED})
"""Steps that are told in a new message, and the only ones that may ping."""
CLOSED = StepReason.RESOLVED
_SILENT = frozenset({StepReason.NOTHING, StepReason.PENDING, StepReason.DISMISSED})


@dataclass(frozen=True, slots=True)
class Audience:
    """The places of one step: those that hear of it for the first time or anew, and those whose message changes."""

    post: Sequence[Subscription] = ()
    edit: Sequence[Subscription] = ()


def audience(before: Incident | None, step: Step, subscriptions: Iterable[Subscription]) -> Audience:
    """Return who hears of a step.

    A place hears of an incident once it has been as severe and as large as the place asks; from then on its message
    follows every change, downwards too. An incident under a market-wide one is posted from severe on only; until then
    those who were told of it before see its message change.
    """
    incident = step.incident
    if incident is None or step.reason in _SILENT or incident.quiet:
        return Audience()
    quiet = step.reason is CLOSED or incident.is_inhibited
    announced = step.reason in ANNOUNCED
    post: list[Subscription] = []
    edit: list[Subscription] = []
    for subscription in subscriptions:
        if subscription.sensitivity is not incident.sensitivity or not reaches(subscription, incident):
            continue
        knew = before is not None and reaches(subscription, before)
        anew = announced and incident.severity.rank >= subscription.min_severity.rank
        if not quiet and (anew or not knew):
            post.append(subscription)
        elif knew:
            edit.append(subscription)
    return Audience(tuple(post), tuple(edit))


def reaches(subscription: Subscription, incident: Incident) -> bool:
    """Return whether an incident has ever been told to be as severe and as large as a subscription asks.

    Judged by the worst there has been of each: what once reached a place never stops reaching it.
    """
    return (
        incident.steps > 0
        and incident.peak.rank >= subscription.min_severity.rank
        and _is_large_enough(subscription, incident.worst)
    )


def _is_large_enough(subscription: Subscription, worst: Size | None) -> bool:
    """Return whether the size of an incident reaches what a subscription asks for in USD and as a share of reserves.

    The two limits are about flows: what is measured otherwise, as closed withdrawals are, is never too small.
    """
    if worst and worst.unit is not Unit.RESERVES:
        return True
    usd, share = (worst.usd or 0.0, worst.value) if worst else (0.0, 0.0)
    return -usd >= (subscription.usd or 0.0) and -share >= (subscription.share or 0.0)
