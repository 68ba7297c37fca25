"""The ports on plain dictionaries: what a store promises, with nothing that can fail on its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.errors import StorageError
from bot.domain.exchange import MARKET, Listing
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, IncidentState
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.reading import Reading, SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.withheld import Withheld
from bot.ports import Alert, Clock, Delivery, DeliveryKind, PlaceTrouble, Standing, Visit


@dataclass
class HandClock:
    """A clock that stands still until it is moved by hand; fits ports.Clock."""

    time: datetime

    def now(self) -> datetime:
        return self.time

    def advance(self, span: timedelta) -> None:
        self.time += span


@dataclass
class MemoryReadings:
    """Fits ports.Readings. `away` makes every call fail, as when the server is gone."""

    away: bool = False
    _kept: dict[str, dict[datetime, Reading]] = field(default_factory=dict)
    _listings: dict[str, Listing] = field(default_factory=dict)
    _health: dict[str, SourceHealth] = field(default_factory=dict)

    async def add(self, readings: Sequence[Reading]) -> int:
        self._be_there()
        new = [one for one in readings if one.as_of not in self._kept.get(one.exchange, {})]
        for one in new:
            self._kept.setdefault(one.exchange, {})[one.as_of] = one
        return len(new)

    async def latest(self, exchange: str) -> Reading | None:
        return next(reversed(self._sorted(exchange)), None)

    async def newest_before(self, exchange: str, moment: datetime) -> Reading | None:
        return next((one for one in reversed(self._sorted(exchange)) if one.as_of <= moment), None)

    async def bases(self, exchange: str, moments: Sequence[datetime]) -> Sequence[Reading]:
        found = [await self.newest_before(exchange, moment) for moment in moments]
        return list({one.as_of: one for one in found if one}.values())

    async def days(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        first: dict[object, Reading] = {}
        for one in self._sorted(exchange):
            if since <= one.as_of <= until:
                first.setdefault(one.as_of.date(), one)
        for one in first.values():
            yield one

    async def between(self, exchange: str, *, since: datetime, until: datetime) -> AsyncIterator[Reading]:
        for one in self._sorted(exchange):
            if since < one.as_of <= until:
                yield one

    async def save_listings(self, listings: Sequence[Listing]) -> None:
        self._be_there()
        self._listings.update({one.exchange.id: one for one in listings})

    async def listings(self) -> Mapping[str, Listing]:
        self._be_there()
        return dict(self._listings)

    async def save_health(self, health: SourceHealth) -> None:
        self._health[health.source] = health

    async def health(self) -> Mapping[str, SourceHealth]:
        return dict(self._health)

    def _sorted(self, exchange: str) -> list[Reading]:
        self._be_there()
        return [one for _, one in sorted(self._kept.get(exchange, {}).items())]

    def _be_there(self) -> None:
        if self.away:
            raise StorageError("the store is away")


@dataclass
class MemoryOutbox:
    """Fits ports.Outbox: in order per place and incident, with what became of everything."""

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
        for one in alert.recipients:
            key = f"{alert.id}:{one.place}"
            message = replace(alert.message, mention=one.mention if alert.ping else None)
            self.waiting.append(
                Delivery(
                    key=key,
                    receipt=key,
                    alert=alert.id,
                    incident=alert.incident,
                    severity=alert.severity,
                    kind=alert.kind,
                    place=one.place,
                    message=message,
                    created_at=alert.created_at,
                    expires_at=alert.expires_at,
                    about=alert.about,
                    once=alert.once,
                )
            )
        self._bell.set()

    async def take(self, platform: Platform, *, limit: int, wait: timedelta) -> Sequence[Delivery]:
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
        for one in found:
            self._in_hand.add(one.receipt)
            self._due.pop(one.receipt, None)
        return found

    async def done(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        self._be_there()
        if message_id is None:
            self.dropped.append(delivery)
        else:
            self.sent[delivery.incident, delivery.place] = message_id
        self._forget(delivery)
        if leaves:
            receipt = f"{delivery.receipt}:{leaves}"
            self.waiting.append(replace(delivery, receipt=receipt, older=leaves, attempt=0))

    async def postpone(self, delivery: Delivery, *, until: datetime, failed: bool = True) -> None:
        self._be_there()
        index = self._index(delivery)
        self.waiting[index] = replace(self.waiting[index], attempt=delivery.attempt + failed)
        self._due[delivery.receipt] = until
        self._in_hand.discard(delivery.receipt)

    def hasten(self, places: Collection[Place]) -> None:
        for one in self.waiting:
            if one.receipt in self._due and one.attempt and {one.place, one.place.whole_chat} & {*places}:
                self._due[one.receipt] = self.clock.now()
        self._bell.set()

    def still_has(self, delivery: Delivery) -> bool:
        return True

    async def bury(self, delivery: Delivery, reason: str) -> None:
        self.buried.append((delivery, reason))
        self._forget(delivery)

    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        return Counter((one.place.platform, one.severity) for one in self.waiting)

    async def oldest(self) -> datetime | None:
        return min((one.created_at for one in self.waiting), default=None)

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
        followed = [one for one in self.waiting if one.place.platform is platform and one.older]
        now = self.clock.now()
        ready = [one for one in (*heads.values(), *followed) if one.receipt not in self._in_hand]
        due = [one for one in ready if self._due.get(one.receipt, now) <= now]
        urgent = sorted(due, key=lambda one: (one.older is not None, -one.severity.rank))[:limit]
        return [replace(one, sent=self.sent.get((one.incident, one.place))) for one in urgent]

    def _forget(self, delivery: Delivery) -> None:
        del self.waiting[self._index(delivery)]
        self._in_hand.discard(delivery.receipt)

    def _index(self, delivery: Delivery) -> int:
        return next(index for index, one in enumerate(self.waiting) if one.receipt == delivery.receipt)


@dataclass
class MemoryIncidents:
    """Fits ports.Incidents; `told` keeps every alert that was queued, in order."""

    outbox: MemoryOutbox
    told: list[Alert] = field(default_factory=list)
    _given: int = 0
    _current: dict[tuple[str, Rule, Sensitivity], Incident] = field(default_factory=dict)
    _past: dict[tuple[int, Sensitivity], Incident] = field(default_factory=dict)

    async def next_number(self) -> int:
        self._given += 1
        return self._given

    async def current(
        self, exchange: str, rule: Rule, sensitivity: Sensitivity = Sensitivity.NORMAL
    ) -> Incident | None:
        return self._current.get((exchange, rule, sensitivity))

    async def commit(
        self,
        exchange: str,
        rule: Rule,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        known = {one.id for one in self.told}
        fresh = [one for one in alerts if one.id not in known]
        if alerts and not fresh:
            return False
        self._current.pop((exchange, rule, sensitivity), None)
        if incident and incident.state is not IncidentState.RESOLVED:
            self._current[exchange, rule, sensitivity] = incident
        if incident and incident.number:
            self._past[incident.number, sensitivity] = incident
        self.told += fresh
        for one in fresh:
            self.outbox.queue(one)
        return True

    async def open(self) -> Sequence[Incident]:
        found = [one for one in self._current.values() if one.state is IncidentState.OPEN]
        return sorted(found, key=lambda one: (-one.severity.rank, one.number))

    async def recent(self, limit: int = 20, *, exchange: str | None = None) -> Sequence[Incident]:
        numbers = sorted({number for number, _ in self._past}, reverse=True)
        found = [one for number in numbers if (one := await self.by_number(number))]
        return [one for one in found if exchange in {None, one.exchange}][:limit]

    async def by_number(self, number: int) -> Incident | None:
        return next((self._past[number, one] for one in _NORMAL_FIRST if (number, one) in self._past), None)


_NORMAL_FIRST = (Sensitivity.NORMAL, Sensitivity.EARLY, Sensitivity.CALM)


@dataclass
class MemorySubscriptions:
    """Fits ports.Subscriptions."""

    outbox: MemoryOutbox
    away: bool = False
    moved: list[tuple[Place, Place]] = field(default_factory=list)
    _kept: dict[tuple[Place, str | None], Subscription] = field(default_factory=dict)
    _troubles: dict[Place, PlaceTrouble] = field(default_factory=dict)
    _visits: dict[Place, datetime] = field(default_factory=dict)

    async def add(self, subscription: Subscription) -> None:
        if self.away:
            raise StorageError("the store is away")
        self._kept[subscription.place, subscription.exchange] = subscription

    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        gone = [key for key in self._kept if key[0] == place and (everything or key[1] == exchange)]
        for key in gone:
            del self._kept[key]
        return len(gone)

    async def of_place(self, place: Place) -> Sequence[Subscription]:
        return [one for one in self._kept.values() if one.place == place]

    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        found = {one.place: one for one in self._kept.values() if one.exchange is None}
        found |= {one.place: one for one in self._kept.values() if one.exchange == exchange}
        return [one for place, one in found.items() if not self._is_disabled(place)]

    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        return {one.sensitivity for one in self._kept.values() if one.exchange in {exchange, None}}

    async def standings(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[Standing]:
        if self.away:
            self.outbox.missed.set()
            raise StorageError("the store is away")
        return [await self._standing(place, exchange) for place, exchange in asked]

    async def _standing(self, place: Place, exchange: str | None) -> Standing:
        place = next((new for old, new in reversed(self.moved) if old == place), place)
        mine = [one for one in self._kept.values() if one.place == place]
        of_it = [one for one in mine if exchange and one.exchange in {exchange, None}]
        wanted = max(of_it, key=lambda one: one.exchange or "", default=None)
        needed = bool(mine) if exchange == MARKET.id else exchange is None or wanted is not None
        return Standing(place, await self.trouble(place), wanted, subscribed=needed)

    async def exchanges(self) -> Collection[str]:
        return {one.exchange for one in self._kept.values() if one.exchange}

    async def count(self) -> int:
        return len({one.place for one in self._kept.values()})

    async def move(self, old: Place, new: Place) -> None:
        self.moved.append((old, new))
        self._kept = {
            (new if place == old else place, exchange): replace(one, place=new) if place == old else one
            for (place, exchange), one in self._kept.items()
        }
        self.outbox.move(old, new)

    async def trouble(self, place: Place) -> PlaceTrouble | None:
        return self._troubles.get(place) or self._troubles.get(place.whole_chat)

    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        gone = [place for place, one in self._troubles.items() if one.disabled and one.since < before]
        for place in gone:
            await self.remove(place, None, everything=True)
            del self._troubles[place]
        return gone

    async def note_trouble(self, trouble: PlaceTrouble) -> None:
        self._troubles[trouble.place] = trouble

    async def clear_trouble(self, place: Place) -> bool:
        chat = place == place.whole_chat
        healed = [
            one for one in self._troubles if one in {place, place.whole_chat} or (chat and one.whole_chat == place)
        ]
        for one in healed:
            del self._troubles[one]
            self._visits.pop(one, None)
        if healed:
            self.outbox.hasten({place, *healed})
        return bool(healed)

    async def disabled(self) -> Mapping[Obstacle, int]:
        return Counter(one.obstacle for one in self._troubles.values() if one.disabled)

    async def visits_due(self, platform: Platform, *, now: datetime, again: datetime, limit: int) -> Sequence[Visit]:
        if self.away:
            raise StorageError("the store is away")
        due = [
            one
            for one in self._troubles.values()
            if one.disabled
            and one.place.platform is platform
            and (one.place not in self._visits or self._visits[one.place] <= now)
        ][:limit]
        visits = [Visit(one, first=one.place not in self._visits) for one in due]
        self._visits |= {one.place: again for one in due}
        return visits

    async def visit_again(self, place: Place, at: datetime) -> None:
        self._visits[place] = at

    async def behind(self, place: Place) -> Sequence[Subscription]:
        chat = place == place.whole_chat
        return [one for one in self._kept.values() if one.place == place or (chat and one.place.whole_chat == place)]

    def _is_disabled(self, place: Place) -> bool:
        troubles = (self._troubles.get(one) for one in (place, place.whole_chat))
        return any(trouble and trouble.disabled for trouble in troubles)


@dataclass
class MemoryHolds:
    """Fits ports.Holds."""

    _kept: dict[str, Withheld] = field(default_factory=dict)

    async def hold(self, withheld: Withheld) -> None:
        self._kept[withheld.exchange] = withheld

    async def release(self, exchange: str) -> bool:
        return self._kept.pop(exchange, None) is not None

    async def all(self) -> Mapping[str, Withheld]:
        return dict(self._kept)


@dataclass
class Tally:
    """Fits ports.Meter: counts, and the last word on everything."""

    counts: Counter[tuple[object, ...]] = field(default_factory=Counter)
    open: dict[Severity, int] = field(default_factory=dict)
    read: dict[str, datetime] = field(default_factory=dict)
    answered_at: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[tuple[Platform, Severity], int] = field(default_factory=dict)
    oldest: datetime | None = None

    def polled(self, source: str, result: str) -> None:
        self.counts["polled", source, result] += 1

    def source_answered(self, source: str, at: datetime) -> None:
        self.answered_at[source] = at

    def reading_taken(self, exchange: str, as_of: datetime) -> None:
        self.read[exchange] = as_of

    def incidents(self, severity: Severity, count: int) -> None:
        self.open[severity] = count

    def held(self, reason: HoldReason) -> None:
        self.counts["held", reason] += 1

    def delivered(self, platform: Platform, result: str, reason: str = "") -> None:
        self.counts["delivered", result, reason] += 1

    def outbox(self, platform: Platform, severity: Severity, depth: int) -> None:
        self.waiting[platform, severity] = depth

    def outbox_oldest(self, since: datetime | None) -> None:
        self.oldest = since

    def rate_limited(self, platform: Platform) -> None:
        self.counts["rate limited", platform] += 1

    def answered(self, command: str, platform: Platform, seconds: float, result: str) -> None:
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
        return [one for one in self.incidents.told if kind in {None, one.kind}]
