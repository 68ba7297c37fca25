"""Alerts on their way: what is queued, taken, finished, put off and given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.messages.model import Message


class DeliveryKind(StrEnum):
    """What to do in a place: a new message, a change of the incident's last one, its last change, or an answer to it.

    An edit is posted where nothing was said of the incident yet; the last change and the answer are left out there.
    """

    POST = "post"
    EDIT = "edit"
    CLOSE = "close"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message for many places, to be queued in the same step as the incident it speaks of.

    `id` names the step (incident and number of the step), so that queueing twice is queueing once. `ping` says whether
    the places' own mentions are added. `expires_at`: later than this it is dropped unsent. `about` is the exchange it
    is sent for: a place that has unsubscribed from it meanwhile is left out (None: nobody is). `once` forbids to send
    it again where it may have arrived.
    """

    id: str
    incident: str
    severity: Severity
    kind: DeliveryKind
    message: Message
    created_at: datetime
    expires_at: datetime
    recipients: Sequence[Subscription]
    ping: bool = False
    about: str | None = None
    once: bool = False


LEFT_BEHIND = "-"


"""The message of a place whose chat has moved since: it was told, under a number that means another message by now."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one place.

    `key` is the idempotency key (alert and place as it was when queued); it stays the same over every try and when
    the chat moves. `receipt` names the entry in the outbox, for `done` and `postpone`. `sent` is the newest message of
    the incident there, LEFT_BEHIND where the chat has moved since. `older` is set for one thing only: the id of a
    message that a newer one has followed, and that is to say so.
    """

    key: str
    receipt: str
    alert: str
    incident: str
    severity: Severity
    kind: DeliveryKind
    place: Place
    message: Message
    created_at: datetime
    expires_at: datetime
    attempt: int = 0
    about: str | None = None
    once: bool = False
    sent: str | None = None
    older: str | None = None

    @property
    def sent_here(self) -> str | None:
        """Return the newest message of the incident that can be changed and answered."""
        return None if self.sent == LEFT_BEHIND else self.sent


class Outbox(Protocol):
    """Messages on their way, in order per place, at least once."""

    async def claim(self, platform: Platform, *, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """Return up to `limit` deliveries to send now, most severe first, waiting up to `wait` when there are none.

        What a dead worker had taken comes back here after a while.
        """
        ...

    async def finish(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        """Forget a delivery that was sent (`message_id` given) or is not to be sent (None).

        `leaves` is an older message that is to say, some time later, that a newer one has followed.
        """
        ...

    async def postpone(self, delivery: Delivery, *, until: datetime, failed: bool = True) -> None:
        """Bring a delivery back later, as one more attempt when this one failed."""
        ...

    async def give_up(self, delivery: Delivery, reason: str) -> None:
        """Give a delivery up and keep it, with the reason, where an operator finds it."""
        ...

    def still_owns(self, delivery: Delivery) -> bool:
        """Return whether no other worker can have taken a delivery over; else it is forgotten here."""
        ...

    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        """Return how many deliveries wait, by platform and severity."""
        ...

    async def oldest_queued_at(self) -> datetime | None:
        """Return when the oldest waiting delivery was queued."""
        ...
