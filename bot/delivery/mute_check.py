"""Finds out which deliveries a mute stops, and records what their places miss.

A muted place gets no new message, no reply and no mention. What it has already goes on being edited, which notifies
nobody on either platform: an escalation of INC-42 there becomes an edit of its message. Asked when deliveries are
claimed, with the status of their places that is read then anyway, so that a mute stops what is queued already; only
where something is stopped, one more call records it for the whole batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.delivery.stored_writes import retry_until_stored
from bot.domain.mute import MissedIncident, incident_number
from bot.ports.mutes import Mutes
from bot.ports.outbox import Delivery, DeliveryKind
from bot.ports.subscriptions import PlaceStatus

PLACE_MUTED = "place muted"
"""Why a delivery was dropped, as a label of the metric."""


async def muted_deliveries(
    mutes: Mutes, wanted: Sequence[tuple[Delivery, PlaceStatus]]
) -> Mapping[str, Delivery | None]:
    """Return what is left of the deliveries to muted places, by receipt: the same as an edit, or None for nothing.

    What is not in it is delivered as usual.
    """
    muted = [(delivery, status.place) for delivery, status in wanted if _is_muted(delivery, status)]
    stopped = [(delivery, place) for delivery, place in muted if _notifies(delivery)]
    missed = [(place, found) for delivery, place in stopped if (found := _missed(delivery))]
    recorded = await retry_until_stored(lambda: mutes.record_missed(missed)) if missed else ()
    # A mute that has ended since the status was read recorded nothing: what it would have stopped is delivered.
    is_over = {
        (place, found.incident)
        for (place, found), was_recorded in zip(missed, recorded, strict=True)
        if not was_recorded
    }
    return {
        delivery.receipt: _as_edit(delivery)
        for delivery, place in muted
        if not (_notifies(delivery) and (place, delivery.incident) in is_over)
    }


def _is_muted(delivery: Delivery, status: PlaceStatus) -> bool:
    """Return whether a mute is about a delivery; the line that an earlier message gains notifies nobody."""
    number, is_end = incident_number(delivery.incident), delivery.kind is DeliveryKind.REPLY
    return delivery.older is None and any(mute.stops(delivery.severity, number, is_end=is_end) for mute in status.mutes)


def _notifies(delivery: Delivery) -> bool:
    """Return whether a delivery makes a new message. An edit does where there is none of the incident yet."""
    return delivery.kind in {DeliveryKind.POST, DeliveryKind.REPLY} or delivery.sent_here is None


def _missed(delivery: Delivery) -> MissedIncident | None:
    """Return what a place misses with a delivery; nothing where it is about no incident, as the daily card is."""
    if not incident_number(delivery.incident) or delivery.about is None:
        return None
    return MissedIncident(delivery.incident, delivery.about, delivery.severity)


def _as_edit(delivery: Delivery) -> Delivery | None:
    """Return a delivery as an edit of the message that is there; None where there is none, and for a reply."""
    if delivery.sent_here is None or delivery.kind is DeliveryKind.REPLY:
        return None
    kind = DeliveryKind.EDIT if delivery.kind is DeliveryKind.POST else delivery.kind
    return replace(delivery, kind=kind, message=replace(delivery.message, mention=None), edit_only=True)
