"""The shapes the core needs from the world; adapters on the floors above fit them."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.rate import SendRate
from bot.domain.reading import Reading, SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.withheld import Withheld
from bot.domain.worker import Duty, Holder
from bot.messages.model import Message


class Clock(Protocol):
    """What time it is, for every decision; tests and replays bring their own."""

    def now(self) -> datetime:
        """Return the present, aware, UTC."""
        ...


class Source(Protocol):
    """An upstream of listings and readings. Every failure is a SourceError with its reason."""

    name: str

    async def listings(self) -> Sequence[Listing]:
        """Return the present list of exchanges; raise SourceError."""
        ...

    async def readings(self, exchange: Exchange, *, since: datetime) -> Sequence[Reading]:
        """Return the readings of one exchange from `since` on, oldest first, never empty; raise SourceError."""
        ...


class Readings(Protocol):
    """What is known of every exchange. Times are kept as the source gave them; nothing is ever rewritten."""

    async def add(self, readings: Sequence[Reading]) -> int:
        """Keep the readings not yet known (by exchange and `as_of`) and return how many those were."""
        ...

    async def latest(self, exchange: str) -> Reading | None:
        """Return the newest reading by `as_of`."""
        ...

    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        """Return the newest reading whose `as_of` is at or before the moment."""
        ...

    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        """Return the newest readings at or before each of some moments, each reading once, where there are any."""
        ...

    def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Yield the first reading of each UTC day in the span, oldest first."""
        ...

    def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        """Yield every reading that is kept after `since` and up to `until`, oldest first."""
        ...

    async def save_listings(self, listings: Sequence[Listing]) -> None:
        """Keep the newest row of each exchange listed; rows of exchanges not in it stay as they were."""
        ...

    async def listings(self) -> Mapping[str, Listing]:
        """Return the newest row of every exchange ever listed, by id."""
        ...

    async def save_health(self, health: SourceHealth) -> None:
        """Keep how a source is doing."""
        ...

    async def health(self) -> Mapping[str, SourceHealth]:
        """Return how every source is doing, by its name."""
        ...


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


