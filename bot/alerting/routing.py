"""Which places hear of a step of an incident, in a new message or by a change of the one they have.

Example: a group asked for elevated or worse and $3 B or more. INC-5 opens elevated at −$2.4 B: the group hears nothing.
An update says −$3.1 B: the group gets its first message. At −$2.0 B its message is edited, as it is for every change
from then on. Severe: a new message, for that is worth a ping. Resolved: its last message is edited.

While INC-9 is market-wide, Kraken becomes severe as a part of it. Who subscribed to all reads that inside INC-9, which
rang once. Who subscribed to Kraken by name gets Kraken's own message as well.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.compact_subscriptions import Follows
from bot.domain.exchange import MARKET
from bot.domain.incident import Incident, Step, StepReason
from bot.domain.place import Subscription
from bot.domain.signal import Rule, Size, Unit

# Only what is new or worse interrupts people: a new message, and the only kind that may ping.
_POSTED = frozenset({StepReason.OPENED, StepReason.ESCALATED})
_UNANNOUNCED = frozenset({StepReason.NOTHING, StepReason.PENDING, StepReason.DISMISSED})


@dataclass(frozen=True, slots=True)
class Audience:
    """The places of one step: those that hear of it for the first time or anew, and those whose message changes.

    Of those that `follow` it is not known whether they have a message: what is there changes, nothing is sent anew.
    """

    post: Sequence[Subscription] = ()
    edit: Sequence[Subscription] = ()
    follow: Sequence[Subscription] = ()


def audience(
    before: Incident | None, step: Step, subscriptions: Iterable[Subscription], market: Incident | None = None
) -> Audience:
    """Return who hears of a step. `market` is the market-wide incident that is open, None without one.

    A place hears of an incident once it has been as severe and as large as the place asks; from then on its message
    follows every change, downwards too.

    One burst rings once: what is part of a market-wide incident is read inside that message by those who subscribed to
    all exchanges, however severe it is. A message that they have of it already goes on. Who named the exchange gets its
    own messages all the same, and so does a place that the market-wide incident has not reached.
    """
    incident = step.incident
    if incident is None or not is_announced(step):
        return Audience()
    # The end is never the first that a place hears of an incident.
    is_edit_only = step.reason is StepReason.RESOLVED
    is_posted = step.reason in _POSTED
    post: list[Subscription] = []
    edit: list[Subscription] = []
    follow: list[Subscription] = []
    for subscription in subscriptions:
        # Each preset has an incident of its own: a place hears of the one that its preset made.
        if subscription.preset_for(incident.number) is not incident.sensitivity or not reaches(subscription, incident):
            continue
        has_heard = before is not None and reaches(subscription, before)
        if incident.is_inhibited and market and subscription.exchange is None and reaches(subscription, market):
            if has_heard and not incident.quiet:
                follow.append(subscription)
            continue
        # A place that asked for severe has heard of one that eased to watch and is elevated again: no new message.
        is_posted_anew = is_posted and incident.severity.rank >= subscription.min_severity.rank
        if not is_edit_only and (is_posted_anew or not has_heard):
            post.append(subscription)
        elif has_heard:
            edit.append(subscription)
    return Audience(tuple(post), tuple(edit), tuple(follow))


def is_announced(step: Step) -> bool:
    """Return whether anybody may hear of a step: what only waits, or changes nothing, is told to nobody."""
    return step.reason not in _UNANNOUNCED


def followed_incidents(
    subscription: Subscription, before: Sequence[Subscription], open_incidents: Iterable[Incident]
) -> Follows:
    """Return which open incidents a place goes on hearing of by another preset than that of its new subscription.

    Example: a group was told of INC-8 by the preset `normal` and subscribes again with `early`. It hears of INC-8 by
    `normal` to its end, and not of what `early` makes of the same outflow: that would be told twice. `before` are all
    of the place's subscriptions.
    """
    return tuple(
        (incident.number, incident.sensitivity)
        for incident in open_incidents
        if (told_by := _subscription_to(incident.subject, before))
        # What has no subscription of its own is told by the one to all exchanges, which need not be the new one.
        and _subscription_to(incident.subject, [*_without(before, subscription.exchange), subscription]) is subscription
        and told_by.preset_for(incident.number) is incident.sensitivity is not subscription.sensitivity
        and not (incident.quiet and told_by.exchange is None)
        and reaches(told_by, incident)
    )


def hears_of(subscriptions: Sequence[Subscription], incident: Incident) -> bool:
    """Return whether a place with these subscriptions, all of its own, is told of an incident.

    A data notice is told to whoever its exchange's incidents may reach, for it says why figures are held.
    """
    if incident.subject == MARKET.id:
        return any(reaches(subscription, incident) for subscription in subscriptions)
    told_by = _subscription_to(incident.subject, subscriptions)
    if told_by is None or incident.rule == Rule.DATA:
        return told_by is not None
    return told_by.preset_for(incident.number) is incident.sensitivity and reaches(told_by, incident)


def _subscription_to(subject: str, subscriptions: Iterable[Subscription]) -> Subscription | None:
    """Return the subscription by which a place hears of an exchange: its own, else that to all."""
    to_subject = [subscription for subscription in subscriptions if subscription.exchange in {subject, None}]
    return max(to_subject, key=lambda subscription: subscription.exchange or "", default=None)


def _without(subscriptions: Iterable[Subscription], exchange: str | None) -> list[Subscription]:
    return [subscription for subscription in subscriptions if subscription.exchange != exchange]


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
    # Sizes are negative, limits positive.
    return -usd >= (subscription.usd or 0.0) and -share >= (subscription.share or 0.0)
