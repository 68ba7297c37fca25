"""Alerts on their way: queued with the incident, claimed by a delivery worker, then finished, postponed or given up."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.time_zones import UTC_NAME
from bot.messages.model import Message
from bot.messages.pictures import Picture


class DeliveryKind(StrEnum):
    """What to do in a place: send a new message, edit the incident's last one, edit it for the last time, or answer it.

    Where nothing was said of the incident yet, an edit is sent as a new message; the last edit and the answer, which
    end the incident, are left out.
    """

    POST = "post"
    EDIT = "edit"
    CLOSE = "close"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message for many places, to be queued in the same atomic step as the incident it speaks of.

    `id` is made of the incident and the number of its step, so that queueing twice is queueing once. `ping` adds the
    places' own mentions. It is dropped unsent after its lifetime, from `created_at` to `expires_at`, which the store
    measures by its own clock. `about` is the exchange's id: a place that has unsubscribed from it meanwhile is left out
    (None: nobody is). `once` forbids to send it again where it may have arrived already. `only_where_sent` leaves out
    places that have no message of the incident, which an edit would be sent to as a new one. `switch` names the setting
    of a place that leaves it out where it is off, "" for none. `picture` follows the message where that was sent as a
    new one. `publish`: it opens an incident or makes it worse, so an announcement channel may publish it to those who
    follow the channel.
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
    only_where_sent: bool = False
    switch: str = ""
    picture: Picture | None = None
    publish: bool = False


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """A message that a newer one of its incident has followed: its id, and the text that it shows, of which alert."""

    id: str
    alert: str
    message: Message


LEFT_BEHIND = "-"
"""Stands for the last message in a chat that has moved since: under its id there is another message by now."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one place.

    `key` is the idempotency key, made of the alert and the place as it was when queued; it stays the same over every
    attempt and when the chat moves. `receipt` names the entry in the outbox. `attempt` counts the failed attempts so
    far. `sent` is the id of the incident's last message there, LEFT_BEHIND where the chat has moved since. When `older`
    is set, the only thing to do is to edit that earlier message: it keeps its text and gains a line that points to the
    newer one. `timezone` is the zone, by its IANA name, in which times are shown there beside UTC. `edit_only`
    says that nothing is sent where the message cannot be edited, for its place is muted. `picture` is that of its
    alert, and so is `publish`, until the settings of the place say whether it is wanted there.
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
    only_where_sent: bool = False
    switch: str = ""
    sent: str | None = None
    older: EarlierMessage | None = None
    timezone: str = UTC_NAME
    edit_only: bool = False
    picture: Picture | None = None
    publish: bool = False

    @property
    def sent_here(self) -> str | None:
        """Return the id of the incident's last message, if it can be edited and answered."""
        return None if self.sent == LEFT_BEHIND else self.sent


class Outbox(Protocol):
    """Messages on their way, in order per place, each delivered at least once. Every method may raise StorageError."""

    async def claim(
        self, platform: Platform, *, limit: int, wait: timedelta, stopping: asyncio.Event | None = None
    ) -> Sequence[Delivery]:
        """Return up to `limit` deliveries that are due, most severe first, waiting up to `wait` when there are none.

        The wait ends as soon as there is one, when a postponed one is due, and when `stopping` is set.
        No other worker gets them. Those that a dead worker had claimed are due again after a while. The places of an
        alert that was just committed become deliveries here, some hundred at a time.
        """
        ...

    async def finish(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        """Remove a delivery that was sent, as `message_id`, or is not to be sent (None).

        `leaves` is the id of an earlier message, which some time later is to be edited to point to the newer one.
        """
        ...

    async def postpone(self, delivery: Delivery, *, pause: timedelta, failed: bool = True) -> None:
        """Make a delivery due again after a pause, with one more attempt counted when this one failed."""
        ...

    async def give_up(self, delivery: Delivery, reason: str) -> None:
        """Move a delivery, with the reason, to those given up, where an operator finds it."""
        ...

    async def given_up_since(self, at: datetime) -> int:
        """Return how many deliveries were given up since a moment, of the last thousand."""
        ...

    def has_expired(self, delivery: Delivery) -> bool:
        """Return whether a claimed delivery's alert has outlived its lifetime, by the clock of the store."""
        ...

    def still_owns(self, delivery: Delivery) -> bool:
        """Return whether no other worker can have claimed a delivery meanwhile; else it is forgotten here."""
        ...

    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        """Return how many deliveries wait, by platform and severity."""
        ...

    async def oldest_queued_at(self) -> datetime | None:
        """Return when the oldest waiting delivery was queued, None when nothing waits."""
        ...