class Incidents(Protocol):
    """Incidents, and the one step that changes an incident and the outbox together."""

    async def next_number(self) -> int:
        """Return a number no incident has had."""
        ...

    async def current(
        self, exchange: str, rule: Rule, sensitivity: Sensitivity = Sensitivity.NORMAL
    ) -> Incident | None:
        """Return the pending or open incident of an exchange under a rule and a preset."""
        ...

    async def commit(
        self,
        exchange: str,
        rule: Rule,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        """Replace the current incident and queue the alerts in ONE atomic step.

        `incident` None forgets a pending one; a resolved one leaves the open ones and stays in the history. Return
        False when every alert was queued before (the step had already happened).
        """
        ...

    async def open(self) -> Sequence[Incident]:
        """Return the open incidents of every preset, worst first."""
        ...

    async def recent(self, limit: int = 20, *, exchange: str | None = None) -> Sequence[Incident]:
        """Return open and past incidents, newest first, each number once: as the normal preset saw it, if it did."""
        ...

    async def by_number(self, number: int) -> Incident | None:
        """Return the incident that people call INC-`number`."""
        ...


class Outbox(Protocol):
    """Messages on their way, in order per place, at least once."""

    async def take(self, platform: Platform, *, limit: int, wait: timedelta) -> Sequence[Delivery]:
        """Return up to `limit` deliveries to send now, most severe first, waiting up to `wait` when there are none.

        What a dead worker had taken comes back here after a while.
        """
        ...

    async def done(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        """Forget a delivery that was sent (`message_id` given) or is not to be sent (None).

        `leaves` is an older message that is to say, some time later, that a newer one has followed.
        """
        ...

    async def postpone(self, delivery: Delivery, *, until: datetime, failed: bool = True) -> None:
        """Bring a delivery back later, as one more attempt when this one failed."""
        ...

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Give a delivery up and keep it, with the reason, where an operator finds it."""
        ...

    def still_has(self, delivery: Delivery) -> bool:
        """Return whether no other worker can have taken a delivery over; else it is forgotten here."""
        ...

    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        """Return how many deliveries wait, by platform and severity."""
        ...

    async def oldest(self) -> datetime | None:
        """Return when the oldest waiting delivery was queued."""
        ...


@dataclass(frozen=True, slots=True)
class PlaceTrouble:
    """What is wrong with a place: `failures` since `since`; `disabled`, or not yet.

    `obstacle` is the reason as one of few words, `reason` what the platform said.
    """

    place: Place
    reason: str
    since: datetime
    failures: int = 1
    disabled: bool = False
    obstacle: Obstacle = Obstacle.REFUSED


@dataclass(frozen=True, slots=True)
class Visit:
    """A disabled place that is to be looked after now; `first` when nobody has since it was disabled."""

    trouble: PlaceTrouble
    first: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a place that something is on its way to.

    `place` is its present address, `trouble` what is wrong with it or its chat, `subscription` what it is told for: its
    own one to the exchange, else the one to all; None when it has none any more. `subscribed` is True as well where
    none is needed.
    """

    place: Place
    trouble: PlaceTrouble | None = None
    subscription: Subscription | None = None
    subscribed: bool = True


class Subscriptions(Protocol):
    """Who wants to hear what, and which places cannot be reached."""

    async def add(self, subscription: Subscription) -> None:
        """Keep a subscription, replacing the place's earlier one for the same exchange; raise AskerError when full."""
        ...

    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        """Forget the place's subscription to an exchange (None: the one to all), or every one; return how many."""
        ...

    async def of_place(self, place: Place) -> Sequence[Subscription]:
        """Return what one place has subscribed to."""
        ...

    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        """Return the subscriptions of reachable places to this exchange or to all; a place's own one for it wins.

        There may be a million of them: look through them in slices, with pauses for others between.
        """
        ...

    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        """Return the presets of all subscriptions to this exchange or to all, in no time however many there are."""
        ...

    async def standings(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[Standing]:
        """Return how things stand with places, each asked with the exchange (None: none) it is to hear of.

        Of the whole market hears who has any subscription at all.
        """
        ...

    async def exchanges(self) -> Collection[str]:
        """Return the ids of the exchanges that somebody subscribed to by name."""
        ...

    async def count(self) -> int:
        """Return how many places have a subscription."""
        ...

    async def move(self, old: Place, new: Place) -> None:
        """Give everything one chat owns, its topics included, to its new address, in one step."""
        ...

    async def trouble(self, place: Place) -> PlaceTrouble | None:
        """Return what is wrong with a place, or else with the whole chat it is in."""
        ...

    async def note_trouble(self, trouble: PlaceTrouble) -> None:
        """Keep what is wrong with a place or a whole chat; a disabled one hears nothing until `clear_trouble`."""
        ...

    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        """Forget places whose trouble began before the moment and that are disabled still; return which."""
        ...

    async def clear_trouble(self, place: Place) -> bool:
        """Forget what was wrong with a place that answered again, and with its chat; return whether there was any.

        A whole chat (`Place.whole_chat`) that answered again heals every place in it. What was put off for a place that
        is healed is due at once.
        """
        ...

    async def disabled(self) -> Mapping[Obstacle, int]:
        """Return how many places are disabled, by why."""
        ...

    async def visits_due(self, platform: Platform, *, now: datetime, again: datetime, limit: int) -> Sequence[Visit]:
        """Return up to `limit` disabled places to be looked after now, longest due first.

        Their next visit is `again`; two who ask at once are given different ones.
        """
        ...

    async def visit_again(self, place: Place, at: datetime) -> None:
        """Put the next visit to a disabled place at another time."""
        ...

    async def behind(self, place: Place) -> Sequence[Subscription]:
        """Return what a place, or every place of a whole chat, has subscribed to."""
        ...


class ChatPlatform(Protocol):
    """One chat platform as the core sees it. Failures are DeliveryErrors."""

    platform: Platform

    async def run(self) -> None:
        """Serve the platform until cancelled; heal by itself whatever the platform or the network does."""
        ...

    def trouble(self) -> str | None:
        """Return why the platform is not connected right now, as a short sentence; None when it is."""
        ...

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        """Send a message and return its id; `key` is the idempotency key, `reply_to` the message it answers."""
        ...

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a sent message; one that is the same already is no error; BadMessage when it cannot be changed."""
        ...


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns to send: `number` of them, `gap` seconds apart, the first in `first_in` seconds (negative: just past).

    `paused` are the chats that asked for a pause, by their ids, with the seconds left of it.
    """

    first_in: float
    gap: float
    number: int
    paused: Mapping[str, float]


class Budget(Protocol):
    """What all workers of a bot may send together on a platform."""

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> Turns:
        """Return the next turns of the bot, which nobody else has then; `per_second` is its full pace."""
        ...

    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        """Take note of a 429: the chat pauses, the bot does when that was meant or two chats said so at once.

        The pace is halved and recovers within a minute.
        """
        ...

    async def stand_still(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        """Let nobody write for a while."""
        ...

    async def going(self, platform: Platform, *, per_second: float) -> SendRate:
        """Return how fast the platform is written to at present; `per_second` is the bot's full pace."""
        ...


@runtime_checkable
class ProbingPlatform(ChatPlatform, Protocol):
    """A chat platform that can say whether a place is open, and where one person can be written to."""

    async def probe(self, place: Place) -> None:
        """Return when a place can be written to, as far as a cheap call can tell; else raise a DeliveryError."""
        ...

    async def private_place(self, person: str) -> Place:
        """Return where a person, by their id, is written to in private; raise DeliveryError."""
        ...


class Holds(Protocol):
    """Which exchanges an operator does not let speak."""

    async def hold(self, withheld: Withheld) -> None:
        """Withhold an exchange, in place of an earlier hold on it."""
        ...

    async def release(self, exchange: str) -> bool:
        """Let an exchange speak again and return whether it was withheld."""
        ...

    async def all(self) -> Mapping[str, Withheld]:
        """Return every hold by its exchange."""
        ...


class Leases(Protocol):
    """Which worker has which duty; a duty that is not kept for some seconds is anybody's."""

    async def take(self, duty: Duty) -> Holder | None:
        """Take a duty that nobody has, and return who has it then."""
        ...

    async def keep(self, duty: Duty, *, trouble: str = "") -> Holder | None:
        """Keep a duty that was taken here, telling the others what troubles it, and return who has it then."""
        ...

    async def leave(self, duty: Duty) -> None:
        """Give up a duty that was taken here; that somebody else has it meanwhile is no fault."""
        ...

    async def holder(self, duty: Duty) -> Holder | None:
        """Return who has a duty."""
        ...


class Bulletin(Protocol):
    """What workers tell each other about."""

    async def post(self, exchanges: Iterable[str]) -> None:
        """Tell the other workers that there is something new about some exchanges; "" is the list alone."""
        ...

    async def begin(self) -> None:
        """Take everything told so far as known."""
        ...

    async def news(self, *, wait: timedelta) -> Collection[str] | None:
        """Return what the others told since the last call, waiting for it; None when nobody told anything."""
        ...


class Meter(Protocol):
    """What is counted for operators; names and labels are the contract of `/metrics`."""

    def polled(self, source: str, result: str) -> None:
        """Count one request to a source; result is `ok`, `unchanged` or the fault's word."""
        ...

    def source_answered(self, source: str, at: datetime) -> None:
        """Note when a source last brought something."""
        ...

    def reading_taken(self, exchange: str, as_of: datetime) -> None:
        """Note the time of an exchange's newest reading."""
        ...

    def incidents(self, severity: Severity, count: int) -> None:
        """Note how many incidents are open."""
        ...

    def held(self, reason: HoldReason) -> None:
        """Count one spell in which figures of an exchange were held."""
        ...

    def delivered(self, platform: Platform, result: str, reason: str = "") -> None:
        """Count one delivery: `sent`, `edited`, `retried`, `dropped`, `gave up`."""
        ...

    def outbox(self, platform: Platform, severity: Severity, depth: int) -> None:
        """Note how many deliveries wait."""
        ...

    def outbox_oldest(self, since: datetime | None) -> None:
        """Note since when the oldest delivery waits, None when nothing does."""
        ...

    def rate_limited(self, platform: Platform) -> None:
        """Count one 429."""
        ...

    def answered(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        """Count one command and how many seconds its answer took."""
        ...
