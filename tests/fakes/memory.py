"""The ports on plain dictionaries: what a store promises, with nothing that can fail on its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.exchange import MARKET, Listing
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, IncidentState
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.reading import Reading, SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.suppression import Suppression
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.outbox import Alert, Delivery, DeliveryKind, Outbox
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceCheck, PlaceStatus, PlaceTrouble, Subscriptions
from bot.ports.workers import Suppressions


@dataclass
class HandClock(Clock):
    """A clock that stands still until it is moved by hand."""

    time: datetime

    @override
    def now(self) -> datetime:
        return self.time

    def advance(self, span: timedelta) -> None:
        self.time += span


@dataclass
class MemoryReadings(Readings):
    """What was read. `away` makes every call fail, as when the server is gone."""

    away: bool = False
    _kept: dict[str, dict[datetime, Reading]] = field(default_factory=dict)
    _listings: dict[str, Listing] = field(default_factory=dict)
    _health: dict[str, SourceHealth] = field(default_factory=dict)

    @override
    async def add(self, readings: Sequence[Reading]) -> int:
        self._be_there()
        new = [reading for reading in readings if reading.as_of not in self._kept.get(reading.exchange, {})]
        for reading in new:
            self._kept.setdefault(reading.exchange, {})[reading.as_of] = reading
        return len(new)

    @override
    async def latest(self, exchange: str) -> Reading | None:
        return next(reversed(self._sorted(exchange)), None)

    @override
    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        return next((reading for reading in reversed(self._sorted(exchange)) if reading.as_of <= moment), None)

    @override
    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        found = [await self.newest_before(exchange, moment) for moment in moments]
        return list({reading.as_of: reading for reading in found if reading}.values())

    @override
    async def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        first: dict[object, Reading] = {}
        for reading in self._sorted(exchange):
            if since <= reading.as_of <= until:
                first.setdefault(reading.as_of.date(), reading)
        for reading in first.values():
            yield reading

    @override
    async def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        for reading in self._sorted(exchange):
            if since < reading.as_of <= until:
                yield reading

    @override
    async def save_listings(self, listings: Sequence[Listing]) -> None:
        self._be_there()
        self._listings.update({listing.exchange.id: listing for listing in listings})

    @override
    async def listings(self) -> Mapping[str, Listing]:
        self._be_there()
        return dict(self._listings)

    @override
    async def save_health(self, health: SourceHealth) -> None:
        self._health[health.source] = health

    @override
    async def health(self) -> Mapping[str, SourceHealth]:
        return dict(self._health)

    def _sorted(self, exchange: str) -> list[Reading]:
        self._be_there()
        return [reading for _, reading in sorted(self._kept.get(exchange, {}).items())]

    def _be_there(self) -> None:
        if self.away:
            raise StorageError("the store is away")


@dataclass
class MemoryOutbox(Outbox):
    """Messages on their way: in order per place and incident, with what became of everything."""

    clock: Clock
    away: bool = False
    missed: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: list[Delivery] = field(default_factory=list)
    dropped: list[Delivery] = field(default_factory=list)
    buried: list[tuple[Delivery, str]] = field(default_factory=list)
    _due: dict[str, datetime] = field(default_factory=dict)
    _in_hand: set[str] = field(default_factory=set)
    sent: dict[tuple[str, Place], str] = field(default_factory=dict)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)

    def queue(self, alert: Alert) -> None:
        """Queue one delivery per recipient."""
        for recipient in alert.recipients:
            key = f"{alert.id}:{recipient.place}"
            message = replace(alert.message, mention=recipient.mention if alert.ping else None)
            self.waiting.append(
                Delivery(
                    key=key,
                    receipt=key,
                    alert=alert.id,
                    incident=alert.incident,
                    severity=alert.severity,
                    kind=alert.kind,
                    place=recipient.place,
                    message=message,
                    created_at=alert.created_at,
                    expires_at=alert.expires_at,
                    about=alert.about,
                    once=alert.once,
                )
            )
        self._bell.set()

    @override
    async def claim(self, platform: Platform, *, limit: int, wait: timedelta) -> Sequence[Delivery]:
        self._be_there()
        found = self._next(platform, limit)
        if not found and wait:
            self._bell.clear()
            try:
                due = min((at - self.clock.now() for at in self._due.values()), default=wait)
                async with asyncio.timeout(min(wait, max(due, timedelta())).total_seconds()):
                    await self._bell.wait()
            except TimeoutError:
                pass  # something put off may be due
            found = self._next(platform, limit)
        for delivery in found:
            self._in_hand.add(delivery.receipt)
            self._due.pop(delivery.receipt, None)
        return found

    @override
    async def finish(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        self._be_there()
        if message_id is None:
            self.dropped.append(delivery)
        else:
            self.sent[delivery.incident, delivery.place] = message_id
        self._forget(delivery)
        if leaves:
            receipt = f"{delivery.receipt}:{leaves}"
            self.waiting.append(replace(delivery, receipt=receipt, older=leaves, attempt=0))

    @override
    async def postpone(self, delivery: Delivery, *, until: datetime, failed: bool = True) -> None:
        self._be_there()
        index = self._index(delivery)
        self.waiting[index] = replace(self.waiting[index], attempt=delivery.attempt + failed)
        self._due[delivery.receipt] = until
        self._in_hand.discard(delivery.receipt)

    def hasten(self, places: Collection[Place]) -> None:
        for delivery in self.waiting:
            if (
                delivery.receipt in self._due
                and delivery.attempt
                and {delivery.place, delivery.place.whole_chat} & {*places}
            ):
                self._due[delivery.receipt] = self.clock.now()
        self._bell.set()

    @override
    def still_owns(self, delivery: Delivery) -> bool:
        return True

    @override
    async def give_up(self, delivery: Delivery, reason: str) -> None:
        self.buried.append((delivery, reason))
        self._forget(delivery)

    @override
    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        return Counter((delivery.place.platform, delivery.severity) for delivery in self.waiting)

    @override
    async def oldest_queued_at(self) -> datetime | None:
        return min((delivery.created_at for delivery in self.waiting), default=None)

    def _be_there(self) -> None:
        if self.away:
            self.missed.set()
            raise StorageError("the store is away")

    def move(self, old: Place, new: Place) -> None:
        """Re-key what was sent to a chat that has a new address."""
        for incident, place in list(self.sent):
            if place == old:
                self.sent[incident, new] = self.sent.pop((incident, old))

    def _next(self, platform: Platform, limit: int) -> list[Delivery]:
        heads: dict[tuple[str, Place], Delivery] = {}
        for one in self.waiting:
            if one.place.platform is platform and not one.older:
                heads.setdefault((one.incident, one.place), one)
        followed = [delivery for delivery in self.waiting if delivery.place.platform is platform and delivery.older]
        now = self.clock.now()
        ready = [head for head in (*heads.values(), *followed) if head.receipt not in self._in_hand]
        due = [delivery for delivery in ready if self._due.get(delivery.receipt, now) <= now]
        urgent = sorted(due, key=lambda one: (one.older is not None, -one.severity.rank))[:limit]
        return [replace(delivery, sent=self.sent.get((delivery.incident, delivery.place))) for delivery in urgent]

    def _forget(self, delivery: Delivery) -> None:
        del self.waiting[self._index(delivery)]
        self._in_hand.discard(delivery.receipt)

    def _index(self, delivery: Delivery) -> int:
        return next(index for index, one in enumerate(self.waiting) if one.receipt == delivery.receipt)


@dataclass
class MemoryIncidents(Incidents):
    """Incidents; `told` keeps every alert that was queued, in order."""

    outbox: MemoryOutbox
    told: list[Alert] = field(default_factory=list)
    _given: int = 0
    _current: dict[tuple[str, str, Sensitivity], Incident] = field(default_factory=dict)
    _past: dict[tuple[int, Sensitivity], Incident] = field(default_factory=dict)

    @override
    async def next_number(self) -> int:
        self._given += 1
        return self._given

    @override
    async def current(self, subject: str, rule: str, sensitivity: Sensitivity = Sensitivity.NORMAL) -> Incident | None:
        return self._current.get((subject, rule, sensitivity))

    @override
    async def commit(
        self,
        subject: str,
        rule: str,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        known = {alert.id for alert in self.told}
        fresh = [alert for alert in alerts if alert.id not in known]
        if alerts and not fresh:
            return False
        self._current.pop((subject, rule, sensitivity), None)
        if incident and incident.state is not IncidentState.RESOLVED:
            self._current[subject, rule, sensitivity] = incident
        if incident and incident.number:
            self._past[incident.number, sensitivity] = incident
        self.told += fresh
        for alert in fresh:
            self.outbox.queue(alert)
        return True

    @override
    async def open(self) -> Sequence[Incident]:
        found = [incident for incident in self._current.values() if incident.state is IncidentState.OPEN]
        return sorted(found, key=lambda incident: (-incident.severity.rank, incident.number))

    @override
    async def recent(self, limit: int = 20, *, subject: str | None = None) -> Sequence[Incident]:
        numbers = sorted({number for number, _ in self._past}, reverse=True)
        found = [one for number in numbers if (one := await self.by_number(number))]
        return [incident for incident in found if subject in {None, incident.subject}][:limit]

    @override
    async def by_number(self, number: int) -> Incident | None:
        return next(
            (self._past[number, sensitivity] for sensitivity in _NORMAL_FIRST if (number, sensitivity) in self._past),
            None,
        )


_NORMAL_FIRST = (Sensitivity.NORMAL, Sensitivity.EARLY, Sensitivity.CALM)


@dataclass
class MemorySubscriptions(Subscriptions):
    """Who wants to hear what, and `moved`, which chats have a new address."""

    outbox: MemoryOutbox
    away: bool = False
    moved: list[tuple[Place, Place]] = field(default_factory=list)
    _kept: dict[tuple[Place, str | None], Subscription] = field(default_factory=dict)
    _troubles: dict[Place, PlaceTrouble] = field(default_factory=dict)
    _visits: dict[Place, datetime] = field(default_factory=dict)

    @override
    async def add(self, subscription: Subscription) -> None:
        if self.away:
            raise StorageError("the store is away")
        self._kept[subscription.place, subscription.exchange] = subscription

    @override
    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        gone = [key for key in self._kept if key[0] == place and (everything or key[1] == exchange)]
        for key in gone:
            del self._kept[key]
        return len(gone)

    @override
    async def of_place(self, place: Place) -> Sequence[Subscription]:
        return [subscription for subscription in self._kept.values() if subscription.place == place]

    @override
    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        found = {
            subscription.place: subscription for subscription in self._kept.values() if subscription.exchange is None
        }
        found |= {
            subscription.place: subscription
            for subscription in self._kept.values()
            if subscription.exchange == exchange
        }
        return [subscription for place, subscription in found.items() if not self._is_disabled(place)]

    @override
    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        return {
            subscription.sensitivity
            for subscription in self._kept.values()
            if subscription.exchange in {exchange, None}
        }

    @override
    async def place_statuses(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[PlaceStatus]:
        if self.away:
            self.outbox.missed.set()
            raise StorageError("the store is away")
        return [await self._standing(place, exchange) for place, exchange in asked]

    async def _standing(self, place: Place, exchange: str | None) -> PlaceStatus:
        place = next((new for old, new in reversed(self.moved) if old == place), place)
        mine = [subscription for subscription in self._kept.values() if subscription.place == place]
        of_it = [subscription for subscription in mine if exchange and subscription.exchange in {exchange, None}]
        wanted = max(of_it, key=lambda subscription: subscription.exchange or "", default=None)
        needed = bool(mine) if exchange == MARKET.id else exchange is None or wanted is not None
        return PlaceStatus(place, await self.trouble(place), wanted, subscribed=needed)

    @override
    async def exchanges(self) -> Collection[str]:
        return {subscription.exchange for subscription in self._kept.values() if subscription.exchange}

    @override
    async def count(self) -> int:
        return len({subscription.place for subscription in self._kept.values()})

    @override
    async def move(self, old: Place, new: Place) -> None:
        self.moved.append((old, new))
        self._kept = {
            (new if place == old else place, exchange): replace(subscription, place=new)
            if place == old
            else subscription
            for (place, exchange), subscription in self._kept.items()
        }
        self.outbox.move(old, new)

    @override
    async def trouble(self, place: Place) -> PlaceTrouble | None:
        return self._troubles.get(place) or self._troubles.get(place.whole_chat)

    @override
    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        gone = [place for place, trouble in self._troubles.items() if trouble.disabled and trouble.since < before]
        for place in gone:
            await self.remove(place, None, everything=True)
            del self._troubles[place]
        return gone

    @override
    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        self._troubles[trouble.place] = trouble

    @override
    async def clear_trouble(self, place: Place) -> bool:
        chat = place == place.whole_chat
        healed = [
            trouble
            for trouble in self._troubles
            if trouble in {place, place.whole_chat} or (chat and trouble.whole_chat == place)
        ]
        for one in healed:
            del self._troubles[one]
            self._visits.pop(one, None)
        if healed:
            self.outbox.hasten({place, *healed})
        return bool(healed)

    @override
    async def disabled(self) -> Mapping[Obstacle, int]:
        return Counter(trouble.obstacle for trouble in self._troubles.values() if trouble.disabled)

    @override
    async def claim_place_checks(
        self, platform: Platform, *, now: datetime, again: datetime, limit: int
    ) -> Sequence[PlaceCheck]:
        if self.away:
            raise StorageError("the store is away")
        due = [
            trouble
            for trouble in self._troubles.values()
            if trouble.disabled
            and trouble.place.platform is platform
            and (trouble.place not in self._visits or self._visits[trouble.place] <= now)
        ][:limit]
        visits = [PlaceCheck(trouble, first=trouble.place not in self._visits) for trouble in due]
        self._visits |= {trouble.place: again for trouble in due}
        return visits

    @override
    async def check_place_again(self, place: Place, at: datetime) -> None:
        self._visits[place] = at

    @override
    async def of_whole_chat(self, place: Place) -> Sequence[Subscription]:
        chat = place == place.whole_chat
        return [
            subscription
            for subscription in self._kept.values()
            if subscription.place == place or (chat and subscription.place.whole_chat == place)
        ]

    def _is_disabled(self, place: Place) -> bool:
        troubles = (self._troubles.get(one) for one in (place, place.whole_chat))
        return any(trouble and trouble.disabled for trouble in troubles)


@dataclass
class MemoryHolds(Suppressions):
    """Which exchanges an operator withholds."""

    _kept: dict[str, Suppression] = field(default_factory=dict)

    @override
    async def add(self, withheld: Suppression) -> None:
        self._kept[withheld.exchange] = withheld

    @override
    async def remove(self, exchange: str) -> bool:
        return self._kept.pop(exchange, None) is not None

    @override
    async def all(self) -> Mapping[str, Suppression]:
        return dict(self._kept)


@dataclass
class Tally(Meter):
    """A meter: counts, and the last word on everything."""

    counts: Counter[tuple[object, ...]] = field(default_factory=Counter)
    open: dict[Severity, int] = field(default_factory=dict)
    read: dict[str, datetime] = field(default_factory=dict)
    answered_at: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[tuple[Platform, Severity], int] = field(default_factory=dict)
    oldest: datetime | None = None

    @override
    def count_poll(self, source: str, result: str) -> None:
        self.counts["polled", source, result] += 1

    @override
    def set_source_answered(self, source: str, at: datetime) -> None:
        self.answered_at[source] = at

    @override
    def set_reading_time(self, exchange: str, as_of: datetime) -> None:
        self.read[exchange] = as_of

    @override
    def set_open_incidents(self, severity: Severity, count: int) -> None:
        self.open[severity] = count

    @override
    def count_held(self, reason: HoldReason) -> None:
        self.counts["held", reason] += 1

    @override
    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        self.counts["delivered", result, reason] += 1

    @override
    def set_outbox_depth(self, platform: Platform, severity: Severity, depth: int) -> None:
        self.waiting[platform, severity] = depth

    @override
    def set_outbox_oldest(self, since: datetime | None) -> None:
        self.oldest = since

    @override
    def count_rate_limited(self, platform: Platform) -> None:
        self.counts["rate limited", platform] += 1

    @override
    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        self.counts["answered", command, result] += 1


class Memory:
    """A whole store, a meter and a clock."""

    def __init__(self, now: datetime) -> None:
        self.clock = HandClock(now)
        self.readings = MemoryReadings()
        self.outbox = MemoryOutbox(self.clock)
        self.incidents = MemoryIncidents(self.outbox)
        self.subscriptions = MemorySubscriptions(self.outbox)
        self.meter = Tally()
        self.holds = MemoryHolds()

    def told(self, kind: DeliveryKind | None = None) -> list[Alert]:
        """Return what was queued so far, of one kind or of all."""
        return [alert for alert in self.incidents.told if kind in {None, alert.kind}]
