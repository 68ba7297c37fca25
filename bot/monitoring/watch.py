"""One look at one exchange: readings, signal, step, and one commit of incident and mail together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.alerting.lifecycle import Policy
from bot.alerting.round import (
    MARKET_KEY,
    IncidentKey,
    KnownHolds,
    RoundSignal,
    RoundState,
    RoundStep,
    StoryKey,
    judge_round,
    key_of,
)
from bot.alerting.routing import Audience, audience
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.exchange import MARKET, Exchange
from bot.domain.incident import Incident, Step, StepReason
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason, Rule, Signal, source_rule
from bot.domain.signal_source import signals_of
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.incidents import incident_card, resolved_card
from bot.messages.cards.signals import SIGNALS, SignalKinds, grade
from bot.messages.model import Message
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_BLIND_TOLD_FOR = timedelta(days=1)
_SLICE = 500  # subscriptions looked through at a time: some milliseconds
_LIFETIME = {
    Severity.WATCH: timedelta(hours=6),
    Severity.ELEVATED: timedelta(hours=12),
    Severity.SEVERE: timedelta(hours=24),
    Severity.CRITICAL: timedelta(hours=24),
}


class Watch:
    """Looks at exchanges and lives their incidents. `publish` is told what every look has shown.

    `kinds` are the signal sources. The outflow's readings are in the store, and `judge` looks at them there; what any
    other source has read is given to `take`.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        observer: SnapshotBuilder,
        *,
        incidents: Incidents,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        publish: Callable[[ExchangeSnapshot], None],
        policy: Policy | None = None,
        kinds: SignalKinds = SIGNALS,
    ) -> None:
        self._kinds = kinds
        self._states: dict[str, Any] = {}
        self._observer = observer
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._publish = publish
        self._policy = policy or Policy()
        self._blind: tuple[datetime, datetime] | None = None
        self._names = {MARKET.id: MARKET.name}
        self._holds = KnownHolds()

    def record_blind_span(self, since: datetime, until: datetime) -> None:
        """Tell of this span in incidents that are open, or that open within a day."""
        self._blind = since, until

    async def show(self, exchange: Exchange) -> None:
        """Show what new readings of an exchange say, before they are judged; raise StorageError."""
        self._names[exchange.id] = exchange.name
        self._publish(await self._observer.snapshot(exchange))

    async def judge(self, exchanges: Sequence[Exchange]) -> None:
        """Live the incidents of exchanges that were read in one round; raise StorageError."""
        self._names |= {exchange.id: exchange.name for exchange in exchanges}
        async for outlooks in self._observer.snapshots_by_round(exchanges):
            for outlook in outlooks:
                self._publish(outlook)
                self._count_holds(StoryKey(outlook.exchange.id, Rule.OUTFLOW), outlook.signal)
            await self._judge_round(
                [(look.signal, look.seen_at or self._clock.now()) for look in outlooks if look.signal]
            )
        await self._count()

    async def take(self, rule: str, readings: Sequence[Any]) -> None:
        """Live the incidents of another signal source after what it read at one time; raise StorageError.

        Without a reading it is looked at again, so that figures that have become too old are held.
        """
        source, now = self._kinds[rule].source, self._clock.now()
        state = self._states[rule] = source.take(self._states.get(rule, source.begin()), readings)
        signals = signals_of(source, state, now)
        for signal in signals:
            self._count_holds(StoryKey(signal.subject, rule), signal)
        await self._judge_round([(signal, now) for signal in signals])
        await self._count()

    async def _judge_round(self, signals: Sequence[tuple[Signal, datetime]]) -> None:
        """Judge what was seen at one time, and commit every step in a transaction of its own, its messages included.

        A number is drawn only for what has opened. Where a worker dies between drawing and committing, that number is
        never used: numbers may have gaps, but no two stories share one.
        """
        open_incidents = await self._incidents.open()
        judged = [await self._judged(signal, at, open_incidents) for signal, at in signals]
        state = await self._state(open_incidents, judged)
        draft = judge_round(self._policy, state, judged, partial(grade, kinds=self._kinds), now=self._clock.now())
        result = draft.numbered({story: await self._incidents.next_number() for story in draft.unnumbered})
        for step in result.in_order:
            if step.is_new:
                await self._commit(step)

    async def _judged(self, signal: Signal, at: datetime, open_incidents: Sequence[Incident]) -> RoundSignal:
        """Return a signal as it is judged at a time, and by which presets."""
        asked = await self._subscriptions.presets(signal.subject)
        presets = _presets(asked, open_incidents, StoryKey(signal.subject, source_rule(signal.rule)))
        return RoundSignal(self._noted(signal), at, presets)

    async def _state(self, open_incidents: Sequence[Incident], signals: Sequence[RoundSignal]) -> RoundState:
        """Return every open incident, and the pending ones of the stories that are judged."""
        state = RoundState.of(open_incidents)
        keys = [
            IncidentKey(seen.signal.subject, source_rule(seen.signal.rule), preset)
            for seen in signals
            for preset in seen.presets
        ]
        current = [await self._incidents.current(*key) for key in keys]
        return state.with_current(dict(zip(keys, current, strict=True)))

    def _noted(self, signal: Signal) -> Signal:
        """Return a signal that says what could not be seen in the day before it."""
        if self._blind is None or signal.as_of - self._blind[1] > _BLIND_TOLD_FOR:
            return signal
        since, until = self._blind
        return replace(signal, notes=(*signal.notes, Note(NoteReason.BLIND, signal.subject, at=since, until=until)))

    async def _interested(self, step: RoundStep) -> Sequence[Subscription]:
        """Return who may hear of a step; asked for when something changed only, for there may be a million of them."""
        if step.key == MARKET_KEY:
            return await self._interested_in_market(step)
        return await self._subscriptions.interested_in(step.key.subject)

    async def _interested_in_market(self, step: RoundStep) -> CompactSubscriptions:
        """Return who hears of the market: whoever subscribed to all, or to a member of now or before, by any preset."""
        stories = [incident for incident in (step.before, step.step.incident) if incident]
        members = {member.exchange: member for story in stories for member in story.signal.members}.values()
        found, known = CompactSubscriptions(), set[str]()
        for id_ in (MARKET.id, *(member.exchange for member in members)):
            async for slice_ in _slices(await self._subscriptions.interested_in(id_)):
                for subscription in slice_:
                    if (place := str(subscription.place)) not in known:
                        known.add(place)
                        found.add(replace(subscription, sensitivity=Sensitivity.NORMAL))
        return found

    async def _heard(self, step: RoundStep) -> Audience:
        """Return who hears of a step."""
        post, edit = CompactSubscriptions(), CompactSubscriptions()
        async for slice_ in _slices(await self._interested(step)):
            heard = audience(step.before, step.step, slice_)
            post.extend(heard.post)
            edit.extend(heard.edit)
        return Audience(post, edit)

    async def _commit(self, step: RoundStep) -> None:
        """Commit a step, incident and mail together."""
        subject, rule, sensitivity = step.key
        alerts = self._alerts(self._names.get(subject, subject), step.step, await self._heard(step))
        await self._incidents.commit(subject, rule, step.step.incident, alerts, sensitivity=sensitivity)
        self._observer.forget_incidents(subject)
        if step.step.reason is not StepReason.NOTHING:
            _log(subject, step.step, alerts)

    def _alerts(self, name: str, step: Step, heard: Audience) -> list[Alert]:
        incident = step.incident
        if incident is None:
            return []
        card = incident_card(incident, name, step.reason, self._names, self._kinds)
        over = step.reason is StepReason.RESOLVED
        alerts = [
            self._alert(incident, DeliveryKind.POST, card, heard.post),
            self._alert(incident, DeliveryKind.CLOSE if over else DeliveryKind.EDIT, card, heard.edit),
        ]
        if over:
            reply = resolved_card(incident, name, self._kinds)
            alerts.append(self._alert(incident, DeliveryKind.REPLY, reply, heard.edit))
        return [alert for alert in alerts if alert.recipients]

    def _alert(
        self, incident: Incident, kind: DeliveryKind, card: Message, recipients: Sequence[Subscription]
    ) -> Alert:
        now = self._clock.now()
        story = f"{incident.label}:{incident.sensitivity}"
        return Alert(
            # The first reading tells one life from the next: a preset may open anew under the number of its siblings.
            id=f"{story}:{incident.first_as_of:%Y%m%dT%H%M%S}:{incident.steps}:{kind}",
            incident=story,
            severity=incident.severity,
            kind=kind,
            message=card,
            created_at=now,
            expires_at=now + _LIFETIME[incident.severity],
            recipients=recipients,
            ping=kind is DeliveryKind.POST,
            about=incident.subject,
        )

    def _count_holds(self, story: StoryKey, signal: Signal | None) -> None:
        """Count and log each reason for which figures are held once a spell."""
        for reason in sorted(self._holds.new_reasons(story, signal)):
            self._meter.count_held(reason)
            log.info("held", exchange=story.subject, reason=str(reason))

    async def _count(self) -> None:
        counts = Counter(incident.severity for incident in await self._incidents.open())
        for severity in Severity:
            self._meter.set_open_incidents(severity, counts[severity])


async def _slices(subscriptions: Sequence[Subscription]) -> AsyncIterator[Sequence[Subscription]]:
    """Yield very many subscriptions some at a time, and let the loop turn between."""
    for start in range(0, len(subscriptions), _SLICE):
        yield subscriptions[start : start + _SLICE]
        await asyncio.sleep(0)


def _presets(wanted: Collection[Sensitivity], live: Sequence[Incident], story: StoryKey) -> list[Sensitivity]:
    """Return the presets to live by: the normal one always, the others where somebody asked or an incident is open."""
    asked = {*wanted} | {incident.sensitivity for incident in live if key_of(incident).story == story}
    return [Sensitivity.NORMAL, *sorted(asked - {Sensitivity.NORMAL})]


def _log(subject: str, step: Step, alerts: Sequence[Alert]) -> None:
    flow = step.incident.signal.leading_flow if step.incident else None
    log.info(
        "incident",
        exchange=subject,
        incident=step.incident.label if step.incident and step.incident.number else None,
        reason=str(step.reason),
        severity=str(step.incident.severity) if step.incident else None,
        share=round(flow.share, 5) if flow else None,
        places=sum(len(alert.recipients) for alert in alerts),
    )
