"""The ports on plain dictionaries, for tests: they do what a store does, and fail only when a test sets `away`."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.exchange import MARKET, Listing
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, IncidentState
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.proof_of_reserves import ProofOfReserves
from bot.domain.reading import Reading, SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import LivedThrough, StressResult
from bot.domain.suppression import Metric, Suppression, suppression_key
from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.outbox import Alert, Delivery, DeliveryKind, EarlierMessage, Outbox
from bot.ports.proofs import ProofRecords
from bot.ports.reading_revisions import ReadingRevisions
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.stress import StressRecords
from bot.ports.subscriptions import PlaceCheck, PlaceStatus, PlaceTrouble, Subscriptions
from bot.ports.withdrawals import WithdrawalRecords
from bot.ports.workers import Suppressions
from tests.fakes.memory_approvals import MemoryApprovals
from tests.fakes.memory_digests import MemoryDigests
from tests.fakes.memory_drills import MemoryDrills
from tests.fakes.memory_mutes import MemoryMutes
from tests.fakes.memory_news import MemoryNews
from tests.fakes.memory_pending_changes import MemoryPendingChanges
from tests.fakes.memory_place_exports import MemoryPlaceExports
from tests.fakes.memory_place_settings import MemoryPlaceSettings


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
    """Readings, listings and health. `away` makes every call fail, as when the server cannot be reached."""

    away: bool = False
    _kept: dict[str, dict[datetime, Reading]] = field(default_factory=dict)
    _listings: dict[str, Listing] = field(default_factory=dict)
    _health: dict[str, SourceHealth] = field(default_factory=dict)

    @override
    async def add(self, readings: Sequence[Reading]) -> int:
        self._fail_if_away()
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
        bases = [await self.newest_before(exchange, moment) for moment in moments]
        return list({reading.as_of: reading for reading in bases if reading}.values())

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
        self._fail_if_away()
        self._listings.update({listing.exchange.id: listing for listing in listings})

    @override
    async def listings(self) -> Mapping[str, Listing]:
        self._fail_if_away()
        return dict(self._listings)

    @override
    async def save_health(self, health: SourceHealth) -> None:
        self._health[health.source] = health

    @override
    async def health(self) -> Mapping[str, SourceHealth]:
        return dict(self._health)

    def take_out(self, exchange: str, is_gone: Callable[[datetime], bool]) -> list[Reading]:
        """Remove the readings of an exchange whose `as_of` a predicate picks, and return them."""
        kept = self._kept.get(exchange, {})
        return [kept.pop(as_of) for as_of in list(kept) if is_gone(as_of)]

    def _sorted(self, exchange: str) -> list[Reading]:
        self._fail_if_away()
        return [reading for _, reading in sorted(self._kept.get(exchange, {}).items())]

    def _fail_if_away(self) -> None:
        if self.away:
            raise StorageError("the store is away")


@dataclass
class MemoryReadingRevisions(ReadingRevisions):
    """Revisions of the readings of one `MemoryReadings`, with what they superseded, by exchange and time."""

    readings: MemoryReadings
    superseded: dict[tuple[str, datetime], Reading] = field(default_factory=dict)
    _proposed: dict[str, dict[datetime, Reading]] = field(default_factory=dict)
    _revised: dict[str, dict[datetime, datetime]] = field(default_factory=dict)

    @override
    async def proposed(self, exchange: str) -> Mapping[datetime, Reading]:
        return dict(self._proposed.get(exchange, {}))

    @override
    async def propose(self, exchange: str, points: Sequence[Reading]) -> None:
        self._proposed[exchange] = {point.as_of: point for point in points}

    @override
    async def revise(
        self,
        exchange: str,
        revised: Sequence[Reading],
        *,
        standing: Sequence[Reading],
        told_until: datetime,
        now: datetime,
    ) -> int:
        stay = {point.as_of for point in standing}
        times = {point.as_of for point in revised}
        gone = self.readings.take_out(
            exchange,
            lambda as_of: (
                as_of < told_until
                and as_of not in stay
                and any(abs(as_of - time) < timedelta(days=1) for time in times)
            ),
        )
        for reading in gone:
            self.superseded.setdefault((exchange, reading.as_of), reading)
        await self.readings.add([*revised, *standing])
        self._revised.setdefault(exchange, {}).update(dict.fromkeys(times, now))
        return len(gone)

    @override
    async def revised_days(self, exchange: str) -> Mapping[datetime, datetime]:
        return dict(self._revised.get(exchange, {}))


@dataclass
class MemoryOutbox(Outbox):
    """The outbox, in order per place and incident, with what was sent, dropped and given up."""

    clock: Clock
    away: bool = False
    waiting: list[Delivery] = field(default_factory=list)
    dropped: list[Delivery] = field(default_factory=list)
    given_up: list[tuple[Delivery, str]] = field(default_factory=list)
    _due: dict[str, datetime] = field(default_factory=dict)
    _claimed: set[str] = field(default_factory=set)
    sent: dict[tuple[str, Place], str] = field(default_factory=dict)
    shown: dict[tuple[str, Place], EarlierMessage] = field(default_factory=dict)
    _wake_up: asyncio.Event = field(default_factory=asyncio.Event)

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
                    only_where_sent=alert.only_where_sent,
                    switch=alert.switch,
                    picture=alert.picture,
                    publish=alert.publish,
                )
            )
        self._wake_up.set()

    @override
    async def claim(
        self, platform: Platform, *, limit: int, wait: timedelta, stopping: asyncio.Event | None = None
    ) -> Sequence[Delivery]:
        self._fail_if_away()
        deliveries = self._next(platform, limit)
        if not deliveries and wait:
            self._wake_up.clear()
            try:
                due = min((at - self.clock.now() for at in self._due.values()), default=wait)
                async with asyncio.timeout(min(wait, max(due, timedelta())).total_seconds()):
                    await _first_of(self._wake_up, stopping)
            except TimeoutError:
                pass  # something postponed may be due
            deliveries = self._next(platform, limit)
        for delivery in deliveries:
            self._claimed.add(delivery.receipt)
            self._due.pop(delivery.receipt, None)
        return deliveries

    @override
    async def finish(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        self._fail_if_away()
        where = delivery.incident, delivery.place
        earlier = self.shown.get(where)
        if message_id is None:
            self.dropped.append(delivery)
        else:
            self.sent[where] = message_id
            self.shown[where] = EarlierMessage(message_id, delivery.alert, replace(delivery.message, mention=None))
        self._forget(delivery)
        if leaves and earlier and earlier.id == leaves:
            receipt = f"{delivery.receipt}:{leaves}"
            self.waiting.append(replace(delivery, receipt=receipt, older=earlier, attempt=0))

    @override
    async def postpone(self, delivery: Delivery, *, pause: timedelta, failed: bool = True) -> None:
        self._fail_if_away()
        index = self._index(delivery)
        self.waiting[index] = replace(self.waiting[index], attempt=delivery.attempt + failed)
        self._due[delivery.receipt] = self.clock.now() + pause
        self._claimed.discard(delivery.receipt)

    def retry_now(self, places: Collection[Place]) -> None:
        """Make due what failed in these places and was postponed."""
        for delivery in self.waiting:
            if (
                delivery.receipt in self._due
                and delivery.attempt
                and {delivery.place, delivery.place.whole_chat} & {*places}
            ):
                self._due[delivery.receipt] = self.clock.now()
        self._wake_up.set()

    @override
    def has_expired(self, delivery: Delivery) -> bool:
        return delivery.expires_at <= self.clock.now()

    @override
    def still_owns(self, delivery: Delivery) -> bool:
        return True

    @override
    async def give_up(self, delivery: Delivery, reason: str) -> None:
        self.given_up.append((delivery, reason))
        self._forget(delivery)

    @override
    async def given_up_since(self, at: datetime) -> int:
        return len(self.given_up)

    @override
    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        self._fail_if_away()
        return Counter((delivery.place.platform, delivery.severity) for delivery in self.waiting)

    @override
    async def oldest_queued_at(self) -> datetime | None:
        return min((delivery.created_at for delivery in self.waiting), default=None)

    def _fail_if_away(self) -> None:
        if self.away:
            raise StorageError("the store is away")

    def move(self, old: Place, new: Place) -> None:
        """Re-key what was sent to a chat that has a new address."""
        for incident, place in list(self.sent):
            if place == old:
                self.sent[incident, new] = self.sent.pop((incident, old))
                self.shown[incident, new] = self.shown.pop((incident, old))

    def _next(self, platform: Platform, limit: int) -> list[Delivery]:
        heads: dict[tuple[str, Place], Delivery] = {}
        of_platform = [delivery for delivery in self.waiting if delivery.place.platform is platform]
        for delivery in of_platform:
            if not delivery.older:
                heads.setdefault((delivery.incident, delivery.place), delivery)
        edits_of_older = [delivery for delivery in of_platform if delivery.older]
        now = self.clock.now()
        ready = [head for head in (*heads.values(), *edits_of_older) if head.receipt not in self._claimed]
        due = [delivery for delivery in ready if self._due.get(delivery.receipt, now) <= now]
        urgent = sorted(due, key=lambda delivery: (delivery.older is not None, -delivery.severity.rank))[:limit]
        return [replace(delivery, sent=self.sent.get((delivery.incident, delivery.place))) for delivery in urgent]

    def _forget(self, delivery: Delivery) -> None:
        del self.waiting[self._index(delivery)]
        self._claimed.discard(delivery.receipt)

    def _index(self, delivery: Delivery) -> int:
        return next(index for index, waiting in enumerate(self.waiting) if waiting.receipt == delivery.receipt)


@dataclass
class MemoryIncidents(Incidents):
    """Incidents; `told` has every alert that was queued, in order. While `away` none can be read."""

    outbox: MemoryOutbox
    told: list[Alert] = field(default_factory=list)
    away: bool = False
    _last_number: int = 0
    _current: dict[tuple[str, str, Sensitivity], Incident] = field(default_factory=dict)
    _past: dict[tuple[int, Sensitivity], Incident] = field(default_factory=dict)

    @override
    async def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    @override
    async def current(self, subject: str, rule: str, sensitivity: Sensitivity = Sensitivity.NORMAL) -> Incident | None:
        if self.away:
            raise StorageError("the store is away")
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
        queued_ids = {alert.id for alert in self.told}
        new_alerts = [alert for alert in alerts if alert.id not in queued_ids]
        if alerts and not new_alerts:
            return False
        self._current.pop((subject, rule, sensitivity), None)
        if incident and incident.state is not IncidentState.RESOLVED:
            self._current[subject, rule, sensitivity] = incident
        if incident and incident.number:
            self._past[incident.number, sensitivity] = incident
        self.told += new_alerts
        for alert in new_alerts:
            self.outbox.queue(alert)
        return True

    @override
    async def open(self) -> Sequence[Incident]:
        are_open = [incident for incident in self._current.values() if incident.state is IncidentState.OPEN]
        return sorted(are_open, key=lambda incident: (-incident.severity.rank, incident.number))

    @override
    async def recent(self, limit: int = 20, *, subject: str | None = None) -> Sequence[Incident]:
        if self.away:
            raise StorageError("the store is away")
        numbers = sorted({number for number, _ in self._past}, reverse=True)
        incidents = [incident for number in numbers if (incident := await self.by_number(number))]
        return [incident for incident in incidents if subject in {None, incident.subject}][:limit]

    @override
    async def by_number(self, number: int) -> Incident | None:
        return next(
            (self._past[number, sensitivity] for sensitivity in _NORMAL_FIRST if (number, sensitivity) in self._past),
            None,
        )


_NORMAL_FIRST = (Sensitivity.NORMAL, Sensitivity.EARLY, Sensitivity.CALM)


@dataclass
class MemorySubscriptions(Subscriptions):
    """Subscriptions and troubles; `moved` has every move of a chat, old and new address. `mutes` may be kept beside."""

    outbox: MemoryOutbox
    settings: MemoryPlaceSettings = field(default_factory=MemoryPlaceSettings)
    away: bool = False
    mutes: MemoryMutes | None = None
    moved: list[tuple[Place, Place]] = field(default_factory=list)
    _kept: dict[tuple[Place, str | None], Subscription] = field(default_factory=dict)
    _troubles: dict[Place, PlaceTrouble] = field(default_factory=dict)
    _next_checks: dict[Place, datetime] = field(default_factory=dict)

    @override
    async def places_without_notices(self) -> Collection[Place]:
        return {place for place, settings in self.settings.kept.items() if not settings.notices}

    @override
    async def add(self, subscription: Subscription) -> None:
        if self.away:
            raise StorageError("the store is away")
        self._kept[subscription.place, subscription.exchange] = subscription

    @override
    async def add_all(self, subscriptions: Sequence[Subscription]) -> None:
        for subscription in subscriptions:
            await self.add(subscription)

    @override
    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        removed = [key for key in self._kept if key[0] == place and (everything or key[1] == exchange)]
        for key in removed:
            del self._kept[key]
        return len(removed)

    @override
    async def of_place(self, place: Place) -> Sequence[Subscription]:
        return [subscription for subscription in self._kept.values() if subscription.place == place]

    @override
    async def of_places(self, places: Sequence[Place]) -> Sequence[Sequence[Subscription]]:
        return [await self.of_place(place) for place in places]

    @override
    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        by_place = {
            subscription.place: subscription for subscription in self._kept.values() if subscription.exchange is None
        }
        by_place |= {
            subscription.place: subscription
            for subscription in self._kept.values()
            if subscription.exchange == exchange
        }
        return [subscription for place, subscription in by_place.items() if not self._is_disabled(place)]

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
            raise StorageError("the store is away")
        return [await self._status(place, exchange) for place, exchange in asked]

    async def _status(self, place: Place, exchange: str | None) -> PlaceStatus:
        place = next((new for old, new in reversed(self.moved) if old == place), place)
        of_place = [subscription for subscription in self._kept.values() if subscription.place == place]
        matching = [subscription for subscription in of_place if exchange and subscription.exchange in {exchange, None}]
        chosen = max(matching, key=lambda subscription: subscription.exchange or "", default=None)
        is_wanted = bool(of_place) if exchange == MARKET.id else exchange is None or chosen is not None
        mutes = self.mutes.lasting(place, exchange) if self.mutes and exchange else ()
        return PlaceStatus(place, await self.trouble(place), chosen, subscribed=is_wanted, mutes=mutes)

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
        self.settings.move(old, new)
        self.outbox.move(old, new)

    @override
    async def trouble(self, place: Place) -> PlaceTrouble | None:
        return self._troubles.get(place) or self._troubles.get(place.whole_chat)

    @override
    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        expired = [place for place, trouble in self._troubles.items() if trouble.disabled and trouble.since < before]
        for place in expired:
            await self.remove(place, None, everything=True)
            await self.settings.forget(place)
            del self._troubles[place]
        return expired

    @override
    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        self._troubles[trouble.place] = trouble

    @override
    async def clear_trouble(self, place: Place) -> bool:
        is_whole_chat = place == place.whole_chat
        cleared = [
            troubled
            for troubled in self._troubles
            if troubled in {place, place.whole_chat} or (is_whole_chat and troubled.whole_chat == place)
        ]
        for troubled in cleared:
            del self._troubles[troubled]
            self._next_checks.pop(troubled, None)
        if cleared:
            self.outbox.retry_now({place, *cleared})
        return bool(cleared)

    @override
    async def disabled(self) -> Mapping[Obstacle, int]:
        return Counter(trouble.obstacle for trouble in self._troubles.values() if trouble.disabled)

    @override
    async def refusing(self) -> Mapping[Obstacle, int]:
        return Counter(trouble.obstacle for trouble in self._troubles.values() if not trouble.disabled)

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
            and (trouble.place not in self._next_checks or self._next_checks[trouble.place] <= now)
        ][:limit]
        checks = [PlaceCheck(trouble, first=trouble.place not in self._next_checks) for trouble in due]
        self._next_checks |= {trouble.place: again for trouble in due}
        return checks

    @override
    async def check_place_again(self, place: Place, at: datetime) -> None:
        self._next_checks[place] = at

    @override
    async def of_whole_chat(self, place: Place) -> Sequence[Subscription]:
        is_whole_chat = place == place.whole_chat
        return [
            subscription
            for subscription in self._kept.values()
            if subscription.place == place or (is_whole_chat and subscription.place.whole_chat == place)
        ]

    def _is_disabled(self, place: Place) -> bool:
        troubles = (self._troubles.get(troubled) for troubled in (place, place.whole_chat))
        return any(trouble and trouble.disabled for trouble in troubles)


@dataclass
class MemorySuppressions(Suppressions):
    """The exchanges whose figures an operator has paused."""

    _kept: dict[str, Suppression] = field(default_factory=dict)

    @override
    async def add(self, suppression: Suppression) -> None:
        self._kept[suppression.key] = suppression

    @override
    async def remove(self, exchange: str, metric: Metric = Metric.ALL) -> bool:
        metrics = Metric if metric is Metric.ALL else (metric,)
        removed = [self._kept.pop(suppression_key(exchange, ended), None) for ended in metrics]
        return any(removed)

    @override
    async def all(self) -> Mapping[str, Suppression]:
        return dict(self._kept)


@dataclass
class MemoryWithdrawals(WithdrawalRecords):
    """What is known of withdrawals, and every transition; `saves` counts. `away` makes every call fail."""

    away: bool = False
    saves: int = 0
    _known: dict[str, ExchangeWithdrawals] = field(default_factory=dict)
    _transitions: dict[str, set[WithdrawalTransition]] = field(default_factory=dict)

    @override
    async def save(
        self, known: Sequence[ExchangeWithdrawals], transitions: Mapping[str, Sequence[WithdrawalTransition]]
    ) -> None:
        self._fail_if_away()
        for withdrawals in known:
            self._known[withdrawals.exchange] = withdrawals
            self.saves += 1
            self._transitions.setdefault(withdrawals.exchange, set()).update(transitions.get(withdrawals.exchange, ()))

    @override
    async def confirm(self, answered: Mapping[str, datetime]) -> Collection[str]:
        self._fail_if_away()
        for exchange, at in answered.items():
            if (known := self._known.get(exchange)) is None:
                continue
            told = [
                replace(status, confirmed_at=at) if status.confirmed_at == known.as_of else status
                for status in known.networks
            ]
            self._known[exchange] = replace(known, as_of=at, polled_at=at, networks=tuple(told))
        return answered.keys() - self._known.keys()

    def empty(self) -> None:
        """Lose everything."""
        self._known.clear()
        self._transitions.clear()

    @override
    async def all(self) -> Mapping[str, ExchangeWithdrawals]:
        self._fail_if_away()
        return dict(self._known)

    @override
    async def transitions(self, exchange: str, *, since: datetime) -> Sequence[WithdrawalTransition]:
        self._fail_if_away()
        kept = [transition for transition in self._transitions.get(exchange, ()) if transition.at >= since]
        return sorted(kept, key=lambda transition: (transition.at, transition.asset, transition.network))

    def _fail_if_away(self) -> None:
        if self.away:
            raise StorageError("the store is away")


@dataclass
class MemoryStress(StressRecords):
    """What is kept of the stress test, all of it."""

    day_posted: date | None = None
    _results: dict[date, StressResult] = field(default_factory=dict)
    _lived: dict[str, LivedThrough] = field(default_factory=dict)

    @override
    async def save_result(self, result: StressResult) -> None:
        self._results[result.day] = result

    @override
    async def results(self) -> Sequence[StressResult]:
        return [self._results[day] for day in sorted(self._results)]

    @override
    async def save_lived(self, lived: LivedThrough) -> None:
        self._lived[lived.exchange] = lived

    @override
    async def lived(self) -> Mapping[str, LivedThrough]:
        return dict(self._lived)

    @override
    async def posted(self) -> date | None:
        return self.day_posted

    @override
    async def mark_posted(self, day: date) -> None:
        self.day_posted = day


@dataclass
class MemoryProofs(ProofRecords):
    """The archive of proofs of reserves; `away` while the store does not answer."""

    away: bool = False
    _by_month: dict[tuple[str, str], ProofOfReserves] = field(default_factory=dict)

    @override
    async def save(self, proof: ProofOfReserves) -> None:
        self._check()
        self._by_month[proof.exchange, f"{proof.as_of:%Y-%m}"] = proof

    @override
    async def archive(self) -> Mapping[str, Sequence[ProofOfReserves]]:
        self._check()
        exchanges = {exchange for exchange, _ in self._by_month}
        return {
            exchange: [self._by_month[key] for key in sorted(self._by_month) if key[0] == exchange]
            for exchange in exchanges
        }

    def _check(self) -> None:
        if self.away:
            raise StorageError("the store is away")


@dataclass
class Tally(Meter):
    """A meter: what was counted, and the last value of everything else."""

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
    def count_revised_points(self, points: int) -> None:
        self.counts[("revised",)] += points

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
    """A whole store in memory, with a meter and a clock that a test moves."""

    def __init__(self, now: datetime) -> None:
        self.clock = HandClock(now)
        self.readings = MemoryReadings()
        self.revisions = MemoryReadingRevisions(self.readings)
        self.outbox = MemoryOutbox(self.clock)
        self.incidents = MemoryIncidents(self.outbox)
        self.mutes = MemoryMutes(self.clock)
        self.place_settings = MemoryPlaceSettings()
        self.subscriptions = MemorySubscriptions(self.outbox, self.place_settings, mutes=self.mutes)
        self.meter = Tally()
        self.suppressions = MemorySuppressions()
        self.pending_changes = MemoryPendingChanges(self.clock)
        self.place_exports = MemoryPlaceExports(
            self.subscriptions, self.place_settings, self.mutes, self.pending_changes
        )
        self.drills = MemoryDrills(self.clock, self.place_settings)
        self.withdrawals = MemoryWithdrawals()
        self.stress = MemoryStress()
        self.proofs = MemoryProofs()
        self.news = MemoryNews()
        self.digests = MemoryDigests()
        self.approvals = MemoryApprovals()

    def told(self, kind: DeliveryKind | None = None) -> list[Alert]:
        """Return the alerts queued so far, of one kind or of all."""
        return [alert for alert in self.incidents.told if kind in {None, alert.kind}]


async def _first_of(*events: asyncio.Event | None) -> None:
    """Return as soon as one of some events is set."""
    waits = [asyncio.create_task(event.wait()) for event in events if event]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
